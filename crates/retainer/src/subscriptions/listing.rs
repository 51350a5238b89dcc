//! The list of subscriptions in another order than the newest first: of those that have not come to an end.

use kernel::Permission;
use kernel::id::Id;
use runtime::http::{Cursor, Page};
use runtime::{Error, Tx, sql};
use uuid::Uuid;

use super::SubscriptionState;
use super::find::{self, Subscription, Wanted};

kernel::words! {
    /// An order of subscriptions, other than the newest first.
    SubscriptionOrder, "order" {
        /// Whose next period begins first.
        Next = "next",
        /// By the customer's name.
        Customer = "customer",
        /// The dearest first.
        Price = "price",
    }
}

/// Subscriptions, the newest first, or in an order those that have not come to an end.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn list(tx: &Tx, wanted: Wanted, order: Option<SubscriptionOrder>) -> Result<Page<Subscription>, Error> {
    let Some(order) = order.filter(|_| wanted.state.is_none_or(|state| !state.has_ended())) else {
        return find::list(tx, wanted).await;
    };
    if tx.only_customer().is_none() {
        tx.require(Permission::BillingRead)?;
    }
    let ids = in_order(tx, wanted, order).await?;
    let mut items = find::these(tx, &ids).await?;
    items.sort_by_key(|it| ids.iter().position(|id| *id == it.id.uuid()));
    Ok(Page::of(items, wanted.paging, |it| Cursor { at: it.created_at, id: it.id.uuid() }))
}

/// Where a page begins is told by the subscription that ended the one before, by what it is now.
async fn in_order(tx: &Tx, wanted: Wanted, order: SubscriptionOrder) -> Result<Vec<Uuid>, Error> {
    let rows = tx
        .rows_planned_for(
            sql!(
                "with ranked as (
                     select s.id, s.created_at,
                            case $6 when 'next' then coalesce(extract(epoch from s.renews_at)::bigint, 9223372036854775807)
                                    when 'price' then -v.price_minor else 0 end as place,
                            case when $6 = 'customer' then lower(c.name) else '' end as called
                     from subscriptions s
                     join customers c on c.organization_id = $1 and c.id = s.customer_id
                     join plan_versions v on v.organization_id = $1 and v.id = s.plan_version_id
                     where s.organization_id = $1 and s.ended_at is null and ($2::uuid is null or s.customer_id = $2)
                       and ($3::uuid is null or s.customer_id = $3) and ($4::text is null or s.state = $4)
                       and ($5::uuid is null or v.plan_id = $5) and (not $7 or s.state in ('active', 'past_due'))
                 )
                 select r.id from ranked r
                 where $8::uuid is null
                    or (r.place, r.called, r.created_at, r.id)
                       > (select l.place, l.called, l.created_at, l.id from ranked l where l.id = $8)
                 order by r.place, r.called, r.created_at, r.id limit $9"
            ),
            &[
                tx.org(),
                &tx.only_customer(),
                &wanted.customer.map(Id::uuid),
                &wanted.state.map(SubscriptionState::word),
                &wanted.plan.map(Id::uuid),
                &order.word(),
                &wanted.is_running,
                &wanted.paging.after.map(|cursor| cursor.id),
                &wanted.paging.ask(),
            ],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}
