//! What people are told of a ticket, and who.

use runtime::{Error, Tx};

use super::comment::Saying;
use super::{Audience as Readers, Side, Ticket};
use crate::mail::templates::{Said, TicketCommented, TicketOpened, TicketWentOn};
use crate::notifications::{Audience, Kind, News, Recipient, audience, tell};

/// Who is told of a new ticket: everybody who works tickets.
pub(super) async fn audience_of_new(tx: &Tx) -> Result<Vec<Recipient>, Error> {
    let workers = Some("because you work on tickets");
    audience(tx, Kind::Request, Audience { workers, ..Audience::default() }).await
}

/// Who is told that a ticket went on: the customer and the assignee.
pub(super) async fn audience_of(tx: &Tx, ticket: &Ticket) -> Result<Vec<Recipient>, Error> {
    let of = Audience { assignee: ticket.assignee, customer: Some(ticket.customer), workers: None };
    audience(tx, Kind::Status, of).await
}

/// Who is told that a ticket was assigned: the assignee.
pub(super) async fn audience_of_assignee(tx: &Tx, ticket: &Ticket) -> Result<Vec<Recipient>, Error> {
    audience(tx, Kind::Status, Audience { assignee: ticket.assignee, ..Audience::default() }).await
}

/// Who is told of a comment: the other side and the assignee; where nobody is assigned, everybody who works tickets. An
/// internal comment never leaves staff.
pub(super) async fn audience_of_comment(
    tx: &Tx,
    ticket: &Ticket,
    side: Side,
    readers: Readers,
) -> Result<Vec<Recipient>, Error> {
    let to_customer = side == Side::Staff && readers == Readers::Everybody;
    let nobody_else = ticket.assignee.is_none() && !to_customer;
    let of = Audience {
        assignee: ticket.assignee,
        // Colleagues of a customer who writes are told, too: it is their ticket as well.
        customer: (readers == Readers::Everybody).then_some(ticket.customer),
        workers: nobody_else.then_some("because nobody is assigned yet"),
    };
    audience(tx, Kind::Comment, of).await
}

/// Tells of a new ticket.
pub(super) async fn opened(tx: &Tx, ticket: &Ticket, files: &[&str], to: &[Recipient]) -> Result<(), Error> {
    let details = with_files(ticket.details.as_deref().unwrap_or_default(), files);
    let asks = match ticket.hours.atoms() {
        0 => "this, its hours to be estimated".to_owned(),
        _ => format!("{} h", ticket.hours),
    };
    let text = format!("{} asks for {asks}, priority {}.\n{details}", ticket.customer_name, ticket.priority);
    let said = TicketOpened {
        number: ticket.id.to_string(),
        title: ticket.title.clone(),
        customer: ticket.customer_name.clone(),
        asks,
        priority: ticket.priority.to_string(),
        details,
    };
    let title = format!("New: {}", ticket.title);
    tell(tx, &news(ticket, Kind::Request, said.into(), (title, text)), to).await
}

/// Tells that a ticket went on.
pub(super) async fn went_on(tx: &Tx, ticket: &Ticket, what: &str, said: &str, to: &[Recipient]) -> Result<(), Error> {
    let words = (format!("{what} {}", ticket.title), said.to_owned());
    let said = TicketWentOn {
        number: ticket.id.to_string(),
        title: ticket.title.clone(),
        what: what.to_owned(),
        said: said.to_owned(),
        status: ticket.status.to_string(),
        customer: ticket.customer_name.clone(),
        hours_held: ticket.hours_held.to_string(),
        hours_used: ticket.hours_used.to_string(),
    };
    tell(tx, &news(ticket, Kind::Status, said.into(), words), to).await
}

/// Tells of a comment; several unread ones of a ticket become one.
pub(super) async fn commented(tx: &Tx, ticket: &Ticket, saying: &Saying<'_>, to: &[Recipient]) -> Result<(), Error> {
    let readers = saying.audience;
    let what = if readers == Readers::Staff { "internal comment" } else { "comment" };
    let author = &tx.actor().name;
    let words = (format!("{author}: {what} on {}", ticket.title), saying.message.to_string());
    let said = TicketCommented {
        number: ticket.id.to_string(),
        title: ticket.title.clone(),
        author: author.clone(),
        what: what.to_owned(),
        message: with_files(saying.message.as_str(), saying.files),
        customer: ticket.customer_name.clone(),
    };
    let mut news = news(ticket, Kind::Comment, said.into(), words);
    news.internal = readers == Readers::Staff;
    news.collapse_key = Some(format!("comment:{}", ticket.key));
    // What was said is about no hours.
    news.allowance = None;
    tell(tx, &news, to).await
}

/// What was said, and the names of what came with it: a mail carries no files.
fn with_files(text: &str, files: &[&str]) -> String {
    match files {
        [] => text.to_owned(),
        [one] => format!("{text}\n\nWith a file: {one}"),
        several => format!("{text}\n\nWith {} files: {}", several.len(), several.join(", ")),
    }
}

fn news(ticket: &Ticket, kind: Kind, mail: Said, (title, text): (String, String)) -> News {
    News {
        kind,
        mail,
        allowance: Some(ticket.customer),
        subject_kind: "ticket",
        subject_ref: ticket.id.to_string(),
        title,
        text,
        internal: false,
        collapse_key: None,
    }
}
