//! What a customer's users are told of an invoice.

use jiff::Zoned;
use jiff::civil::Date;
use kernel::Money;
use kernel::id::CustomerId;
use runtime::{Error, Tx};

use crate::mail::templates::{InvoiceIssued, InvoiceOverdue, InvoicePaid, InvoiceRefunded, Said};
use crate::notifications::{Audience, Kind, News, audience, day, tell};
use crate::organizations;

/// The invoice that they are told of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bill<'a> {
    /// Whose.
    pub(super) customer: CustomerId,
    /// Its number.
    pub(super) number: &'a str,
    /// How much.
    pub(super) total: Money,
}

/// When it is to be paid.
#[derive(Debug, Clone)]
pub(super) enum Due {
    /// On this day; it is owed.
    On(Date),
    /// On this day; what it is for is offered until then, and not owed.
    Offered(Date, Zoned),
}

impl Due {
    fn sentence(&self) -> String {
        match self {
            Self::On(date) => format!("Please pay it by {}.", day(*date)),
            Self::Offered(date, end) => format!(
                "Please pay it by {}. It is offered until {}, {}: if it is not paid by then, nothing changes and nothing is owed.",
                day(*date),
                day(end.date()),
                end.strftime("%H:%M")
            ),
        }
    }
}

/// It was issued.
pub(super) async fn issued(tx: &Tx, bill: Bill<'_>, for_what: &str, due: &Due) -> Result<(), Error> {
    let title = format!("Invoice {} for {}", bill.number, bill.total);
    let how_to_pay = how_to_pay(tx).await?;
    let text = format!("{for_what}\n{}{}", due.sentence(), below(&how_to_pay));
    let said = InvoiceIssued {
        number: bill.number.to_owned(),
        total: bill.total.to_string(),
        for_what: for_what.to_owned(),
        due: due.sentence(),
        how_to_pay,
    };
    inform(tx, bill, said.into(), (title, text)).await
}

/// How to pay, in the words of the organization; empty where it has none.
async fn how_to_pay(tx: &Tx) -> Result<String, Error> {
    Ok(organizations::find::own(tx).await?.payment_instructions.unwrap_or_default())
}

/// The same below what was said.
fn below(how_to_pay: &str) -> String {
    if how_to_pay.is_empty() { String::new() } else { format!("\n\nHow to pay:\n{how_to_pay}") }
}

/// Its payment came: this is the receipt.
pub(super) async fn paid(tx: &Tx, bill: Bill<'_>, for_what: &[String]) -> Result<(), Error> {
    let title = format!("Receipt for invoice {}: {}", bill.number, bill.total);
    let text = format!("We have received {}. Thank you.\n{}", bill.total, for_what.join("\n"));
    let said =
        InvoicePaid { number: bill.number.to_owned(), total: bill.total.to_string(), for_what: for_what.join("\n") };
    inform(tx, bill, said.into(), (title, text)).await
}

/// Its payment did not come in time.
pub(super) async fn overdue(tx: &Tx, bill: Bill<'_>, due: Date) -> Result<(), Error> {
    let title = format!("Invoice {} is overdue: {}", bill.number, bill.total);
    let how_to_pay = how_to_pay(tx).await?;
    let text = format!(
        "It was to be paid by {}, and no payment has arrived yet. If it is on its way, there is nothing to do.{}",
        day(due),
        below(&how_to_pay)
    );
    let said =
        InvoiceOverdue { number: bill.number.to_owned(), total: bill.total.to_string(), due: day(due), how_to_pay };
    inform(tx, bill, said.into(), (title, text)).await
}

/// Money of it was given back; `goes_with` says what goes with it.
pub(super) async fn refunded(
    tx: &Tx,
    bill: Bill<'_>,
    (amount, reason): (Money, &str),
    goes_with: &[String],
) -> Result<(), Error> {
    let title = format!("Given back: {amount} of invoice {}", bill.number);
    let text =
        format!("We have given back {amount} of the {} that you paid: {reason}\n{}", bill.total, goes_with.join("\n"));
    let said = InvoiceRefunded {
        number: bill.number.to_owned(),
        total: bill.total.to_string(),
        amount: amount.to_string(),
        reason: reason.to_owned(),
        goes_with: goes_with.join("\n"),
    };
    inform(tx, bill, said.into(), (title, text)).await
}

async fn inform(tx: &Tx, bill: Bill<'_>, mail: Said, (title, text): (String, String)) -> Result<(), Error> {
    let to = audience(tx, Kind::Invoice, Audience { customer: Some(bill.customer), ..Audience::default() }).await?;
    let news = News {
        kind: Kind::Invoice,
        mail,
        allowance: Some(bill.customer),
        subject_kind: "invoice",
        subject_ref: bill.number.to_owned(),
        title,
        text,
        internal: false,
        collapse_key: None,
    };
    tell(tx, &news, &to).await
}
