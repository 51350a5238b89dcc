//! `retainer contract`.

use std::process::ExitCode;

use anyhow::{Context, ensure};
use kernel::Actor;
use kernel::id::OrganizationId;
use retainer::contracts::{self, Grant};
use retainer::organizations::find;
use retainer::{App, server};
use runtime::db::connect;

use crate::args::{ContractLogin, Place};
use crate::installation::{Absent, DATABASE, Installation};
use crate::output;

/// Makes a login, or gives it a new password, and prints its connection string.
pub(crate) async fn grant(place: &Place, wanted: ContractLogin) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(place, Absent::Refuse).await?;
    let done = async {
        let (app, organization) = found(&installation, &wanted.organization).await?;
        harden(&installation).await?;
        let grant = Grant { dialect: wanted.dialect.schema(), login: wanted.login.clone() };
        let granted = contracts::grant(&app, organization, Actor::system("retainer contract grant"), grant).await?;
        app.db.close();
        anyhow::Ok(granted)
    };
    let done = done.await;
    installation.close().await;
    let granted = done?;
    // A private PostgreSQL runs as long as somebody uses it.
    let reachable = installation.cluster.is_none() || connect(&installation.owner).await.is_ok();
    if place.json {
        let mut told = serde_json::to_value(&granted)?;
        told["reachable"] = reachable.into();
        output::json(&told)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !reachable {
        eprintln!(
            "The private PostgreSQL runs only while `retainer serve` does: until then this address leads nowhere."
        );
    }
    if granted.rotated {
        eprintln!("The login has a new password; what was open with the old one has been ended.");
    }
    if !granted.also_connects.is_empty() {
        eprintln!(
            "Everybody may connect to other databases of this server, so the login may, too: {}. To end that, run there: \
             revoke connect on database ... from public",
            granted.also_connects.join(", ")
        );
    }
    if granted.connections * 2 > granted.max_connections {
        eprintln!(
            "All logins together may open {} connections, of {} that PostgreSQL has for everybody: raise max_connections.",
            granted.connections, granted.max_connections
        );
    }
    eprintln!("Keep this connection string: it holds the password and is not shown again.");
    output::line(&granted.url)?;
    Ok(ExitCode::SUCCESS)
}

/// Ends a login.
pub(crate) async fn revoke(place: &Place, wanted: ContractLogin) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(place, Absent::Refuse).await?;
    let done = async {
        let (app, organization) = found(&installation, &wanted.organization).await?;
        let actor = Actor::system("retainer contract revoke");
        contracts::revoke(&app, organization, actor, wanted.dialect.schema(), &wanted.login).await?;
        app.db.close();
        anyhow::Ok(())
    };
    let done = done.await;
    installation.close().await;
    done?;
    if place.json {
        output::json(&serde_json::json!({ "revoked": wanted.login.as_str() }))?;
    } else {
        output::line(&format!("The login \"{}\" is gone.", wanted.login))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Lists an organization's logins.
pub(crate) async fn list(place: &Place, organization: &str) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(place, Absent::Refuse).await?;
    let done = async {
        let (app, organization) = found(&installation, organization).await?;
        let logins = contracts::list(&app, organization).await?;
        app.db.close();
        anyhow::Ok(logins)
    };
    let done = done.await;
    installation.close().await;
    let logins = done?;
    if place.json {
        output::json(&serde_json::to_value(&logins)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if logins.is_empty() {
        output::line("There are no logins.")?;
    }
    for login in logins {
        let since = login.rotated_at.unwrap_or(login.granted_at).strftime("%Y-%m-%d");
        output::line(&format!(
            "{:<12} {:<20} {}, password of {since}, {} sessions open",
            login.dialect, login.login, login.role, login.sessions
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The organization that a word names, on a database that is up to date.
async fn found(installation: &Installation, slug: &str) -> anyhow::Result<(App, OrganizationId)> {
    let owner = connect(&installation.owner).await?;
    let pending = runtime::migrate::pending(&owner, &dialects::MIGRATIONS).await?;
    ensure!(pending.is_empty(), "the database is not up to date: run `retainer migrate` first");
    let app = server::app(&installation.options(), ([127, 0, 0, 1], 0).into())?;
    let all = find::all(&app.db).await?;
    let organization = all.into_iter().find(|organization| organization.slug == slug);
    let organization = organization.with_context(|| format!("there is no organization \"{slug}\""))?;
    Ok((app, organization.id))
}

/// On a private PostgreSQL the superuser is ours, so that a login can be kept from what everybody may do by default:
/// filling the disk, and connecting to the databases beside ours.
async fn harden(installation: &Installation) -> anyhow::Result<()> {
    let Some(cluster) = &installation.cluster else { return Ok(()) };
    let root = connect(&cluster.config(DATABASE)).await?;
    contracts::harden(&root).await?;
    root.batch_execute("revoke connect on database postgres, template1 from public").await?;
    Ok(())
}
