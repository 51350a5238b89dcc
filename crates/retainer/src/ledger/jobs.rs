//! Settling idle accounts, so that reports about them are right too.

use kernel::id::Id;
use runtime::{Error, Tx, sql};
use uuid::Uuid;

use super::settle::{self, Due};
use crate::jobs::{Duty, ThingByThing, thing_by_thing};

/// Lots that expire or start and holds that time out on accounts which nobody touches.
pub const SETTLE: Duty = Duty {
    name: "ledger.settle",
    due: sql!("select distinct organization_id from allowance_accounts where next_event_at <= $1"),
    run: thing_by_thing::<Settling>,
};

struct Settling;

impl ThingByThing for Settling {
    const NAME: &'static str = SETTLE.name;
    type Thing = Due;

    fn id(due: &Due) -> Uuid {
        due.account.uuid()
    }

    async fn due(tx: &Tx, but: &[Uuid], limit: i64) -> Result<Vec<Due>, Error> {
        settle::due(tx, but, limit).await
    }

    async fn act(tx: &Tx, due: &Due) -> Result<(), Error> {
        settle::settle(tx, due).await
    }
}
