//! What the doors keep for a while.

use runtime::sql;

use crate::jobs::{Duty, forget};

/// The answers to requests with an `Idempotency-Key` are kept for thirty days. Whoever repeats a request later than that
/// does it anew; what must never happen twice, however late, has natural keys in the ledger and in billing. Sealed ones,
/// which hold secrets, are repeated for minutes only and do not rest for longer than an hour.
pub const FORGET_ANSWERS: Duty = Duty {
    name: "doors.forget_answers",
    due: sql!(
        "select distinct organization_id from idempotency_keys
         where created_at <= $1::timestamptz - interval '720 hours'
            or (headers ? 'sealed' and created_at <= $1::timestamptz - interval '1 hour')"
    ),
    run: |app, organization| Box::pin(forget(app, organization, ANSWERS)),
};

const ANSWERS: &str = sql!(
    "delete from idempotency_keys where organization_id = $1 and (actor_id, key) in (
        select actor_id, key from idempotency_keys where organization_id = $1
            and (created_at <= $2 or (headers ? 'sealed' and created_at <= $2 + interval '719 hours'))
        order by created_at limit 1000 for update skip locked)"
);
