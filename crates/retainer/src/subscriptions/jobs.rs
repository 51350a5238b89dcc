//! What the clock brings: new periods, and payments that did not come.

use kernel::id::{Id, SubscriptionId};
use runtime::{Error, Tx, sql};
use uuid::Uuid;

use super::{credit, renew};
use crate::jobs::{Duty, ThingByThing, thing_by_thing};

/// Subscriptions go into their next period.
pub const RENEW: Duty = Duty {
    name: "subscriptions.renew",
    due: sql!(
        "select distinct organization_id from subscriptions where state in ('active', 'past_due') and renews_at <= $1"
    ),
    run: thing_by_thing::<Renewing>,
};

/// Subscriptions whose payment did not come are marked, and ended where it was the first.
pub const FALL_DUE: Duty = Duty {
    name: "subscriptions.fall_due",
    due: sql!(
        "select distinct i.organization_id from invoices i
         join invoice_lines l on l.organization_id = i.organization_id and l.invoice_id = i.id
         join subscriptions s on s.organization_id = l.organization_id and s.id = l.subscription_id
         where i.state = 'open' and i.due_at <= $1 and l.kind in ('period', 'overage')
           and (s.state = 'active' or s.state = 'incomplete' and i.due_at <= $1::timestamptz - interval '720 hours')"
    ),
    run: thing_by_thing::<Marking>,
};

/// Work that outlived its credit line has ended, and what it used of the line is billed.
pub const SETTLE_CREDIT: Duty = Duty {
    name: "subscriptions.settle_credit",
    due: sql!(
        "select distinct p.organization_id from subscription_periods p
         join allowance_lots l on l.organization_id = p.organization_id and l.id = p.credit_lot_id
         where p.credit_watched and $1::timestamptz is not null
           and (l.held = 0 or l.ended_as in ('billed', 'voided_billed') and l.consumed > p.credit_billed)"
    ),
    run: thing_by_thing::<Settling>,
};

struct Renewing;

impl ThingByThing for Renewing {
    const NAME: &'static str = RENEW.name;
    /// A year of days, should nobody have looked for so long.
    const TURNS: u32 = 400;
    type Thing = SubscriptionId;

    fn id(subscription: &SubscriptionId) -> Uuid {
        subscription.uuid()
    }

    async fn due(tx: &Tx, but: &[Uuid], limit: i64) -> Result<Vec<SubscriptionId>, Error> {
        renew::due(tx, but, limit).await
    }

    async fn act(tx: &Tx, subscription: &SubscriptionId) -> Result<(), Error> {
        renew::renew(tx, *subscription).await
    }
}

struct Marking;

impl ThingByThing for Marking {
    const NAME: &'static str = FALL_DUE.name;
    type Thing = SubscriptionId;

    fn id(subscription: &SubscriptionId) -> Uuid {
        subscription.uuid()
    }

    async fn due(tx: &Tx, but: &[Uuid], limit: i64) -> Result<Vec<SubscriptionId>, Error> {
        renew::overdue(tx, but, limit).await
    }

    async fn act(tx: &Tx, subscription: &SubscriptionId) -> Result<(), Error> {
        renew::fall_due(tx, *subscription).await
    }
}

struct Settling;

impl ThingByThing for Settling {
    const NAME: &'static str = SETTLE_CREDIT.name;
    type Thing = SubscriptionId;

    fn id(subscription: &SubscriptionId) -> Uuid {
        subscription.uuid()
    }

    async fn due(tx: &Tx, but: &[Uuid], limit: i64) -> Result<Vec<SubscriptionId>, Error> {
        credit::unsettled(tx, but, limit).await
    }

    async fn act(tx: &Tx, subscription: &SubscriptionId) -> Result<(), Error> {
        credit::settle_late(tx, *subscription).await
    }
}
