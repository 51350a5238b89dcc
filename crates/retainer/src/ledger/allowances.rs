//! Balances as people ask for them: granted, used, held, left.

use jiff::Timestamp;
use kernel::id::{AccountId, CustomerId, Id as _};
use kernel::{Permission, Quantity, Unit};
use runtime::{Columns as _, Error, Tx, sql};
use uuid::Uuid;

use super::account::{AccountState, Balance, Owner};
use super::find;
use super::refused::LedgerRefused;

/// What a customer has in one unit. Decimals are of the unit.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Allowance {
    /// The account: its entries and its "why" are found under it.
    pub account: AccountId,
    /// What is counted.
    pub unit: Unit,
    /// What the living lots were when they came, credit lines not counted.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "10.00")]
    pub granted: Quantity,
    /// What was used of the living lots.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "1.50")]
    pub used: Quantity,
    /// What is promised to open work.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "2.00")]
    pub held: Quantity,
    /// What is left of what was given or paid for.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "6.50")]
    pub left: Quantity,
    /// What may be used beyond that.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "0.00")]
    pub credit_left: Quantity,
    /// What is owed; the next units pay it first.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "0.00")]
    pub owed: Quantity,
    /// Whether there is no limit.
    pub unlimited: bool,
    /// Whether nothing can be spent for now.
    pub frozen: bool,
    /// When the next units expire, if any do.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

pub(super) fn decimal<S: serde::Serializer>(quantity: &Quantity, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&quantity.decimal())
}

/// What a customer has, unit by unit. A customer's own users see only theirs.
///
/// # Errors
/// `customer.not_found`, `permission.missing`, or a fault.
pub async fn of_customer(tx: &Tx, customer: CustomerId) -> Result<Vec<Allowance>, Error> {
    tx.require(Permission::LedgerRead)?;
    let owner = Owner::Customer(customer);
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [tx.org(), customer.as_uuid(), &tx.now()];
    let (_, balances, sums) = tokio::try_join!(
        crate::customers::find::get(tx, customer),
        find::balances(tx, owner),
        tx.rows(
            sql!(
                "select a.id, coalesce(sum(l.amount) filter (where l.source_kind <> 'credit_line'), 0)::bigint as granted,
                        coalesce(sum(l.consumed), 0)::bigint as used,
                        min(l.expires_at) filter (where l.unlimited or l.remaining > l.held) as expires_at
                 from allowance_accounts a
                 left join allowance_lots l on l.organization_id = a.organization_id and l.account_id = a.id
                    and l.ended_as is null and l.effective_at <= $3
                    and (l.expires_at is null or l.expires_at > $3 or a.time_paused)
                 where a.organization_id = $1 and a.owner_kind = 'customer' and a.owner_id = $2
                 group by a.id"
            ),
            &params,
        ),
    )?;
    let allowance = |balance: Balance| {
        let account = balance.account?;
        let sums = sums.iter().find(|row| row.id::<AccountId>("id") == account)?;
        let of = |atoms: i64| Quantity::new(atoms, balance.unit);
        Some(Allowance {
            account,
            unit: balance.unit,
            granted: of(sums.get("granted")),
            used: of(sums.get("used")),
            held: balance.on_hold(),
            left: balance.prepaid_left(),
            credit_left: of(balance.credit_free),
            owed: balance.owed(),
            unlimited: balance.unlimited,
            frozen: balance.state != AccountState::Open,
            expires_at: sums.get("expires_at"),
        })
    };
    Ok(balances.into_iter().filter_map(allowance).collect())
}

/// Whose an account is, and in which unit. A customer's own users find only theirs.
///
/// # Errors
/// `ledger.not_found`, `permission.missing`, or a fault.
pub async fn owner_of(tx: &Tx, account: AccountId) -> Result<(Owner, Unit), Error> {
    tx.require(Permission::LedgerRead)?;
    let row = tx
        .optional(
            sql!(
                "select owner_kind, owner_id, unit_code from allowance_accounts
                 where organization_id = $1 and id = $2
                   and ($3::uuid is null or (owner_kind = 'customer' and owner_id = $3))"
            ),
            &[tx.org(), account.as_uuid(), &tx.only_customer()],
        )
        .await?
        .ok_or(LedgerRefused::NotFound)?;
    let owner: Uuid = row.get("owner_id");
    let owner = match row.get("owner_kind") {
        "customer" => Owner::Customer(CustomerId::from_uuid(owner)),
        "gift_card" => Owner::GiftCard(owner),
        _ => Owner::Organization,
    };
    Ok((owner, row.word("unit_code")?))
}
