//! `retainer ledger`.

use std::process::ExitCode;

use anyhow::Context;
use kernel::Actor;
use retainer::organizations::find::{self, Listed};
use retainer::{App, ledger, server};
use runtime::tx::Access;

use crate::args::{LedgerVerify, Place};
use crate::installation::{Absent, Installation};
use crate::output;

/// What was found in one organization.
#[derive(Debug, serde::Serialize)]
struct Proof {
    organization: String,
    /// How many rows were put right; null unless asked to.
    rebuilt: Option<u64>,
    discrepancies: Vec<Discrepancy>,
}

#[derive(Debug, serde::Serialize)]
struct Discrepancy {
    rule: &'static str,
    account: String,
    detail: String,
}

/// Proves the ledgers of one or all organizations; the exit code is 1 when something is wrong.
pub(crate) async fn verify(place: &Place, wanted: LedgerVerify) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(place, Absent::Refuse).await?;
    let proved = prove_all(&installation, &wanted).await;
    installation.close().await;
    let proofs = proved?;
    let clean = proofs.iter().all(|proof| proof.discrepancies.is_empty());
    if place.json {
        output::json(&serde_json::json!({ "clean": clean, "organizations": proofs }))?;
    } else {
        for proof in &proofs {
            print(proof)?;
        }
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(proof: &Proof) -> anyhow::Result<()> {
    let slug = &proof.organization;
    if let Some(rows) = proof.rebuilt {
        output::line(&format!("{slug}: {rows} rows were put right"))?;
    }
    if proof.discrepancies.is_empty() {
        output::line(&format!("{slug}: the ledger is as it must be"))?;
    }
    for Discrepancy { rule, account, detail } in &proof.discrepancies {
        output::line(&format!("{slug}: {account} breaks \"{rule}\": {detail}"))?;
    }
    Ok(())
}

async fn prove_all(installation: &Installation, wanted: &LedgerVerify) -> anyhow::Result<Vec<Proof>> {
    let app = server::app(&installation.options(), ([127, 0, 0, 1], 0).into())?;
    let mut organizations = find::all(&app.db).await?;
    if let Some(slug) = &wanted.organization {
        organizations.retain(|organization| organization.slug == *slug);
        organizations.first().with_context(|| format!("there is no organization \"{slug}\""))?;
    }
    let mut proofs = Vec::new();
    for organization in &organizations {
        if !nobody_watches() {
            eprint!("\r{}/{} {:<40}", proofs.len() + 1, organizations.len(), organization.slug);
        }
        proofs.push(prove(&app, organization, wanted.rebuild).await?);
    }
    if !nobody_watches() {
        eprint!("\r{:60}\r", "");
    }
    app.db.close();
    Ok(proofs)
}

/// Whether nobody watches stderr.
fn nobody_watches() -> bool {
    !std::io::IsTerminal::is_terminal(&std::io::stderr())
}

async fn prove(app: &App, organization: &Listed, rebuild: bool) -> anyhow::Result<Proof> {
    let actor = Actor::system("retainer ledger verify");
    let mut rebuilt = None;
    if rebuild {
        let tx = app.begin(organization.id, actor.clone(), Access::Write).await?;
        rebuilt = Some(ledger::verify::rebuild(&tx).await?);
        tx.commit().await?;
    }
    let tx = app.begin(organization.id, actor, Access::Read).await?;
    let found = ledger::verify::verify(&tx).await?;
    tx.commit().await?;
    let discrepancy = |found: ledger::verify::Discrepancy| Discrepancy {
        rule: found.rule,
        account: found.account.to_string(),
        detail: found.detail,
    };
    let discrepancies = found.into_iter().map(discrepancy).collect();
    Ok(Proof { organization: organization.slug.clone(), rebuilt, discrepancies })
}
