//! All subscriptions.

use maud::{Markup, html};
use runtime::http::Paging;

use super::state;
use crate::billing::console::{Way, ways};
use crate::customers::console::staff_only;
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{self, Head, Select, Tone, date, tag};
use crate::pages::{Form, Room, Shell, shell};
use crate::subscriptions::SubscriptionState;
use crate::subscriptions::find::{self, Subscription, Wanted};

pub(super) async fn get_subscriptions(visitor: Visitor, mut form: Form) -> Result<Markup, PageHalt> {
    staff_only(&visitor)?;
    let state = form.read_optional::<SubscriptionState>("state");
    let paging = Paging { after: form.read_optional("after"), limit: None };
    let wanted_all = state.is_none() && paging.after.is_none();
    let tx = visitor.read().await?;
    let page = find::list(&tx, Wanted { state, paging, ..Wanted::default() }).await?;
    let base = visitor.path("/subscriptions");
    let mut choices = vec![(String::new(), "All".to_owned())];
    choices
        .extend(SubscriptionState::ALL.iter().map(|state| (state.word().to_owned(), state.word().replace('_', " "))));
    let frame = Shell { visitor: &visitor, room: Room::Money, title: "Money", actions: html! {} };
    Ok(shell(
        &frame,
        &html! {
            (ways(&visitor, Way::Subscriptions))
            @if !(page.items.is_empty() && wanted_all) { (parts::filters(&base, &form, &html! { (Select { form: &form, name: "state", label: "State", choices: &choices }) })) }
            @if page.items.is_empty() && wanted_all { (parts::empty(parts::Empty {
                title: "No subscriptions yet",
                text: "A subscription is a plan that runs for a customer: it brings hours each period and writes the invoice for them.",
                action: Some((&visitor.path("/customers"), "To the customers")),
            })) }
            @else if page.items.is_empty() { p { "None fits. " a href=(base) { "Show all" } } }
            @else {
                div #list data-hears="subscription.changed" { (subscription_table(&visitor, &page.items)) }
                (parts::pager(&base, &form, page.next))
            }
        },
    ))
}

/// Subscriptions in a table.
pub fn subscription_table(visitor: &Visitor, subscriptions: &[Subscription]) -> Markup {
    let row = |it: &Subscription| {
        html! {
            tr {
                td { a href=(visitor.path(&format!("/customers/{}/subscription", it.customer))) { (it.customer_name) } }
                td { (it.plan_name) @if let Some(next) = &it.next_plan_name { " " (tag(Tone::Plain, &format!("then {next}"))) } }
                td { (state(it)) }
                td.n.wide { @if let Some(at) = it.period_end.filter(|_| !super::stands(it)) { (date(visitor, at)) } }
            }
        }
    };
    let rows: Vec<Markup> = subscriptions.iter().map(row).collect();
    let heads = [Head::Text("Customer"), Head::Text("Plan"), Head::Text("State"), Head::WideNumber("Next period")];
    parts::table("Subscriptions", &heads, &rows)
}
