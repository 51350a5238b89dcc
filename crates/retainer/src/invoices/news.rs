//! What a customer's users are told of an invoice.

use jiff::Zoned;
use jiff::civil::Date;
use kernel::Money;
use kernel::id::CustomerId;
use runtime::{Error, Tx};

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
    let how = how_to_pay(tx).await?;
    let text = format!("{for_what}\n{}{how}", due.sentence());
    inform(tx, bill, "invoice.issued", (title, text)).await
}

/// How to pay, in the words of the organization, below what was said.
async fn how_to_pay(tx: &Tx) -> Result<String, Error> {
    let words = organizations::find::own(tx).await?.payment_instructions;
    Ok(words.map_or_else(String::new, |words| format!("\n\nHow to pay:\n{words}")))
}

/// Its payment came: this is the receipt.
pub(super) async fn paid(tx: &Tx, bill: Bill<'_>, for_what: &[String]) -> Result<(), Error> {
    let title = format!("Receipt for invoice {}: {}", bill.number, bill.total);
    let text = format!("We have received {}. Thank you.\n{}", bill.total, for_what.join("\n"));
    inform(tx, bill, "invoice.paid", (title, text)).await
}

/// Its payment did not come in time.
pub(super) async fn overdue(tx: &Tx, bill: Bill<'_>, due: Date) -> Result<(), Error> {
    let title = format!("Invoice {} is overdue: {}", bill.number, bill.total);
    let how = how_to_pay(tx).await?;
    let text = format!(
        "It was to be paid by {}, and no payment has arrived yet. If it is on its way, there is nothing to do.{how}",
        day(due)
    );
    inform(tx, bill, "invoice.overdue", (title, text)).await
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
    inform(tx, bill, "invoice.refunded", (title, text)).await
}

async fn inform(
    tx: &Tx,
    bill: Bill<'_>,
    mail_kind: &'static str,
    (title, text): (String, String),
) -> Result<(), Error> {
    let to = audience(tx, Kind::Invoice, Audience { customer: Some(bill.customer), ..Audience::default() }).await?;
    let news = News {
        kind: Kind::Invoice,
        mail_kind,
        subject_kind: "invoice",
        subject_ref: bill.number.to_owned(),
        title,
        text,
        internal: false,
        collapse_key: None,
    };
    tell(tx, &news, &to).await
}
