//! The door of the pages: a cookie, and errors that are pages.

use axum::extract::{FromRequestParts, Path};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use kernel::Role;
use kernel::id::SessionId;
use runtime::http::problem::Carried;
use runtime::http::{Halt, Peer, RequestId};
use runtime::tx::Access;
use runtime::{Error, Tx};
use std::sync::Arc;
use uuid::Uuid;

use crate::App;
use crate::organizations::{self, Slug};
use crate::pages;
use crate::people::authenticate::{self, Session};

/// The cookie that holds a browser's session token, valid below the organization's address only.
pub const COOKIE: &str = "retainer_session";

/// Somebody who is signed in to the organization of the address.
#[derive(Debug)]
pub struct Visitor {
    app: App,
    session: Session,
    slug: String,
    request: Uuid,
}

/// Why a page is not shown: an error page, or another place to go to.
#[derive(Debug)]
pub enum PageHalt {
    /// A refusal, a fault or a problem of the edge.
    Halt(Halt),
    /// Somewhere else, such as the sign-in page.
    Elsewhere(Redirect),
}

impl From<Error> for PageHalt {
    fn from(error: Error) -> Self {
        Self::Halt(error.into())
    }
}
impl From<Halt> for PageHalt {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

impl IntoResponse for PageHalt {
    fn into_response(self) -> Response {
        let halt = match self {
            Self::Elsewhere(redirect) => return redirect.into_response(),
            Self::Halt(halt) => halt,
        };
        match halt.into_problem() {
            Ok((problem, fault)) => {
                let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let mut response = (status, pages::error_page(&problem)).into_response();
                if let Some(fault) = fault {
                    response.extensions_mut().insert(Carried(Arc::new(fault)));
                }
                response
            }
            Err(response) => *response,
        }
    }
}

/// The session token of the cookie.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// The header that sets or, with an empty token, removes the cookie.
pub fn set_cookie(app: &App, slug: &str, token: &str) -> String {
    let secure = if app.public_url.starts_with("https:") { "; Secure" } else { "" };
    let age = if token.is_empty() { 0 } else { 60 * 60 * 24 * 14 };
    format!("{COOKIE}={token}; Path=/{slug}; Max-Age={age}; HttpOnly; SameSite=Lax{secure}")
}

impl FromRequestParts<App> for Visitor {
    type Rejection = PageHalt;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageHalt> {
        let Path(segments) =
            Path::<Vec<(String, String)>>::from_request_parts(parts, app).await.map_err(|_| pages::nothing_here())?;
        let slug = segments.iter().find(|(name, _)| name == "organization").map(|(_, value)| value.clone());
        let slug = slug.and_then(|slug| slug.parse::<Slug>().ok()).ok_or_else(pages::nothing_here)?;
        let organization = organizations::find::by_slug(app, &slug).await?.ok_or_else(pages::nothing_here)?;
        let address = parts.extensions.get::<Peer>().and_then(|peer| peer.0);
        let request = parts.extensions.get::<RequestId>().map(|id| id.0).unwrap_or_default();
        let session = match cookie(&parts.headers) {
            Some(token) => authenticate::authenticate(app, token, address).await?,
            None => None,
        };
        match session.filter(|session| session.organization == organization) {
            Some(session) => Ok(Self { app: app.clone(), session, slug: slug.to_string(), request }),
            None => {
                let to = if parts.method == http::Method::GET { parts.uri.path() } else { "" };
                Err(PageHalt::Elsewhere(Redirect::to(&format!("/{slug}/sign-in?to={to}"))))
            }
        }
    }
}

impl Visitor {
    /// A transaction that only reads.
    ///
    /// # Errors
    /// A fault.
    pub async fn read(&self) -> Result<Tx, Error> {
        self.begin(Access::Read).await
    }

    /// A transaction that may write.
    ///
    /// # Errors
    /// A fault.
    pub async fn write(&self) -> Result<Tx, Error> {
        self.begin(Access::Write).await
    }

    /// The server.
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// The browser's session.
    pub const fn session(&self) -> SessionId {
        self.session.id
    }

    /// The word for the organization in addresses.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The name of who is here.
    pub fn name(&self) -> &str {
        &self.session.actor.name
    }

    /// What they are here.
    pub fn role(&self) -> Role {
        self.session.actor.role().unwrap_or(Role::Analyst)
    }

    async fn begin(&self, access: Access) -> Result<Tx, Error> {
        self.app.begin_for(self.session.organization, self.session.actor.clone(), access, Some(self.request)).await
    }
}
