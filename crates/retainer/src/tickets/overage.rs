//! What a customer's plan says about hours beyond those on hold.

use kernel::id::{CustomerId, Id};
use runtime::{Columns, Error, Tx, sql};

use super::rules::Overage;
use crate::plans::terms::OverageRule;

/// What the customer's running plan of hours says; without one, more comes out of what is left.
pub(super) async fn overage(tx: &Tx, customer: CustomerId) -> Result<Overage, Error> {
    Ok(match policy(tx, customer).await? {
        Some(OverageRule::Ask) => Overage::Ask,
        // Block and credit differ in whether the account has a credit line, which the ledger knows.
        Some(OverageRule::Block | OverageRule::Credit) | None => Overage::Draw,
    })
}

/// What the customer's running plan of hours says in its own words; none without one.
pub(super) async fn policy(tx: &Tx, customer: CustomerId) -> Result<Option<OverageRule>, Error> {
    let row = tx
        .optional(
            sql!(
                "select v.overage from subscriptions s
                 join plan_versions v on v.organization_id = s.organization_id and v.id = s.plan_version_id
                 where s.organization_id = $1 and s.customer_id = $2 and v.unit_code = 'hour'
                   and s.state in ('incomplete', 'active', 'past_due', 'paused')"
            ),
            &[tx.org(), customer.as_uuid()],
        )
        .await?;
    row.map(|row| row.word("overage")).transpose()
}
