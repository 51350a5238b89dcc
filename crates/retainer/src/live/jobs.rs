//! What changed is kept for a day.

use runtime::sql;

use crate::jobs::{Duty, forget};

/// What is over a day old is swept away; nobody who comes so late is told of single changes.
pub const FORGET_CHANGES: Duty = Duty {
    name: "live.forget_changes",
    due: sql!("select distinct organization_id from live_changes where at <= $1::timestamptz - interval '24 hours'"),
    run: |app, organization| Box::pin(forget(app, organization, CHANGES)),
};

// The instant is a month ago, which is how long most things are kept that are over.
const CHANGES: &str = sql!(
    "delete from live_changes where organization_id = $1 and number in (
        select number from live_changes
        where organization_id = $1 and at <= $2::timestamptz + interval '696 hours'
        order by number limit 1000)"
);
