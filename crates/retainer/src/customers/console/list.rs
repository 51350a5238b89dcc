//! The list of customers.

use axum::response::Response;
use kernel::{Permission, Quantity, Unit};
use maud::{Markup, html};
use runtime::http::Paging;
use runtime::{Error, Tx};

use super::staff_only;
use crate::customers::find::{Archived, Wanted};
use crate::customers::overview::{self, CustomerOrder, HoursLeft, Line};
use crate::doors::{PageHalt, Visitor};
use crate::ledger::{self, Owner};
use crate::pages::form::query;
use crate::pages::parts::{self, Dot, Empty, Head, Input, Select, Sorts, Tone, dot, hours, hours_sign, tag};
use crate::pages::{Form, Room, Shell, export, shell};
use crate::sample;

/// What a form asks for. Nothing said, what needs attention comes first.
fn asked(form: &mut Form) -> (Wanted, CustomerOrder) {
    let wanted = Wanted {
        search: form.read_optional("q"),
        tag: form.read_optional("tag"),
        archived: match form.value("show") {
            "archived" => Archived::Archived,
            "all" => Archived::Both,
            "" => Archived::Living,
            _ => {
                form.refuse("show", "Archived ones, or all.");
                Archived::Living
            }
        },
        paging: Paging { after: form.read_optional("after"), limit: None },
    };
    (wanted, form.read_optional("sort").unwrap_or(CustomerOrder::Attention))
}

/// The list as a file.
pub(super) async fn get_file(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    let (wanted, order) = asked(&mut form);
    let tx = visitor.read_at_once().await?;
    let mut lines = export::Rows::begin(&form)?;
    while let Some(paging) = lines.next() {
        lines.take(overview::in_order(&tx, &Wanted { paging, ..wanted.clone() }, order).await?)?;
    }
    let mut lines = lines.all();
    for line in &mut lines {
        line.hours = up_to_date(&tx, line).await?;
    }
    let rows: Vec<[String; 8]> = lines.iter().map(cells).collect();
    let heads = ["id", "name", "email", "tags", "plan", "subscription", "open_tickets", "hours_left"];
    Ok(export::file("customers", heads, &rows)?)
}

fn cells(line: &Line) -> [String; 8] {
    let Line { customer, hours, plan, subscription_state, open_tickets } = line;
    let left =
        hours.map(|hours| if hours.unlimited { "no limit".to_owned() } else { hours.left.decimal().to_string() });
    [
        customer.id.to_string(),
        customer.name.clone(),
        customer.email.as_ref().map(ToString::to_string).unwrap_or_default(),
        customer.tags.join(", "),
        plan.clone().unwrap_or_default(),
        subscription_state.clone().unwrap_or_default(),
        open_tickets.to_string(),
        left.unwrap_or_default(),
    ]
}

pub(super) async fn get_customers(visitor: Visitor, mut form: Form) -> Result<Markup, PageHalt> {
    staff_only(&visitor)?;
    let (wanted, order) = asked(&mut form);
    let tx = visitor.read().await?;
    let (mut page, sum) = tokio::try_join!(overview::in_order(&tx, &wanted, order), overview::sum(&tx, &wanted))?;
    for line in &mut page.items {
        line.hours = up_to_date(&tx, line).await?;
    }
    let nothing = page.items.is_empty() && !is_filtered(&wanted);
    let offer = sample::console::offer(&visitor, &tx, nothing).await?;
    let base = visitor.path("/customers");
    let rows: Vec<Markup> = page.items.iter().map(|line| row(&visitor, &base, line)).collect();
    let may_add = visitor.may(Permission::CustomersWrite);
    let actions = html! {
        @if !rows.is_empty() { (parts::exports(&base, &form)) }
        @if may_add { a.btn.go href={ (base) "/new" } { "New customer" } }
    };
    let frame = Shell { visitor: &visitor, room: Room::Customers, title: "Customers", actions };
    Ok(shell(
        &frame,
        &html! {
            @if !nothing { (parts::filters_and_order(&base, &form, &orders(), &fields(&form.plain()))) }
            @if !rows.is_empty() {
                div #list data-hears="customer.changed, subscription.changed, ticket.changed" {
                    (together(sum, order, &parts::sorted(&base, &form, "")))
                    (in_table(&base, &form, order, &rows))
                    (parts::pager(&base, &form, page.next))
                }
            } @else if !nothing {
                p { "No customer fits. " a href=(base) { "Show all" } }
            } @else {
                (nothing_yet(&base, may_add, &offer))
            }
        },
    ))
}

/// What the list adds up to: the hours are what the reports say is owed.
fn together((customers, left): (i64, Quantity), order: CustomerOrder, attention: &str) -> Markup {
    html! {
        p.together { (customers) @if customers == 1 { " customer" } @else { " customers" }
            @if left.atoms != 0 { ", " b { (hours_sign(left)) } " left together" }
            @if order == CustomerOrder::Attention { "; who needs attention comes first" } @else { "; " a href=(attention) { "who needs attention first" } } }
    }
}

fn in_table(base: &str, form: &Form, order: CustomerOrder, rows: &[Markup]) -> Markup {
    let way = |order: &str| parts::sorted(base, form, order);
    let by_name = way(if order == CustomerOrder::Name { "" } else { CustomerOrder::Name.word() });
    let by_left =
        way(if order == CustomerOrder::Left { CustomerOrder::Most.word() } else { CustomerOrder::Left.word() });
    let now = match order {
        CustomerOrder::Left => Some("ascending"),
        CustomerOrder::Most => Some("descending"),
        CustomerOrder::Name | CustomerOrder::Attention | CustomerOrder::Newest => None,
    };
    let name = (order == CustomerOrder::Name).then_some("ascending");
    let heads = [
        Head::Sorts(Sorts { label: "Name", to: &by_name, now: name, class: "" }),
        Head::Wide("Tags"),
        Head::Text("Plan"),
        Head::WideNumber("Open tickets"),
        Head::Sorts(Sorts { label: "Hours left", to: &by_left, now, class: "n" }),
    ];
    parts::table("Customers", &heads, rows)
}

fn orders() -> Vec<(String, String)> {
    let orders = [
        ("", "What needs attention first"),
        ("name", "By name"),
        ("newest", "Newest first"),
        ("left", "Fewest hours first"),
        ("most", "Most hours first"),
    ];
    orders.map(|(word, label)| (word.to_owned(), label.to_owned())).to_vec()
}

fn fields(form: &Form) -> Markup {
    let choices = [("", "Served"), ("archived", "Archived"), ("all", "All")];
    let choices = choices.map(|(value, words)| (value.to_owned(), words.to_owned()));
    html! {
        (Input::search(form, "q", "Name, address or tag"))
        // The tags of the rows are links that fill it in.
        @if !form.value("tag").is_empty() { (Input::search(form, "tag", "Tag")) }
        (Select { form, name: "show", label: "Which", choices: &choices })
    }
}

/// Whether a list is narrowed down, or not at its beginning.
fn is_filtered(wanted: &Wanted) -> bool {
    wanted.search.is_some()
        || wanted.tag.is_some()
        || wanted.archived != Archived::Living
        || wanted.paging.after.is_some()
}

fn nothing_yet(base: &str, may_add: bool, offer: &Markup) -> Markup {
    let to = format!("{base}/new");
    let what = Empty {
        title: "No customers yet",
        text: "A customer is a person or a company that buys from you. Their plan, their hours, their invoices and their \
               tickets hang on them.",
        action: may_add.then_some((to.as_str(), "Add the first customer")),
    };
    parts::empty_with(what, offer)
}

/// What the account says, or, where something fell due that it has not applied yet, what it will say.
async fn up_to_date(tx: &Tx, line: &Line) -> Result<Option<HoursLeft>, Error> {
    match line.hours {
        Some(HoursLeft { is_due: true, .. }) => {
            let balance = ledger::find::balance(tx, Owner::Customer(line.customer.id), Unit::Hour).await?;
            let (left, unlimited) = (balance.prepaid_left(), balance.unlimited);
            Ok(Some(HoursLeft { left, unlimited, is_due: false }))
        }
        hours => Ok(hours),
    }
}

fn row(visitor: &Visitor, base: &str, line: &Line) -> Markup {
    let Line { customer, hours: left, plan, subscription_state, open_tickets } = line;
    let to = format!("{base}/{}", customer.id);
    html! {
        tr {
            td {
                a href=(to) { (customer.name) }
                @if customer.archived_at.is_some() { " " (tag(Tone::Plain, "archived")) }
            }
            td.wide {
                @for word in &customer.tags { a.tag href={ (base) "?" (query(&[("tag", word)])) } { (word) } " " }
            }
            td {
                @match (plan, subscription_state.as_deref()) {
                    (Some(plan), Some("active")) => { (plan) }
                    (Some(plan), Some(state)) => { (plan) " " (state_tag(state)) }
                    _ => { span.soft { "no plan" } }
                }
            }
            td.n.wide {
                @if *open_tickets > 0 {
                    a href={ (visitor.path("/tickets")) "?" (query(&[("customer", &customer.id.to_string()), ("status", "open")])) } { (open_tickets) }
                }
            }
            td.n {
                @match left {
                    Some(left) if left.unlimited => { "no limit" }
                    Some(left) => {
                        a href=(visitor.path(&format!("/customers/{}/balance", customer.id))) .red[left.left.atoms < 0]
                            .amber[(0..3600).contains(&left.left.atoms)] title="Why?" { (hours(left.left)) }
                    }
                    None => { span.soft { "none" } }
                }
            }
        }
    }
}

fn state_tag(state: &str) -> Markup {
    match state {
        "past_due" => tag(Tone::Red, "past due"),
        "incomplete" => tag(Tone::Amber, "unpaid"),
        "paused" => dot(Dot::Waiting, "paused"),
        other => tag(Tone::Plain, other),
    }
}
