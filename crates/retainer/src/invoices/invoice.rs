//! The nouns: an invoice and its lines.

use jiff::Timestamp;
use kernel::Money;
use kernel::id::{CustomerId, InvoiceId, PlanVersionId, SubscriptionId, TopUpId};
use runtime::{Columns, Error};
use tokio_postgres::Row;

kernel::words! {
    /// How an invoice stands.
    InvoiceState, "state" {
        /// Waits for its payment.
        Open = "open",
        /// Paid.
        Paid = "paid",
        /// Taken back before it was paid.
        Void = "void",
        /// Paid, and given back in full.
        Refunded = "refunded",
    }
}

kernel::words! {
    /// What a line is for.
    LineKind, "kind" {
        /// A period of a subscription.
        Period = "period",
        /// The difference to a better plan, for the rest of a period.
        Upgrade = "upgrade",
        /// A one-off purchase.
        TopUp = "top_up",
        /// What was used beyond the allowance.
        Overage = "overage",
        /// What another system billed, in its words.
        Imported = "imported",
    }
}

/// A bill.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Invoice {
    /// Its id.
    pub id: InvoiceId,
    /// Its number, without gaps in each year.
    pub number: String,
    /// Who owes it.
    pub customer: CustomerId,
    /// Their name.
    pub customer_name: String,
    /// How it stands.
    pub state: InvoiceState,
    /// What is owed.
    pub total: Money,
    /// What was given back of it after it was paid.
    pub refunded: Money,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it is to be paid.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    /// When it was paid.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paid_at: Option<Timestamp>,
    /// When it was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub voided_at: Option<Timestamp>,
    /// Why it was taken back.
    pub void_reason: Option<String>,
    /// Whether it is for a better plan that is offered until it is due: if it is not paid by then, nothing is owed.
    pub is_offer: bool,
}

impl Invoice {
    pub(crate) fn of_row(row: &Row) -> Result<Self, Error> {
        let currency = row.word("currency")?;
        Ok(Self {
            id: row.id("id"),
            number: row.get("number"),
            customer: row.id("customer_id"),
            customer_name: row.get("customer_name"),
            state: row.word("state")?,
            total: Money::new(row.get("total_minor"), currency),
            refunded: Money::new(row.get("given_back"), currency),
            created_at: row.get("created_at"),
            due_at: row.get("due_at"),
            paid_at: row.get("paid_at"),
            voided_at: row.get("voided_at"),
            void_reason: row.get("void_reason"),
            is_offer: row.get("is_offer"),
        })
    }
}

/// A line of an invoice.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Line {
    /// What it is for.
    pub kind: LineKind,
    /// What the customer reads.
    pub description: String,
    /// What it costs.
    pub amount: Money,
    /// The subscription, unless it is a top-up or imported.
    pub subscription: Option<SubscriptionId>,
    /// The number of the subscription's period.
    #[serde(skip)]
    pub period: Option<i32>,
    /// The version that an upgrade leads to.
    #[serde(skip)]
    pub leads_to: Option<PlanVersionId>,
    /// The top-up.
    pub top_up: Option<TopUpId>,
}

impl Line {
    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            kind: row.word("kind")?,
            description: row.get("description"),
            amount: Money::new(row.get("amount_minor"), row.word("currency")?),
            subscription: row.id_or_none("subscription_id"),
            period: row.get("period_number"),
            leads_to: row.id_or_none("plan_version_id"),
            top_up: row.id_or_none("top_up_id"),
        })
    }
}
