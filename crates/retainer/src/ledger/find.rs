//! Reading balances, lots, holds and entries. Nothing here writes: what is due and not yet applied is computed.

use jiff::Timestamp;
use kernel::id::{AccountId, HoldId, Id as _, LotId};
use kernel::{Currency, Money, Quantity, Unit};
use runtime::{Columns as _, Error, Tx, sql};
use tokio_postgres::Row;

use super::account::{AccountState, Balance, Owner};
use super::entry::Entry;
use super::lot::{Category, Lot, Price, Source};
use super::rules::account::{Account, State};
use super::subject::{HeldUnits, Subject};
use super::{LedgerRefused, load};

/// An owner's balance in a unit; zero where nothing was ever granted.
///
/// # Errors
/// A fault of the database.
pub async fn balance(tx: &Tx, owner: Owner, unit: Unit) -> Result<Balance, Error> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [tx.org(), &owner.kind(), &owner.uuid(tx), &unit.to_string()];
    match tx.optional(BALANCE, &params).await? {
        Some(row) => current(tx, &row).await,
        None => Ok(Balance::none(unit)),
    }
}

/// All balances of an owner, in the order of their units.
///
/// # Errors
/// A fault of the database.
pub async fn balances(tx: &Tx, owner: Owner) -> Result<Vec<Balance>, Error> {
    let rows = tx.rows(BALANCES, &[tx.org(), &owner.kind(), &owner.uuid(tx)]).await?;
    let mut balances = Vec::with_capacity(rows.len());
    for row in &rows {
        balances.push(current(tx, row).await?);
    }
    Ok(balances)
}

async fn current(tx: &Tx, row: &Row) -> Result<Balance, Error> {
    let stored = Balance {
        account: Some(row.id("id")),
        unit: row.word("unit_code")?,
        posted: row.get("posted"),
        held: row.get("held"),
        credit_free: row.get("credit_free"),
        debt: row.get("debt"),
        consumed: row.get("consumed"),
        unlimited: row.get("unlimited"),
        state: row.word("state")?,
        over_limit_until: row.get("over_limit_until"),
    };
    let due: Option<Timestamp> = row.get("next_event_at");
    match (stored.account, due) {
        (Some(account), Some(due)) if due <= tx.now() => {
            Ok(of_model(&load::now(tx, account, stored.unit).await?, account, stored.unit))
        }
        _ => Ok(stored),
    }
}

/// The balance of the past, told from the entries that had been written by then; none before the first.
///
/// # Errors
/// A fault of the database.
pub async fn balance_at(tx: &Tx, owner: Owner, unit: Unit, at: Timestamp) -> Result<Option<Balance>, Error> {
    let Some(account) = account(tx, owner, unit).await? else { return Ok(None) };
    let model = load::past(tx, account, unit, at).await?;
    Ok(model.map(|model| of_model(&model, account, unit)))
}

pub(super) fn of_model(model: &Account, account: AccountId, unit: Unit) -> Balance {
    Balance {
        account: Some(account),
        unit,
        posted: model.posted,
        held: model.held,
        credit_free: model.credit_free,
        debt: model.debt,
        consumed: model.consumed,
        unlimited: model.unlimited,
        state: if model.state == State::Open { AccountState::Open } else { AccountState::Frozen },
        over_limit_until: model.over_limit_until.and_then(|at| Timestamp::from_microsecond(at).ok()),
    }
}

/// The account of an owner in a unit, if anything ever happened on it.
///
/// # Errors
/// A fault of the database.
pub async fn account(tx: &Tx, owner: Owner, unit: Unit) -> Result<Option<AccountId>, Error> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [tx.org(), &owner.kind(), &owner.uuid(tx), &unit.to_string()];
    Ok(tx.optional(BALANCE, &params).await?.map(|row| row.id("id")))
}

/// Which lots or holds to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Living lots, open holds.
    Open,
    /// All that ever were.
    All,
}

/// The lots of an account, in burn order the living ones, then by age.
///
/// # Errors
/// A fault of the database.
pub async fn lots(tx: &Tx, account: AccountId, which: Which) -> Result<Vec<Lot>, Error> {
    let rows = tx.rows(LOTS, &[tx.org(), account.as_uuid(), &(which == Which::Open)]).await?;
    rows.iter().map(lot_of).collect()
}

/// The lot that a source has opened on an account.
///
/// # Errors
/// A fault of the database.
pub async fn lot_of_source(tx: &Tx, account: AccountId, source: &Source) -> Result<Option<LotId>, Error> {
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [tx.org(), account.as_uuid(), &source.kind.word(), &source.reference];
    Ok(tx.optional(LOT_OF_SOURCE, &params).await?.map(|row| row.id("id")))
}

fn lot_of(row: &Row) -> Result<Lot, Error> {
    let minor: Option<i64> = row.get("price_minor");
    let currency: Option<&str> = row.get("currency");
    let currency = currency.map(str::parse::<Currency>).transpose().map_err(|_| Error::internal("a lot's currency"))?;
    let money = minor.zip(currency).map(|(minor, currency)| Money::new(minor, currency));
    let price = money.zip(row.get::<_, Option<i64>>("price_atoms")).map(|(money, atoms)| Price { money, atoms });
    let ended: Option<String> = row.get("ended_as");
    Ok(Lot {
        id: row.id("id"),
        operation: row.id("operation_id"),
        seq: row.get("opened_seq"),
        source: Source { kind: row.word("source_kind")?, reference: row.get("source_ref") },
        category: if row.get::<_, &str>("category") == "paid" { Category::Paid } else { Category::Promotional },
        priority: row.get("priority"),
        unit: row.word("unit_code")?,
        amount: row.get("amount"),
        remaining: row.get("remaining"),
        held: row.get("held"),
        consumed: row.get("consumed"),
        unlimited: row.get("unlimited"),
        price,
        effective_at: row.get("effective_at"),
        expires_at: row.get("expires_at"),
        activated_at: row.get("activated_at"),
        ended: ended.zip(row.get("ended_at")),
        applies_to: serde_json::from_value(row.get("applies_to"))?,
        predecessor: row.id_or_none("predecessor_id"),
    })
}

/// What was given back at this very instant out of lots that had ended, and until when it can be used.
///
/// # Errors
/// A fault of the database.
pub async fn given_back_now(tx: &Tx, owner: Owner, unit: Unit) -> Result<Option<(Quantity, Timestamp)>, Error> {
    let Some(account) = account(tx, owner, unit).await? else { return Ok(None) };
    let row = tx.one(GIVEN_BACK_NOW, &[tx.org(), account.as_uuid(), &tx.now()]).await?;
    let until: Option<Timestamp> = row.get("until");
    Ok(until.map(|until| (Quantity::new(row.get("atoms"), unit), until)))
}

/// The holds of an account, newest first.
///
/// # Errors
/// A fault of the database.
pub async fn holds(tx: &Tx, account: AccountId, which: Which) -> Result<Vec<HeldUnits>, Error> {
    let rows = tx.rows(HOLDS, &[tx.org(), account.as_uuid(), &(which == Which::Open)]).await?;
    rows.iter().map(hold_of).collect()
}

/// One hold.
///
/// # Errors
/// `ledger.not_found`.
pub async fn hold(tx: &Tx, hold: HoldId) -> Result<HeldUnits, Error> {
    let row = tx.optional(HOLD, &[tx.org(), hold.as_uuid()]).await?;
    hold_of(&row.ok_or(LedgerRefused::NotFound)?)
}

/// All holds for a subject, newest first.
///
/// # Errors
/// A fault of the database.
pub async fn holds_for(tx: &Tx, subject: &Subject) -> Result<Vec<HeldUnits>, Error> {
    let rows = tx.rows(HOLDS_FOR, &[tx.org(), &subject.kind, &subject.id, &subject.purpose]).await?;
    rows.iter().map(hold_of).collect()
}

fn hold_of(row: &Row) -> Result<HeldUnits, Error> {
    let lots: Vec<uuid::Uuid> = row.get("lots");
    let open: Vec<i64> = row.get("lots_open");
    Ok(HeldUnits {
        id: row.id("id"),
        seq: row.get("opened_seq"),
        unit: row.word("unit_code")?,
        subject: Subject {
            kind: row.get("subject_kind"),
            id: row.get("subject_id"),
            purpose: row.get("purpose"),
            facts: serde_json::from_value(row.get("facts"))?,
        },
        amount: row.get("amount"),
        captured: row.get("captured"),
        released: row.get("released"),
        refunded: row.get("refunded"),
        state: row.word("state")?,
        expires_at: row.get("expires_at"),
        created_at: row.get("created_at"),
        lots: lots.into_iter().map(LotId::from_uuid).zip(open).collect(),
    })
}

/// The newest entries of an account, or those before a number.
///
/// # Errors
/// A fault of the database.
pub async fn entries(tx: &Tx, account: AccountId, before: Option<i64>, limit: i64) -> Result<Vec<Entry>, Error> {
    let rows = tx.rows(ENTRIES, &[tx.org(), account.as_uuid(), &before, &limit]).await?;
    rows.iter().map(entry_of).collect()
}

fn entry_of(row: &Row) -> Result<Entry, Error> {
    Ok(Entry {
        seq: row.get("seq"),
        kind: row.get("kind"),
        unit: row.word("unit_code")?,
        quantity: row.get("quantity"),
        d_posted: row.get("d_posted"),
        d_held: row.get("d_held"),
        d_debt: row.get("d_debt"),
        posted_after: row.get("posted_after"),
        held_after: row.get("held_after"),
        debt_after: row.get("debt_after"),
        lot: row.id_or_none("lot_id"),
        hold: row.id_or_none("hold_id"),
        operation: row.id("operation_id"),
        actor: row.get("actor"),
        reason: row.get("reason"),
        effective_at: row.get("effective_at"),
        recorded_at: row.get("recorded_at"),
    })
}

const BALANCE: &str = sql!(
    "select id, unit_code, posted, held, credit_free, debt, consumed, unlimited, state, over_limit_until, next_event_at
       from allowance_accounts where organization_id = $1 and owner_kind = $2 and owner_id = $3 and unit_code = $4"
);

const BALANCES: &str = sql!(
    "select id, unit_code, posted, held, credit_free, debt, consumed, unlimited, state, over_limit_until, next_event_at
       from allowance_accounts where organization_id = $1 and owner_kind = $2 and owner_id = $3 order by unit_code"
);

const LOTS: &str = sql!(
    "select l.*, a.unit_code from allowance_lots l
       join allowance_accounts a on a.organization_id = l.organization_id and a.id = l.account_id
      where l.organization_id = $1 and l.account_id = $2 and (not $3 or l.ended_as is null)
      order by l.ended_as is not null, l.source_kind = 'credit_line', l.priority, l.expires_at nulls last, l.category desc,
               l.effective_at, l.opened_seq"
);

const LOT_OF_SOURCE: &str = sql!(
    "select id from allowance_lots
      where organization_id = $1 and account_id = $2 and source_kind = $3 and source_ref = $4"
);

const GIVEN_BACK_NOW: &str = sql!(
    "select coalesce(sum(remaining), 0)::bigint as atoms, min(expires_at) as until from allowance_lots
      where organization_id = $1 and account_id = $2 and source_kind = 'refund_grace' and created_at = $3 and ended_as is null"
);

const HOLDS: &str = sql!(
    "select h.*, a.unit_code, p.lots, p.lots_open, p.refunded from allowance_holds h
       join allowance_accounts a on a.organization_id = h.organization_id and a.id = h.account_id
       join lateral (select array_agg(lot_id order by position) as lots, sum(refunded)::bigint as refunded,
                            array_agg(amount - captured - released order by position) as lots_open
                       from allowance_hold_lots where organization_id = $1 and hold_id = h.id) p on true
      where h.organization_id = $1 and h.account_id = $2 and (not $3 or h.state = 'open') order by h.opened_seq desc"
);

const HOLD: &str = sql!(
    "select h.*, a.unit_code, p.lots, p.lots_open, p.refunded from allowance_holds h
       join allowance_accounts a on a.organization_id = h.organization_id and a.id = h.account_id
       join lateral (select array_agg(lot_id order by position) as lots, sum(refunded)::bigint as refunded,
                            array_agg(amount - captured - released order by position) as lots_open
                       from allowance_hold_lots where organization_id = $1 and hold_id = h.id) p on true
      where h.organization_id = $1 and h.id = $2"
);

const HOLDS_FOR: &str = sql!(
    "select h.*, a.unit_code, p.lots, p.lots_open, p.refunded from allowance_holds h
       join allowance_accounts a on a.organization_id = h.organization_id and a.id = h.account_id
       join lateral (select array_agg(lot_id order by position) as lots, sum(refunded)::bigint as refunded,
                            array_agg(amount - captured - released order by position) as lots_open
                       from allowance_hold_lots where organization_id = $1 and hold_id = h.id) p on true
      where h.organization_id = $1 and h.subject_kind = $2 and h.subject_id = $3 and h.purpose = $4
      order by h.created_at desc, h.opened_seq desc"
);

const ENTRIES: &str = sql!(
    "select e.seq, e.kind, a.unit_code, e.quantity, e.d_posted, e.d_held, e.d_debt, e.posted_after, e.held_after, e.debt_after,
            e.lot_id, e.hold_id, e.operation_id, o.actor, o.reason, e.effective_at, e.recorded_at
       from allowance_entries e
       join allowance_accounts a on a.organization_id = e.organization_id and a.id = e.account_id
       join allowance_operations o on o.organization_id = e.organization_id and o.id = e.operation_id
      where e.organization_id = $1 and e.account_id = $2 and ($3::bigint is null or e.seq < $3)
      order by e.seq desc limit $4"
);
