//! Changing an organization's settings.

use kernel::text::{Body, Name};
use kernel::{Currency, Permission};
use runtime::{Error, Tx, sql};

use super::{DaysToPay, SignUpMode, TimeIncrement, Zone, find};

/// What shall be different; what is left out stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Its name.
    pub name: Option<Name>,
    /// Its zone: what a day and a month are from now on.
    pub zone: Option<Zone>,
    /// What its prices are in.
    pub currency: Option<Currency>,
    /// Who may become a customer.
    pub sign_up: Option<SignUpMode>,
    /// How long a customer has to pay what is billed from now on.
    pub days_to_pay: Option<DaysToPay>,
    /// By what work that is written down from now on is rounded up.
    pub time_increment: Option<TimeIncrement>,
    /// How customers pay; none takes it away.
    pub payment_instructions: Option<Option<Body>>,
}

runtime::refusals! {
    /// Why the settings stay.
    pub enum ChangeRefused {
        /// Prices and bills are written in the currency already.
        CurrencyInUse { currency: Currency } => Conflict, "organization.currency_in_use", "The currency stays {currency}: what was sold is written in it.", at "/currency";
        /// Somebody changed it first.
        Stale { version: i64 } => Stale, "organization.stale", "Somebody changed the settings meanwhile. Look again (version {version}).";
    }
}

/// Changes the settings of the transaction's organization.
///
/// # Errors
/// [`ChangeRefused`], `permission.missing`, or a fault.
pub async fn change(tx: &Tx, input: Change, seen: Option<i64>) -> Result<(), Error> {
    tx.require(Permission::SettingsWrite)?;
    tx.one(sql!("select id from organizations where organization_id = $1 and id = $1 for update"), &[tx.org()]).await?;
    let before = find::own(tx).await?;
    if seen.is_some_and(|seen| seen != before.version) {
        return Err(ChangeRefused::Stale { version: before.version }.into());
    }
    let name = input.name.map_or_else(|| before.name.clone(), Name::into_string);
    let zone = input.zone.unwrap_or_else(|| before.zone.clone());
    let currency = input.currency.unwrap_or(before.currency);
    let sign_up = input.sign_up.unwrap_or(before.sign_up);
    let days_to_pay = input.days_to_pay.unwrap_or(before.days_to_pay);
    let time_increment = input.time_increment.unwrap_or(before.time_increment);
    let payment_instructions = match input.payment_instructions {
        Some(words) => words.map(Body::into_string),
        None => before.payment_instructions.clone(),
    };
    if currency != before.currency && is_sold(tx).await? {
        return Err(ChangeRefused::CurrencyInUse { currency: before.currency }.into());
    }
    tx.execute(
        sql!(
            "update organizations set name = $2, time_zone = $3, currency = $4, sign_up = $5, days_to_pay = $6,
                    time_increment = $7, payment_instructions = $8, version = version + 1
             where organization_id = $1 and id = $1"
        ),
        &[
            tx.org(),
            &name,
            &zone.name(),
            &currency.to_string(),
            &sign_up.word(),
            &days_to_pay.days(),
            &time_increment.minutes(),
            &payment_instructions,
        ],
    )
    .await?;
    tx.record(
        runtime::Change::new("organization.changed", "organization", tx.organization())
            .before(serde_json::json!({
                "name": before.name, "time_zone": before.zone.name(), "currency": before.currency,
                "sign_up": before.sign_up.word(), "days_to_pay": before.days_to_pay,
                "time_increment": before.time_increment, "payment_instructions": before.payment_instructions,
            }))
            .after(serde_json::json!({
                "name": name, "time_zone": zone.name(), "currency": currency, "sign_up": sign_up.word(),
                "days_to_pay": days_to_pay, "time_increment": time_increment,
                "payment_instructions": payment_instructions,
            })),
    );
    Ok(())
}

/// Whether anything is written in the organization's currency.
pub(super) async fn is_sold(tx: &Tx) -> Result<bool, Error> {
    let row = tx
        .one(
            sql!(
                "select exists (select from invoices where organization_id = $1)
                     or exists (select from subscriptions where organization_id = $1) as sold"
            ),
            &[tx.org()],
        )
        .await?;
    Ok(row.get("sold"))
}
