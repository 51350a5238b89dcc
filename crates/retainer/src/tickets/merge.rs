//! Merging a ticket into another: two that ask for the same become one.

use kernel::Permission;
use kernel::id::{Id, TicketId};
use kernel::quantity::Hours;
use runtime::{Error, Tx, sql};
use serde_json::json;

use super::history::{self, Line};
use super::load::{lock, require_open, store};
use super::{Seen, Ticket, TicketNumber, news};

runtime::refusals! {
    /// Why tickets were not merged.
    pub enum MergeRefused {
        /// The other ticket does not exist, or is not theirs to see.
        NoTarget => Invalid, "ticket.no_merge_target", "There is no ticket with this number to merge into.", at "/into";
        /// A ticket cannot be merged into itself.
        Itself => Invalid, "ticket.merge_into_itself", "A ticket cannot be merged into itself.", at "/into";
        /// They are different customers' tickets.
        OtherCustomer => Conflict, "ticket.merge_other_customer", "Both tickets must be of the same customer.", at "/into";
        /// The other is over.
        TargetClosed { into: TicketNumber } => Conflict, "ticket.merge_into_closed", "{into} is not open. Reopen it first, or merge the other way round.", at "/into";
    }
}

/// Merges a ticket into another open one of the same customer. Comments, holds, timers and time entries move there and
/// stay marked with where they came from; nothing held is given back. Returns the other ticket.
///
/// # Errors
/// [`MergeRefused`], what [`lock`] refuses, `permission.missing`, or a fault.
pub async fn merge(tx: &Tx, seen: &Seen, into: &TicketNumber) -> Result<Ticket, Error> {
    tx.require(Permission::TicketsWork)?;
    if seen.number == *into {
        return Err(MergeRefused::Itself.into());
    }
    let (mut from, mut target) = lock_both(tx, seen, into).await?;
    if from.customer != target.customer {
        return Err(MergeRefused::OtherCustomer.into());
    }
    require_open(&target).map_err(|_| MergeRefused::TargetClosed { into: into.clone() })?;
    let told = news::audience_of(tx, &from).await?;
    let before = json!({"hours": target.hours, "hours_held": target.hours_held, "hours_used": target.hours_used});
    let own = json!({"status": from.status, "hours_held": from.hours_held, "hours_used": from.hours_used});
    add(&mut target, &mut from);
    from.version += 1;
    retire(tx, &from, target.key).await?;
    store(tx, &mut target).await?;
    move_rows(tx, from.key, target.key).await?;
    bring_along(tx, &from, target.key).await?;
    let gone = Line::new("ticket.merged", own, json!({"into": target.id}));
    let grown = Line::new(
        "ticket.absorbed",
        before,
        json!({"from": from.id, "hours": target.hours, "hours_held": target.hours_held, "hours_used": target.hours_used}),
    );
    let said = format!("{} ({}) goes on here.", from.title, from.id);
    tokio::try_join!(
        history::write(tx, &from, gone),
        history::write(tx, &target, grown),
        news::went_on(tx, &target, "Merged:", &said, &told),
    )?;
    Ok(target)
}

/// Locks both in the order of their numbers, so that two merges in opposite directions wait instead of deadlocking.
async fn lock_both(tx: &Tx, seen: &Seen, into: &TicketNumber) -> Result<(Ticket, Ticket), Error> {
    let other = Seen { number: into.clone(), version: None };
    let missing = |error: Error| match error.code() {
        Some("ticket.not_found") => MergeRefused::NoTarget.into(),
        _ => error,
    };
    if seen.number.as_str() < into.as_str() {
        let from = lock(tx, seen).await?;
        Ok((from, lock(tx, &other).await.map_err(missing)?))
    } else {
        let target = lock(tx, &other).await.map_err(missing);
        let from = lock(tx, seen).await?;
        Ok((from, target?))
    }
}

fn add(target: &mut Ticket, from: &mut Ticket) {
    let sum = |one: Hours, other: Hours| Hours::of_seconds(one.atoms() + other.atoms());
    if from.status.is_open() {
        target.hours = sum(target.hours, from.hours);
    }
    target.hours_held = sum(target.hours_held, from.hours_held);
    target.hours_used = sum(target.hours_used, from.hours_used);
    (from.hours_held, from.hours_used, from.hours_asked) = (Hours::of_seconds(0), Hours::of_seconds(0), None);
}

/// Writes the ticket that goes on elsewhere. It stays as it was, holds nothing any more and is over.
async fn retire(tx: &Tx, from: &Ticket, into: TicketId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "update tickets set merged_into_id = $3, held_seconds = 0, used_seconds = 0, asked_seconds = null,
                    closed_at = $4, version = $5
             where organization_id = $1 and id = $2"
        ),
        &[tx.org(), from.key.as_uuid(), into.as_uuid(), &tx.now(), &from.version],
    )
    .await?;
    Ok(())
}

async fn move_rows(tx: &Tx, from: TicketId, into: TicketId) -> Result<(), Error> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [tx.org(), from.as_uuid(), into.as_uuid()];
    tokio::try_join!(
        tx.execute(
            sql!("update ticket_holds set ticket_id = $3 where organization_id = $1 and ticket_id = $2"),
            &params
        ),
        tx.execute(
            sql!("update ticket_comments set ticket_id = $3 where organization_id = $1 and ticket_id = $2"),
            &params
        ),
        tx.execute(
            sql!("update attachments set ticket_id = $3 where organization_id = $1 and ticket_id = $2"),
            &params
        ),
        tx.execute(
            sql!("update ticket_time_entries set ticket_id = $3 where organization_id = $1 and ticket_id = $2"),
            &params
        ),
        tx.execute(
            sql!("update ticket_timers set ticket_id = $3 where organization_id = $1 and ticket_id = $2"),
            &params
        ),
    )?;
    Ok(())
}

/// What a merged ticket asked for is an entry of the conversation that it joins, said by whoever opened it when they did, so
/// that nobody has to look at the other ticket to know what is wanted.
async fn bring_along(tx: &Tx, from: &Ticket, into: TicketId) -> Result<(), Error> {
    let message = match &from.details {
        Some(details) => format!("{}: {}\n\n{details}", from.id, from.title),
        None => format!("{}: {}", from.id, from.title),
    };
    tx.execute(
        sql!(
            "insert into ticket_comments (organization_id, id, ticket_id, origin_ticket_id, author_user_id, author_name,
                    side, message, internal, created_at)
             select $1, $2, $3, t.id, t.opened_by_user_id,
                    case when t.opened_by_user_id is null then c.name end,
                    case when exists (select from memberships m where m.organization_id = $1
                                       and m.user_id = t.opened_by_user_id and m.customer_id is null)
                         then 'staff' else 'customer' end,
                    $5, false, t.created_at
             from tickets t
             join customers c on c.organization_id = t.organization_id and c.id = t.customer_id
             where t.organization_id = $1 and t.id = $4"
        ),
        &[tx.org(), tx.new_id::<kernel::id::CommentId>().as_uuid(), into.as_uuid(), from.key.as_uuid(), &message],
    )
    .await?;
    Ok(())
}
