//! Proving that one reads the address one gave.

use kernel::id::{OrganizationId, UserId};
use kernel::{Actor, Email};
use runtime::tx::Access;
use runtime::{Change, Error, Tx};

use super::find::Me;
use super::links::{self, LinkPurpose, LinkRefused};
use super::mails::{self, About};
use super::{limit, vouch};
use crate::{App, organizations};

/// Where a link of a mail was used.
#[derive(Debug, Clone)]
pub struct LinkUsed {
    /// In which organization.
    pub organization: OrganizationId,
    /// The link's token.
    pub token: String,
    /// Where they are.
    pub address: Option<std::net::IpAddr>,
}

/// Marks the address as verified. The commit is left to the door.
///
/// # Errors
/// [`LinkRefused`], [`super::LimitRefused`], or a fault.
pub async fn verify_email(app: &App, used: &LinkUsed) -> Result<Tx, Error> {
    limit::check(app, &limit::bad_tokens(used.address)).await?;
    let tx = app.begin(used.organization, Actor::anonymous(used.address), Access::Write).await?;
    match links::take(&tx, &used.token, LinkPurpose::VerifyEmail).await {
        Ok(user) => {
            vouch::confirm(&tx, user).await?;
            Ok(tx)
        }
        Err(error) => {
            drop(tx);
            count(app, used, error).await
        }
    }
}

/// Refuses a link that confirms nothing, before anybody is asked to use it.
///
/// # Errors
/// [`LinkRefused`], [`super::LimitRefused`], or a fault.
pub async fn look_at_verification(app: &App, used: &LinkUsed) -> Result<(), Error> {
    limit::check(app, &limit::bad_tokens(used.address)).await?;
    let tx = app.begin(used.organization, Actor::anonymous(used.address), Access::Read).await?;
    let looked = links::look(&tx, &used.token, LinkPurpose::VerifyEmail).await;
    drop(tx);
    match looked {
        Ok(_) => Ok(()),
        Err(error) => count(app, used, error).await,
    }
}

/// Counts a token that opens nothing, and hands the refusal back.
pub(super) async fn count<T>(app: &App, used: &LinkUsed, error: Error) -> Result<T, Error> {
    if error.refused::<LinkRefused>().is_some() {
        limit::take(app, &limit::bad_tokens(used.address)).await?;
    }
    Err(error)
}

/// Sends the actor the mail that confirms their address, once more.
///
/// # Errors
/// A fault. How often is limited by the door.
pub async fn send_verification(tx: &Tx, app: &App, me: &Me) -> Result<(), Error> {
    links::spoil(tx, me.user, LinkPurpose::VerifyEmail).await?;
    ask_to_verify(tx, app, me.user, &me.email).await?;
    tx.record(Change::new("user.verification_sent", "user", me.user));
    Ok(())
}

/// Sends a user the mail that confirms their address. Nobody else may read it, whoever runs the organization included,
/// so using its link is the one proof that the address is theirs.
pub(super) async fn ask_to_verify(tx: &Tx, app: &App, user: UserId, email: &Email) -> Result<(), Error> {
    let organization = organizations::find::own(tx).await?;
    let link = links::issue(tx, user, LinkPurpose::VerifyEmail).await?;
    let link = app.url(&format!("/{}/verify/{}", organization.slug, link.reveal()));
    let about = About { organization: &organization.name, to: email, user: Some(user) };
    mails::verify_email(tx, about, link).await
}

/// Refuses when the actor asked for that mail too often.
///
/// # Errors
/// [`super::LimitRefused`], or a fault.
pub async fn limit_verification(app: &App, me: &Me, address: Option<std::net::IpAddr>) -> Result<(), Error> {
    limit::take(app, &limit::mails(&me.email, address)).await
}
