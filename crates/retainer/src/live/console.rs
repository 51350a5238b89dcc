//! What changes, for open pages.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;

use super::stream::{Listener, Since, listen};
use crate::App;
use crate::doors::{Caller, PageHalt, Visitor, cookies};
use crate::pages::Form;

/// The stream of the pages.
pub fn routes() -> Router<App> {
    Router::new().route("/{organization}/live", get(get_live))
}

async fn get_live(visitor: Visitor, caller: Caller, headers: HeaderMap, form: Form) -> Result<Response, PageHalt> {
    let token = cookies::session(&headers).unwrap_or_default().to_owned();
    let session = visitor.signed_in().clone();
    let listener =
        Listener { app: visitor.app().clone(), token, address: caller.address, session, hears_writing: true };
    Ok(listen(listener, Since::of(&headers, form.value("after").parse().ok())).await?)
}
