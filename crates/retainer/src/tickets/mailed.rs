//! Whom a step would mail, told before it is taken.

use kernel::Permission;
use runtime::{Error, Tx, sql};

use super::TicketNumber;

/// What rejecting some tickets comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mailed {
    /// How many of them are open, and so can be rejected.
    pub(super) tickets: i64,
    /// How many customers are told by mail: they have somebody who signs in and did not switch such mails off.
    pub(super) customers: i64,
}

/// Whom rejecting these tickets would mail; the same as [`crate::notifications::audience()`] would say for each.
///
/// # Errors
/// `permission.missing`, or a fault.
pub(super) async fn mailed_of_rejection(tx: &Tx, numbers: &[TicketNumber]) -> Result<Mailed, Error> {
    tx.require(Permission::TicketsWork)?;
    let numbers: Vec<&str> = numbers.iter().map(TicketNumber::as_str).collect();
    let row = tx
        .one(
            sql!(
                "select count(*) as tickets,
                        count(distinct t.customer_id) filter (where exists (
                            select from memberships m
                            join users u on u.id = m.user_id
                            left join notification_preferences p on p.organization_id = m.organization_id
                              and p.user_id = m.user_id and p.kind = 'status' and p.channel = 'mail'
                            where m.organization_id = $1 and m.customer_id = t.customer_id and m.ended_at is null
                              and u.anonymised_at is null and coalesce(p.enabled, true))) as customers
                 from tickets t
                 where t.organization_id = $1 and t.number = any ($2) and t.status in ('pending', 'in_progress')
                   and t.merged_into_id is null"
            ),
            &[tx.org(), &numbers],
        )
        .await?;
    Ok(Mailed { tickets: row.get("tickets"), customers: row.get("customers") })
}
