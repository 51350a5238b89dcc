//! Writing an invoice and giving it its number.

use jiff::{Timestamp, ToSpan};
use kernel::id::{CustomerId, Id, InvoiceId, PlanVersionId, SubscriptionId, TopUpId};
use kernel::{Currency, Money};
use runtime::{Change, Error, Tx, sql};

use super::{LineKind, news};
use crate::organizations;

/// A new invoice of one line.
#[derive(Debug, Clone)]
pub struct Open {
    /// Who owes it.
    pub customer: CustomerId,
    /// What for.
    pub bought: Bought,
    /// What the customer reads.
    pub description: String,
    /// How much.
    pub amount: Money,
    /// When the money comes.
    pub due: Due,
}

/// When the money for a new invoice comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Within the organization's days to pay; the customer is told that the invoice was issued.
    InDays,
    /// The same, but at this instant at the latest: what it is for is offered no longer.
    Until(Timestamp),
    /// It is there already, and the caller settles the invoice in the same transaction.
    Now,
}

/// What an invoice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bought {
    /// A period of a subscription, by its number.
    Period(SubscriptionId, i32),
    /// A better plan for the rest of a period.
    Upgrade(SubscriptionId, i32, PlanVersionId),
    /// What was used beyond the allowance of a period.
    Overage(SubscriptionId, i32),
    /// A one-off purchase.
    TopUp(TopUpId),
}

impl Bought {
    const fn kind(self) -> LineKind {
        match self {
            Self::Period(..) => LineKind::Period,
            Self::Upgrade(..) => LineKind::Upgrade,
            Self::Overage(..) => LineKind::Overage,
            Self::TopUp(_) => LineKind::TopUp,
        }
    }
}

/// Opens an invoice. Its number follows the last one of the year in the organization's zone; whoever opens another at
/// the same time waits, so that there are no gaps.
///
/// # Errors
/// A fault. Who may sell was asked by the caller, because the clock sells too.
pub async fn open(tx: &Tx, input: Open) -> Result<InvoiceId, Error> {
    let own = organizations::find::own(tx).await?;
    let year = i32::from(tx.now().to_zoned(own.zone.rules().clone()).year());
    let invoice = tx.new_id::<InvoiceId>();
    let hours = i64::from(own.days_to_pay.days()) * 24;
    let in_days = tx.now().checked_add(hours.hours()).map_err(|error| Error::internal(error.to_string()))?;
    let due_at = if let Due::Until(end) = input.due { end.clamp(tx.now(), in_days) } else { in_days };
    let number = match insert(tx, (invoice, year, due_at), &input).await? {
        Some(number) => number,
        None => {
            skip_taken(tx, year).await?;
            let number = insert(tx, (invoice, year, due_at), &input).await?;
            number.ok_or_else(|| Error::internal(format!("no free invoice number of {year}")))?
        }
    };
    insert_line(tx, invoice, &input).await?;
    tx.record(Change::new("invoice.opened", "invoice", invoice).after(serde_json::json!({
        "number": number, "customer": input.customer, "total": input.amount, "for": input.description,
    })));
    if input.due != Due::Now {
        let there = |at: Timestamp| at.to_zoned(own.zone.rules().clone());
        let due = match input.due {
            Due::Until(end) => news::Due::Offered(there(due_at).date(), there(end)),
            Due::InDays | Due::Now => news::Due::On(there(due_at).date()),
        };
        let bill = news::Bill { customer: input.customer, number: &number, total: input.amount };
        news::issued(tx, bill, &input.description, &due).await?;
    }
    Ok(invoice)
}

/// Inserts it under the next number of the year; its number, or none where a bill has that already.
async fn insert(
    tx: &Tx,
    (invoice, year, due_at): (InvoiceId, i32, Timestamp),
    input: &Open,
) -> Result<Option<String>, Error> {
    let Money { minor, currency } = input.amount;
    let code = currency.to_string();
    let row = tx
        .optional(
            sql!(
                "with taken as (
                     insert into invoice_counters as c (organization_id, year, last) values ($1, $4, 1)
                     on conflict (organization_id, year) do update set last = c.last + 1 returning last
                 )
                 insert into invoices (organization_id, id, customer_id, number, state, currency, total_minor, created_at,
                        issued_at, due_at)
                 select $1, $2, $3, 'INV-' || $4 || '-' || lpad(last::text, greatest(4, length(last::text)), '0'), 'open', $5, $6,
                        $7, $7, $8
                 from taken
                 on conflict (organization_id, number) do nothing
                 returning number"
            ),
            &[tx.org(), invoice.as_uuid(), input.customer.as_uuid(), &year, &code, &minor, &tx.now(), &due_at],
        )
        .await?;
    Ok(row.map(|row| row.get("number")))
}

/// Goes on after the highest number of the year that any bill has: imported ones may be numbered as ours are.
async fn skip_taken(tx: &Tx, year: i32) -> Result<(), Error> {
    tx.execute(
        sql!(
            "update invoice_counters c set last = greatest(c.last, (
                 select max(substring(i.number from 10)::bigint) from invoices i
                 where i.organization_id = $1 and i.number ~ ('^INV-' || $2 || '-[0-9]{1,15}$')))
             where c.organization_id = $1 and c.year = $2"
        ),
        &[tx.org(), &year],
    )
    .await
    .map(drop)
}

async fn insert_line(tx: &Tx, invoice: InvoiceId, input: &Open) -> Result<(), Error> {
    let (subscription, period, version, top_up) = match input.bought {
        Bought::Period(subscription, number) | Bought::Overage(subscription, number) => {
            (Some(subscription.uuid()), Some(number), None, None)
        }
        Bought::Upgrade(subscription, number, version) => {
            (Some(subscription.uuid()), Some(number), Some(version.uuid()), None)
        }
        Bought::TopUp(top_up) => (None, None, None, Some(top_up.uuid())),
    };
    tx.execute(
        sql!(
            "insert into invoice_lines (organization_id, invoice_id, position, kind, description, amount_minor,
                    subscription_id, period_number, plan_version_id, top_up_id)
             values ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9)"
        ),
        &[
            tx.org(),
            invoice.as_uuid(),
            &input.bought.kind().word(),
            &input.description,
            &input.amount.minor,
            &subscription,
            &period,
            &version,
            &top_up,
        ],
    )
    .await?;
    Ok(())
}

/// The most minor units that an invoice is written over, so that sums of invoices fit as well.
const MOST_MINOR: i64 = 1_000_000_000_000_000;

runtime::refusals! {
    /// Why something has no price.
    pub enum CostRefused {
        /// It is beyond what an invoice is written over.
        TooMuch => Invalid, "invoice.too_much", "At this price so much costs more than an invoice can say.";
    }
}

/// What `atoms` cost at a price for `per` atoms, rounded half up to the minor unit.
///
/// # Errors
/// [`CostRefused`].
pub fn cost(atoms: i64, price: Money, per: i64) -> Result<Money, CostRefused> {
    let exact = i128::from(atoms) * i128::from(price.minor) * 2 + i128::from(per);
    let minor = i64::try_from(exact.div_euclid(i128::from(per) * 2)).ok().filter(|minor| *minor <= MOST_MINOR);
    Ok(Money::new(minor.ok_or(CostRefused::TooMuch)?, price.currency))
}

/// A currency's zero.
pub const fn nothing(currency: Currency) -> Money {
    Money::new(0, currency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_cent_is_rounded_up_and_less_is_not() {
        let rate = Money::new(100, Currency::USD);
        assert_eq!([1800, 18, 17].map(|seconds| cost(seconds, rate, 3600).expect("a cost").minor), [50, 1, 0]);
    }

    #[test]
    fn what_no_invoice_can_say_is_refused() {
        let dear = Money::new(1_000_000_000_000, Currency::USD);
        assert_eq!(cost(3_600_000_000, dear, 1), Err(CostRefused::TooMuch));
        assert_eq!(cost(i64::MAX, dear, 1), Err(CostRefused::TooMuch));
    }
}
