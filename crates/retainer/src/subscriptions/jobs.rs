//! What the clock brings: new periods, and payments that did not come.

use futures_util::future::BoxFuture;
use kernel::Actor;
use kernel::id::{Id, OrganizationId};
use runtime::tx::Access;
use runtime::{Error, sql};

use super::credit::{settle_late, unsettled};
use super::renew::{due, fall_due, overdue, renew};
use crate::App;
use crate::jobs::{Duty, Trouble};

/// Subscriptions go into their next period.
pub const RENEW: Duty = Duty {
    name: "subscriptions.renew",
    due: sql!(
        "select distinct organization_id from subscriptions where state in ('active', 'past_due') and renews_at <= $1"
    ),
    run: renewing,
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
    run: marking,
};

/// Work that outlived its credit line has ended, and what it used of the line is billed.
pub const SETTLE_CREDIT: Duty = Duty {
    name: "subscriptions.settle_credit",
    due: sql!(
        "select distinct p.organization_id from subscription_periods p
         join allowance_lots l on l.organization_id = p.organization_id and l.id = p.credit_lot_id
         where p.credit_watched and $1::timestamptz is not null
           and (l.held = 0 or l.ended_as = 'billed' and l.consumed > p.credit_billed)"
    ),
    run: settling,
};

fn renewing(app: App, organization: OrganizationId) -> BoxFuture<'static, Result<(), Error>> {
    Box::pin(renew_due(app, organization))
}

fn marking(app: App, organization: OrganizationId) -> BoxFuture<'static, Result<(), Error>> {
    Box::pin(mark_overdue(app, organization))
}

fn settling(app: App, organization: OrganizationId) -> BoxFuture<'static, Result<(), Error>> {
    Box::pin(settle_credit(app, organization))
}

/// How many are looked up at a time.
const BATCH: i64 = 100;

/// A transaction a period, so that one subscription's trouble neither undoes another's nor keeps it waiting.
async fn renew_due(app: App, organization: OrganizationId) -> Result<(), Error> {
    let begin = |access| app.begin(organization, Actor::system(RENEW.name), access);
    let mut trouble = Trouble::default();
    loop {
        let subscriptions = due(&begin(Access::Read).await?, trouble.with(), BATCH).await?;
        if subscriptions.is_empty() {
            return trouble.end();
        }
        for subscription in subscriptions {
            let done = async {
                let tx = begin(Access::Write).await?;
                renew(&tx, subscription).await?;
                tx.commit().await
            };
            trouble.note(subscription.uuid(), done.await);
        }
    }
}

async fn mark_overdue(app: App, organization: OrganizationId) -> Result<(), Error> {
    let begin = |access| app.begin(organization, Actor::system(FALL_DUE.name), access);
    let mut trouble = Trouble::default();
    loop {
        let subscriptions = overdue(&begin(Access::Read).await?, trouble.with(), BATCH).await?;
        if subscriptions.is_empty() {
            return trouble.end();
        }
        for subscription in subscriptions {
            let done = async {
                let tx = begin(Access::Write).await?;
                fall_due(&tx, subscription).await?;
                tx.commit().await
            };
            trouble.note(subscription.uuid(), done.await);
        }
    }
}

async fn settle_credit(app: App, organization: OrganizationId) -> Result<(), Error> {
    let begin = |access| app.begin(organization, Actor::system(SETTLE_CREDIT.name), access);
    let mut trouble = Trouble::default();
    loop {
        let subscriptions = unsettled(&begin(Access::Read).await?, trouble.with(), BATCH).await?;
        if subscriptions.is_empty() {
            return trouble.end();
        }
        for subscription in subscriptions {
            let done = async {
                let tx = begin(Access::Write).await?;
                settle_late(&tx, subscription).await?;
                tx.commit().await
            };
            trouble.note(subscription.uuid(), done.await);
        }
    }
}
