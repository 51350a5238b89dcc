//! All subscriptions.

use kernel::{Period, Permission};
use maud::{Markup, html};
use runtime::http::Paging;

use super::state;
use crate::billing::console::{Way, ways};
use crate::customers::console::staff_only;
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{self, Head, Select, Tone, date, tag};
use crate::pages::{Form, Room, Shell, shell};
use crate::reports::plans::{PlansReport, plans};
use crate::subscriptions::SubscriptionState;
use crate::subscriptions::find::{self, Subscription, Wanted};

pub(super) async fn get_subscriptions(visitor: Visitor, mut form: Form) -> Result<Markup, PageHalt> {
    staff_only(&visitor)?;
    let is_running = form.value("state") == "running";
    let state = if is_running { None } else { form.read_optional::<SubscriptionState>("state") };
    let paging = Paging { after: form.read_optional("after"), limit: None };
    let plan = form.read_optional("plan");
    let wanted_all = plan.is_none() && state.is_none() && !is_running && paging.after.is_none();
    let tx = visitor.read().await?;
    let brings = async {
        // What they bring is a figure of the reports, and told to whoever may read those.
        if plan.is_none() && state.is_none() && visitor.may(Permission::ReportsRead) {
            plans(&tx).await.map(Some)
        } else {
            Ok(None)
        }
    };
    let wanted = Wanted { plan, state, is_running, paging, ..Wanted::default() };
    let (page, brings) = tokio::try_join!(find::list(&tx, wanted), brings)?;
    let base = visitor.path("/subscriptions");
    let mut choices =
        vec![(String::new(), "All".to_owned()), ("running".to_owned(), "running: active or past due".to_owned())];
    choices
        .extend(SubscriptionState::ALL.iter().map(|state| (state.word().to_owned(), state.word().replace('_', " "))));
    let frame = Shell { visitor: &visitor, room: Room::Money, title: "Money", actions: html! {} };
    Ok(shell(
        &frame,
        &html! {
            (ways(&visitor, Way::Subscriptions))
            @if !(page.items.is_empty() && wanted_all) { (parts::filters(&base, &form, &html! { @if let Some(plan) = plan { input type="hidden" name="plan" value=(plan); } (Select { form: &form.plain(), name: "state", label: "State", choices: &choices }) })) }
            @if page.items.is_empty() && wanted_all { (parts::empty(parts::Empty {
                title: "No subscriptions yet",
                text: "A subscription is a plan that runs for a customer: it brings hours each period and writes the invoice for them.",
                action: Some((&visitor.path("/customers"), "To the customers")),
            })) }
            @else if page.items.is_empty() { p { "None fits. " a href=(base) { "Show all" } } }
            @else {
                @if let Some(first) = page.items.first().filter(|_| plan.is_some()) {
                    p { "Of " a href=(visitor.path(&format!("/plans/{}", first.plan))) { (first.plan_name) } ". " a href=(base) { "Show those of all plans" } }
                }
                @if let Some(brings) = &brings { (together(brings)) }
                div #list data-hears="subscription.changed" { (subscription_table(&visitor, &page.items)) }
                (parts::pager(&base, &form, page.next))
            }
        },
    ))
}

/// What running plans bring in a month, as the reports say it.
fn together(brings: &PlansReport) -> Markup {
    let (active, late) = brings.items.iter().fold((0, 0), |(a, b), plan| (a + plan.active, b + plan.past_due));
    html! {
        p.together {
            (active + late) " running" @if late > 0 { " (" (late) " of them past due)" } ": together "
            @for (place, amount) in brings.mrr.iter().enumerate() { @if place > 0 { " and " } b { (parts::money(*amount)) } }
            " a month"
        }
    }
}

/// Subscriptions in a table.
pub fn subscription_table(visitor: &Visitor, subscriptions: &[Subscription]) -> Markup {
    let row = |it: &Subscription| {
        html! {
            tr {
                td { a href=(visitor.path(&format!("/customers/{}/subscription", it.customer))) { (it.customer_name) } }
                td { (it.plan_name) @if let Some(next) = &it.next_plan_name { " " (tag(Tone::Plain, &format!("then {next}"))) } }
                td { (state(it)) }
                td.n { (parts::money(it.price)) @if it.period != Period::Once { span.soft { " a " (it.period) } } }
                td.n.wide { @if let Some(at) = it.period_end.filter(|_| !super::stands(it)) { (date(visitor, at)) } }
            }
        }
    };
    let rows: Vec<Markup> = subscriptions.iter().map(row).collect();
    let heads = [
        Head::Text("Customer"),
        Head::Text("Plan"),
        Head::Text("State"),
        Head::Number("Price"),
        Head::WideNumber("Next period"),
    ];
    parts::table("Subscriptions", &heads, &rows)
}
