//! Reading tickets. Who asks decides what is seen: a customer's users see their own customer's tickets, and nothing
//! internal of them.

use jiff::Timestamp;
use kernel::id::{CustomerId, Id, MembershipId, TicketId};
use kernel::text::{Tag, Title};
use kernel::{Permission, Words};
use runtime::http::{Cursor, Page, Paging};
use runtime::{Columns, Error, Tx, sql};
use uuid::Uuid;

use super::listing::Stage;
use super::rules::{Worked, billable};
use super::{Assigned, Comment, Event, Priority, Status, Ticket, TicketNumber, TicketRefused, TimeEntry, Timer};

/// Which tickets are wanted. Merged ones are left out of lists.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of this status, or open.
    pub status: Option<Stage>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Assigned to this member, or to nobody.
    pub assignee: Option<Assigned>,
    /// Marked with this word.
    pub tag: Option<Tag>,
    /// Of this priority.
    pub priority: Option<Priority>,
    /// With these words in the title, the details or what was said, or with this number.
    pub text: Option<Title>,
    /// Of those that have the words, also what was meant by them.
    pub meant: Option<Meant>,
}

/// What people mean beside the words that they type: a ticket by the end of its number, what is a customer's by their name.
#[derive(Debug, Clone, Default)]
pub struct Meant {
    /// The running number.
    pub running: Option<u32>,
    /// The customers.
    pub customers: Vec<CustomerId>,
}

impl Meant {
    /// Its parameters. Running numbers have four digits, until there are more.
    pub(super) fn params(meant: Option<&Self>) -> (Option<String>, Option<Vec<Uuid>>) {
        let running = meant.and_then(|meant| meant.running).map(|number| format!("{number:04}"));
        let customers = meant.filter(|meant| !meant.customers.is_empty());
        (running, customers.map(|meant| meant.customers.iter().map(|customer| customer.uuid()).collect()))
    }
}

impl Wanted {
    fn is_everything(&self) -> bool {
        let Self { status, customer, assignee, tag, priority, text, meant: _ } = self;
        status.is_none()
            && customer.is_none()
            && assignee.is_none()
            && tag.is_none()
            && priority.is_none()
            && text.is_none()
    }
}

/// One ticket.
///
/// # Errors
/// `ticket.not_found`, or a fault.
pub async fn get(tx: &Tx, number: &TicketNumber) -> Result<Ticket, Error> {
    tx.require(Permission::TicketsRead)?;
    let row = tx.optional(ONE, &[tx.org(), &number.as_str(), &tx.only_customer()]).await?;
    let ticket = row.as_ref().map(Ticket::of_row).transpose()?.ok_or(TicketRefused::NotFound)?;
    Ok(if tx.only_customer().is_some() { ticket.for_customer() } else { ticket })
}

/// The number of a ticket by its inner id, as the ledger and the audit trail know it.
///
/// # Errors
/// `ticket.not_found`, or a fault.
pub async fn number(tx: &Tx, ticket: TicketId) -> Result<TicketNumber, Error> {
    tx.require(Permission::TicketsRead)?;
    let row = tx
        .optional(
            sql!(
                "select number from tickets
                 where organization_id = $1 and id = $2 and ($3::uuid is null or customer_id = $3)"
            ),
            &[tx.org(), ticket.as_uuid(), &tx.only_customer()],
        )
        .await?;
    Ok(row.map(|row| TicketNumber::stored(row.get("number"))).ok_or(TicketRefused::NotFound)?)
}

/// Tickets, the newest first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn list(tx: &Tx, wanted: &Wanted, paging: Paging) -> Result<Page<Ticket>, Error> {
    tx.require(Permission::TicketsRead)?;
    let own = tx.only_customer();
    let customer = wanted.customer.map(Id::uuid);
    // Another customer's tickets are none of theirs, even when asked for; and tags are staff's own words.
    if own.is_some() && ((customer.is_some() && customer != own) || wanted.tag.is_some()) {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let (at, id) = paging.below();
    let rows = if own.is_none() && wanted.is_everything() {
        tx.rows(NEWEST, &[tx.org(), &at, &id, &paging.ask()]).await?
    } else {
        filtered(tx, wanted, own.or(customer), paging).await?
    };
    let shown = |ticket: Ticket| if own.is_some() { ticket.for_customer() } else { ticket };
    let items = rows.iter().map(|row| Ticket::of_row(row).map(shown)).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(items, paging, |ticket| Cursor::new(ticket.created_at, ticket.key.uuid())))
}

async fn filtered(
    tx: &Tx,
    wanted: &Wanted,
    customer: Option<Uuid>,
    paging: Paging,
) -> Result<Vec<tokio_postgres::Row>, Error> {
    let (at, id) = paging.below();
    let (running, customers) = Meant::params(wanted.meant.as_ref());
    let words = Words::of(wanted.text.as_ref().map_or("", Title::as_str));
    tx.rows_planned_for(
        LIST,
        &[
            tx.org(),
            &customer,
            &wanted.status.map(Stage::words),
            &wanted.assignee.map(Assigned::param),
            &wanted.tag.as_ref().map(Tag::as_str),
            &wanted.priority.map(Priority::word),
            &wanted.text.as_ref().map(Title::as_str),
            &at,
            &id,
            &paging.ask(),
            &tx.only_customer().is_none(),
            &words.query(),
            &running,
            &customers,
        ],
    )
    .await
}

/// Beyond this many, lists say "more than": counting a long history would take longer than showing the page.
pub const MOST_COUNTED: i64 = 1_000;

/// How many tickets there are of each status, counted to one beyond [`MOST_COUNTED`]; every status is there, in the order
/// of a ticket's life.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn counts(tx: &Tx, customer: Option<CustomerId>) -> Result<Vec<(Status, i64)>, Error> {
    tx.require(Permission::TicketsRead)?;
    let words: Vec<&str> = Status::ALL.iter().map(|status| status.word()).collect();
    let customer = tx.only_customer().or(customer.map(Id::uuid));
    let rows = tx
        .rows(
            sql!(
                "select s.status, c.tickets from unnest($3::text[]) as s (status)
                 cross join lateral (
                     select count(*) as tickets from (
                         select from tickets
                         where organization_id = $1 and status = s.status and merged_into_id is null
                           and ($2::uuid is null or customer_id = $2)
                         limit $4
                     ) counted
                 ) c"
            ),
            &[tx.org(), &customer, &words, &(MOST_COUNTED + 1)],
        )
        .await?;
    let known = rows
        .iter()
        .map(|row| Ok((row.word::<Status>("status")?, row.get::<_, i64>("tickets"))))
        .collect::<Result<Vec<_>, Error>>()?;
    let count = |status: &Status| known.iter().find(|(word, _)| word == status).map_or(0, |(_, count)| *count);
    Ok(Status::ALL.iter().map(|status| (*status, count(status))).collect())
}

/// What was said about a ticket, the oldest first; customers do not see what is internal.
///
/// # Errors
/// `ticket.not_found`, or a fault.
pub async fn comments(tx: &Tx, number: &TicketNumber, paging: Paging) -> Result<Page<Comment>, Error> {
    let own = tx.only_customer();
    let (at, id) = paging.above();
    let ask = paging.ask();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [tx.org(), &number.as_str(), &own, &at, &id, &ask];
    let (ticket, rows) = tokio::try_join!(get(tx, number), tx.rows(COMMENTS, &params))?;
    drop(ticket);
    let items = rows.iter().map(Comment::of_row).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(items, paging, |item| Cursor::new(item.created_at, item.id.uuid())))
}

/// What happened to a ticket, the oldest first; customers do not see what is internal.
///
/// # Errors
/// `ticket.not_found`, or a fault.
pub async fn history(tx: &Tx, number: &TicketNumber, paging: Paging) -> Result<Page<Event>, Error> {
    let own = tx.only_customer();
    let (at, id) = paging.above();
    let ask = paging.ask();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [tx.org(), &number.as_str(), &own, &at, &id, &ask];
    let (ticket, rows) = tokio::try_join!(get(tx, number), tx.rows(EVENTS, &params))?;
    drop(ticket);
    let items = rows.iter().map(Event::of_row).collect();
    Ok(Page::of(items, paging, |item: &Event| Cursor::new(item.at, item.id.uuid())))
}

/// The time that was worked on a ticket, the earliest first; staff's own affair.
///
/// # Errors
/// `permission.missing`, `ticket.not_found`, or a fault.
pub async fn time_entries(tx: &Tx, number: &TicketNumber) -> Result<Vec<TimeEntry>, Error> {
    tx.require(Permission::TicketsWork)?;
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [tx.org(), &number.as_str(), &None::<Uuid>];
    let (ticket, rows) = tokio::try_join!(get(tx, number), tx.rows(TIME_ENTRIES, &params))?;
    drop(ticket);
    Ok(rows.iter().map(TimeEntry::of_row).collect())
}

/// The billable time that was worked on a ticket and not removed.
///
/// # Errors
/// A fault.
pub(super) async fn worked(tx: &Tx, ticket: TicketId) -> Result<Worked, Error> {
    let rows = tx
        .rows(
            sql!(
                "select increment_minutes,
                        coalesce(sum(coalesce(billed_seconds, seconds)) filter (where billable), 0)::bigint as seconds
                 from ticket_time_entries where organization_id = $1 and ticket_id = $2 and removed_at is null
                 group by increment_minutes"
            ),
            &[tx.org(), ticket.as_uuid()],
        )
        .await?;
    if rows.is_empty() {
        return Ok(Worked::Nothing);
    }
    Ok(Worked::Seconds(billable(rows.iter().map(|row| (row.get("seconds"), row.get("increment_minutes"))))))
}

/// The actor's own running timer, with the ticket it runs on.
///
/// # Errors
/// A fault.
pub async fn own_timer(tx: &Tx) -> Result<Option<(TicketNumber, Timer)>, Error> {
    let kernel::ActorKind::User { membership, .. } = tx.actor().kind else { return Ok(None) };
    let row = tx
        .optional(
            sql!(
                "select t.number, r.started_at from ticket_timers r
                 join tickets t on t.organization_id = r.organization_id and t.id = r.ticket_id
                 where r.organization_id = $1 and r.membership_id = $2"
            ),
            &[tx.org(), membership.as_uuid()],
        )
        .await?;
    Ok(row.map(|row| {
        let started_at: Timestamp = row.get("started_at");
        (TicketNumber::stored(row.get("number")), Timer { member: membership, started_at })
    }))
}

/// The members who can be assigned: their membership and name.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn workers(tx: &Tx) -> Result<Vec<(MembershipId, String)>, Error> {
    tx.require(Permission::TicketsWork)?;
    let rows = tx
        .rows(
            sql!(
                "select m.id, u.name from memberships m join users u on u.id = m.user_id
                 where m.organization_id = $1 and m.ended_at is null
                   and m.role in ('owner', 'admin', 'developer', 'member')
                 order by lower(u.name), m.id"
            ),
            &[tx.org()],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.id("id"), row.get("name"))).collect())
}

pub(super) const ONE: &str = sql!(
    "select t.id, t.number, t.customer_id, c.name as customer_name, t.title, t.details, t.priority, t.status,
            t.wanted_seconds, t.held_seconds, t.used_seconds, t.asked_seconds, t.assignee_id, au.name as assignee_name,
            t.tags, ou.name as opened_by, i.number as merged_into, t.created_at, t.closed_at, t.version
     from tickets t
     join customers c on c.organization_id = t.organization_id and c.id = t.customer_id
     left join memberships m on m.organization_id = t.organization_id and m.id = t.assignee_id
     left join users au on au.id = m.user_id
     left join users ou on ou.id = t.opened_by_user_id
     left join tickets i on i.organization_id = t.organization_id and i.id = t.merged_into_id
     where t.organization_id = $1 and t.number = $2 and ($3::uuid is null or t.customer_id = $3)"
);

const LIST: &str = sql!(
    "select t.id, t.number, t.customer_id, c.name as customer_name, t.title, t.details, t.priority, t.status,
            t.wanted_seconds, t.held_seconds, t.used_seconds, t.asked_seconds, t.assignee_id, au.name as assignee_name,
            t.tags, ou.name as opened_by, null::text as merged_into, t.created_at, t.closed_at, t.version
     from tickets t
     join customers c on c.organization_id = t.organization_id and c.id = t.customer_id
     left join memberships m on m.organization_id = t.organization_id and m.id = t.assignee_id
     left join users au on au.id = m.user_id
     left join users ou on ou.id = t.opened_by_user_id
     where t.organization_id = $1 and t.merged_into_id is null and ($2::uuid is null or t.customer_id = $2)
       and ($3::text[] is null or t.status = any ($3))
       and ($4::uuid is null or t.assignee_id = $4 or ($4 = '00000000-0000-0000-0000-000000000000' and t.assignee_id is null))
       and ($5::text is null or t.tags @> array[$5]) and ($6::text is null or t.priority = $6)
       and ($7::text is null or t.number = upper($7) or split_part(t.number, '-', 4) = $13 or t.customer_id = any ($14)
            or (t.search || coalesce(t.talk, '') || case when $11 then coalesce(t.notes, '') else '' end)
                @@ to_tsquery('simple', $12))
       and (t.created_at, t.id) < ($8, $9)
     order by t.created_at desc, t.id desc limit $10"
);

/// All tickets have a statement of their own, planned once. The inner limit is the most that a page asks for: of a
/// parameter the planner would assume a tenth of the history, and plan each request anew to learn better.
const NEWEST: &str = sql!(
    "select t.id, t.number, t.customer_id, c.name as customer_name, t.title, t.details, t.priority, t.status,
            t.wanted_seconds, t.held_seconds, t.used_seconds, t.asked_seconds, t.assignee_id, au.name as assignee_name,
            t.tags, ou.name as opened_by, null::text as merged_into, t.created_at, t.closed_at, t.version
     from (
         select * from tickets
         where organization_id = $1 and merged_into_id is null
           and (created_at, id) < ($2, $3)
         order by created_at desc, id desc limit 101
     ) t
     join customers c on c.organization_id = t.organization_id and c.id = t.customer_id
     left join memberships m on m.organization_id = t.organization_id and m.id = t.assignee_id
     left join users au on au.id = m.user_id
     left join users ou on ou.id = t.opened_by_user_id
     where t.organization_id = $1
     order by t.created_at desc, t.id desc limit $4"
);

const COMMENTS: &str = sql!(
    "select m.id, coalesce(u.name, m.author_name, '') as author, m.side, m.message, m.internal, m.created_at,
            case when o.id <> t.id then o.number end as origin
     from tickets t
     join ticket_comments m on m.organization_id = t.organization_id and m.ticket_id = t.id
     join tickets o on o.organization_id = m.organization_id and o.id = m.origin_ticket_id
     left join users u on u.id = m.author_user_id
     where t.organization_id = $1 and t.number = $2
       and ($3::uuid is null or (t.customer_id = $3 and not m.internal))
       and (m.created_at, m.id) > ($4, $5)
     order by m.created_at, m.id limit $6"
);

const EVENTS: &str = sql!(
    "select e.id, e.kind, coalesce(u.name, e.actor_name, '') as actor, e.reason, e.internal, e.detail, e.at
     from tickets t
     join ticket_events e on e.organization_id = t.organization_id and e.ticket_id = t.id
     left join users u on u.id = e.actor_user_id
     where t.organization_id = $1 and t.number = $2
       and ($3::uuid is null or (t.customer_id = $3 and not e.internal))
       and (e.at, e.id) > ($4, $5)
     order by e.at, e.id limit $6"
);

pub(super) const TIME_ENTRIES: &str = sql!(
    "select e.id, e.membership_id, u.name as member_name, e.started_at, e.seconds, e.billed_seconds, e.increment_minutes, e.note, e.billable,
            e.created_at, e.version, case when o.id <> t.id then o.number end as origin
     from tickets t
     join ticket_time_entries e on e.organization_id = t.organization_id and e.ticket_id = t.id
     join tickets o on o.organization_id = e.organization_id and o.id = e.origin_ticket_id
     join memberships m on m.organization_id = e.organization_id and m.id = e.membership_id
     join users u on u.id = m.user_id
     where t.organization_id = $1 and t.number = $2 and ($3::uuid is null or e.id = $3) and e.removed_at is null
     order by e.started_at, e.id"
);
