//! All subscriptions.

use kernel::id::PlanId;
use kernel::{Period, Permission};
use maud::{Markup, html};
use runtime::Tx;
use runtime::http::Paging;

use super::state;
use crate::billing::console::{Way, ways};
use crate::customers::console::staff_only;
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{self, Head, Select, Sorts, Tone, date, sorted, tag};
use crate::pages::{Form, Room, Shell, shell};
use crate::plans::{self, Plan};
use crate::reports::plans::{PlanCount, PlansReport};
use crate::subscriptions::find::{Subscription, Wanted};
use crate::subscriptions::listing;
use crate::subscriptions::{SubscriptionOrder, SubscriptionState};

pub(super) async fn get_subscriptions(visitor: Visitor, mut form: Form) -> Result<Markup, PageHalt> {
    staff_only(&visitor)?;
    let is_running = form.value("state") == "running";
    let state = if is_running { None } else { form.read_optional::<SubscriptionState>("state") };
    let paging = Paging { after: form.read_optional("after"), limit: None };
    let plan: Option<PlanId> = form.read_optional("plan");
    let order =
        form.read_optional::<SubscriptionOrder>("sort").filter(|_| state.is_none_or(|state| !state.has_ended()));
    let wanted_all = state.is_none() && !is_running && plan.is_none() && paging.after.is_none();
    let tx = visitor.read().await?;
    let brings = async {
        // What they bring is a figure of the reports, and told to whoever may read those.
        if state.is_none() && plan.is_none() && visitor.may(Permission::ReportsRead) {
            crate::reports::plans::plans(&tx).await.map(Some)
        } else {
            Ok(None)
        }
    };
    let wanted = Wanted { state, is_running, plan, paging, ..Wanted::default() };
    let (page, brings, plans) = tokio::try_join!(listing::list(&tx, wanted, order), brings, plans_of(&tx))?;
    let base = visitor.path("/subscriptions");
    let frame = Shell { visitor: &visitor, room: Room::Money, title: "Money", actions: html! {} };
    Ok(shell(
        &frame,
        &html! {
            (ways(&visitor, Way::Subscriptions))
            @if !(page.items.is_empty() && wanted_all) { (narrow(&base, &form, &plans)) }
            @if page.items.is_empty() && wanted_all { (parts::empty(parts::Empty {
                title: "No subscriptions yet",
                text: "A subscription is a plan that runs for a customer: it brings hours each period and writes the invoice for them.",
                action: Some((&visitor.path("/customers"), "To the customers")),
            })) }
            @else if page.items.is_empty() { p { "None fits. " a href=(base) { "Show all" } } }
            @else {
                (together(brings.as_ref(), order))
                div #list data-hears="subscription.changed" {
                    (sortable(&visitor, &form, &page.items, order))
                }
                (parts::pager(&base, &form, page.next))
            }
        },
    ))
}

async fn plans_of(tx: &Tx) -> Result<Vec<Plan>, runtime::Error> {
    if tx.require(Permission::PlansRead).is_err() {
        return Ok(Vec::new());
    }
    plans::find::all(tx).await
}

/// The filters above the list.
fn narrow(base: &str, form: &Form, plans: &[Plan]) -> Markup {
    let all = || (String::new(), "All".to_owned());
    let mut states = vec![all(), ("running".to_owned(), "running: active or past due".to_owned())];
    states.extend(SubscriptionState::ALL.iter().map(|state| (state.word().to_owned(), state.word().replace('_', " "))));
    let names: Vec<_> =
        std::iter::once(all()).chain(plans.iter().map(|plan| (plan.id.to_string(), plan.name.clone()))).collect();
    let orders = [
        ("", "Newest first"),
        ("next", "Next period first, of those not ended"),
        ("customer", "By customer, of those not ended"),
        ("price", "Dearest first, of those not ended"),
    ];
    let orders = orders.map(|(word, label)| (word.to_owned(), label.to_owned()));
    let plain = &form.plain();
    let fields = html! {
        (Select { form: plain, name: "state", label: "State", choices: &states })
        @if !plans.is_empty() { (Select { form: plain, name: "plan", label: "Plan", choices: &names }) }
    };
    parts::filters_and_order(base, form, &orders, &fields)
}

/// What running plans bring in a month, as the reports say it, and what an order leaves out.
fn together(brings: Option<&PlansReport>, order: Option<SubscriptionOrder>) -> Markup {
    let add = |(active, late): (i64, i64), plan: &PlanCount| (active + plan.active, late + plan.past_due);
    html! {
        p.together {
            @if let Some(brings) = brings {
                @let (active, late) = brings.items.iter().fold((0, 0), add);
                (active + late) " running" @if late > 0 { " (" (late) " of them past due)" } ": together "
                @for (place, amount) in brings.mrr.iter().enumerate() { @if place > 0 { " and " } b { (parts::money(*amount)) } }
                " a month. "
            }
            @if order.is_some() { "Those that have not come to an end are shown." }
        }
    }
}

/// Subscriptions in a table whose heads put the list into another order.
fn sortable(
    visitor: &Visitor,
    form: &Form,
    subscriptions: &[Subscription],
    order: Option<SubscriptionOrder>,
) -> Markup {
    use SubscriptionOrder::{Customer, Next, Price};
    let base = visitor.path("/subscriptions");
    let way = |wanted: SubscriptionOrder| sorted(&base, form, if order == Some(wanted) { "" } else { wanted.word() });
    let (customer, price, next) = (way(Customer), way(Price), way(Next));
    let now = |wanted: SubscriptionOrder, direction| (order == Some(wanted)).then_some(direction);
    let heads = [
        Head::Sorts(Sorts { label: "Customer", to: &customer, now: now(Customer, "ascending"), class: "" }),
        Head::Text("Plan"),
        Head::Text("State"),
        Head::Sorts(Sorts { label: "Price", to: &price, now: now(Price, "descending"), class: "n" }),
        Head::Sorts(Sorts { label: "Next period", to: &next, now: now(Next, "ascending"), class: "n wide" }),
    ];
    let row = |it: &Subscription| {
        html! {
            tr {
                td { a href=(visitor.path(&format!("/customers/{}/subscription", it.customer))) { (it.customer_name) } }
                td { (it.plan_name) @if let Some(next) = &it.next_plan_name { " " (tag(Tone::Plain, &format!("then {next}"))) } }
                td { (state(it)) }
                td.n { (parts::money(it.price)) @if it.period != Period::Once { span.soft.wide { " a " (it.period) } } }
                td.n.wide { @if let Some(at) = it.period_end.filter(|_| !super::stands(it)) { (date(visitor, at)) } }
            }
        }
    };
    let rows: Vec<Markup> = subscriptions.iter().map(row).collect();
    parts::table("Subscriptions", &heads, &rows)
}
