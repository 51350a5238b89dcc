//! All routes, in one list.

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use runtime::http::body::MOST_BYTES;
use runtime::http::{Halt, edge};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::App;
use crate::doors::{PageHalt, answered, api, cookies, flash, kept, lost, openapi, origin, parameters, rate};
use crate::pages::{self, assets};
use crate::{
    audit, billing, closing, customers, exports, imports, ledger, live, mail, notifications, organizations, people,
    plans, reports, sample, search, set_up, subscriptions, tickets, today,
};

/// The API's routes with the document that describes them.
fn api_routes() -> (Router<App>, OpenApi) {
    let (router, document) = OpenApiRouter::with_openapi(openapi::base())
        .merge(organizations::api::routes())
        .merge(people::api::routes())
        .merge(customers::api::routes())
        .merge(plans::api::routes())
        .merge(ledger::api::routes())
        .merge(subscriptions::api::routes())
        .merge(billing::api::routes())
        .merge(tickets::api::routes())
        .merge(mail::api::routes())
        .merge(notifications::api::routes())
        .merge(live::api::routes())
        .merge(reports::api::routes())
        .merge(audit::api::routes())
        .merge(search::api::routes())
        .merge(closing::api::routes())
        .merge(exports::api::routes())
        .merge(imports::api::routes())
        .merge(sample::api::routes())
        .split_for_parts();
    (router, openapi::complete(document))
}

/// The OpenAPI document.
pub fn document() -> OpenApi {
    api_routes().1
}

/// Everything a server answers to.
pub fn router(app: App) -> Router {
    router_with(app, Router::new())
}

/// The same with pages that only some installations show.
pub fn router_with(app: App, others: Router<App>) -> Router {
    let (api, document) = api_routes();
    let known = parameters::known(&document);
    let api = api
        .layer(axum::middleware::from_fn_with_state(known, parameters::known_only))
        .fallback(api::nothing_here)
        .method_not_allowed_fallback(api::wrong_method)
        .layer(axum::middleware::from_fn(rate::tell));
    let proxy = app.proxy;
    let reference = serde_json::to_value(&document).map(|document| pages::reference(&document)).unwrap_or_default();
    let json = axum::Json(document);
    let pages = pages_routes().merge(others);
    let forms = pages.clone().with_state(app.clone());
    let (back, returning) = (app.clone(), forms.clone());
    let come_back = move |request| kept::come_back(back.clone(), returning.clone(), request);
    let pages = pages.route("/{organization}/sign-in/kept", axum::routing::post(come_back));
    let pages = pages
        .method_not_allowed_fallback(move |request| lost::wrong_method(forms.clone(), request))
        .fallback(lost::nothing_here)
        .layer(axum::middleware::from_fn_with_state(app.clone(), lost::as_pages))
        .layer(axum::middleware::from_fn_with_state(app.clone(), kept::keep))
        .layer(axum::middleware::from_fn_with_state(app.clone(), answered::settle));
    Router::new()
        .nest("/api/v1", api)
        .route("/api/openapi.json", get(async move || json.clone()))
        .route("/api", get(async move || reference.clone()))
        .route("/assets/{fingerprint}/{name}", get(assets::get_asset))
        .route("/health", get(get_health))
        .merge(pages)
        .layer(axum::middleware::from_fn_with_state(app.clone(), flash::forget))
        .layer(axum::middleware::from_fn_with_state(app.clone(), cookies::renew))
        .layer(axum::middleware::from_fn(origin::own_forms_only))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(tower_http::compression::CompressionLayer::new().gzip(true).compress_when(compressed()))
        .layer(axum::middleware::from_fn(move |request, next| edge::pass(proxy, request, next)))
        .with_state(app)
}

/// What is worth compressing: not what is compressed already.
fn compressed() -> impl Predicate {
    DefaultPredicate::new().and(NotForContentType::const_new("application/gzip"))
}

/// What is read in a browser.
fn pages_routes() -> Router<App> {
    Router::new()
        .route("/", get(get_root))
        .merge(set_up::console::routes())
        .merge(organizations::console::routes())
        .merge(today::console::routes())
        .merge(people::console::routes())
        .merge(customers::console::routes())
        .merge(plans::console::routes())
        .merge(ledger::console::routes())
        .merge(subscriptions::console::routes())
        .merge(billing::console::routes())
        .merge(tickets::console::routes())
        .merge(mail::console::routes())
        .merge(notifications::console::routes())
        .merge(live::console::routes())
        .merge(reports::console::routes())
        .merge(audit::console::routes())
        .merge(imports::console::routes())
        .merge(search::console::routes())
        .merge(closing::console::routes())
        .merge(exports::console::routes())
        .merge(sample::console::routes())
}

/// A panic is a defect like others: one line in the log, one problem for the client.
fn panicked(payload: Box<dyn std::any::Any + Send>) -> Response {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
    Halt::from(runtime::Error::internal(format!("a panic: {text}"))).into_response()
}

/// Whether this server can do its work.
async fn get_health(State(app): State<App>) -> Result<&'static str, runtime::http::Halt> {
    let client = app.db.client().await?;
    client.simple_query("select 1").await.map_err(runtime::Error::from)?;
    Ok("ok")
}

async fn get_root(State(app): State<App>) -> Result<Response, PageHalt> {
    match organizations::find::only(&app.db).await? {
        Some(slug) => Ok(Redirect::to(&format!("/{slug}")).into_response()),
        None if set_up::is_fresh(&app).await? => Ok(set_up::console::not_yet().into_response()),
        None => Err(pages::nothing_here().into()),
    }
}
