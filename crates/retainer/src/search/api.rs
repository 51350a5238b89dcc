//! Searching on the API.

use kernel::text::Title;
use runtime::http::{Halt, Query, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::find::{Found, search};
use crate::App;
use crate::doors::Door;
use crate::tickets::sought::Sought;

/// The API routes of searching.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_search))
}

/// What is looked for.
#[derive(Debug, Clone, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SearchWanted {
    /// Words, a number or a name. `"paper jam"` means both words beside each other, `-toner` means without;
    /// `status:pending`, `priority:high`, `customer:berg`, `tag:printer`, `assignee:me` and `assignee:none` narrow it down to tickets.
    q: Title,
    /// The most of each kind, 1 to 100.
    limit: Option<u16>,
}

kernel::words! {
    /// What kind of thing was found.
    HitKind, "kind" {
        /// A ticket.
        Ticket = "ticket",
        /// A customer.
        Customer = "customer",
        /// An invoice.
        Invoice = "invoice",
    }
}

/// Something that was found.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct Hit {
    /// What it is.
    kind: HitKind,
    /// Its id, as its own route takes it.
    id: String,
    /// What it is called.
    title: String,
    /// What tells it from others: whose it is, and how it stands.
    detail: String,
}

/// What was found.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct SearchFound {
    /// Tickets, then customers, then invoices; of each kind the newest first.
    items: Vec<Hit>,
    /// What was not understood, each as a sentence.
    misread: Vec<String>,
}

impl From<Found> for SearchFound {
    fn from(found: Found) -> Self {
        let ticket = |it: crate::tickets::Ticket| Hit {
            kind: HitKind::Ticket,
            id: it.id.to_string(),
            detail: format!("{}, {}", it.customer_name, it.status.label()),
            title: it.title,
        };
        let customer = |it: crate::customers::Customer| Hit {
            kind: HitKind::Customer,
            id: it.id.to_string(),
            title: it.name,
            detail: it.email.map(|email| email.to_string()).unwrap_or_default(),
        };
        let invoice = |it: crate::invoices::Invoice| Hit {
            kind: HitKind::Invoice,
            id: it.id.to_string(),
            title: it.number,
            detail: format!("{}, {}, {}", it.customer_name, it.total, it.state),
        };
        let items = found.tickets.into_iter().map(ticket);
        let items = items.chain(found.customers.into_iter().map(customer));
        Self { items: items.chain(found.invoices.into_iter().map(invoice)).collect(), misread: found.misread }
    }
}

/// Find anything by words, a number or a name.
#[utoipa::path(get, path = "/search", tag = "Search", params(SearchWanted),
    responses((status = 200, body = SearchFound)))]
async fn get_search(door: Door, Query(asked): Query<SearchWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let limit = asked.limit.unwrap_or(20).clamp(1, 100);
    let found = search(&tx, &Sought::read(asked.q.as_str()), limit).await?;
    Ok(Reply::ok(&SearchFound::from(found))?)
}
