//! The nouns: a plan and its versions.

use jiff::Timestamp;
use kernel::id::{PlanId, PlanVersionId};
use runtime::{Columns, Error};
use tokio_postgres::Row;

use super::terms::{Terms, WrittenTerms};

/// What is sold, under one name through all its versions.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// Its name.
    pub name: String,
    /// The terms that are sold now.
    pub current: PlanVersion,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was taken off the shelf, if it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub archived_at: Option<Timestamp>,
    /// The version for `If-Match`.
    pub version: i64,
}

/// Terms of a plan that never change: who bought them keeps them.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct PlanVersion {
    /// Its id.
    pub id: PlanVersionId,
    /// Which of the plan's versions it is, from 1.
    pub number: i32,
    /// The terms.
    #[serde(serialize_with = "written")]
    #[schema(value_type = WrittenTerms)]
    pub terms: Terms,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

fn written<S: serde::Serializer>(terms: &Terms, out: S) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&WrittenTerms::from(terms), out)
}

impl Plan {
    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("plan_id"),
            name: row.get("name"),
            current: PlanVersion::of_row(row)?,
            created_at: row.get("plan_created_at"),
            archived_at: row.get("archived_at"),
            version: row.get("version"),
        })
    }
}

impl PlanVersion {
    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id"),
            number: row.get("number"),
            terms: Terms::of_row(row)?,
            created_at: row.get("created_at"),
        })
    }
}
