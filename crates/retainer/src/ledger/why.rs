//! "Why is my balance 3.5 h?": where it comes from, who holds what, and what happened last; with sums that add up.

use jiff::Timestamp;
use kernel::id::{AccountId, Id as _, LotId};
use kernel::{Quantity, Unit};
use runtime::{Columns, Error, Tx, sql};

use super::account::{Balance, Owner};
use super::allowance::{Share, counted};
use super::entry::Entry;
use super::find::{self, Which};
use super::load;
use super::lot::Lot;
use super::rules::account::{self as model, Account, Ended, HoldState, Source, State};
use super::rules::spend::burn_key;
use super::subject::HeldUnits;

/// The explanation of a balance.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// The balance, with everything applied that is due.
    pub balance: Balance,
    /// Since when its clock stands, if it does: nothing expires until it goes on.
    pub stands_since: Option<Timestamp>,
    /// Living lots in burn order: posted is the sum of what remains in those that have started, and of what open holds
    /// still have of ended ones.
    pub lots: Vec<LotLine>,
    /// Lots that have ended and still count: open work holds something of them, or they ended before their time.
    pub ended: Vec<LotLine>,
    /// Units that open holds have of lots that have ended meanwhile.
    pub held_of_ended: i64,
    /// Open holds, newest first: held is the sum of what is open in them.
    pub holds: Vec<HeldUnits>,
    /// What ever happened, by kind: posted is the sum.
    pub totals: Vec<Total>,
    /// The newest entries, newest first, with one more than [`ENTRIES`] where there are more.
    pub entries: Vec<Entry>,
}

/// How many of the newest entries belong to an explanation.
pub const ENTRIES: u16 = 50;

/// A lot in the explanation.
#[derive(Debug, Clone, PartialEq)]
pub struct LotLine {
    /// The lot as it is stored; none for one that is due and not yet written, such as a rollover.
    pub lot: Option<LotId>,
    /// Where it comes from, as kind and reference.
    pub source: String,
    /// How much it was.
    pub amount: Quantity,
    /// What remains.
    pub remaining: Quantity,
    /// What of it was used, as the figures count it.
    pub used: Quantity,
    /// Whether it is part of the figures; credit lines, what has no limit and what has not begun are not.
    pub counts: bool,
    /// How it has ended, if it has.
    pub ended: Option<Ended>,
    /// Whether a better plan took its place that was given back since.
    pub is_led_back: bool,
    /// Of it on hold.
    pub held: Quantity,
    /// Whether it has no limit.
    pub unlimited: bool,
    /// Whether it counts already.
    pub started: bool,
    /// From when it counts.
    pub effective_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// The sum of all entries of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The kind of entry: `grant`, `capture`, `expire`, …
    pub kind: String,
    /// What these did to posted, in atoms.
    pub posted: i64,
    /// What these did to held, in atoms.
    pub held: i64,
    /// Whether they are due and not yet written.
    pub pending: bool,
}

impl Why {
    /// Whether everything adds up to the balance; anything else is a defect, which `ledger verify` locates.
    pub fn adds_up(&self) -> bool {
        let started = self.lots.iter().filter(|line| line.started);
        let remaining: i64 = started.map(|line| line.remaining.atoms).sum();
        let open: i64 = self.lots.iter().map(|line| line.held.atoms).sum();
        let posted: i64 = self.totals.iter().map(|total| total.posted).sum();
        let held: i64 = self.totals.iter().map(|total| total.held).sum();
        remaining + self.held_of_ended == self.balance.posted
            && open + self.held_of_ended == self.balance.held
            && posted == self.balance.posted
            && held == self.balance.held
    }
}

/// Explains an owner's balance in a unit; none where nothing was ever granted.
///
/// # Errors
/// A fault of the database.
pub async fn why(tx: &Tx, owner: Owner, unit: Unit) -> Result<Option<Why>, Error> {
    let Some(account) = find::account(tx, owner, unit).await? else { return Ok(None) };
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [tx.org(), account.as_uuid()];
    let (model, lots, holds, entries, totals) = tokio::try_join!(
        load::now(tx, account, unit),
        find::lots(tx, account, Which::Open),
        find::holds(tx, account, Which::Open),
        find::entries(tx, account, None, i64::from(ENTRIES) + 1),
        tx.rows(TOTALS, &params),
    )?;
    let written = totals.iter().map(|row| Total {
        kind: row.get("kind"),
        posted: row.get("posted"),
        held: row.get("held"),
        pending: false,
    });
    let stands_since = match model.state {
        State::Frozen { since, time_paused: true } => Timestamp::from_microsecond(since).ok(),
        _ => None,
    };
    Ok(Some(Why {
        balance: find::of_model(&model, account, unit),
        stands_since,
        held_of_ended: model.lots.iter().filter(|lot| lot.ended.is_some()).map(|lot| lot.held).sum(),
        ended: ended_lines(tx, account, &model, unit).await?,
        lots: lot_lines(&model, &lots, unit),
        holds: still_open(&model, holds),
        totals: written.chain(pending(&model)).collect(),
        entries,
    }))
}

fn lot_lines(model: &Account, stored: &[Lot], unit: Unit) -> Vec<LotLine> {
    let mut living: Vec<_> = model.lots.iter().filter(|lot| lot.ended.is_none()).collect();
    living.sort_by_key(|lot| burn_key(lot));
    let id = |lot: &model::Lot| stored.iter().find(|stored| stored.seq == lot.seq).map(|stored| stored.id);
    let used = |lot: &model::Lot| (lot.terms.amount - lot.remaining).max(0);
    living.into_iter().map(|lot| lot_line(lot, id(lot), (used(lot), unit))).collect()
}

/// Lots that have ended and are part of the figures still.
async fn ended_lines(tx: &Tx, account: AccountId, model: &Account, unit: Unit) -> Result<Vec<LotLine>, Error> {
    let counted: Vec<_> = counted(model, tx.now()).into_iter().filter(|share| share.lot.ended.is_some()).collect();
    if counted.is_empty() {
        return Ok(Vec::new());
    }
    let seqs: Vec<i64> = counted.iter().map(|share| share.lot.seq).collect();
    let statement = sql!(
        "select l.id, l.opened_seq, coalesce(better.ended_as like 'voided%', false) as is_led_back
           from allowance_lots l
           left join lateral (
                  select b.ended_as from allowance_lots b
                   where b.organization_id = $1 and b.account_id = $2 and b.predecessor_id = l.id
                     and b.source_kind not in ('rollover', 'refund_grace')
                   order by b.opened_seq desc limit 1) better on true
          where l.organization_id = $1 and l.account_id = $2 and l.opened_seq = any ($3)"
    );
    let rows = tx.rows(statement, &[tx.org(), account.as_uuid(), &seqs]).await?;
    let line = |it: &Share<'_>| {
        let stored = rows.iter().find(|row| row.get::<_, i64>("opened_seq") == it.lot.seq);
        LotLine {
            is_led_back: stored.is_some_and(|row| row.get("is_led_back")),
            ..lot_line(it.lot, stored.map(|row| row.id("id")), (it.shares.used, unit))
        }
    };
    Ok(counted.iter().map(line).collect())
}

fn lot_line(lot: &model::Lot, id: Option<LotId>, (used, unit): (i64, Unit)) -> LotLine {
    let instant = |at: i64| Timestamp::from_microsecond(at).unwrap_or_default();
    LotLine {
        lot: id,
        source: lot.terms.source_ref.clone(),
        // Of one that has ended, what counts still.
        amount: Quantity::new(if lot.ended.is_some() { used + lot.held } else { lot.terms.amount }, unit),
        remaining: Quantity::new(lot.remaining, unit),
        used: Quantity::new(used, unit),
        counts: lot.activated && !lot.terms.unlimited && lot.terms.source != Source::CreditLine,
        ended: lot.ended,
        is_led_back: false,
        held: Quantity::new(lot.held, unit),
        unlimited: lot.terms.unlimited,
        started: lot.activated,
        effective_at: instant(lot.terms.effective_at),
        expires_at: lot.terms.expires_at.map(instant),
    }
}

/// Holds that have not timed out meanwhile.
fn still_open(model: &Account, holds: Vec<HeldUnits>) -> Vec<HeldUnits> {
    let open = |seq| model.hold_at(seq).is_some_and(|place| model.holds[place].state == HoldState::Open);
    holds.into_iter().filter(|hold| open(hold.seq)).collect()
}

/// What is due and not yet written, by kind.
fn pending(model: &Account) -> Vec<Total> {
    let mut totals: Vec<Total> = Vec::new();
    for entry in &model.entries {
        let kind = entry.kind.word();
        match totals.iter_mut().find(|total| total.kind == kind) {
            Some(total) => {
                total.posted += entry.d_posted;
                total.held += entry.d_held;
            }
            None => {
                totals.push(Total { kind: kind.to_owned(), posted: entry.d_posted, held: entry.d_held, pending: true })
            }
        }
    }
    totals
}

const TOTALS: &str = sql!(
    "select kind, sum(d_posted)::bigint as posted, sum(d_held)::bigint as held from allowance_entries
      where organization_id = $1 and account_id = $2 group by kind
     having sum(d_posted) <> 0 or sum(d_held) <> 0 order by min(seq)"
);
