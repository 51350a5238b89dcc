//! Reading the audit trail.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::Permission;
use kernel::id::{CustomerId, Id, UserId};
use kernel::text::Tag;
use runtime::columns::storable;
use runtime::http::{Cursor, Page, Paging};
use runtime::{Columns, Error, Tx, sql};
use uuid::Uuid;

use super::{AuditEntry, Subject};

/// Which entries are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of this thing.
    pub subject: Option<Subject>,
    /// By this user.
    pub actor: Option<UserId>,
    /// Of this action, or of all that begin with it and a dot: `ticket` or `ticket.rejected`.
    pub action: Option<Tag>,
    /// At this instant or later.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
}

/// The audit trail, the latest first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn list(tx: &Tx, wanted: &Wanted, paging: Paging) -> Result<Page<AuditEntry>, Error> {
    tx.require(Permission::AuditRead)?;
    let (at, id) = paging.below();
    let (from, to) = (wanted.from.map(storable), wanted.to.map(storable));
    let rows = tx
        .rows(
            sql!(
                "select id, at, actor_kind, actor_user_id, actor_name, actor_role, address, request_id, action,
                        subject_kind, subject_id, before, after
                 from audit_entries
                 where organization_id = $1 and ($2::uuid is null or subject_id = $2)
                   and ($3::uuid is null or actor_user_id = $3)
                   and ($4::text is null or action = $4 or starts_with(action, $4 || '.'))
                   and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
                   and (at, id) < ($7, $8)
                 order by at desc, id desc limit $9"
            ),
            &[
                tx.org(),
                &wanted.subject.map(|subject| subject.0),
                &wanted.actor.map(Id::uuid),
                &wanted.action.as_ref().map(Tag::as_str),
                &from,
                &to,
                &at,
                &id,
                &paging.ask(),
            ],
        )
        .await?;
    let items = rows.iter().map(AuditEntry::of_row).collect();
    Ok(Page::of(items, paging, |item: &AuditEntry| Cursor::new(item.at, item.id.uuid())))
}

/// A thing's name and its page.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// What people call it.
    pub(super) name: String,
    /// Where it is, below the organization's address.
    pub(super) path: Option<String>,
}

/// The names of what entries are about, by the ids as they are written outside.
pub(super) async fn names(tx: &Tx, entries: &[AuditEntry]) -> Result<BTreeMap<String, Named>, Error> {
    let ids: Vec<Uuid> =
        entries.iter().filter_map(|entry| entry.subject.parse().ok()).map(|Subject(uuid)| uuid).collect();
    let rows = tx
        .rows(
            sql!(
                "select id, number || ' ' || title as name, '/tickets/' || number as path, null::uuid as customer_id
                 from tickets where organization_id = $1 and id = any ($2)
                 union all
                 select id, name, null, id from customers where organization_id = $1 and id = any ($2)
                 union all
                 select i.id, i.number || ' of ' || c.name, null, null
                 from invoices i join customers c on c.organization_id = i.organization_id and c.id = i.customer_id
                 where i.organization_id = $1 and i.id = any ($2)
                 union all
                 select s.id, 'the plan of ' || c.name, null, c.id
                 from subscriptions s join customers c on c.organization_id = s.organization_id and c.id = s.customer_id
                 where s.organization_id = $1 and s.id = any ($2)
                 union all
                 select p.id, c.name, null, c.id
                 from payments p join customers c on c.organization_id = p.organization_id and c.id = p.customer_id
                 where p.organization_id = $1 and p.id = any ($2)
                 union all
                 select t.id, c.name, null, c.id
                 from top_ups t join customers c on c.organization_id = t.organization_id and c.id = t.customer_id
                 where t.organization_id = $1 and t.id = any ($2)
                 union all
                 select id, name, null, null from plans where organization_id = $1 and id = any ($2)
                 union all
                 select id, email, null, null from invitations where organization_id = $1 and id = any ($2)
                 union all
                 select id, name, null, null from organizations where organization_id = $1 and id = any ($2)
                 union all
                 select m.id, u.name, null, null from memberships m join users u on u.id = m.user_id
                 where m.organization_id = $1 and m.id = any ($2)
                 union all
                 select m.user_id, u.name, null, null from memberships m join users u on u.id = m.user_id
                 where m.organization_id = $1 and m.user_id = any ($2)"
            ),
            &[tx.org(), &ids],
        )
        .await?;
    let known: BTreeMap<Uuid, Named> = rows
        .iter()
        .map(|row| {
            let customer: Option<CustomerId> = row.id_or_none("customer_id");
            let path = row.get::<_, Option<String>>("path").or(customer.map(|id| format!("/customers/{id}")));
            (row.get("id"), Named { name: row.get("name"), path })
        })
        .collect();
    let named = |entry: &AuditEntry| {
        let Subject(uuid) = entry.subject.parse().ok()?;
        Some((entry.subject.clone(), known.get(&uuid)?.clone()))
    };
    Ok(entries.iter().filter_map(named).collect())
}

/// Who may be asked for: the members, by name.
pub(super) async fn members(tx: &Tx) -> Result<Vec<(UserId, String)>, Error> {
    tx.require(Permission::AuditRead)?;
    let rows = tx
        .rows(
            sql!(
                "select m.user_id, u.name from memberships m join users u on u.id = m.user_id
                 where m.organization_id = $1 and m.ended_at is null and m.customer_id is null
                 order by u.name, m.user_id"
            ),
            &[tx.org()],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.id("user_id"), row.get("name"))).collect())
}
