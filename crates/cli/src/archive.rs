//! `retainer archive`.

use std::process::ExitCode;

use kernel::thousands::apart;
use retainer::archive::{Export, Import, Imported, Manifest, export, import};
use retainer::{App, server};

use crate::args::{ArchiveExport, ArchiveImport, Place};
use crate::installation::{Absent, Installation};
use crate::output;
use crate::progress::Bar;

/// Writes an organization into a file, also while a server runs on the same data.
pub(crate) async fn export_to(place: &Place, wanted: ArchiveExport) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(place, Absent::Refuse).await?;
    let written = async {
        let app = app(&installation).await?;
        let bar = Bar::new();
        let what = Export { slug: &wanted.organization, to: &wanted.to };
        let written = export(&app, what, &|progress| bar.show(progress)).await;
        bar.clear();
        app.db.close();
        anyhow::Ok(written?)
    };
    let written = written.await;
    installation.close().await;
    tell_written(place, &wanted, &written?)?;
    Ok(ExitCode::SUCCESS)
}

/// Takes an organization in, also while a server runs on the same data.
pub(crate) async fn import_from(place: &Place, wanted: ArchiveImport) -> anyhow::Result<ExitCode> {
    let slug = wanted.slug.as_deref().map(str::parse).transpose();
    let slug = slug.map_err(|error| anyhow::anyhow!("--slug {error}"))?;
    let installation = Installation::open(place, Absent::Make).await?;
    let taken = async {
        let app = app(&installation).await?;
        let bar = Bar::new();
        let what = Import { from: &wanted.from, slug: slug.as_ref(), dry_run: wanted.dry_run };
        let taken = import(&app, what, &|progress| bar.show(progress)).await;
        bar.clear();
        app.db.close();
        anyhow::Ok(taken?)
    };
    let taken = taken.await;
    installation.close().await;
    tell_taken(place, &taken?)?;
    Ok(ExitCode::SUCCESS)
}

async fn app(installation: &Installation) -> anyhow::Result<App> {
    let options = installation.options();
    server::migrate(&options, &dialects::MIGRATIONS).await?;
    Ok(server::app(&options, ([127, 0, 0, 1], 0).into())?)
}

/// Said aloud wherever an archive is written, also beside JSON.
const SECRET: &str =
    "Keep it like a password: it holds the hashes of everybody's, and all that the organization knows.";

fn tell_written(place: &Place, wanted: &ArchiveExport, manifest: &Manifest) -> anyhow::Result<()> {
    let file = wanted.to.display();
    if place.json {
        eprintln!("{SECRET}");
        return output::json(&serde_json::json!({
            "file": file.to_string(), "organization": manifest.organization, "rows": manifest.rows(),
            "schema": manifest.schema, "exported_at": manifest.exported_at, "files": manifest.files,
        }));
    }
    let rows = apart(&manifest.rows().to_string());
    output::line(&format!(
        "{file}: {rows} rows of \"{}\" as of {}.",
        manifest.organization.slug, manifest.exported_at
    ))?;
    output::line(SECRET)
}

fn tell_taken(place: &Place, taken: &Imported) -> anyhow::Result<()> {
    if place.json {
        return output::json(&serde_json::to_value(taken)?);
    }
    let Imported { slug, people, held_mails, .. } = taken;
    let rows = apart(&taken.rows.to_string());
    output::line(&match taken.dry_run {
        true => format!("{slug}: {rows} rows would have been taken in; nothing was written"),
        false => format!("{slug}: {rows} rows taken in, as of {}", taken.exported_at),
    })?;
    output::line(&format!("people: {} new, {} known here, who stay as they were", people.new, people.known))?;
    if !taken.own && people.new > 0 {
        output::line("The archive is another installation's: new people confirm their addresses again.")?;
    }
    if people.without_password > 0 {
        output::line(&format!(
            "{} of them had an authenticator app, whose secret cannot come along: they sign in by \"forgot password\".",
            people.without_password
        ))?;
    }
    if taken.owners == 0 {
        let then = format!("retainer user invite --organization {slug} --email ADDRESS");
        output::line(&format!("Nobody owns it here, so nobody can look after it. Invite an owner: {then}"))?;
    }
    if *held_mails > 0 {
        output::line(&format!(
            "{held_mails} mails were on their way and are held in the outbox: the old place may have sent them."
        ))?;
    }
    Ok(())
}
