//! The list of subscriptions in another order than the newest first: of those that have not come to an end.

use kernel::Permission;
use kernel::id::Id;
use runtime::http::{Cursor, Page, Placed};
use runtime::{Error, Tx, sql};
use uuid::Uuid;

use super::SubscriptionState;
use super::find::{self, Subscription, Wanted};

kernel::words! {
    /// An order of subscriptions, other than the newest first.
    SubscriptionOrder, "order" {
        /// Whose next period begins first; what is paused has none that is near.
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
    let cursors = in_order(tx, wanted, order).await?;
    let ids: Vec<Uuid> = cursors.iter().map(|cursor| cursor.id).collect();
    let mut items = find::these(tx, &ids).await?;
    let place = |it: &Subscription| cursors.iter().position(|cursor| cursor.id == it.id.uuid()).unwrap_or_default();
    items.sort_by_key(place);
    Ok(Page::of(items, wanted.paging, |it| cursors[place(it)]))
}

/// Where the subscriptions of a page stand. It begins where the one that ended the page before stood then, whatever has
/// become of it.
async fn in_order(tx: &Tx, wanted: Wanted, order: SubscriptionOrder) -> Result<Vec<Cursor>, Error> {
    let name = format!("subscriptions {order}");
    let after = wanted.paging.placed(&name)?;
    let (number, word, at, id) = Placed::parts(after.as_ref());
    let rows = tx
        .rows_planned_for(
            sql!(
                "with ranked as (
                     select s.id, s.created_at,
                            case $6 when 'next' then case when s.state = 'paused' then 9223372036854775807
                                                      else coalesce(extract(epoch from coalesce(s.renews_at, now.ends_at))::bigint, 9223372036854775807) end
                                    when 'price' then -v.price_minor else 0 end as place,
                            case when $6 = 'customer' then left(lower(c.name), 40) else '' end as called
                     from subscriptions s
                     join customers c on c.organization_id = $1 and c.id = s.customer_id
                     join plan_versions v on v.organization_id = $1 and v.id = s.plan_version_id
                     left join subscription_periods now on now.organization_id = $1 and now.subscription_id = s.id
                        and now.number = s.next_number - 1
                     where s.organization_id = $1 and s.ended_at is null and ($2::uuid is null or s.customer_id = $2)
                       and ($3::uuid is null or s.customer_id = $3) and ($4::text is null or s.state = $4)
                       and ($5::uuid is null or v.plan_id = $5) and (not $7 or s.state in ('active', 'past_due'))
                 )
                 select r.id, r.created_at, r.place, r.called from ranked r
                 where $8::bigint is null or (r.place, r.called, r.created_at, r.id) > ($8, $9::text, $10::timestamptz, $11::uuid)
                 order by r.place, r.called, r.created_at, r.id limit $12"
            ),
            &[
                tx.org(),
                &tx.only_customer(),
                &wanted.customer.map(Id::uuid),
                &wanted.state.map(SubscriptionState::word),
                &wanted.plan.map(Id::uuid),
                &order.word(),
                &wanted.is_running,
                &number,
                &word,
                &at,
                &id,
                &wanted.paging.ask(),
            ],
        )
        .await?;
    let cursor = |row: &tokio_postgres::Row| {
        Cursor::new(row.get("created_at"), row.get("id")).placed(&name, row.get("place"), row.get("called"))
    };
    Ok(rows.iter().map(cursor).collect())
}
