//! Brings an account into the model, to tell what time has done to it that nobody has applied yet.

use jiff::Timestamp;
use kernel::Unit;
use kernel::id::{AccountId, Id as _};
use runtime::{Error, Tx, sql};
use tokio_postgres::Row;

use super::lot::Conditions;
use super::rules::account::{Account, Ended, Hold, HoldState, Lot, Part, Rollover, Source, State, Terms};
use super::subject::Facts;

/// The account as it stands now, with everything applied that is due.
pub(super) async fn now(tx: &Tx, id: AccountId, unit: Unit) -> Result<Account, Error> {
    let now = tx.now();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [tx.org(), id.as_uuid()];
    let at: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [tx.org(), id.as_uuid(), &now];
    let (account, lots, parts) =
        tokio::try_join!(tx.one(ACCOUNT, &params), tx.rows(LOTS, &at), tx.rows(PARTS, &params))?;
    let mut model = model(unit, &account, &lots, &parts)?;
    model.settle("", now.as_microsecond());
    Ok(model)
}

/// The account as it stood at an instant of the past, told from the entries written until then; none before its first.
pub(super) async fn past(tx: &Tx, id: AccountId, unit: Unit, at: Timestamp) -> Result<Option<Account>, Error> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [tx.org(), id.as_uuid(), &at];
    let (account, lots, parts) =
        tokio::try_join!(tx.optional(ACCOUNT_AT, &params), tx.rows(LOTS_AT, &params), tx.rows(PARTS_AT, &params))?;
    let Some(account) = account else { return Ok(None) };
    let mut model = model(unit, &account, &lots, &parts)?;
    model.settle("", at.as_microsecond());
    Ok(Some(model))
}

fn model(unit: Unit, account: &Row, lots: &[Row], parts: &[Row]) -> Result<Account, Error> {
    let mut model = Account::empty(unit == Unit::Seat);
    model.posted = account.get("posted");
    model.held = account.get("held");
    model.debt = account.get("debt");
    model.consumed = account.get("consumed");
    model.last_seq = account.get("last_seq");
    model.over_limit_until = micros(account.get("over_limit_until"));
    if let Some(since) = micros(account.get("frozen_at")) {
        model.state = State::Frozen { since, time_paused: account.get("time_paused") };
    }
    model.lots = lots.iter().map(lot).collect::<Result<_, _>>()?;
    model.unlimited = model.lots.iter().any(|lot| lot.terms.unlimited && lot.alive());
    let credit = model.lots.iter().filter(|lot| lot.terms.source == Source::CreditLine && lot.alive());
    model.credit_free = credit.map(Lot::free).sum();
    for row in parts {
        let seq: i64 = row.get("hold_seq");
        if model.holds.last().is_none_or(|hold| hold.seq != seq) {
            model.holds.push(hold(row, seq)?);
        }
        let part = Part {
            lot: row.get("lot_seq"),
            amount: row.get("amount"),
            captured: row.get("captured"),
            released: row.get("released"),
            refunded: 0,
        };
        if let Some(hold) = model.holds.last_mut() {
            hold.amount += part.amount;
            hold.captured += part.captured;
            hold.released += part.released;
            hold.parts.push(part);
        }
    }
    model.holds.retain(|hold| hold.open() > 0);
    Ok(model)
}

fn hold(row: &Row, seq: i64) -> Result<Hold, Error> {
    let facts: Facts = serde_json::from_value(row.get("facts"))?;
    Ok(Hold {
        seq,
        subject: row.get("subject"),
        facts: facts.into_iter().collect(),
        amount: 0,
        captured: 0,
        released: 0,
        state: HoldState::Open,
        expires_at: micros(row.get("expires_at")),
        parts: Vec::new(),
    })
}

fn lot(row: &Row) -> Result<Lot, Error> {
    let applies_to: Conditions = serde_json::from_value(row.get("applies_to"))?;
    let kind: &str = row.get("source_kind");
    let cap: Option<i64> = row.get("rollover_cap");
    let rolled_until = micros(row.get("rollover_expires_at"));
    let terms = Terms {
        source: match kind {
            "rollover" => Source::Rollover,
            "refund_grace" => Source::RefundGrace,
            "exchange" => Source::Exchange,
            "adjustment" => Source::Adjustment,
            "credit_line" => Source::CreditLine,
            _ => Source::Issued,
        },
        source_ref: format!("{kind}/{}", row.get::<_, &str>("source_ref")),
        promotional: row.get::<_, &str>("category") == "promotional",
        priority: row.get("priority"),
        amount: row.get("amount"),
        unlimited: row.get("unlimited"),
        effective_at: row.get::<_, Timestamp>("effective_at").as_microsecond(),
        expires_at: micros(row.get("expires_at")),
        applies_to: applies_to.into_iter().collect(),
        rollover: cap.map(|cap| Rollover { cap, expires_at: rolled_until }),
    };
    let ended: Option<&str> = row.get("ended_as");
    Ok(Lot {
        seq: row.get("opened_seq"),
        terms,
        remaining: row.get("remaining"),
        held: row.get("held"),
        consumed: row.get("consumed"),
        activated: row.get("activated"),
        ended: ended.map(end).transpose()?,
        predecessor: None,
        series: None,
        created_at: row.get::<_, Timestamp>("created_at").as_microsecond(),
    })
}

fn end(word: &str) -> Result<Ended, Error> {
    Ok(match word {
        "expired" => Ended::Expired,
        "rolled" => Ended::Rolled,
        "voided" => Ended::Voided,
        "voided_forgiven" => Ended::VoidedForgiven,
        "voided_billed" => Ended::VoidedBilled,
        "upgraded" => Ended::Upgraded,
        "billed" => Ended::Billed,
        "carried" => Ended::Carried,
        "forgiven" => Ended::Forgiven,
        _ => return Err(Error::internal(format!("a lot has ended in the unknown way {word:?}"))),
    })
}

fn micros(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_microsecond)
}

const ACCOUNT: &str = sql!(
    "select posted, held, debt, consumed, last_seq, over_limit_until, frozen_at, time_paused
       from allowance_accounts where organization_id = $1 and id = $2"
);

const LOTS: &str = sql!(
    "select opened_seq, source_kind, source_ref, category, priority, amount, remaining, held, consumed, unlimited, effective_at,
            expires_at, activated_at is not null as activated, ended_as, applies_to, rollover_cap, rollover_expires_at, created_at
       from allowance_lots
      where organization_id = $1 and account_id = $2
        and (ended_as is null or id in (
              select p.lot_id from allowance_holds h
                join allowance_hold_lots p on p.organization_id = h.organization_id and p.hold_id = h.id
               where h.organization_id = $1 and h.account_id = $2 and h.state = 'open')
             -- Ended before their time: what was used of them was used in the time that runs.
             or ended_as in ('upgraded', 'rolled') and (expires_at is null or expires_at > coalesce(
                  (select frozen_at from allowance_accounts
                    where organization_id = $1 and id = $2 and time_paused), $3)))
      order by opened_seq"
);

const PARTS: &str = sql!(
    "select h.opened_seq as hold_seq, h.subject_kind || ' ' || h.subject_id as subject, h.facts, h.expires_at,
            l.opened_seq as lot_seq, p.amount, p.captured, p.released
       from allowance_holds h
       join allowance_hold_lots p on p.organization_id = h.organization_id and p.hold_id = h.id
       join allowance_lots l on l.organization_id = p.organization_id and l.id = p.lot_id
      where h.organization_id = $1 and h.account_id = $2 and h.state = 'open'
      order by h.opened_seq, p.position"
);

/// What an instant's account was: running balances of its last entry, and whether it was frozen. A freeze's quantity
/// says whether time stood still.
const ACCOUNT_AT: &str = sql!(
    "select last.posted_after as posted, last.held_after as held, last.debt_after as debt, last.seq as last_seq,
            null::timestamptz as over_limit_until, spent.consumed,
            case when frozen.kind = 'freeze' then frozen.recorded_at end as frozen_at, frozen.quantity = 1 as time_paused
       from (select posted_after, held_after, debt_after, seq from allowance_entries
              where organization_id = $1 and account_id = $2 and recorded_at <= $3 order by seq desc limit 1) last
       cross join (select coalesce(sum(case when kind = 'refund' then -quantity else quantity end), 0)::bigint as consumed
              from allowance_entries where organization_id = $1 and account_id = $2 and recorded_at <= $3
                and kind in ('capture', 'consume', 'refund')) spent
       left join (select kind, quantity, recorded_at from allowance_entries
              where organization_id = $1 and account_id = $2 and recorded_at <= $3 and kind in ('freeze', 'unfreeze')
              order by seq desc limit 1) frozen on true"
);

/// A lot that has ended by now counts as ended then only where nothing free was left of it: otherwise its end was written
/// later, and the model applies it again. What was lengthened later is shortened again.
const LOTS_AT: &str = sql!(
    "select l.opened_seq, l.source_kind, l.source_ref, l.category, l.priority, l.amount, e.remaining, e.held, e.consumed,
            l.unlimited, l.effective_at, l.expires_at - e.lengthened * interval '1 microsecond' as expires_at, e.activated,
            case when l.ended_at <= $3 and e.remaining = e.held then l.ended_as end as ended_as, l.applies_to, l.rollover_cap,
            l.rollover_expires_at - e.lengthened * interval '1 microsecond' as rollover_expires_at, l.created_at
       from allowance_lots l
       join lateral (
              select coalesce(sum(d_remaining) filter (where recorded_at <= $3), 0)::bigint as remaining,
                     coalesce(sum(d_held) filter (where recorded_at <= $3), 0)::bigint as held,
                     coalesce(sum(case when kind = 'refund' then -quantity else quantity end) filter (
                       where recorded_at <= $3 and kind in ('capture', 'consume', 'exchange_out', 'refund')), 0)::bigint as consumed,
                     coalesce(sum(quantity) filter (where recorded_at > $3 and kind = 'extend'), 0)::bigint as lengthened,
                     l.effective_at <= l.created_at or coalesce(bool_or(recorded_at <= $3 and kind = 'activate'), false) as activated
                from allowance_entries where organization_id = $1 and lot_id = l.id) e on true
      where l.organization_id = $1 and l.account_id = $2 and l.created_at <= $3
      order by l.opened_seq"
);

const PARTS_AT: &str = sql!(
    "select h.opened_seq as hold_seq, h.subject_kind || ' ' || h.subject_id as subject, h.facts, h.expires_at,
            l.opened_seq as lot_seq,
            sum(case e.kind when 'hold' then quantity when 'consume' then quantity when 'rehome_in' then quantity
                  when 'rehome_out' then -quantity else 0 end)::bigint as amount,
            sum(case when e.kind in ('capture', 'consume') then quantity else 0 end)::bigint as captured,
            sum(case when e.kind in ('release', 'timeout') then quantity else 0 end)::bigint as released
       from allowance_entries e
       join allowance_holds h on h.organization_id = e.organization_id and h.id = e.hold_id
       join allowance_lots l on l.organization_id = e.organization_id and l.id = e.lot_id
      where e.organization_id = $1 and e.account_id = $2 and e.recorded_at <= $3
      group by h.opened_seq, h.subject_kind, h.subject_id, h.facts, h.expires_at, l.opened_seq
      order by h.opened_seq, min(e.seq)"
);
