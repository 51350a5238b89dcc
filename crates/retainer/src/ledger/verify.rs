//! Proves the ledger: checks of the invariants that can be seen in the tables, and rebuilding every counter from the
//! entries. For the transaction's organization; whoever wants all goes through the organizations.

use kernel::id::{AccountId, Id as _};
use runtime::{Error, Tx, sql};
use tokio_postgres::Row;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discrepancy {
    /// Which rule it breaks, in words.
    pub rule: &'static str,
    /// On which account.
    pub account: AccountId,
    /// What was found.
    pub detail: String,
}

/// Everything that is wrong with the organization's ledger; nothing, if all is well.
///
/// # Errors
/// A fault of the database.
pub async fn verify(tx: &Tx) -> Result<Vec<Discrepancy>, Error> {
    let mut found = Vec::new();
    for (rule, statement) in CHECKS {
        found.extend(tx.rows(statement, &[tx.org()]).await?.iter().map(|row| discrepancy(rule, row)));
    }
    Ok(found)
}

fn discrepancy(rule: &'static str, row: &Row) -> Discrepancy {
    Discrepancy { rule, account: AccountId::from_uuid(row.get("account_id")), detail: row.get("detail") }
}

/// Recomputes every counter of accounts, lots, holds and their parts from the entries and writes those that differ. Locks
/// all accounts of the organization first. Returns how many rows were put right; none, where nothing was wrong.
///
/// # Errors
/// A fault of the database.
pub async fn rebuild(tx: &Tx) -> Result<u64, Error> {
    tx.execute(LOCK, &[tx.org()]).await?;
    let mut changed = 0;
    // Lots before accounts: an account's free credit is told from its lots.
    for statement in [REBUILD_PARTS, REBUILD_HOLDS, REBUILD_LOTS, REBUILD_ACCOUNTS] {
        changed += tx.execute(statement, &[tx.org()]).await?;
    }
    Ok(changed)
}

/// Rules and the statements that find what breaks them. Each reads one organization.
pub const CHECKS: [(&str, &str); 12] = [
    ("posted is what remains in started lots, held is what open holds have", ACCOUNT_SUMS),
    ("counters are the sums of the entries", ENTRY_SUMS),
    ("entries are numbered without gaps and their running balances are prefix sums", PREFIXES),
    ("entries are recorded in the order of their numbers", CLOCK),
    ("a lot's counters are within bounds, an ended lot keeps only what is held", LOT_BOUNDS),
    ("a lot's counters are the sums of its entries and of its holds' parts", LOT_SUMS),
    ("a hold is the sum of its parts and is closed exactly when it is used up", HOLD_SUMS),
    ("a hold's counters are the sums of its entries", HOLD_ENTRIES),
    ("what was issued is somewhere", CONSERVATION),
    ("every operation sums to zero over both sides", ZERO_SUM),
    ("what is due next is not later than it should be", SCHEDULE),
    ("open seats are at most the living seats, or there is a deadline", SEATS),
];

const ACCOUNT_SUMS: &str = sql!(
    "with lot as (
       select account_id, sum(remaining) filter (where activated_at is not null) as posted, sum(held) as held,
              sum(remaining - held) filter (where source_kind = 'credit_line' and activated_at is not null) as credit_free,
              bool_or(unlimited and activated_at is not null and ended_as is null) as unlimited
         from allowance_lots where organization_id = $1 group by account_id
     ), hold as (
       select l.account_id, sum(p.amount - p.captured - p.released) as held
         from allowance_hold_lots p join allowance_lots l on l.organization_id = p.organization_id and l.id = p.lot_id
        where p.organization_id = $1 and not l.unlimited group by l.account_id
     )
     select a.id as account_id, format('posted %s, lots %s; held %s, lots %s, holds %s; free credit %s, lots %s', a.posted,
              lot.posted, a.held, lot.held, hold.held, a.credit_free, lot.credit_free) as detail
       from allowance_accounts a left join lot on lot.account_id = a.id left join hold on hold.account_id = a.id
      where a.organization_id = $1
        and (a.posted <> coalesce(lot.posted, 0) or a.held <> coalesce(lot.held, 0) or a.held <> coalesce(hold.held, 0)
          or a.credit_free <> coalesce(lot.credit_free, 0) or a.unlimited <> coalesce(lot.unlimited, false)
          or a.held < 0 or a.posted < a.held or a.debt < 0 or a.credit_free not between 0 and a.posted - a.held)"
);

const ENTRY_SUMS: &str = sql!(
    "select a.id as account_id, format('posted %s, entries %s; held %s, entries %s; debt %s, entries %s; consumed %s, entries %s',
              a.posted, e.posted, a.held, e.held, a.debt, e.debt, a.consumed, e.consumed) as detail
       from allowance_accounts a
       left join (select account_id, sum(d_posted) as posted, sum(d_held) as held, sum(d_debt) as debt,
                sum(case when kind in ('capture', 'consume') then quantity when kind = 'refund' then -quantity else 0 end) as consumed
           from allowance_entries where organization_id = $1 group by account_id) e on e.account_id = a.id
      where a.organization_id = $1
        and (a.posted <> coalesce(e.posted, 0) or a.held <> coalesce(e.held, 0) or a.debt <> coalesce(e.debt, 0)
          or a.consumed <> coalesce(e.consumed, 0))"
);

const PREFIXES: &str = sql!(
    "select e.account_id, format('entry %s: number %s, balances %s %s %s instead of %s %s %s', e.seq, e.place, e.posted_after,
              e.held_after, e.debt_after, e.posted, e.held, e.debt) as detail
       from (select account_id, seq, posted_after, held_after, debt_after, row_number() over w as place,
                    sum(d_posted) over w as posted, sum(d_held) over w as held, sum(d_debt) over w as debt,
                    max(seq) over (partition by account_id) as last
               from allowance_entries where organization_id = $1
             window w as (partition by account_id order by seq)) e
       join allowance_accounts a on a.organization_id = $1 and a.id = e.account_id
      where e.seq <> e.place or e.posted_after <> e.posted or e.held_after <> e.held or e.debt_after <> e.debt
         or e.last <> a.last_seq"
);

const CLOCK: &str = sql!(
    "select e.account_id, format('entry %s was recorded at %s, the one before at %s, the newest at %s', e.seq, e.recorded_at,
              e.before, a.last_recorded_at) as detail
       from (select account_id, seq, recorded_at, lag(recorded_at) over w as before,
                    lead(seq) over w is null as newest
               from allowance_entries where organization_id = $1
             window w as (partition by account_id order by seq)) e
       join allowance_accounts a on a.organization_id = $1 and a.id = e.account_id
      where e.recorded_at < e.before or (e.newest and e.recorded_at is distinct from a.last_recorded_at)"
);

const LOT_BOUNDS: &str = sql!(
    "select account_id, format('lot %s: amount %s, remaining %s, held %s, ended %s', id, amount, remaining, held, ended_as) as detail
       from allowance_lots
      where organization_id = $1
        and (held < 0 or remaining < held or amount < remaining or (ended_as is not null and remaining <> held)
          or (activated_at is null and held > 0))"
);

const LOT_SUMS: &str = sql!(
    "select l.account_id, format('lot %s: remaining %s, entries %s; held %s, entries %s, parts %s; consumed %s, entries %s', l.id,
              l.remaining, e.remaining, l.held, e.held, p.held, l.consumed, e.consumed) as detail
       from allowance_lots l
       left join (select lot_id, sum(d_remaining) as remaining, sum(d_held) as held,
                sum(case when kind in ('capture', 'consume', 'exchange_out') then quantity when kind = 'refund' then -quantity
                      else 0 end) as consumed
           from allowance_entries where organization_id = $1 and lot_id is not null group by lot_id) e on e.lot_id = l.id
       left join (select lot_id, sum(amount - captured - released) as held from allowance_hold_lots
                   where organization_id = $1 group by lot_id) p on p.lot_id = l.id
      where l.organization_id = $1
        and (l.remaining <> coalesce(e.remaining, 0) or l.held <> coalesce(e.held, 0) or l.consumed <> coalesce(e.consumed, 0)
          or (not l.unlimited and l.held <> coalesce(p.held, 0)))"
);

const HOLD_SUMS: &str = sql!(
    "select h.account_id, format('hold %s: %s of %s and %s of %s; parts %s of %s and %s; %s', h.id, h.captured, h.amount, h.released,
              h.amount, p.captured, p.amount, p.released, h.state) as detail
       from allowance_holds h
       left join (select hold_id, sum(amount) as amount, sum(captured) as captured, sum(released) as released,
                bool_or(refunded > captured or refunded < 0) as overdone
           from allowance_hold_lots where organization_id = $1 group by hold_id) p on p.hold_id = h.id
      where h.organization_id = $1
        and (p.hold_id is null or h.amount <> p.amount or h.captured <> p.captured or h.released <> p.released or p.overdone
          or (h.state = 'open') <> (h.captured + h.released < h.amount) or h.captured + h.released > h.amount)"
);

const HOLD_ENTRIES: &str = sql!(
    "select h.account_id, format('hold %s, lot %s', p.hold_id, p.lot_id) as detail
       from allowance_hold_lots p
       join allowance_holds h on h.organization_id = p.organization_id and h.id = p.hold_id
       left join (select hold_id, lot_id,
                sum(case when kind in ('hold', 'consume', 'rehome_in') then quantity when kind = 'rehome_out' then -quantity
                      else 0 end) as amount,
                sum(quantity) filter (where kind in ('capture', 'consume')) as captured,
                sum(quantity) filter (where kind in ('release', 'timeout')) as released,
                sum(quantity) filter (where kind = 'refund') as refunded
           from allowance_entries where organization_id = $1 and hold_id is not null group by hold_id, lot_id) e
         on e.hold_id = p.hold_id and e.lot_id = p.lot_id
      where p.organization_id = $1
        and (p.amount <> coalesce(e.amount, 0) or p.captured <> coalesce(e.captured, 0) or p.released <> coalesce(e.released, 0)
          or p.refunded <> coalesce(e.refunded, 0))"
);

const CONSERVATION: &str = sql!(
    "select l.account_id, format('issued %s; remaining %s, spent %s, expired %s, voided %s, exchanged %s, adjusted %s, moved %s, repaid %s',
              e.issued, sum(l.remaining), e.spent, e.expired, e.voided, e.exchanged, e.adjusted, e.moved, e.repaid) as detail
       from allowance_lots l
       join (select account_id, coalesce(sum(d_remaining) filter (where kind = 'grant'), 0) as issued,
                coalesce(-sum(d_remaining) filter (where kind in ('capture', 'consume', 'refund')), 0) as spent,
                coalesce(-sum(d_remaining) filter (where kind = 'expire'), 0) as expired,
                coalesce(-sum(d_remaining) filter (where kind = 'void'), 0) as voided,
                coalesce(-sum(d_remaining) filter (where kind = 'exchange_out'), 0) as exchanged,
                coalesce(-sum(d_remaining) filter (where kind = 'adjust_down'), 0) as adjusted,
                coalesce(-sum(d_remaining) filter (where kind in ('roll_out', 'grace_out')), 0) as moved,
                coalesce(-sum(d_remaining) filter (where kind = 'repay_debt'), 0) as repaid
           from allowance_entries where organization_id = $1 group by account_id) e on e.account_id = l.account_id
      where l.organization_id = $1
      group by l.account_id, e.issued, e.spent, e.expired, e.voided, e.exchanged, e.adjusted, e.moved, e.repaid
     having e.issued <> sum(l.remaining) + e.spent + e.expired + e.voided + e.exchanged + e.adjusted + e.moved + e.repaid"
);

const ZERO_SUM: &str = sql!(
    "select (array_agg(account_id))[1] as account_id, format('operation %s: %s', operation_id, sum(d_remaining - d_debt + d_counter)) as detail
       from allowance_entries where organization_id = $1 group by operation_id
     having sum(d_remaining - d_debt + d_counter) <> 0"
);

const SCHEDULE: &str = sql!(
    "select a.id as account_id, format('next %s, should be %s', a.next_event_at, d.at) as detail
       from allowance_accounts a
       join (select account_id, min(at) as at from (
               select account_id, case when activated_at is null then effective_at else expires_at end as at
                 from allowance_lots where organization_id = $1 and ended_as is null
                union all
               select account_id, expires_at from allowance_holds where organization_id = $1 and state = 'open') due
              group by account_id) d on d.account_id = a.id
      where a.organization_id = $1 and not a.time_paused and d.at is not null
        and (a.next_event_at is null or a.next_event_at > d.at)"
);

const SEATS: &str = sql!(
    "select a.id as account_id, format('%s of %s seats', h.open, l.amount) as detail
       from allowance_accounts a
       join (select account_id, sum(amount - captured - released) as open from allowance_holds
              where organization_id = $1 and state = 'open' group by account_id) h on h.account_id = a.id
       left join (select account_id, sum(amount) as amount, bool_or(unlimited) as unlimited from allowance_lots
              where organization_id = $1 and activated_at is not null and ended_as is null group by account_id) l
         on l.account_id = a.id
      where a.organization_id = $1 and a.unit_code = 'seat' and a.over_limit_until is null
        and h.open > coalesce(l.amount, 0) and not coalesce(l.unlimited, false)"
);

const LOCK: &str = sql!("select id from allowance_accounts where organization_id = $1 order by id for update");

const REBUILD_PARTS: &str = sql!(
    "update allowance_hold_lots p set amount = e.amount, captured = e.captured, released = e.released, refunded = e.refunded
       from (select hold_id, lot_id,
                sum(case when kind in ('hold', 'consume', 'rehome_in') then quantity when kind = 'rehome_out' then -quantity
                      else 0 end)::bigint as amount,
                coalesce(sum(quantity) filter (where kind in ('capture', 'consume')), 0)::bigint as captured,
                coalesce(sum(quantity) filter (where kind in ('release', 'timeout')), 0)::bigint as released,
                coalesce(sum(quantity) filter (where kind = 'refund'), 0)::bigint as refunded
           from allowance_entries where organization_id = $1 and hold_id is not null group by hold_id, lot_id) e
      where p.organization_id = $1 and p.hold_id = e.hold_id and p.lot_id = e.lot_id
        and (p.amount, p.captured, p.released, p.refunded) is distinct from (e.amount, e.captured, e.released, e.refunded)"
);

const REBUILD_HOLDS: &str = sql!(
    "update allowance_holds h set amount = e.amount, captured = e.captured, released = e.released,
            state = case when e.captured + e.released < e.amount then 'open' when e.timed_out then 'expired'
                      when e.captured > 0 then 'captured' else 'released' end,
            closed_at = case when e.captured + e.released = e.amount then coalesce(h.closed_at, e.last_at) end
       from (select hold_id, coalesce(sum(quantity) filter (where kind in ('hold', 'consume')), 0)::bigint as amount,
                coalesce(sum(quantity) filter (where kind in ('capture', 'consume')), 0)::bigint as captured,
                coalesce(sum(quantity) filter (where kind in ('release', 'timeout')), 0)::bigint as released,
                coalesce(bool_or(kind = 'timeout'), false) as timed_out,
                max(effective_at) filter (where kind <> 'refund') as last_at
           from allowance_entries where organization_id = $1 and hold_id is not null group by hold_id) e
      where h.organization_id = $1 and h.id = e.hold_id
        and (h.amount, h.captured, h.released, h.state) is distinct from (e.amount, e.captured, e.released,
          case when e.captured + e.released < e.amount then 'open' when e.timed_out then 'expired'
            when e.captured > 0 then 'captured' else 'released' end)"
);

const REBUILD_LOTS: &str = sql!(
    "update allowance_lots l set remaining = e.remaining, held = e.held, consumed = e.consumed
       from (select lot_id, sum(d_remaining)::bigint as remaining, sum(d_held)::bigint as held,
                sum(case when kind in ('capture', 'consume', 'exchange_out') then quantity when kind = 'refund' then -quantity
                      else 0 end)::bigint as consumed
           from allowance_entries where organization_id = $1 and lot_id is not null group by lot_id) e
      where l.organization_id = $1 and l.id = e.lot_id
        and (l.remaining, l.held, l.consumed) is distinct from (e.remaining, e.held, e.consumed)"
);

const REBUILD_ACCOUNTS: &str = sql!(
    "update allowance_accounts a
        set posted = e.posted, held = e.held, debt = e.debt, consumed = e.consumed, last_seq = e.last_seq,
            last_recorded_at = e.last_recorded_at, credit_free = coalesce(l.credit_free, 0), unlimited = coalesce(l.unlimited, false)
       from (select account_id, sum(d_posted)::bigint as posted, sum(d_held)::bigint as held, sum(d_debt)::bigint as debt,
                max(seq) as last_seq, max(recorded_at) as last_recorded_at,
                sum(case when kind in ('capture', 'consume') then quantity when kind = 'refund' then -quantity
                      else 0 end)::bigint as consumed
           from allowance_entries where organization_id = $1 group by account_id) e
       left join (select account_id, bool_or(unlimited and activated_at is not null and ended_as is null) as unlimited,
                coalesce(sum(remaining - held) filter (where source_kind = 'credit_line' and activated_at is not null), 0)::bigint
                  as credit_free
           from allowance_lots where organization_id = $1 group by account_id) l on l.account_id = e.account_id
      where a.organization_id = $1 and a.id = e.account_id
        and (a.posted, a.held, a.debt, a.consumed, a.last_seq, a.last_recorded_at, a.credit_free, a.unlimited) is distinct from
            (e.posted, e.held, e.debt, e.consumed, e.last_seq, e.last_recorded_at, coalesce(l.credit_free, 0), coalesce(l.unlimited, false))"
);
