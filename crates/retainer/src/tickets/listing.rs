//! The list of tickets beyond "the newest first": what is open, what its hours add up to, and the most pressing first.

use std::collections::BTreeMap;

use kernel::id::{CustomerId, Id};
use kernel::text::Title;
use kernel::{Permission, Quantity, Words};
use runtime::http::{Cursor, Page, Paging, Placed};
use runtime::{Error, Tx, sql};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::find::{MOST_COUNTED, Meant, Wanted};
use super::{Assigned, Priority, Status, Ticket};

/// A status, or both of those that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Pending and in progress.
    Open,
    /// This one.
    Of(Status),
}

impl From<Status> for Stage {
    fn from(status: Status) -> Self {
        Self::Of(status)
    }
}

impl std::str::FromStr for Stage {
    type Err = <Status as std::str::FromStr>::Err;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "open" { Ok(Self::Open) } else { text.parse().map(Self::Of) }
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open => out.write_str("open"),
            Self::Of(status) => status.fmt(out),
        }
    }
}

const OPEN: &[Status] = &[Status::Pending, Status::InProgress];

impl Stage {
    /// All of them: what is open first, then every status.
    pub const ALL: &'static [Self] = &[
        Self::Open,
        Self::Of(Status::Pending),
        Self::Of(Status::InProgress),
        Self::Of(Status::Completed),
        Self::Of(Status::Rejected),
    ];

    /// The words of the statuses that it means.
    pub(super) fn words(self) -> Vec<&'static str> {
        match self {
            Self::Open => OPEN.iter().map(|status| status.word()).collect(),
            Self::Of(status) => vec![status.word()],
        }
    }

    /// Whether tickets of it may still hold hours.
    pub fn is_open(self) -> bool {
        match self {
            Self::Open => true,
            Self::Of(status) => status.is_open(),
        }
    }
}

kernel::words! {
    /// An order of open tickets, other than the newest first.
    Order, "order" {
        /// The most pressing first, and of these the oldest.
        Priority = "priority",
        /// Those that hold most hours first.
        Held = "held",
        /// The oldest first.
        Oldest = "oldest",
        /// By the customer's name.
        Customer = "customer",
        /// What nobody has taken on first, then by the name of whoever has.
        Assignee = "assignee",
        /// What is not begun first.
        Status = "status",
    }
}

/// What the tickets of a list add up to.
#[derive(Debug, Clone, Copy)]
pub struct Sum {
    /// How many there are, counted to one beyond [`MOST_COUNTED`].
    pub tickets: i64,
    /// The hours that they hold.
    pub held: Quantity,
}

/// What is wanted, as parameters: whose, of which statuses, with whom, marked, of which priority, with which words.
struct Asked {
    customer: Option<Uuid>,
    statuses: Option<Vec<&'static str>>,
    assignee: Option<Uuid>,
    tag: Option<String>,
    priority: Option<&'static str>,
    text: Option<String>,
    words: String,
    is_staff: bool,
    running: Option<String>,
    meant: Option<Vec<Uuid>>,
}

impl Asked {
    /// None where nothing can be found: another customer's tickets are none of theirs, and tags are staff's own words.
    fn of(tx: &Tx, wanted: &Wanted) -> Option<Self> {
        let own = tx.only_customer();
        let customer = wanted.customer.map(Id::uuid);
        if own.is_some() && ((customer.is_some() && customer != own) || wanted.tag.is_some()) {
            return None;
        }
        let (running, meant) = Meant::params(wanted.meant.as_ref());
        Some(Self {
            running,
            meant,
            customer: own.or(customer),
            statuses: wanted.status.map(Stage::words),
            assignee: wanted.assignee.map(Assigned::param),
            tag: wanted.tag.as_ref().map(|tag| tag.as_str().to_owned()),
            priority: wanted.priority.map(Priority::word),
            text: wanted.text.as_ref().map(|text| text.as_str().to_owned()),
            words: Words::of(wanted.text.as_ref().map_or("", Title::as_str)).query().to_owned(),
            is_staff: own.is_none(),
        })
    }

    fn params<'a>(&'a self, tx: &'a Tx) -> Vec<&'a (dyn ToSql + Sync)> {
        vec![
            tx.org(),
            &self.customer,
            &self.statuses,
            &self.assignee,
            &self.tag,
            &self.priority,
            &self.text,
            &self.is_staff,
            &self.words,
            &self.running,
            &self.meant,
        ]
    }
}

/// How many tickets a list has in all, and the hours that they hold.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn sum(tx: &Tx, wanted: &Wanted) -> Result<Sum, Error> {
    tx.require(Permission::TicketsRead)?;
    let Some(asked) = Asked::of(tx, wanted) else { return Ok(Sum { tickets: 0, held: Quantity::seconds(0) }) };
    let mut params = asked.params(tx);
    let most = MOST_COUNTED + 1;
    params.push(&most);
    // Only what is open holds hours, and of that there is never much: its sum is whole even where the count is cut.
    let rows = tx
        .rows_planned_for(
            sql!(
                "select (select count(*) from (
                            select from tickets t
                            where t.organization_id = $1 and t.merged_into_id is null and ($2::uuid is null or t.customer_id = $2)
                              and ($3::text[] is null or t.status = any ($3))
                              and ($4::uuid is null or t.assignee_id = $4 or ($4 = '00000000-0000-0000-0000-000000000000' and t.assignee_id is null))
                              and ($5::text is null or t.tags @> array[$5]) and ($6::text is null or t.priority = $6)
                              and ($7::text is null or t.number = upper($7) or split_part(t.number, '-', 4) = $10 or t.customer_id = any ($11)
                                   or (t.search || coalesce(t.talk, '') || case when $8 then coalesce(t.notes, '') else '' end)
                                       @@ to_tsquery('simple', $9))
                            limit $12) counted) as tickets,
                        (select coalesce(sum(t.held_seconds), 0)::bigint from tickets t
                         where t.organization_id = $1 and t.merged_into_id is null and ($2::uuid is null or t.customer_id = $2)
                           and t.status in ('pending', 'in_progress') and ($3::text[] is null or t.status = any ($3))
                           and ($4::uuid is null or t.assignee_id = $4 or ($4 = '00000000-0000-0000-0000-000000000000' and t.assignee_id is null))
                           and ($5::text is null or t.tags @> array[$5]) and ($6::text is null or t.priority = $6)
                           and ($7::text is null or t.number = upper($7) or split_part(t.number, '-', 4) = $10 or t.customer_id = any ($11)
                                or (t.search || coalesce(t.talk, '') || case when $8 then coalesce(t.notes, '') else '' end)
                                    @@ to_tsquery('simple', $9))) as held"
            ),
            &params,
        )
        .await?;
    let row = rows.first().ok_or_else(|| Error::internal("a sum without a row"))?;
    Ok(Sum { tickets: row.get("tickets"), held: Quantity::seconds(row.get("held")) })
}

/// Open tickets in an order; of what is wanted, the status is narrowed down to those that are open.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn in_order(tx: &Tx, wanted: &Wanted, order: Order, paging: Paging) -> Result<Page<Ticket>, Error> {
    tx.require(Permission::TicketsRead)?;
    let wanted = &Wanted { status: Some(wanted.status.unwrap_or(Stage::Open)), ..wanted.clone() };
    let Some(asked) = Asked::of(tx, wanted).filter(|_| wanted.status.is_some_and(Stage::is_open)) else {
        return Ok(Page { items: Vec::new(), next: None });
    };
    let name = format!("tickets {order}");
    let after = paging.placed(&name)?;
    let (number, word, at, id) = Placed::parts(after.as_ref());
    let (order, ask) = (order.word(), paging.ask());
    let mut params = asked.params(tx);
    params.extend([&order as &(dyn ToSql + Sync), &number, &word, &at, &id, &ask]);
    let rows = tx.rows_planned_for(IN_ORDER, &params).await?;
    let shown = |ticket: Ticket| if asked.is_staff { ticket } else { ticket.for_customer() };
    let item = |row: &tokio_postgres::Row| {
        let ticket = Ticket::of_row(row).map(shown)?;
        let cursor = Cursor::new(ticket.created_at, ticket.key.uuid());
        Ok((ticket, cursor.placed(&name, row.get("place"), row.get("called"))))
    };
    let items = rows.iter().map(item).collect::<Result<Vec<_>, Error>>()?;
    Ok(Page::of(items, paging, |(_, cursor)| *cursor).map(|(ticket, _)| ticket))
}

/// The newest tickets of some customers, and the one whose number ends like this: what people mean who say a customer's name
/// or a ticket's running number.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn meant(tx: &Tx, customers: &[CustomerId], running: Option<u32>, most: u16) -> Result<Vec<Ticket>, Error> {
    tx.require(Permission::TicketsRead)?;
    let customers: Vec<Uuid> = customers.iter().map(|customer| customer.uuid()).collect();
    // Running numbers have four digits, until there are more.
    let running = running.map(|number| format!("{number:04}"));
    let rows = tx.rows(MEANT, &[tx.org(), &customers, &running, &tx.only_customer(), &i64::from(most)]).await?;
    let shown = |ticket: Ticket| if tx.only_customer().is_some() { ticket.for_customer() } else { ticket };
    rows.iter().map(|row| Ticket::of_row(row).map(shown)).collect()
}

const MEANT: &str = sql!(
    "select t.id, t.number, t.customer_id, c.name as customer_name, t.title, t.details, t.priority, t.status,
            t.wanted_seconds, t.held_seconds, t.used_seconds, t.asked_seconds, t.assignee_id, au.name as assignee_name,
            t.tags, ou.name as opened_by, null::text as merged_into, t.created_at, t.closed_at, t.version
     from (
         (select * from tickets where organization_id = $1 and split_part(number, '-', 4) = $3 order by created_at desc, id desc limit $5)
         union
         (select * from tickets where organization_id = $1 and customer_id = any ($2) order by created_at desc, id desc limit $5)
     ) t
     join customers c on c.organization_id = $1 and c.id = t.customer_id
     left join memberships m on m.organization_id = $1 and m.id = t.assignee_id
     left join users au on au.id = m.user_id
     left join users ou on ou.id = t.opened_by_user_id
     where t.organization_id = $1 and t.merged_into_id is null and ($4::uuid is null or t.customer_id = $4)
     order by (split_part(t.number, '-', 4) = $3) is true desc, t.closed_at is null desc, t.created_at desc, t.id desc limit $5"
);

/// A page begins where the ticket that ended the one before stood then, whatever has become of it.
const IN_ORDER: &str = sql!(
    "with ranked as (
         select t.*,
                case $12 when 'held' then -t.held_seconds
                         when 'priority' then case t.priority when 'Urgent' then 0 when 'High' then 1 when 'Medium' then 2 else 3 end
                         when 'assignee' then case when t.assignee_id is null then 0 else 1 end
                         when 'status' then case t.status when 'pending' then 0 else 1 end
                         else 0 end::bigint as place,
                coalesce(case $12
                    when 'customer' then (select left(lower(c.name), 40) from customers c
                                          where c.organization_id = $1 and c.id = t.customer_id)
                    when 'assignee' then (select left(lower(u.name), 40) from memberships m join users u on u.id = m.user_id
                                          where m.organization_id = $1 and m.id = t.assignee_id)
                    end, '') as called
         from tickets t
         where t.organization_id = $1 and t.merged_into_id is null and t.status in ('pending', 'in_progress')
           and t.status = any ($3) and ($2::uuid is null or t.customer_id = $2)
           and ($4::uuid is null or t.assignee_id = $4 or ($4 = '00000000-0000-0000-0000-000000000000' and t.assignee_id is null))
           and ($5::text is null or t.tags @> array[$5]) and ($6::text is null or t.priority = $6)
           and ($7::text is null or t.number = upper($7) or split_part(t.number, '-', 4) = $10 or t.customer_id = any ($11)
                or (t.search || coalesce(t.talk, '') || case when $8 then coalesce(t.notes, '') else '' end)
                    @@ to_tsquery('simple', $9))
     )
     select t.id, t.number, t.customer_id, c.name as customer_name, t.title, t.details, t.priority, t.status,
            t.wanted_seconds, t.held_seconds, t.used_seconds, t.asked_seconds, t.assignee_id, au.name as assignee_name,
            t.tags, ou.name as opened_by, null::text as merged_into, t.created_at, t.closed_at, t.version,
            t.place, t.called
     from ranked t
     join customers c on c.organization_id = $1 and c.id = t.customer_id
     left join memberships m on m.organization_id = $1 and m.id = t.assignee_id
     left join users au on au.id = m.user_id
     left join users ou on ou.id = t.opened_by_user_id
     where $13::bigint is null or (t.place, t.called, t.created_at, t.id) > ($13, $14::text, $15::timestamptz, $16::uuid)
     order by t.place, t.called, t.created_at, t.id limit $17"
);

/// The time that was written down on tickets, by the ticket's number.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn worked(tx: &Tx, tickets: &[String]) -> Result<BTreeMap<String, Quantity>, Error> {
    tx.require(Permission::TicketsRead)?;
    let rows = tx
        .rows(
            sql!(
                "select t.number, sum(e.seconds)::bigint as seconds from tickets t
                 join ticket_time_entries e on e.organization_id = $1 and e.ticket_id = t.id and e.removed_at is null
                 where t.organization_id = $1 and t.number = any ($2) group by t.number"
            ),
            &[tx.org(), &tickets],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get("number"), Quantity::seconds(row.get("seconds")))).collect())
}
