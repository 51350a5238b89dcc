//! Reading what imports left behind.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use kernel::Permission;
use kernel::id::{CommentId, CustomerId, Id, ImportRunId, InvoiceId, NotificationId, SubscriptionId, TicketId, UserId};
use kernel::text::Tag;
use runtime::http::{Cursor, Page, Paging};
use runtime::{Columns, Error, Tx, sql};
use uuid::Uuid;

/// A run of an import that brought something.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct ImportRun {
    /// Its id.
    pub id: ImportRunId,
    /// The documented layout that was read, such as `consulting`.
    pub source: String,
    /// `done`, or `running`: it runs, or was cut off and the next one goes on with it.
    pub state: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// What it did: `changes`, `ledger_entries`, `tables`, `decisions` with what each means, `figures`, those of the source
    /// beside ours, `taken_over`, how many subscriptions went on here, `waiting`, how many do not yet, and `plans`, on which terms they will.
    pub report: serde_json::Value,
}

/// The runs, the latest first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn runs(tx: &Tx, paging: Paging) -> Result<Page<ImportRun>, Error> {
    tx.require(Permission::AuditRead)?;
    let (at, id) = paging.below();
    let rows = tx
        .rows(
            sql!(
                "select id, source, state, started_at, ended_at, counts from import_runs
                 where organization_id = $1 and (started_at, id) < ($2, $3)
                 order by started_at desc, id desc limit $4"
            ),
            &[tx.org(), &at, &id, &paging.ask()],
        )
        .await?;
    let run = |row: &tokio_postgres::Row| ImportRun {
        id: row.id("id"),
        source: row.get("source"),
        state: row.get("state"),
        started_at: row.get("started_at"),
        ended_at: row.get("ended_at"),
        report: row.get("counts"),
    };
    let items = rows.iter().map(run).collect();
    Ok(Page::of(items, paging, |run: &ImportRun| Cursor::new(run.started_at, run.id.uuid())))
}

kernel::words! {
    /// What a row of a source became.
    ImportedKind, "kind" {
        /// Somebody who works here.
        Member = "member",
        /// A customer.
        Customer = "customer",
        /// A subscription.
        Subscription = "subscription",
        /// A ticket.
        Ticket = "ticket",
        /// A comment of a ticket.
        Comment = "comment",
        /// An invoice.
        Invoice = "invoice",
        /// A notification.
        Notification = "notification",
    }
}

/// What a row of a source became.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Became {
    /// What it is.
    pub kind: ImportedKind,
    /// Its id.
    #[schema(examples("tkt_01ke0v5qz8e8r8s5t3v1x0m9ab"))]
    pub id: String,
    /// What it is called here: a name, a number, of a comment its ticket's; null where it has neither.
    pub name: Option<String>,
    /// The customer whose it is.
    pub customer: Option<CustomerId>,
}

impl Became {
    fn of_row(row: &tokio_postgres::Row) -> Result<Option<Self>, Error> {
        let Some(id) = row.get::<_, Option<Uuid>>("object_id") else { return Ok(None) };
        if row.get::<_, Option<&str>>("became").is_none() {
            return Ok(None);
        }
        let kind: ImportedKind = row.word("became")?;
        let owner: Option<Uuid> = row.get("owner");
        let id = match kind {
            ImportedKind::Member => UserId::from_uuid(id).to_string(),
            ImportedKind::Customer => CustomerId::from_uuid(id).to_string(),
            ImportedKind::Subscription => SubscriptionId::from_uuid(id).to_string(),
            ImportedKind::Ticket => TicketId::from_uuid(id).to_string(),
            ImportedKind::Comment => CommentId::from_uuid(id).to_string(),
            ImportedKind::Invoice => InvoiceId::from_uuid(id).to_string(),
            ImportedKind::Notification => NotificationId::from_uuid(id).to_string(),
        };
        Ok(Some(Self { kind, id, name: row.get("name"), customer: owner.map(CustomerId::from_uuid) }))
    }
}

/// A row of the source that needed a decision.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct ImportedRow {
    /// The documented layout.
    pub source: String,
    /// The source's table.
    pub table: String,
    /// The source's id.
    pub id: String,
    /// What was decided, as stable words; what they mean stands in the run's report.
    pub decisions: Vec<String>,
    /// Whether it became nothing here and is only kept.
    pub kept_only: bool,
    /// What it became, where that is still here.
    pub became: Option<Became>,
    /// The row as the source had it, but for what proves who somebody is.
    pub row: serde_json::Value,
}

impl ImportedRow {
    fn of_row(row: &tokio_postgres::Row) -> Result<Self, Error> {
        Ok(Self {
            source: row.get("source"),
            table: row.get("kind"),
            id: row.get("source_id"),
            decisions: row.get("decisions"),
            kept_only: row.get("kept_only"),
            became: Became::of_row(row)?,
            row: row.get("row"),
        })
    }
}

/// A page of them.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct ImportedRows {
    /// By source, table and id.
    pub items: Vec<ImportedRow>,
    /// The `after` of the next page; null on the last.
    pub next: Option<String>,
}

/// A place in the list: source, table and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    source: String,
    table: String,
    id: String,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}/{}", self.source, self.table, self.id)
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '/').map(str::to_owned);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(source), Some(table), Some(id)) if !text.contains('\0') => Ok(Self { source, table, id }),
            _ => Err("must be the \"next\" of a page"),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Place {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Which rows are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of this table of the source.
    pub table: Option<Tag>,
    /// With this decision.
    pub decision: Option<Tag>,
    /// After this place.
    pub after: Option<Place>,
    /// The most items, 1 to 100.
    pub limit: Option<u16>,
}

/// The rows that needed a decision.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn rows(tx: &Tx, wanted: &Wanted) -> Result<ImportedRows, Error> {
    tx.require(Permission::AuditRead)?;
    let paging = Paging { after: None, limit: wanted.limit };
    let after = wanted.after.as_ref().map(|place| (&*place.source, &*place.table, &*place.id)).unwrap_or_default();
    let rows = tx
        .rows(
            sql!(
                "select r.source, r.kind, r.source_id, r.decisions, r.object_id is null as kept_only, r.object_id, r.row,
                        case when c.id is not null then 'customer' when m.id is not null then 'member' when t.id is not null then 'ticket'
                             when i.id is not null then 'invoice' when s.id is not null then 'subscription'
                             when k.id is not null then 'comment' when n.id is not null then 'notification' end as became,
                        coalesce(c.name, u.name, t.number, i.number, p.name, of.number) as name,
                        coalesce(t.customer_id, i.customer_id, s.customer_id) as owner
                 from (
                    select * from external_refs
                    where organization_id = $1 and decisions <> '{}' and (source, kind, source_id) > ($2, $3, $4)
                      and ($5::text is null or kind = $5) and ($6::text is null or $6 = any (decisions))
                    order by source, kind, source_id limit $7) r
                 left join customers c on c.organization_id = $1 and c.id = r.object_id
                 left join lateral (
                    select id, user_id from memberships where organization_id = $1 and user_id = r.object_id and customer_id is null
                    order by created_at desc limit 1) m on true
                 left join users u on u.id = m.user_id
                 left join tickets t on t.organization_id = $1 and t.id = r.object_id
                 left join invoices i on i.organization_id = $1 and i.id = r.object_id
                 left join subscriptions s on s.organization_id = $1 and s.id = r.object_id
                 left join plan_versions v on v.organization_id = $1 and v.id = s.plan_version_id
                 left join plans p on p.organization_id = $1 and p.id = v.plan_id
                 left join ticket_comments k on k.organization_id = $1 and k.id = r.object_id
                 left join tickets of on of.organization_id = $1 and of.id = k.ticket_id
                 left join notifications n on n.organization_id = $1 and n.id = r.object_id
                 order by r.source, r.kind, r.source_id"
            ),
            &[
                tx.org(),
                &after.0,
                &after.1,
                &after.2,
                &wanted.table.as_ref().map(Tag::as_str),
                &wanted.decision.as_ref().map(Tag::as_str),
                &paging.ask(),
            ],
        )
        .await?;
    let mut items = rows.iter().map(ImportedRow::of_row).collect::<Result<Vec<_>, Error>>()?;
    let is_cut = items.len() > usize::from(paging.size());
    items.truncate(usize::from(paging.size()));
    let place = |row: &ImportedRow| format!("{}/{}/{}", row.source, row.table, row.id);
    let next = items.last().filter(|_| is_cut).map(place);
    Ok(ImportedRows { items, next })
}
