//! `retainer user`.

use std::process::ExitCode;

use anyhow::Context;
use retainer::organizations::find;
use retainer::people::{Invite, IssuedInvitation, IssuedReset, Vouched, issue_invitation, issue_reset, vouch};
use retainer::server;

use crate::args::{ConfirmEmail, InviteUser, Place, ResetPassword};
use crate::installation::{Absent, Installation};
use crate::{address, output, serve};

/// Prints a link by which somebody chooses a new password.
pub(crate) async fn reset_password(place: &Place, wanted: ResetPassword) -> anyhow::Result<ExitCode> {
    let given = wanted.public_url.as_deref().map(serve::public_url).transpose()?;
    let installation = Installation::open(place, Absent::Refuse).await?;
    let public_url = given.unwrap_or_else(|| address::noted(&installation.data));
    let issued = issue(&installation, &wanted, public_url).await;
    installation.close().await;
    let issued = issued?;
    if place.json {
        output::json(&serde_json::json!(issued))?;
    } else {
        let IssuedReset { organization, link, expires_at } = issued;
        output::line(&format!(
            "Hand this link to {} of {organization}. It is good once, until {expires_at}:\n\n  {link}\n",
            wanted.email
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn issue(installation: &Installation, wanted: &ResetPassword, public_url: String) -> anyhow::Result<IssuedReset> {
    let mut options = installation.options();
    options.public_url = Some(public_url);
    let app = server::app(&options, ([127, 0, 0, 1], 0).into())?;
    let issued = issue_reset(&app, &wanted.email, wanted.organization.as_deref()).await;
    app.db.close();
    Ok(issued?)
}

/// Marks somebody's address as theirs, on the operator's word.
pub(crate) async fn confirm_email(place: &Place, wanted: ConfirmEmail) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(place, Absent::Refuse).await?;
    let app = server::app(&installation.options(), ([127, 0, 0, 1], 0).into())?;
    let done = vouch(&app, &wanted.email).await;
    app.db.close();
    installation.close().await;
    let vouched = done?;
    if place.json {
        output::json(&serde_json::to_value(&vouched)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Vouched { confirmed, name, since, already } = vouched;
    output::line(&format!("{confirmed} {} confirmed.", if already { "was already" } else { "is" }))?;
    eprintln!(
        "The account is called \"{name}\" and exists since {}. If somebody else may have made it, let its owner choose a new \
         password: retainer user reset-password --email {confirmed}",
        since.strftime("%-d %B %Y")
    );
    Ok(ExitCode::SUCCESS)
}

/// Prints a link by which somebody joins an organization.
pub(crate) async fn invite(place: &Place, wanted: InviteUser) -> anyhow::Result<ExitCode> {
    let given = wanted.public_url.as_deref().map(serve::public_url).transpose()?;
    let installation = Installation::open(place, Absent::Refuse).await?;
    let public_url = given.unwrap_or_else(|| address::noted(&installation.data));
    let mut options = installation.options();
    options.public_url = Some(public_url);
    let app = server::app(&options, ([127, 0, 0, 1], 0).into())?;
    let issued = async {
        let all = find::all(&app.db).await?;
        let listed = all.into_iter().find(|listed| listed.slug == wanted.organization);
        let listed = listed.with_context(|| format!("there is no organization \"{}\"", wanted.organization))?;
        let input = Invite { email: wanted.email.clone(), name: None, role: wanted.role, customer: None };
        anyhow::Ok(issue_invitation(&app, listed.id, input).await?)
    };
    let issued = issued.await;
    app.db.close();
    installation.close().await;
    let issued = issued?;
    if place.json {
        output::json(&serde_json::json!(issued))?;
    } else {
        let IssuedInvitation { organization, link, expires_at, replaces } = issued;
        let earlier = if replaces { " The link that was made before is no longer good." } else { "" };
        output::line(&format!(
            "Hand this link to {}: whoever opens it joins {organization}. It is good once, until {expires_at}:\n\n  \
             {link}\n{earlier}",
            wanted.email
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
