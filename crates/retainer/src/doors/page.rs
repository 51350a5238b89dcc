//! The door of the pages: a cookie, and errors that are pages.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{header, uri};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kernel::id::{Id, SessionId};
use kernel::{Actor, Permission, Role};
use runtime::http::{Halt, Peer, RequestId};
use runtime::tx::{Access, TxRefused};
use runtime::{Error, Tx};
use uuid::Uuid;

use super::cookies::{self, Renewal};
use super::kept::{self, Turned};
use super::once::{Once, Sent, Taken};
use super::{answered, flash};
use crate::App;
use crate::closing;
use crate::organizations::{self, Slug};
use crate::pages::{self, Form, Frame};
use crate::people::authenticate::{self, Session};

/// Somebody who is signed in to the organization of the address.
#[derive(Debug)]
pub struct Visitor {
    app: App,
    session: Session,
    slug: String,
    request: Uuid,
    path: String,
    frame: Frame,
    flash: Option<String>,
    keeps_files: bool,
    query: Form,
}

/// Why a page is not shown: an error page, or another place to go to.
#[derive(Debug)]
pub enum PageHalt {
    /// A refusal, a fault or a problem of the edge.
    Halt(Halt),
    /// Somewhere else.
    Elsewhere(Redirect),
    /// The sign-in page.
    Turned(Turned),
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
            Self::Turned(turned) => {
                let mut response = Redirect::to(&kept::sign_in_path(&turned.slug, &turned.to)).into_response();
                response.extensions_mut().insert(turned);
                return response;
            }
            Self::Halt(halt) => halt,
        };
        // The problem becomes a page in [`super::lost::as_pages`], which knows who asked.
        halt.into_response()
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = PageHalt;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageHalt> {
        // Every page of an organization stands below its word.
        let slug = parts.uri.path().split('/').nth(1).and_then(|slug| slug.parse::<Slug>().ok());
        let slug = slug.ok_or_else(pages::nothing_here)?;
        let organization = organizations::find::by_slug(app, &slug).await?.ok_or_else(pages::nothing_here)?;
        let address = parts.extensions.get::<Peer>().and_then(|peer| peer.0);
        let request = parts.extensions.get::<RequestId>().map(|id| id.0).unwrap_or_default();
        let session = match cookies::session(&parts.headers) {
            Some(token) => authenticate::authenticate(app, token, address).await?,
            None => None,
        };
        let Some(session) = session.filter(|session| session.organization == organization) else {
            return Err(PageHalt::Turned(Turned { slug: slug.to_string(), to: wanted(parts, &slug) }));
        };
        if let Some(renewal) = parts.extensions.get::<Renewal>() {
            if session.prolonged {
                renewal.ask();
            }
            if let Some(user) = session.actor.user() {
                renewal.is_of(kept::who(app, user));
            }
        }
        let tx = app.begin_for(organization, session.actor.clone(), Access::Read, Some(request)).await?;
        let frame = pages::frame(&tx).await?;
        let path = parts.uri.path().to_owned();
        let flash = flash::get(&parts.headers);
        let query = Form::decode(parts.uri.query().unwrap_or_default().as_bytes());
        let keeps_files = answered::is_in_place(&parts.headers);
        Ok(Self { app: app.clone(), session, slug: slug.to_string(), request, path, frame, flash, keeps_files, query })
    }
}

/// Where somebody was going who has to sign in first: the page with its filters, or the page whose form they sent.
fn wanted(parts: &Parts, slug: &Slug) -> String {
    let here = |path: &&str| *path == format!("/{slug}") || path.starts_with(&format!("/{slug}/"));
    if parts.method == http::Method::GET {
        return parts.uri.path_and_query().map_or("", uri::PathAndQuery::as_str).to_owned();
    }
    let referer = parts.headers.get(header::REFERER).and_then(|referer| referer.to_str().ok());
    let from = referer.and_then(|referer| referer.parse::<http::Uri>().ok());
    from.as_ref().map(http::Uri::path).filter(here).unwrap_or_default().to_owned()
}

impl Visitor {
    /// A transaction that only reads.
    ///
    /// # Errors
    /// A fault.
    pub async fn read(&self) -> Result<Tx, Error> {
        self.begin(Access::Read).await
    }

    /// A transaction that only reads, all of it as it is at one moment.
    ///
    /// # Errors
    /// A fault.
    pub async fn read_at_once(&self) -> Result<Tx, Error> {
        self.begin(Access::Snapshot).await
    }

    /// A transaction that may write.
    ///
    /// # Errors
    /// `organization.closing`, or a fault.
    pub async fn write(&self) -> Result<Tx, Error> {
        let below = self.path.strip_prefix(&self.path("")).unwrap_or_default();
        closing::require_still(self.session.closes_at, below)?;
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

    /// The session itself.
    pub const fn signed_in(&self) -> &Session {
        &self.session
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

    /// Who is here.
    pub const fn actor(&self) -> &Actor {
        &self.session.actor
    }

    /// Whether they are of the seller's side: they see the console, else the portal.
    pub fn is_staff(&self) -> bool {
        self.role().is_staff()
    }

    /// Whether they may do it; what they may not is not shown.
    pub fn may(&self, permission: Permission) -> bool {
        self.session.actor.may(permission)
    }

    /// Refuses a page or a form to whoever may not use it, before anything that was typed is looked at.
    ///
    /// # Errors
    /// `permission.missing`.
    pub fn require(&self, permission: Permission) -> Result<(), Error> {
        if self.may(permission) { Ok(()) } else { Err(TxRefused::NotAllowed { permission }.into()) }
    }

    /// What stands around every page.
    pub const fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The zone in which they read the clock.
    pub const fn zone(&self) -> &TimeZone {
        &self.frame.zone
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// So many notifications less are unread; beyond what is counted nobody knows how many are left.
    pub(crate) fn has_read(&mut self, count: u64) {
        if self.frame.unread <= pages::MOST_UNREAD {
            self.frame.unread = (self.frame.unread - i64::try_from(count).unwrap_or(i64::MAX)).max(0);
        }
    }

    /// The address of the page that was asked for.
    pub fn here(&self) -> &str {
        &self.path
    }

    /// What the address narrows its page down to.
    pub const fn query(&self) -> &Form {
        &self.query
    }

    /// Notes what the page shows without being asked, so that its call of the API says the same.
    pub(crate) fn shows(&mut self, name: &str, value: &str) {
        if self.query.value(name).trim().is_empty() {
            self.query = std::mem::take(&mut self.query).with(name, value);
        }
    }

    /// The address of a page of this organization: `path("/tickets")` is `/acme/tickets`.
    pub fn path(&self, below: &str) -> String {
        format!("/{}{below}", self.slug)
    }

    /// What the last page wants said on this one.
    pub fn flash(&self) -> Option<&str> {
        self.flash.as_deref()
    }

    /// Whether files that were chosen in a form stay chosen where it is refused: the page's script sees to that.
    pub const fn keeps_files(&self) -> bool {
        self.keeps_files
    }

    /// The answer to a form that was accepted: on to a page, which says the sentence.
    pub fn go(&self, below: &str, sentence: &str) -> Response {
        if sentence.is_empty() {
            return Redirect::to(&self.path(below)).into_response();
        }
        let cookie = flash::set(&self.app, &self.slug, sentence);
        ([(header::SET_COOKIE, cookie)], Redirect::to(&self.path(below))).into_response()
    }

    /// A transaction for a form that holds [`crate::pages::parts::once`]: when the very same form was sent before, the
    /// person is led to where it led the first time.
    ///
    /// # Errors
    /// The redirect of the first time, or a fault.
    pub async fn write_once(&self, form: &Form) -> Result<PageWrite<'_>, PageHalt> {
        let tx = self.write().await?;
        let actor = self.session.actor.user().map(Id::uuid).unwrap_or_default();
        let (key, route) = (format!("form:{}", form.key()), format!("POST {}", self.path));
        let once = Once::new(&self.app, Sent { actor, key, route, hash: &form.fingerprint() });
        match once.take(&tx).await? {
            Taken::Ours => Ok(PageWrite { visitor: self, tx, once: Some(once) }),
            Taken::Before(answer) => {
                let to = answer.location().unwrap_or_default();
                Err(PageHalt::Elsewhere(Redirect::to(to)))
            }
            // Somebody went back, changed what they had typed and sent it again: that is another wish.
            Taken::OfAnother => Ok(PageWrite { visitor: self, tx, once: None }),
        }
    }

    pub(super) async fn begin(&self, access: Access) -> Result<Tx, Error> {
        self.app.begin_for(self.session.organization, self.session.actor.clone(), access, Some(self.request)).await
    }
}

/// A transaction that writes for a form, with the key that makes sending it twice do its work once.
pub struct PageWrite<'a> {
    visitor: &'a Visitor,
    tx: Tx,
    once: Option<Once>,
}

impl std::ops::Deref for PageWrite<'_> {
    type Target = Tx;
    fn deref(&self) -> &Tx {
        &self.tx
    }
}

impl PageWrite<'_> {
    /// Commits, and leads on to a page, which says the sentence.
    ///
    /// # Errors
    /// A fault; then nothing happened.
    pub async fn finish(self, below: &str, sentence: &str) -> Result<Response, PageHalt> {
        if let Some(once) = &self.once {
            once.keep_place(&self.tx, &self.visitor.path(below)).await?;
        }
        self.tx.commit().await?;
        Ok(self.visitor.go(below, sentence))
    }
}
