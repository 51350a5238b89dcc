//! A customer's statement: what was there, what came and went, what is there; and the money beside it.

use jiff::Timestamp;
use jiff::civil::Date;
use kernel::id::{AccountId, CustomerId, Id};
use kernel::{Decimal, Money, Permission, Quantity, Unit};
use runtime::{Columns, Error, Tx, sql};

use crate::ledger::about::abouts;
use crate::ledger::{self, Owner};
use crate::organizations::{self, Zone};
use crate::pages::export::{harmless, write_line};
use crate::{customers, ledger::console::told};

/// A customer's statement.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Statement {
    /// Whose.
    pub customer: CustomerId,
    /// Their name.
    pub name: String,
    /// The first day, in the organization's zone.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// The last day.
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// One part a unit.
    pub units: Vec<StatementUnit>,
    /// Money received and given back, the oldest first; null for staff whose role shows no money.
    pub payments: Option<Vec<StatementPayment>>,
}

/// One unit's part of a statement. Opening + all lines' changes = closing.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct StatementUnit {
    /// The unit.
    pub unit: Unit,
    /// What was there at the start, held units included.
    pub opening: Decimal,
    /// What came and went, the oldest first.
    pub lines: Vec<StatementLine>,
    /// What is there at the end, held units included.
    pub closing: Decimal,
    /// Of it held by open work at the end.
    pub held: Decimal,
}

/// A line of a statement.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct StatementLine {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What kind of entry it is.
    #[serde(skip)]
    pub kind: String,
    /// What, in words.
    pub what: String,
    /// The ticket's number, if it is about one.
    pub ticket: Option<String>,
    /// Where the units come from: a plan's name, `Top-up`, …
    pub source: Option<String>,
    /// What it added; negative where it took away.
    pub change: Decimal,
    /// What was there after it.
    pub balance: Decimal,
}

/// Money received or given back.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct StatementPayment {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The invoice's number.
    pub invoice: Option<String>,
    /// How much; negative where it was given back.
    pub amount: Money,
}

/// Which days; the last twelve months without.
#[derive(Debug, Clone, Copy, Default)]
pub struct Days {
    /// The first.
    pub from: Option<Date>,
    /// The last.
    pub to: Option<Date>,
}

runtime::refusals! {
    /// Why there is no statement.
    pub enum StatementRefused {
        /// The days are the wrong way round, or beyond the calendar.
        BadDays => Invalid, "statement.bad_days", "The first day must be before the last, and both within the calendar.", at "/from";
        /// More lines than fit in one answer.
        TooLong => Invalid, "statement.too_long", "That is more than 10000 lines. Ask for fewer days.", at "/from";
    }
}

/// The most lines of one unit.
const MOST_LINES: i64 = 10_000;

/// A customer's statement. Portal users see their own.
///
/// # Errors
/// [`StatementRefused`], `customer.not_found`, or a fault.
pub async fn statement(tx: &Tx, customer: CustomerId, days: Days) -> Result<Statement, Error> {
    tx.require(Permission::LedgerRead)?;
    let customer = customers::find::get(tx, customer).await?;
    let zone = organizations::find::own(tx).await?.zone;
    let today = tx.now().to_zoned(zone.rules().clone()).date();
    let to = days.to.unwrap_or(today);
    let year_before = || to.checked_sub(jiff::Span::new().years(1)).ok();
    let from = days.from.or_else(year_before).ok_or(StatementRefused::BadDays)?;
    let bounds = bounds(&zone, from, to).ok_or(StatementRefused::BadDays)?;
    let balances = ledger::find::balances(tx, Owner::Customer(customer.id)).await?;
    let mut units = Vec::new();
    for balance in balances {
        if let Some(account) = balance.account {
            units.push(unit(tx, account, balance.unit, bounds).await?);
        }
    }
    let sees_money = tx.only_customer().is_some() || tx.actor().may(Permission::BillingRead);
    let payments = if sees_money { Some(payments(tx, customer.id, bounds).await?) } else { None };
    Ok(Statement { customer: customer.id, name: customer.name, from, to, units, payments })
}

/// From the first instant of the first day to the first after the last.
fn bounds(zone: &Zone, from: Date, to: Date) -> Option<(Timestamp, Timestamp)> {
    let start = from.to_zoned(zone.rules().clone()).ok()?.timestamp();
    let end = to.tomorrow().ok()?.to_zoned(zone.rules().clone()).ok()?.timestamp();
    let sensible = |at: Timestamp| (-30_000_000_000..=100_000_000_000).contains(&at.as_second());
    (start < end && sensible(start) && sensible(end)).then_some((start, end))
}

async fn unit(
    tx: &Tx,
    account: AccountId,
    unit: Unit,
    (start, end): (Timestamp, Timestamp),
) -> Result<StatementUnit, Error> {
    let rows = tx
        .rows(
            sql!(
                "select e.seq, e.kind, e.d_posted, e.posted_after, e.held_after, e.effective_at, e.hold_id, e.lot_id,
                        o.kind as operation, o.reason
                 from allowance_entries e
                 join allowance_operations o on o.organization_id = e.organization_id and o.id = e.operation_id
                 where e.organization_id = $1 and e.account_id = $2 and e.recorded_at >= $3 and e.recorded_at < $4
                   and e.d_posted <> 0
                 order by e.seq limit $5"
            ),
            &[tx.org(), account.as_uuid(), &start, &end, &(MOST_LINES + 1)],
        )
        .await?;
    if rows.len() > usize::try_from(MOST_LINES).unwrap_or(usize::MAX) {
        return Err(StatementRefused::TooLong.into());
    }
    let concerned = rows.iter().map(|row| (row.id_or_none("hold_id"), row.id_or_none("lot_id")));
    let (opening, closing, abouts) =
        tokio::try_join!(standing(tx, account, start), standing(tx, account, end), abouts(tx, concerned))?;
    let decimal = |atoms: i64| Decimal::of(Quantity::new(atoms, unit));
    let line = |row: &tokio_postgres::Row| {
        let about = abouts.of(row.id_or_none("hold_id"), row.id_or_none("lot_id"));
        let reason: Option<String> = row.get("reason");
        let mut what = told(row.get("kind"), row.get("operation"), &about);
        if let Some(about) = about.ticket.as_ref().and(about.title).or(reason) {
            what = format!("{what}: {about}");
        }
        StatementLine {
            at: row.get("effective_at"),
            kind: row.get("kind"),
            what,
            ticket: about.ticket,
            source: about.source,
            change: decimal(row.get("d_posted")),
            balance: decimal(row.get("posted_after")),
        }
    };
    Ok(StatementUnit {
        unit,
        opening: decimal(opening.0),
        lines: rows.iter().map(line).collect(),
        closing: decimal(closing.0),
        held: decimal(closing.1),
    })
}

/// Posted and held as the entries written before an instant left them.
async fn standing(tx: &Tx, account: AccountId, at: Timestamp) -> Result<(i64, i64), Error> {
    let row = tx
        .optional(
            sql!(
                "select posted_after, held_after from allowance_entries
                 where organization_id = $1 and account_id = $2 and recorded_at < $3 order by seq desc limit 1"
            ),
            &[tx.org(), account.as_uuid(), &at],
        )
        .await?;
    Ok(row.map_or((0, 0), |row| (row.get("posted_after"), row.get("held_after"))))
}

async fn payments(
    tx: &Tx,
    customer: CustomerId,
    (start, end): (Timestamp, Timestamp),
) -> Result<Vec<StatementPayment>, Error> {
    let rows = tx
        .rows(
            sql!(
                "select p.received_at as at, i.number, p.amount_minor as minor, p.currency
                 from payments p
                 join invoices i on i.organization_id = p.organization_id and i.id = p.invoice_id
                 where p.organization_id = $1 and p.customer_id = $2 and p.received_at >= $3 and p.received_at < $4
                 union all
                 select r.refunded_at, i.number, -r.amount_minor, r.currency
                 from refunds r
                 join payments p on p.organization_id = r.organization_id and p.id = r.payment_id
                 join invoices i on i.organization_id = p.organization_id and i.id = p.invoice_id
                 where r.organization_id = $1 and r.customer_id = $2 and r.refunded_at >= $3 and r.refunded_at < $4
                 order by 1"
            ),
            &[tx.org(), customer.as_uuid(), &start, &end],
        )
        .await?;
    let payment = |row: &tokio_postgres::Row| {
        let amount = Money::new(row.get("minor"), row.word("currency")?);
        Ok(StatementPayment { at: row.get("at"), invoice: row.get("number"), amount })
    };
    rows.iter().map(payment).collect()
}

/// The statement as CSV, one line a change. A decimal of hours may be rounded in its last place, so the last two columns
/// count the unit's atoms (an hour's seconds, a currency's minor units), which are exact. Cells that a spreadsheet would take for a formula are quoted with an
/// apostrophe, so that a ticket's title cannot run anything.
///
/// # Errors
/// A fault when it cannot be written.
pub fn csv(statement: &Statement) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    write_line(
        &mut out,
        &["unit", "at", "what", "ticket", "change", "balance", "change_atoms", "balance_atoms", "source"],
    )?;
    for part in &statement.units {
        let unit = part.unit.to_string();
        let atoms = |figure: &Decimal| figure.rounded_atoms(part.unit).to_string();
        let end = |day: Date, what: &str, figure: &Decimal| {
            [&unit, &day.to_string(), what, "", "", figure.as_str(), "", &atoms(figure), ""].map(str::to_owned)
        };
        write_line(&mut out, &end(statement.from, "Opening balance", &part.opening))?;
        for line in &part.lines {
            let (at, what, ticket) =
                (line.at.to_string(), harmless(&line.what), line.ticket.as_deref().unwrap_or_default());
            let (change, balance) = (line.change.as_str(), line.balance.as_str());
            let exact = (atoms(&line.change), atoms(&line.balance));
            let source = harmless(line.source.as_deref().unwrap_or_default());
            let cells = [&unit, &at, &what, ticket, change, balance, &exact.0, &exact.1, &source];
            write_line(&mut out, &cells)?;
        }
        write_line(&mut out, &end(statement.to, "Closing balance", &part.closing))?;
    }
    for payment in statement.payments.iter().flatten() {
        let (unit, at) = (format!("money:{}", payment.amount.currency), payment.at.to_string());
        let what = if payment.amount.minor < 0 { "Refund" } else { "Payment" };
        let invoice = payment.invoice.as_deref().unwrap_or_default();
        let what = harmless(&format!("{what} {invoice}"));
        let (amount, minor) = (payment.amount.decimal(), payment.amount.minor.to_string());
        write_line(&mut out, &[&unit, &at, &what, "", &amount, "", &minor, "", ""])?;
    }
    Ok(out)
}
