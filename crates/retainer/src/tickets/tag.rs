//! Marking a ticket with words.

use kernel::Permission;
use kernel::text::Tag;
use runtime::{Error, Tx};
use serde_json::json;

use super::history::{self, Line};
use super::load::{lock, store};
use super::{Seen, Ticket};

runtime::refusals! {
    /// Why a ticket was not tagged.
    pub enum TagRefused {
        /// Too many to be of use.
        TooMany { most: usize } => Invalid, "ticket.too_many_tags", "A ticket has at most {most} tags.", at "/tags";
    }
}

/// The most tags of a ticket.
const MOST: usize = 20;

/// Gives a ticket exactly these tags, each once and in the order of the alphabet.
///
/// # Errors
/// [`TagRefused`], what [`lock`] refuses, `permission.missing`, or a fault.
pub async fn tag(tx: &Tx, seen: &Seen, tags: &[Tag]) -> Result<Ticket, Error> {
    tx.require(Permission::TicketsWork)?;
    let ticket = lock(tx, seen).await?;
    mark(tx, ticket, tags.iter().map(ToString::to_string).collect()).await
}

/// Gives a ticket one tag more, besides those that it has by then.
///
/// # Errors
/// As [`tag`].
pub async fn add_tag(tx: &Tx, seen: &Seen, tag: &Tag) -> Result<Ticket, Error> {
    tx.require(Permission::TicketsWork)?;
    let ticket = lock(tx, seen).await?;
    let tags = ticket.tags.iter().cloned().chain([tag.to_string()]).collect();
    mark(tx, ticket, tags).await
}

async fn mark(tx: &Tx, mut ticket: Ticket, mut wanted: Vec<String>) -> Result<Ticket, Error> {
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.len() > MOST {
        return Err(TagRefused::TooMany { most: MOST }.into());
    }
    if ticket.tags == wanted {
        return Ok(ticket);
    }
    let before = std::mem::replace(&mut ticket.tags, wanted);
    store(tx, &mut ticket).await?;
    let line = Line::new("ticket.tagged", json!({"tags": before}), json!({"tags": ticket.tags}));
    history::write(tx, &ticket, line.internal()).await?;
    Ok(ticket)
}
