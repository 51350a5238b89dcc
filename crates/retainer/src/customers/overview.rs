//! What the list of customers shows beside each, in one statement, and who may sign in for one.

use jiff::Timestamp;
use kernel::id::{CustomerId, Id, MembershipId};
use kernel::text::Tag;
use kernel::{Email, Permission, Quantity};
use runtime::http::{Cursor, Page, Placed};
use runtime::{Columns, Error, Tx, sql};

use super::Customer;
use super::find::Wanted;

/// A customer with what staff want to see of it at a glance.
#[derive(Debug, Clone)]
pub struct Line {
    /// The customer.
    pub customer: Customer,
    /// The hours that are left; none where there never were any.
    pub hours: Option<HoursLeft>,
    /// The plan that runs, if one does.
    pub plan: Option<String>,
    /// How its subscription stands, in its word.
    pub subscription_state: Option<String>,
    /// How many of its tickets are open.
    pub open_tickets: i64,
}

/// Hours as the account has them.
#[derive(Debug, Clone, Copy)]
pub struct HoursLeft {
    /// What is left of what was given or paid for.
    pub left: Quantity,
    /// Whether there is no limit.
    pub unlimited: bool,
    /// Whether something was due since that the account does not know yet, such as an expiry.
    pub is_due: bool,
}

fn page_of(rows: &[tokio_postgres::Row], wanted: &Wanted, name: &str) -> Result<Page<Line>, Error> {
    let line = |row: &tokio_postgres::Row| {
        let left: Option<i64> = row.get("hours_left");
        let hours = left.map(|left| HoursLeft {
            left: Quantity::seconds(left),
            unlimited: row.get("unlimited"),
            is_due: row.get::<_, Option<bool>>("is_due").unwrap_or_default(),
        });
        let customer = Customer::of_row(row)?;
        let cursor = Cursor::new(customer.created_at, customer.id.uuid());
        let line = Line {
            customer,
            hours,
            plan: row.get("plan_name"),
            subscription_state: row.get("subscription_state"),
            open_tickets: row.get("open_tickets"),
        };
        Ok((line, cursor.placed(name, row.get("place"), row.get("word"))))
    };
    let items = rows.iter().map(line).collect::<Result<Vec<_>, Error>>()?;
    Ok(Page::of(items, wanted.paging, |(_, cursor)| *cursor).map(|(line, _)| line))
}

kernel::words! {
    /// An order of customers.
    CustomerOrder, "order" {
        /// What needs attention first: past due, then unpaid, overdrawn, and nearly empty; the others by their names.
        Attention = "attention",
        /// The newest first.
        Newest = "newest",
        /// By their names.
        Name = "name",
        /// Those with the fewest hours left first.
        Left = "left",
        /// Those with the most hours left first.
        Most = "most",
    }
}

/// Customers in an order, with their plans and hours. A page begins where the customer that ended the one before
/// stood then, whatever has become of them.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn in_order(tx: &Tx, wanted: &Wanted, order: CustomerOrder) -> Result<Page<Line>, Error> {
    tx.require(Permission::CustomersRead)?;
    let name = format!("customers {order}");
    let after = wanted.paging.placed(&name)?;
    let (number, word, _, id) = Placed::parts(after.as_ref());
    let rows = tx
        .rows_planned_for(
            sql!(
                "with placed as (
                    select c.id, c.name, c.email, c.notes, c.tags, c.created_at, c.archived_at, c.anonymised_at, c.version,
                           a.posted - a.held - a.credit_free as hours_left, a.unlimited, a.next_event_at <= $6 as is_due,
                           case $5 when 'name' then left(lower(c.name), 40)
                                when 'attention' then case
                                    when s.state = 'past_due' then '0' when s.state = 'incomplete' then '1'
                                    when not a.unlimited and a.posted - a.held - a.credit_free < 0 then '2'
                                    when not a.unlimited and a.posted - a.held - a.credit_free < 3600
                                         and s.state is not null and v.period <> 'day' then '3'
                                    else '4' end || left(lower(c.name), 39)
                                else '' end as word,
                           case $5 when 'left' then coalesce(a.posted - a.held - a.credit_free, 9223372036854775807)
                                when 'most' then coalesce(-(a.posted - a.held - a.credit_free), 9223372036854775807)
                                when 'newest' then -(extract(epoch from c.created_at) * 1000000)::bigint
                                else 0 end as place,
                           s.state as subscription_state, v.plan_id
                    from customers c
                    left join allowance_accounts a on a.organization_id = $1 and a.owner_kind = 'customer'
                       and a.owner_id = c.id and a.unit_code = 'hour'
                    left join subscriptions s on s.organization_id = $1 and s.customer_id = c.id
                       and s.state in ('incomplete', 'active', 'past_due', 'paused')
                    left join plan_versions v on v.organization_id = $1 and v.id = s.plan_version_id
                    where c.organization_id = $1 and ($2::bool is null or (c.archived_at is not null) = $2)
                      and ($3::text is null or c.id in (select customers_called($1, $3)))
                      and ($4::text is null or $4 = any (c.tags))
                 ), page as (
                    select * from placed
                    where $7::bigint is null or (word, place, id) > ($9::text, $7, $10::uuid)
                    order by word, place, id limit $8)
                 select page.*, p.name as plan_name,
                        (select count(*) from tickets t where t.organization_id = $1 and t.customer_id = page.id
                            and t.closed_at is null) as open_tickets
                 from page
                 left join plans p on p.organization_id = $1 and p.id = page.plan_id
                 order by page.word, page.place, page.id"
            ),
            &[
                tx.org(),
                &wanted.archived.must(),
                &wanted.search.as_ref().map(|text| text.as_str().to_lowercase()),
                &wanted.tag.as_ref().map(Tag::as_str),
                &order.word(),
                &tx.now(),
                &number,
                &wanted.paging.ask(),
                &word,
                &id,
            ],
        )
        .await?;
    page_of(&rows, wanted, &name)
}

/// How many customers a list has in all, and the hours that are left to them, as the reports say what is owed.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn sum(tx: &Tx, wanted: &Wanted) -> Result<(i64, Quantity), Error> {
    tx.require(Permission::CustomersRead)?;
    let search = wanted.search.as_ref().map(|text| text.as_str().to_lowercase());
    let row = tx
        .one(
            sql!(
                "select count(*) as customers, coalesce(sum(a.posted - a.held - a.credit_free), 0)::bigint as hours_left
                 from customers c
                 left join allowance_accounts a on a.organization_id = $1 and a.owner_kind = 'customer'
                    and a.owner_id = c.id and a.unit_code = 'hour'
                 where c.organization_id = $1 and ($2::bool is null or (c.archived_at is not null) = $2)
                   and ($3::text is null or c.id in (select customers_called($1, $3)))
                   and ($4::text is null or $4 = any (c.tags))"
            ),
            &[tx.org(), &wanted.archived.must(), &search, &wanted.tag.as_ref().map(Tag::as_str)],
        )
        .await?;
    Ok((row.get("customers"), Quantity::seconds(row.get("hours_left"))))
}

/// Somebody who may sign in for a customer.
#[derive(Debug, Clone)]
pub struct PortalUser {
    /// Their membership.
    pub member: MembershipId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: Email,
    /// Since when.
    pub since: Timestamp,
}

/// Who may sign in for a customer, the first that could first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn portal_users(tx: &Tx, customer: CustomerId) -> Result<Vec<PortalUser>, Error> {
    tx.require(Permission::CustomersRead)?;
    let rows = tx
        .rows(
            sql!(
                "select m.id, u.name, u.email, m.created_at from memberships m join users u on u.id = m.user_id
                 where m.organization_id = $1 and m.customer_id = $2 and m.ended_at is null
                 order by m.created_at, m.id limit 100"
            ),
            &[tx.org(), customer.as_uuid()],
        )
        .await?;
    let user = |row: &tokio_postgres::Row| {
        Ok(PortalUser {
            member: row.id("id"),
            name: row.get("name"),
            email: row.word("email")?,
            since: row.get("created_at"),
        })
    };
    rows.iter().map(user).collect()
}
