//! What a customer's plan says about hours beyond those on hold.

use kernel::id::CustomerId;
use runtime::{Error, Tx};

use super::rules::Overage;

/// What the customer's plan says; without a plan, more comes out of what is left.
#[expect(clippy::unused_async, reason = "asks the subscriptions once they are there")]
pub(super) async fn overage(_tx: &Tx, _customer: CustomerId) -> Result<Overage, Error> {
    Ok(Overage::Draw)
}
