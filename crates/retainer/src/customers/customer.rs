//! The noun: a customer.

use jiff::Timestamp;
use kernel::Email;
use kernel::id::CustomerId;
use runtime::{Columns, Error};
use tokio_postgres::Row;

/// Who buys from an organization.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// A person's or company's name.
    pub name: String,
    /// Where bills and notices go.
    pub email: Option<Email>,
    /// What staff want to remember; never shown to the customer.
    pub notes: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was put away, if it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub archived_at: Option<Timestamp>,
    /// When who it was was forgotten, if it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub anonymised_at: Option<Timestamp>,
    /// The version for `If-Match`.
    pub version: i64,
}

impl Customer {
    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        let email: Option<&str> = row.get("email");
        Ok(Self {
            id: row.id("id"),
            name: row.get("name"),
            email: email.map(|_| row.word("email")).transpose()?,
            notes: row.get("notes"),
            tags: row.get("tags"),
            created_at: row.get("created_at"),
            archived_at: row.get("archived_at"),
            anonymised_at: row.get("anonymised_at"),
            version: row.get("version"),
        })
    }
}
