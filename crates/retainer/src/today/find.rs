//! What only the start page asks for.

use jiff::Timestamp;
use kernel::id::{CustomerId, MembershipId};
use kernel::{Money, Permission, Quantity};
use runtime::{Columns, Error, Tx, sql};

/// A customer who is nearly out of hours, while work is open or a plan runs.
#[derive(Debug, Clone)]
pub(super) struct Low {
    /// Who.
    pub(super) customer: CustomerId,
    /// Their name.
    pub(super) name: String,
    /// What they can still spend.
    pub(super) left: Quantity,
    /// How many of their tickets are open.
    pub(super) open: i64,
}

/// Less than this is nearly nothing: an hour, in seconds.
pub(super) const LOW: i64 = 3600;

/// The customers with less than an hour to spend who have open tickets or a running plan, the emptiest first; whoever has
/// left is not among them, nor whose plan brings hours anew every day, unless they owe some.
pub(super) async fn low_balances(tx: &Tx) -> Result<Vec<Low>, Error> {
    tx.require(Permission::LedgerRead)?;
    let rows = tx
        .rows(
            sql!(
                "select c.id, c.name, a.posted - a.held as left, sum(b.open)::bigint as open
                 from (select customer_id, 1 as open from tickets
                       where organization_id = $1 and status in ('pending', 'in_progress') and merged_into_id is null
                       union all
                       select customer_id, 0 from subscriptions
                       where organization_id = $1 and state in ('active', 'past_due')) b
                 join customers c on c.organization_id = $1 and c.id = b.customer_id
                 join allowance_accounts a on a.organization_id = $1 and a.owner_kind = 'customer'
                      and a.owner_id = c.id and a.unit_code = 'hour'
                 where c.archived_at is null and not a.unlimited and a.posted - a.held < $2
                   and (a.posted - a.held < 0 or not exists (
                       select from subscriptions s
                       join plan_versions v on v.organization_id = $1 and v.id = s.plan_version_id
                       where s.organization_id = $1 and s.customer_id = c.id and s.state in ('active', 'past_due')
                         and v.period = 'day'))
                 group by c.id, c.name, a.posted, a.held
                 order by a.posted - a.held, c.id limit 10"
            ),
            &[tx.org(), &LOW],
        )
        .await?;
    let low = |row: &tokio_postgres::Row| Low {
        customer: row.id("id"),
        name: row.get("name"),
        left: Quantity::seconds(row.get("left")),
        open: row.get("open"),
    };
    Ok(rows.iter().map(low).collect())
}

/// A bill that should have been paid by now.
#[derive(Debug, Clone)]
pub(super) struct Overdue {
    /// Its number.
    pub(super) number: String,
    /// Who owes it.
    pub(super) customer_name: String,
    /// How much.
    pub(super) total: Money,
    /// Since when.
    pub(super) due_at: Timestamp,
}

/// Bills that are overdue, the longest first; at most `limit` of them.
pub(super) async fn overdue(tx: &Tx, limit: i64) -> Result<Vec<Overdue>, Error> {
    tx.require(Permission::BillingRead)?;
    let rows = tx
        .rows(
            sql!(
                "select i.number, c.name, i.total_minor, i.currency, i.due_at from invoices i
                 join customers c on c.organization_id = $1 and c.id = i.customer_id
                 where i.organization_id = $1 and i.state = 'open' and i.due_at < $2
                 order by i.due_at, i.id limit $3"
            ),
            &[tx.org(), &tx.now(), &limit],
        )
        .await?;
    let line = |row: &tokio_postgres::Row| {
        Ok(Overdue {
            number: row.get("number"),
            customer_name: row.get("name"),
            total: Money::new(row.get("total_minor"), row.word("currency")?),
            due_at: row.get("due_at"),
        })
    };
    rows.iter().map(line).collect()
}

/// A ticket in work on which more was worked than is on hold, while nobody has asked the customer yet.
#[derive(Debug, Clone)]
pub(super) struct Over {
    /// Its number.
    pub(super) number: String,
    /// What it is about.
    pub(super) title: String,
    /// Whose it is.
    pub(super) customer_name: String,
    /// Who has it.
    pub(super) assignee: Option<MembershipId>,
    /// What was worked that counts and is not used for good yet.
    pub(super) worked: Quantity,
    /// What is on hold for it.
    pub(super) held: Quantity,
    /// Whether the customer said no to more.
    pub(super) is_declined: bool,
}

/// The tickets on which most was worked beyond what is on hold.
pub(super) async fn over_estimate(tx: &Tx, most: i64) -> Result<Vec<Over>, Error> {
    tx.require(Permission::TicketsWork)?;
    let rows = tx
        .rows(
            sql!(
                "select t.number, t.title, c.name, t.assignee_id, t.held_seconds, w.seconds - t.used_seconds as worked,
                        hours_are_declined(t) as declined
                 from tickets t
                 join customers c on c.organization_id = $1 and c.id = t.customer_id
                 join lateral (
                     -- As `tickets::rules::billable` has it: each increment's sum is rounded up once.
                     select coalesce(sum(case when step is null then part else ceil(part / step) * step end), 0)::bigint as seconds
                     from (select e.increment_minutes * 60 as step, sum(coalesce(e.billed_seconds, e.seconds)) as part
                           from ticket_time_entries e
                           where e.organization_id = $1 and e.ticket_id = t.id and e.billable and e.removed_at is null
                           group by e.increment_minutes) parts) w on true
                 where t.organization_id = $1 and t.status in ('pending', 'in_progress') and t.merged_into_id is null
                   and w.seconds - t.used_seconds > t.held_seconds
                   and coalesce(t.asked_seconds, 0) < w.seconds - t.used_seconds
                   and not exists (
                       select from allowance_accounts a
                       where a.organization_id = $1 and a.owner_kind = 'customer' and a.owner_id = t.customer_id
                         and a.unit_code = 'hour' and a.unlimited)
                 order by w.seconds - t.used_seconds - t.held_seconds desc, t.id limit $2"
            ),
            &[tx.org(), &most],
        )
        .await?;
    let over = |row: &tokio_postgres::Row| Over {
        number: row.get("number"),
        title: row.get("title"),
        customer_name: row.get("name"),
        assignee: row.id_or_none("assignee_id"),
        worked: Quantity::seconds(row.get("worked")),
        held: Quantity::seconds(row.get("held_seconds")),
        is_declined: row.get("declined"),
    };
    Ok(rows.iter().map(over).collect())
}
