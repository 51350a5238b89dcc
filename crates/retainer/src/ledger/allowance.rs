//! An allowance as people speak of it: granted, used, held, left.

use jiff::Timestamp;
use kernel::id::{AccountId, CustomerId};
use kernel::{Decimal, Quantity, Unit};
use runtime::{Error, Tx};

use super::account::{AccountState, Owner};
use super::rules::account::{Account, Lot, Source};
use super::{find, load};

/// What a customer has of a unit. Granted = used + held + left, over the lots that live now; a lot that has ended
/// counts no longer, except for what open work still holds of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Allowance {
    /// The account; its entries and its "why" are under this id.
    pub id: AccountId,
    /// Whose it is.
    pub customer: CustomerId,
    /// What is counted.
    pub unit: Unit,
    /// What the living lots were.
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
        allowances.push(of_model(&model, account, customer, balance.unit));
    }
    Ok(allowances)
}

/// What a customer has of one unit; none where nothing was ever granted.
///
/// # Errors
/// A fault of the database.
pub async fn allowance(tx: &Tx, customer: CustomerId, unit: Unit) -> Result<Option<Allowance>, Error> {
    let Some(account) = find::account(tx, Owner::Customer(customer), unit).await? else { return Ok(None) };
    Ok(Some(of_model(&load::now(tx, account, unit).await?, account, customer, unit)))
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

/// What the living lots say, credit lines apart. What open work still holds of lots that have ended is held.
pub(super) fn shares(model: &Account) -> Shares {
    let living = |lot: &&Lot| lot.alive() && !lot.terms.unlimited && lot.terms.source != Source::CreditLine;
    let prepaid = || model.lots.iter().filter(living);
    let ended = model.lots.iter().filter(|lot| lot.ended.is_some() && lot.terms.source != Source::CreditLine);
    Shares {
        used: prepaid().map(|lot| lot.terms.amount - lot.remaining).sum(),
        held: prepaid().map(|lot| lot.held).sum::<i64>() + ended.map(|lot| lot.held).sum::<i64>(),
        left: prepaid().map(Lot::free).sum(),
    }
}

fn of_model(model: &Account, id: AccountId, customer: CustomerId, unit: Unit) -> Allowance {
    let decimal = |atoms: i64| Decimal::of(Quantity::new(atoms, unit));
    let Shares { used, held, left } = shares(model);
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
