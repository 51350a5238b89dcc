//! Saving a view.

use kernel::Permission;
use kernel::id::{Id, MembershipId, TicketViewId};
use kernel::text::{Tag, Title};
use runtime::{Change as Recorded, Error, OnConstraint, Tx, sql};
use serde_json::json;

use super::{Filter, View, find};
use crate::customers;
use crate::tickets::Assigned;

/// The most views of one person.
const MOST: i64 = 50;

/// A view to be saved.
#[derive(Debug, Clone)]
pub struct Save {
    /// What it is called.
    pub name: Title,
    /// What it narrows the list down to.
    pub filter: Filter,
    /// Whether all staff are to have it.
    pub shared: bool,
    /// Whether the list opens with it.
    pub default: bool,
}

runtime::refusals! {
    /// Why a view was not saved.
    pub enum SaveRefused {
        /// There is one of this name already.
        NameTaken { name: Title } => Conflict, "ticket_view.name_taken", "You have a view called {name} already.", at "/name";
        /// There are many already.
        TooMany { most: i64 } => Conflict, "ticket_view.too_many", "You have {most} views already. Remove some first.";
        /// It would narrow nothing.
        Everything => Invalid, "ticket_view.everything", "Narrow the list down or put it into an order first: this would be all tickets.", at "/filter";
        /// Nobody is called so.
        NoMember => Invalid, "ticket_view.no_member", "There is no such member.", at "/filter/assignee";
    }
}

/// Saves what the list is narrowed down to under a name.
///
/// # Errors
/// [`SaveRefused`], `customer.not_found`, `permission.missing`, or a fault.
pub async fn save(tx: &Tx, wanted: Save) -> Result<View, Error> {
    let member = find::asker(tx)?;
    let Save { name, filter, shared, default } = wanted;
    if shared {
        tx.require(Permission::TicketsWork)?;
    }
    if filter == Filter::default() {
        return Err(SaveRefused::Everything.into());
    }
    if let Some(customer) = filter.customer {
        customers::find::get(tx, customer).await?;
    }
    require_room(tx, member).await?;
    let view: TicketViewId = tx.new_id();
    insert(tx, (view, member), (&name, shared), &filter).await?;
    tx.record(
        Recorded::new("ticket_view.saved", "ticket_view", view)
            .after(json!({"name": name, "shared": shared, "filter": filter})),
    );
    if default {
        open_with(tx, member, view).await?;
    }
    find::get(tx, view).await
}

async fn insert(
    tx: &Tx,
    (view, member): (TicketViewId, MembershipId),
    (name, shared): (&Title, bool),
    filter: &Filter,
) -> Result<(), Error> {
    tx.execute(
        sql!(
            "insert into ticket_views (organization_id, id, membership_id, name, shared, status, customer_id, assignee_id, unassigned, tag,
                    priority, words, sort, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        ),
        &[
            tx.org(),
            view.as_uuid(),
            member.as_uuid(),
            &name.as_str(),
            &shared,
            &filter.status.map(super::Stands::word),
            &filter.customer.map(Id::uuid),
            &filter.assignee.and_then(Assigned::member).map(Id::uuid),
            &(filter.assignee == Some(Assigned::Nobody)),
            &filter.tag.as_ref().map(Tag::as_str),
            &filter.priority.map(crate::tickets::Priority::word),
            &filter.q.as_ref().map(Title::as_str),
            &filter.sort.map(crate::tickets::listing::Order::word),
            &tx.now(),
        ],
    )
    .await
    .on_constraint("ticket_views_name", SaveRefused::NameTaken { name: name.clone() })
    .on_constraint("ticket_views_assignee", SaveRefused::NoMember)
    .map(drop)
}

async fn require_room(tx: &Tx, member: MembershipId) -> Result<(), Error> {
    let row = tx
        .one(
            sql!("select count(*) as views from ticket_views where organization_id = $1 and membership_id = $2"),
            &[tx.org(), member.as_uuid()],
        )
        .await?;
    if row.get::<_, i64>("views") >= MOST { Err(SaveRefused::TooMany { most: MOST }.into()) } else { Ok(()) }
}

/// From now on somebody's list opens with a view.
pub(super) async fn open_with(tx: &Tx, member: MembershipId, view: TicketViewId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "insert into ticket_view_defaults (organization_id, membership_id, view_id) values ($1, $2, $3)
             on conflict (organization_id, membership_id) do update set view_id = excluded.view_id"
        ),
        &[tx.org(), member.as_uuid(), view.as_uuid()],
    )
    .await
    .map(drop)
}
