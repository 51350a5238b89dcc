//! An allowance as people speak of it: granted, used, held, left.

use jiff::Timestamp;
use kernel::id::{AccountId, CustomerId};
use kernel::{Decimal, Quantity, Unit};
use runtime::{Error, Tx};

use super::account::{AccountState, Owner};
use super::rules::account::{Account, Ended, Lot, Source, State};
use super::rules::spend::burn_key;
use super::{find, load};

/// What a customer has of a unit. Granted = used + held + left, over the lots whose time has not come. What was used of a
/// lot that ended before its time, because a better plan took its place, still was used in that time, so it counts; of one
/// whose time is over, only what open work still holds of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Allowance {
    /// The account; its entries and its "why" are under this id.
    pub id: AccountId,
    /// Whose it is.
    pub customer: CustomerId,
    /// What is counted.
    pub unit: Unit,
    /// What was granted of what counts now.
    pub granted: Decimal,
    /// Of it, what was used.
    pub used: Decimal,
    /// Of it, what is promised to open work.
    pub held: Decimal,
    /// Of it, what is left to use.
    pub left: Decimal,
    /// What of the plan's overage is left, which is used last.
    pub overage_left: Decimal,
    /// What is owed: the next grant repays it first.
    pub debt: Decimal,
    /// Whether it has no limit.
    pub unlimited: bool,
    /// `open`, `frozen` or `closed`.
    pub state: String,
    /// What ends next, if anything does.
    pub next_expiry: Option<NextExpiry>,
}

impl Allowance {
    /// How many atoms can be put on hold now: what is left, and then what the plan's overage allows.
    pub fn reach(&self) -> i64 {
        let [left, overage] = [&self.left, &self.overage_left].map(|figure| figure.rounded_atoms(self.unit).max(0));
        left.saturating_add(overage)
    }
}

/// Units that end at an instant, unless they are used or held by then.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct NextExpiry {
    /// How much.
    pub quantity: Decimal,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A customer's allowances, in the order of their units. What is due and not yet written is counted in.
///
/// # Errors
/// A fault of the database.
pub async fn allowances(tx: &Tx, customer: CustomerId) -> Result<Vec<Allowance>, Error> {
    let balances = find::balances(tx, Owner::Customer(customer)).await?;
    let mut allowances = Vec::with_capacity(balances.len());
    for balance in balances {
        let Some(account) = balance.account else { continue };
        let model = load::now(tx, account, balance.unit).await?;
        allowances.push(of_model(&model, (account, customer, balance.unit), tx.now()));
    }
    Ok(allowances)
}

/// What a customer has of one unit; none where nothing was ever granted.
///
/// # Errors
/// A fault of the database.
pub async fn allowance(tx: &Tx, customer: CustomerId, unit: Unit) -> Result<Option<Allowance>, Error> {
    let Some(account) = find::account(tx, Owner::Customer(customer), unit).await? else { return Ok(None) };
    Ok(Some(of_model(&load::now(tx, account, unit).await?, (account, customer, unit), tx.now())))
}

/// The figures of the balance bar, in atoms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// Used.
    pub used: i64,
    /// Held.
    pub held: i64,
    /// Left.
    pub left: i64,
}

/// A lot in the figures.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share<'a> {
    /// The lot.
    pub(super) lot: &'a Lot,
    /// What of it was used, held, left.
    pub(super) shares: Shares,
}

/// The lots that make up the figures, credit lines and what has no limit apart: those that live, in the order in which
/// they are used, and those that have ended of which open work holds something, or which were used and ended early.
pub(super) fn counted(model: &Account, now: Timestamp) -> Vec<Share<'_>> {
    let counts = |lot: &&Lot| lot.activated && !lot.terms.unlimited && lot.terms.source != Source::CreditLine;
    let (mut living, ended): (Vec<&Lot>, Vec<&Lot>) = model.lots.iter().filter(counts).partition(|lot| lot.alive());
    living.sort_by_key(|lot| burn_key(lot));
    let now = match model.state {
        State::Frozen { since, time_paused: true } => since,
        _ => now.as_microsecond(),
    };
    let of = |lot: &'_ Lot| Shares { used: lot.terms.amount - lot.remaining, held: lot.held, left: lot.free() };
    let of_ended = |lot: &'_ Lot| {
        let is_early = matches!(lot.ended, Some(Ended::Upgraded | Ended::Rolled))
            && lot.terms.expires_at.is_none_or(|end| end > now);
        Shares { used: if is_early { lot.consumed } else { 0 }, held: lot.held, left: 0 }
    };
    let living = living.into_iter().map(|lot| Share { lot, shares: of(lot) });
    let ended = ended.into_iter().map(|lot| Share { lot, shares: of_ended(lot) });
    living.chain(ended.filter(|share| share.shares.used > 0 || share.shares.held > 0)).collect()
}

/// What the lots say that count.
fn shares(model: &Account, now: Timestamp) -> Shares {
    let mut sum = Shares { used: 0, held: 0, left: 0 };
    for Share { shares, .. } in counted(model, now) {
        sum.used += shares.used;
        sum.held += shares.held;
        sum.left += shares.left;
    }
    sum
}

fn of_model(model: &Account, (id, customer, unit): (AccountId, CustomerId, Unit), now: Timestamp) -> Allowance {
    let decimal = |atoms: i64| Decimal::of(Quantity::new(atoms, unit));
    let Shares { used, held, left } = shares(model, now);
    let balance = find::of_model(model, id, unit);
    let word = match balance.state {
        AccountState::Open => "open",
        AccountState::Frozen => "frozen",
        AccountState::Closed => "closed",
    };
    Allowance {
        id,
        customer,
        unit,
        granted: decimal(used + held + left),
        used: decimal(used),
        held: decimal(held),
        left: decimal(left),
        overage_left: decimal(balance.credit_free),
        debt: decimal(balance.debt),
        unlimited: balance.unlimited,
        state: word.to_owned(),
        next_expiry: next_expiry(model, unit),
    }
}

fn next_expiry(model: &Account, unit: Unit) -> Option<NextExpiry> {
    let ending =
        || model.lots.iter().filter(|lot| lot.alive() && lot.free() > 0 && lot.terms.source != Source::CreditLine);
    let first = ending().filter_map(|lot| lot.terms.expires_at).min()?;
    let atoms = ending().filter(|lot| lot.terms.expires_at == Some(first)).map(Lot::free).sum();
    let at = Timestamp::from_microsecond(first).ok()?;
    Some(NextExpiry { quantity: Decimal::of(Quantity::new(atoms, unit)), at })
}
