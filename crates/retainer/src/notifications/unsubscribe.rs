//! The page behind the link that stops mails of a kind. Mail programs POST to it without anybody being signed in
//! (RFC 8058); whoever opens it in a browser is asked first, because programs open links to look at them.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use kernel::Actor;
use kernel::id::{OrganizationId, UserId};
use maud::{Markup, html};
use runtime::http::{Peer, Segments};
use runtime::tx::Access;

use super::{Kind, stop_mails};
use crate::App;
use crate::doors::PageHalt;
use crate::mail::unsubscribe::is_right;
use crate::organizations::{self, Slug};
use crate::pages::{bare, nothing_here};
use crate::people::limit;

/// Its address.
const ADDRESS: &str = "/{organization}/unsubscribe/{user}/{kind}/{proof}";

pub(super) fn routes() -> Router<App> {
    Router::new().route(ADDRESS, get(get_unsubscribe).post(post_unsubscribe))
}

type Parts = Segments<(String, String, String, String)>;

/// What a good link stops.
struct Wanted {
    organization: OrganizationId,
    slug: Slug,
    /// The name of the business, which is whom the mails are of.
    name: String,
    user: UserId,
    kind: Kind,
}

async fn read(app: &App, peer: Peer, Segments((slug, user, kind, proof)): Parts) -> Result<Wanted, PageHalt> {
    let slug: Slug = slug.parse().map_err(|_| nothing_here())?;
    let organization = organizations::find::by_slug(app, &slug).await?.ok_or_else(nothing_here)?;
    let bad = limit::bad_tokens(peer.0);
    limit::check(app, &bad).await?;
    match (user.parse(), kind.parse()) {
        (Ok(user), Ok(kind)) if is_right(app, organization, (user, Kind::word(kind)), &proof) => {
            let tx = app.begin(organization, Actor::anonymous(peer.0), Access::Read).await?;
            let name = organizations::find::own(&tx).await?.name;
            Ok(Wanted { organization, slug, name, user, kind })
        }
        _ => {
            limit::take(app, &bad).await?;
            Err(nothing_here().into())
        }
    }
}

async fn get_unsubscribe(
    State(app): State<App>,
    axum::Extension(peer): axum::Extension<Peer>,
    segments: Parts,
) -> Result<Markup, PageHalt> {
    let wanted = read(&app, peer, segments).await?;
    Ok(bare(
        "Stop these mails",
        Some(&wanted.name),
        &html! {
            h1 { "Stop these mails?" }
            p.lead { (wanted.name) " will send you no more mails about " b { (what(&wanted)) } "." }
            p.soft { "You are still told when you sign in, and can switch the mails on again there." }
            form method="post" { p.submit { button.go type="submit" { "Stop these mails" } } }
            p { a href={ "/" (wanted.slug) } { "Keep them" } }
        },
    ))
}

fn what(wanted: &Wanted) -> String {
    wanted.kind.label().to_lowercase()
}

async fn post_unsubscribe(
    State(app): State<App>,
    axum::Extension(peer): axum::Extension<Peer>,
    segments: Parts,
) -> Result<Markup, PageHalt> {
    let wanted = read(&app, peer, segments).await?;
    let tx = app.begin(wanted.organization, Actor::anonymous(peer.0), Access::Write).await?;
    stop_mails(&tx, wanted.user, wanted.kind).await?;
    tx.commit().await?;
    Ok(bare(
        "Stopped",
        Some(&wanted.name),
        &html! {
            h1 { "Stopped" }
            p.lead { (wanted.name) " sends you no more mails about " b { (what(&wanted)) } "." }
            p { a href={ "/" (wanted.slug) "/notifications/preferences" } { "Choose what you are told" } }
        },
    ))
}
