//! What every page needs to know before it knows anything else, in one statement.

use jiff::tz::TimeZone;
use kernel::id::Id;
use kernel::{ActorKind, Permission};
use runtime::{Error, Tx, sql};

/// Beyond this many unread notifications, pages say "more than".
pub const MOST_UNREAD: i64 = 99;

/// What stands around every page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The organization's name.
    pub organization: String,
    /// Whether it holds invented data.
    pub is_sample: bool,
    /// The reader's zone: their own, else the organization's.
    pub zone: TimeZone,
    /// When everything is deleted, if the organization is being closed.
    pub closes_at: Option<jiff::Timestamp>,
    /// How many notifications they have not read, counted to one beyond [`MOST_UNREAD`].
    pub unread: i64,
    /// How many tickets nobody has begun, for staff, counted likewise.
    pub waiting: i64,
    /// How many bills are overdue, for whoever may see money, counted likewise.
    pub overdue: i64,
    /// The ticket that their own timer runs on, and since when.
    pub timer: Option<(String, jiff::Timestamp)>,
    /// The number of the newest change of the organization, from which open pages hear on.
    pub live: i64,
}

/// Looks the frame up.
///
/// # Errors
/// A fault.
pub async fn frame(tx: &Tx) -> Result<Frame, Error> {
    let user = tx.actor().user().map(Id::uuid);
    let is_staff = tx.actor().customer().is_none();
    let member = match tx.actor().kind {
        ActorKind::User { membership, .. } => Some(membership.uuid()),
        _ => None,
    };
    let timer = |row: &tokio_postgres::Row| Some((row.get::<_, Option<String>>("timed")?, row.get("started_at")));
    let (tickets, money) =
        (is_staff && tx.actor().may(Permission::TicketsRead), is_staff && tx.actor().may(Permission::BillingRead));
    let row = tx
        .one(
            sql!(
                "select o.name, o.is_sample, o.closes_at, coalesce(u.time_zone, o.time_zone) as zone,
                        (select count(*) from (
                             select from notifications n
                             where n.organization_id = $1 and n.user_id = $2 and n.read_at is null limit $3
                         ) counted) as unread,
                        (select count(*) from (
                             select from tickets t
                             where $4 and t.organization_id = $1 and t.status = 'pending' and t.merged_into_id is null limit $3
                         ) counted) as waiting,
                        (select count(*) from (
                             select from invoices i
                             where $5 and i.organization_id = $1 and i.state = 'open' and i.due_at < $6 limit $3
                         ) counted) as overdue,
                        coalesce((select last from live_counts where organization_id = $1), 0) as live,
                        timed.number as timed, timed.started_at
                 from organizations o left join users u on u.id = $2
                 left join lateral (
                     select t.number, r.started_at from ticket_timers r
                     join tickets t on t.organization_id = $1 and t.id = r.ticket_id
                     where r.organization_id = $1 and r.membership_id = $7
                 ) timed on true
                 where o.organization_id = $1 and o.id = $1"
            ),
            &[tx.org(), &user, &(MOST_UNREAD + 1), &tickets, &money, &tx.now(), &member],
        )
        .await?;
    Ok(Frame {
        organization: row.get("name"),
        is_sample: row.get("is_sample"),
        // A zone that this program does not know (any more) must not close every page.
        zone: TimeZone::get(row.get("zone")).unwrap_or(TimeZone::UTC),
        closes_at: row.get("closes_at"),
        unread: row.get("unread"),
        waiting: row.get("waiting"),
        overdue: row.get("overdue"),
        timer: timer(&row),
        live: row.get("live"),
    })
}
