//! Reports on the API.

use axum::response::{IntoResponse, Response};
use http::header;
use jiff::civil::Date;
use kernel::id::CustomerId;
use runtime::http::{At, Halt, Query, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::hours::{HoursReport, hours};
use super::plans::{PlansReport, plans};
use super::revenue::{Revenue, revenue};
use super::statement::{Days, Statement, csv, statement};
use super::tickets::{TicketsReport, tickets};
use crate::App;
use crate::doors::Door;

/// The API routes of reports.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_revenue))
        .routes(routes!(get_plans))
        .routes(routes!(get_tickets))
        .routes(routes!(get_hours))
        .routes(routes!(get_statement))
        .routes(routes!(get_statement_csv))
}

/// Which days.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct DaysWanted {
    /// The first day, in the organization's zone; a year before the last without.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; today without.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
}

impl DaysWanted {
    pub(super) const fn days(&self) -> Days {
        Days { from: self.from, to: self.to }
    }
}

/// Revenue of this month and the one before.
#[utoipa::path(get, path = "/reports/revenue", tag = "Reports", responses((status = 200, body = Revenue)))]
async fn get_revenue(door: Door) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&revenue(&tx).await?)?)
}

/// Which plans run, and what they bring in a month.
#[utoipa::path(get, path = "/reports/plans", tag = "Reports", responses((status = 200, body = PlansReport)))]
async fn get_plans(door: Door) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&plans(&tx).await?)?)
}

/// Tickets by status.
#[utoipa::path(get, path = "/reports/tickets", tag = "Reports", responses((status = 200, body = TicketsReport)))]
async fn get_tickets(door: Door) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&tickets(&tx).await?)?)
}

/// Hours sold, used and expired by month; held and left now.
#[utoipa::path(get, path = "/reports/hours", tag = "Reports", responses((status = 200, body = HoursReport)))]
async fn get_hours(door: Door) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&hours(&tx).await?)?)
}

/// A customer's statement.
#[utoipa::path(get, path = "/customers/{id}/statement", tag = "Reports", params(("id" = CustomerId, Path), DaysWanted),
    responses((status = 200, body = Statement)))]
async fn get_statement(door: Door, At(id): At<CustomerId>, Query(wanted): Query<DaysWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&statement(&tx, id, wanted.days()).await?)?)
}

/// A customer's statement for a spreadsheet.
#[utoipa::path(get, path = "/customers/{id}/statement.csv", tag = "Reports", params(("id" = CustomerId, Path), DaysWanted),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn get_statement_csv(
    door: Door,
    At(id): At<CustomerId>,
    Query(wanted): Query<DaysWanted>,
) -> Result<Response, Halt> {
    let tx = door.read().await?;
    Ok(csv_file(&statement(&tx, id, wanted.days()).await?)?)
}

pub(super) fn csv_file(statement: &Statement) -> Result<Response, runtime::Error> {
    let name = format!("attachment; filename=\"statement-{}-{}.csv\"", statement.from, statement.to);
    Ok((
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)],
        csv(statement)?,
    )
        .into_response())
}
