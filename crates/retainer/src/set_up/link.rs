//! The link by which an installation is set up.

use jiff::SignedDuration;
use runtime::secret::{Token, hash};
use runtime::{Error, sql};

use crate::App;

/// How long a link is good.
const LIFE: SignedDuration = SignedDuration::from_mins(60);

/// A new link, unless the installation is set up already. Older links become useless.
///
/// # Errors
/// A fault.
pub async fn issue_setup_link(app: &App) -> Result<Option<String>, Error> {
    let client = app.db.client().await?;
    let token = Token::new("rs");
    let now = app.clock.now();
    let expires_at = now.checked_add(LIFE).unwrap_or(now);
    let statement = client
        .prepare_cached(sql!(
            "update installation set setup_token_hash = $1, setup_expires_at = $2
             where set_up_at is null and not exists (select from organization_slugs)"
        ))
        .await?;
    let issued = client.execute(&statement, &[&token.hash(), &expires_at]).await?;
    Ok((issued == 1).then(|| app.url(&format!("/setup/{}", token.reveal()))))
}

/// Whether nobody has set the installation up yet.
///
/// # Errors
/// A fault.
pub async fn is_fresh(app: &App) -> Result<bool, Error> {
    let client = app.db.client().await?;
    let statement = client
        .prepare_cached(sql!(
            "select set_up_at is null and not exists (select from organization_slugs) as fresh from installation"
        ))
        .await?;
    Ok(client.query_one(&statement, &[]).await?.get("fresh"))
}

/// Whether a link would work now.
///
/// # Errors
/// A fault.
pub async fn is_good(app: &App, token: &str) -> Result<bool, Error> {
    let client = app.db.client().await?;
    let statement = client
        .prepare_cached(sql!(
            "select exists (
                 select from installation
                 where setup_token_hash = $1 and setup_expires_at > $2 and set_up_at is null
                   and not exists (select from organization_slugs)
             ) as good"
        ))
        .await?;
    Ok(client.query_one(&statement, &[&hash(token), &app.clock.now()]).await?.get("good"))
}
