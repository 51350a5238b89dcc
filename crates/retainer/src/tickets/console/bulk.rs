//! One deed for several tickets that were chosen in the list. Each is done for itself, and of each it is told what became of
//! it: one that cannot be done keeps no other from it.

use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use kernel::Permission;
use kernel::id::MembershipId;
use kernel::text::{Reason, Tag};
use runtime::Error;

use super::list::{self, Sent};
use crate::doors::{PageHalt, Visitor};
use crate::pages::{Form, again};
use crate::tickets::mailed::{Mailed, mailed_of_rejection};
use crate::tickets::{Seen, Ticket, TicketNumber, add_tag, assign, find, reject, start};

kernel::words! {
    /// What is done with all of them.
    Deed, "deed" {
        /// Somebody is to work on them.
        Assign = "assign",
        /// They are marked with a word more.
        Tag = "tag",
        /// Work begins.
        Start = "start",
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

impl Order {
    const fn did(&self) -> &'static str {
        match self {
            Self::Start => "in work",
            Self::Assign(Some(_)) => "assigned",
            Self::Assign(None) => "assigned to nobody",
            Self::Tag(_) => "tagged",
            Self::Reject(_) => "rejected",
        }
    }
}

/// Several tickets at once: what was asked for, and what came of it.
#[derive(Debug, Default)]
pub(in crate::tickets) struct Several {
    /// What stands in the bar.
    pub(super) form: Form,
    /// The tickets that are ticked.
    pub(super) ticked: Vec<TicketNumber>,
    /// What is asked before they are rejected.
    pub(super) question: Option<Mailed>,
    /// What became of each, where it was done.
    pub(super) outcomes: Vec<Outcome>,
    /// What that was: "3 tickets are assigned".
    pub(super) did: &'static str,
}

/// What became of one of them.
#[derive(Debug)]
pub(in crate::tickets) struct Outcome {
    pub(super) number: TicketNumber,
    pub(super) title: String,
    /// Why it was not done, if it was not.
    pub(super) refused: Option<String>,
}

/// Somebody reloads the page that a form left them on: the list, narrowed down as it was.
pub(super) async fn get_several(visitor: Visitor, RawQuery(query): RawQuery) -> Redirect {
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    Redirect::to(&visitor.path(&format!("/tickets{query}")))
}

/// Does it with each, and says on the list what became of each. What is refused comes back to the list as it was sent.
pub(super) async fn post_several(
    visitor: Visitor,
    RawQuery(query): RawQuery,
    mut form: Form,
) -> Result<Response, PageHalt> {
    visitor.require(Permission::TicketsWork)?;
    let query = query.unwrap_or_default();
    let filters = Form::decode(query.as_bytes());
    let order = read(&mut form);
    let ticked = ticked(&form);
    if ticked.is_empty() {
        form.refuse("", "Tick the tickets first.");
    }
    let Some(order) = order.filter(|_| form.is_good()) else {
        let several = Several { form, ticked, ..Several::default() };
        return Ok(again(&list::page(&visitor, filters, &Sent { several, view: None }).await?));
    };
    if matches!(order, Order::Reject(_)) && form.value("sure") != all_of(&ticked) {
        let mailed = mailed_of_rejection(&visitor.read().await?, &ticked).await?;
        // What cannot be rejected any more asks nothing: it is told of each.
        if mailed.tickets > 0 {
            let several = Several { form, ticked, question: Some(mailed), ..Several::default() };
            return Ok(again(&list::page(&visitor, filters, &Sent { several, view: None }).await?));
        }
    }
    // Sent twice, it is done once: whoever sends it again is led to the list as it is now.
    visitor.write_once(&form).await?.finish(&format!("/tickets?{query}"), "").await?;
    let mut outcomes = Vec::with_capacity(ticked.len());
    for number in ticked {
        outcomes.push(outcome(&visitor, number, &order).await?);
    }
    let left = outcomes.iter().filter(|outcome| outcome.refused.is_some()).map(|outcome| outcome.number.clone());
    let several = Several { form: Form::blank(), ticked: left.collect(), question: None, did: order.did(), outcomes };
    Ok(list::page(&visitor, filters, &Sent { several, view: None }).await?.into_response())
}

fn ticked(form: &Form) -> Vec<TicketNumber> {
    let mut numbers: Vec<TicketNumber> = Vec::new();
    for number in form.values().filter(|(name, _)| *name == "ticket").filter_map(|(_, value)| value.parse().ok()) {
        if !numbers.contains(&number) && numbers.len() < MOST {
            numbers.push(number);
        }
    }
    numbers
}

/// Who said yes said it of these tickets, and of no others that were ticked since.
pub(super) fn all_of(ticked: &[TicketNumber]) -> String {
    let mut numbers: Vec<&str> = ticked.iter().map(TicketNumber::as_str).collect();
    numbers.sort_unstable();
    numbers.join(" ")
}

fn read(form: &mut Form) -> Option<Order> {
    let deed: Deed = form.choose("deed", "what is to be done")?;
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
async fn outcome(visitor: &Visitor, number: TicketNumber, order: &Order) -> Result<Outcome, Error> {
    match carry_out(visitor, &number, order).await {
        Ok(ticket) => Ok(Outcome { number, title: ticket.title, refused: None }),
        Err(Error::Refused(refusal)) => {
            let known = find::get(&visitor.read().await?, &number).await;
            let title = known.map_or_else(|_| number.to_string(), |ticket| ticket.title);
            Ok(Outcome { number, title, refused: Some(refusal.sentence()) })
        }
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
