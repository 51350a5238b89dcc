//! What whoever has a link sees.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use kernel::Actor;
use maud::{Markup, html};
use runtime::Tx;
use runtime::http::{Peer, Segments};
use runtime::tx::Access;

use crate::App;
use crate::doors::PageHalt;
use crate::ledger::allowance::allowances;
use crate::ledger::console::older;
use crate::ledger::console::why::{Sight, section};
use crate::ledger::explain::explain_allowance;
use crate::ledger::links::{Opened, open};
use crate::organizations::{self, Slug};
use crate::pages::parts::Clock;
use crate::pages::{Form, bare_wide, nothing_here};
use crate::people::limit;

/// The page. Nobody finds it by searching, and where it leads learns nothing of it.
pub(super) async fn get_shared(
    State(app): State<App>,
    axum::Extension(peer): axum::Extension<Peer>,
    Segments((slug, token)): Segments<(String, String)>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let slug: Slug = slug.parse().map_err(|_| nothing_here())?;
    let organization = organizations::find::by_slug(&app, &slug).await?.ok_or_else(nothing_here)?;
    let bad = limit::bad_tokens(peer.0);
    limit::check(&app, &bad).await?;
    limit::take(&app, &limit::shared(peer.0)).await?;
    let tx = app.begin(organization, Actor::system("balance link"), Access::Write).await?;
    let opened = match open(&tx, &token).await {
        Ok(opened) => opened,
        Err(error) if error.code() == Some("balance_link.not_found") => {
            drop(tx);
            limit::take(&app, &bad).await?;
            return Err(nothing_here().into());
        }
        Err(error) => return Err(error.into()),
    };
    let here = super::path(slug.as_str(), &token);
    let shown = shown(&tx, &opened, &mut form, &here).await?;
    tx.commit().await?;
    let mut response = bare_wide("Balance", Some(&opened.organization), &shown).into_response();
    let headers = response.headers_mut();
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow, noarchive"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

async fn shown(tx: &Tx, opened: &Opened, form: &mut Form, here: &str) -> Result<Markup, PageHalt> {
    let sight = Sight { clock: Clock { zone: &opened.zone, now: tx.now() }, here, visitor: None };
    let older = older(tx, opened.customer, form, &sight).await?;
    let mut sections = Vec::new();
    if older.is_none() {
        for allowance in allowances(tx, opened.customer).await? {
            sections.push(section(&sight, &explain_allowance(tx, allowance).await?));
        }
    }
    Ok(html! {
        h1 { "Balance of " (opened.name) }
        @if let Some(older) = older { (older) }
        @else if sections.is_empty() { p.soft { "Nothing was bought yet, so there is nothing to use." } }
        @for section in &sections { (section) }
        p.soft { "Times are those of " (sight.clock.zone.iana_name().unwrap_or("UTC")) ". What the tickets say stays between them and " (opened.organization) "." }
    })
}
