//! Imports on the API.

use kernel::text::Tag;
use runtime::http::{Cursor, Halt, Page, Paging, Query, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::find::{self, Place, Wanted};
use super::{ImportRun, ImportedRows};
use crate::App;
use crate::doors::Door;

/// The API routes of imports.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_imports)).routes(routes!(get_imported_rows))
}

/// Which runs are wanted.
#[derive(Debug, Clone, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RunsWanted {
    /// The page after this cursor.
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// The most items, 1 to 100.
    limit: Option<u16>,
}

/// What imports did, the latest first; a run that found nothing new leaves no trace.
#[utoipa::path(get, path = "/imports", tag = "Imports", params(RunsWanted),
    responses((status = 200, body = Page<ImportRun>)))]
async fn get_imports(door: Door, Query(RunsWanted { after, limit }): Query<RunsWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&find::runs(&tx, Paging { after, limit }).await?)?)
}

/// Which rows are wanted.
#[derive(Debug, Clone, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RowsWanted {
    /// The page after this place.
    #[param(value_type = Option<String>)]
    after: Option<Place>,
    /// The most items, 1 to 100.
    limit: Option<u16>,
    /// Of this table of the source.
    #[param(example = "billing_consulting")]
    table: Option<Tag>,
    /// With this decision.
    #[param(example = "negative_amount")]
    decision: Option<Tag>,
}

/// The rows that needed a decision when they were imported.
#[utoipa::path(get, path = "/imported-rows", tag = "Imports", params(RowsWanted),
    responses((status = 200, body = ImportedRows)))]
async fn get_imported_rows(door: Door, Query(asked): Query<RowsWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let RowsWanted { after, limit, table, decision } = asked;
    Ok(Reply::ok(&find::rows(&tx, &Wanted { table, decision, after, limit }).await?)?)
}
