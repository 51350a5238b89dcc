//! One deed for several tickets that were chosen in the list. Each is done for itself, and of each it is told what became of
//! it: one that cannot be done keeps no other from it.

use axum::response::{IntoResponse, Response};
use kernel::Permission;
use kernel::id::MembershipId;
use kernel::text::{Reason, Tag};
use maud::{Markup, html};
use runtime::Error;

use super::parts::dot_of;
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{Dot, Head, Input, Select, dot, table};
use crate::pages::{Form, Room, Shell, shell};
use crate::tickets::{Seen, Ticket, TicketNumber, add_tag, assign, find, reject, start};

kernel::words! {
    /// What is done with all of them.
    Deed, "deed" {
        /// Work begins.
        Start = "start",
        /// Somebody is to work on them.
        Assign = "assign",
        /// They are marked with a word more.
        Tag = "tag",
        /// They are turned down.
        Reject = "reject",
    }
}

/// A list shows no more than these.
const MOST: usize = 100;

/// What is to be done, read and good.
enum Order {
    Start,
    Assign(Option<MembershipId>),
    Tag(Tag),
    Reject(Reason),
}

/// The bar below the list: what to do with the rows that are ticked. The boxes of the rows belong to this form.
pub(super) fn bar(visitor: &Visitor, workers: &[(MembershipId, String)]) -> Markup {
    if !visitor.may(Permission::TicketsWork) {
        return html! {};
    }
    let form = Form::blank();
    let deeds = [("start", "Start work"), ("assign", "Assign"), ("tag", "Add a tag"), ("reject", "Reject")];
    let deeds = deeds.map(|(word, label)| (word.to_owned(), label.to_owned()));
    let whom: Vec<_> = std::iter::once((String::new(), "Nobody".to_owned()))
        .chain(workers.iter().map(|(member, name)| (member.to_string(), name.clone())))
        .collect();
    html! {
        details.drawer.bulk {
            summary { "Do something with those that are ticked" }
            form #bulk method="post" action=(visitor.path("/tickets/several")) {
                div.row {
                    (Select { form: &form, name: "deed", label: "What", choices: &deeds })
                    (Select { form: &form, name: "whom", label: "Assign to", choices: &whom })
                    (Input::text(&form, "word", "Tag").optional())
                    (Input::text(&form, "why", "Why they are rejected").optional().hint("Their customers read this."))
                }
                p.submit { button type="submit" { "Do it" } }
            }
        }
    }
}

/// The box that chooses a row.
pub(super) fn tick(ticket: &Ticket) -> Markup {
    html! { input type="checkbox" name="ticket" value=(ticket.id) form="bulk" aria-label={ "Choose " (ticket.title) }; }
}

/// Does it with each, and says what became of each.
pub(super) async fn post_several(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    visitor.require(Permission::TicketsWork)?;
    let order = read(&mut form);
    let chosen: Vec<TicketNumber> = form
        .values()
        .filter(|(name, _)| *name == "ticket")
        .filter_map(|(_, value)| value.parse().ok())
        .take(MOST)
        .collect();
    let Some(order) = order.filter(|_| !chosen.is_empty()) else {
        let said = ["deed", "whom", "word", "why"]
            .iter()
            .find_map(|name| form.error(name))
            .unwrap_or("Tick the tickets first.");
        return Ok((
            http::StatusCode::UNPROCESSABLE_ENTITY,
            page(&visitor, &html! { p.wrong role="alert" { (said) } }),
        )
            .into_response());
    };
    let mut rows = Vec::with_capacity(chosen.len());
    for number in &chosen {
        rows.push(outcome(&visitor, number, carry_out(&visitor, number, &order).await)?);
    }
    let heads = [Head::Text("Ticket"), Head::Text("What became of it"), Head::Wide("Now")];
    Ok(page(&visitor, &table("What became of each", &heads, &rows)).into_response())
}

fn page(visitor: &Visitor, content: &Markup) -> Markup {
    let frame = Shell { visitor, room: Room::Tickets, title: "Several tickets", actions: html! {} };
    shell(&frame, &html! { (content) p { a.btn href=(visitor.path("/tickets")) { "Back to the tickets" } } })
}

fn read(form: &mut Form) -> Option<Order> {
    let deed: Deed = form.choose("deed", "what to do")?;
    match deed {
        Deed::Start => Some(Order::Start),
        Deed::Assign if form.value("whom").is_empty() => Some(Order::Assign(None)),
        Deed::Assign => Some(Order::Assign(Some(form.choose("whom", "who it is for")?))),
        Deed::Tag => {
            let word = form.value("word").trim().parse();
            word.map_err(|error| form.refuse("word", format!("The tag {error}."))).ok().map(Order::Tag)
        }
        Deed::Reject => {
            let why = form.value("why").trim().parse();
            why.map_err(|_| form.refuse("why", "Say why they are rejected; their customers read it."))
                .ok()
                .map(Order::Reject)
        }
    }
}

async fn carry_out(visitor: &Visitor, number: &TicketNumber, order: &Order) -> Result<Ticket, Error> {
    let tx = visitor.write().await?;
    let seen = Seen { number: number.clone(), version: None };
    match order {
        Order::Start => drop(start(&tx, &seen).await?),
        Order::Assign(whom) => drop(assign(&tx, &seen, *whom).await?),
        Order::Reject(why) => drop(reject(&tx, &seen, why).await?),
        Order::Tag(word) => drop(add_tag(&tx, &seen, word).await?),
    }
    let ticket = find::get(&tx, number).await?;
    tx.commit().await?;
    Ok(ticket)
}

/// A refusal is the row's own affair; a fault is not.
fn outcome(visitor: &Visitor, number: &TicketNumber, done: Result<Ticket, Error>) -> Result<Markup, Error> {
    let to = visitor.path(&format!("/tickets/{number}"));
    match done {
        Ok(ticket) => Ok(
            html! { tr { td { a href=(to) { (ticket.title) } } td { (dot(Dot::Done, "Done")) } td.wide { (dot_of(&ticket)) } } },
        ),
        Err(Error::Refused(refusal)) => Ok(
            html! { tr { td { a href=(to) { (number) } } td { (dot(Dot::Failed, &refusal.sentence())) } td.wide {} } },
        ),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_asked_for() {
        let mut form = Form::blank().with("deed", "reject");
        assert!(read(&mut form).is_none() && form.error("why").is_some());
        let mut form = Form::blank().with("deed", "tag").with("word", "  ");
        assert!(read(&mut form).is_none() && form.error("word").is_some());
        let mut form = Form::blank();
        assert!(read(&mut form).is_none() && form.error("deed").is_some());
        assert!(matches!(read(&mut Form::blank().with("deed", "assign")), Some(Order::Assign(None))));
    }
}
