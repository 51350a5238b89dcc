//! `retainer doctor`: what is wrong with an installation, and what to do about it.

mod database;
mod mail;

use std::process::ExitCode;

use retainer::App;
use retainer::server;

use crate::args::{MailServer, Place};
use crate::installation::{Absent, Installation};
use crate::output;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// As it should be.
    Good,
    /// It works, but somebody should know.
    Notice,
    /// It does not work.
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, serde::Serialize)]
struct Finding {
    /// What was looked at.
    check: &'static str,
    verdict: Verdict,
    /// What was seen.
    found: String,
    /// What to do, unless all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn good(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Good, found: found.into(), advice: None }
    }

    fn notice(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Notice, found: found.into(), advice: Some(advice.into()) }
    }

    fn wrong(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Wrong, found: found.into(), advice: Some(advice.into()) }
    }
}

/// Looks at everything; the exit code is 1 when something does not work.
pub(crate) async fn run(place: &Place, smtp: MailServer) -> anyhow::Result<ExitCode> {
    let (database, mail) =
        tokio::join!(database_findings(place, smtp.smtp_url.as_deref()), mail::check(smtp.smtp_url.as_deref()));
    let mut findings = database;
    findings.push(mail);
    let healthy = findings.iter().all(|finding| finding.verdict != Verdict::Wrong);
    if place.json {
        output::json(&serde_json::json!({ "healthy": healthy, "findings": findings }))?;
    } else {
        for finding in &findings {
            print(finding)?;
        }
        output::line(if healthy { "Nothing is wrong." } else { "Something is wrong; see above." })?;
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(finding: &Finding) -> anyhow::Result<()> {
    let mark = match finding.verdict {
        Verdict::Good => "ok    ",
        Verdict::Notice => "note  ",
        Verdict::Wrong => "WRONG ",
    };
    output::line(&format!("{mark} {:<11} {}", finding.check, finding.found))?;
    match &finding.advice {
        Some(advice) => output::line(&format!("                   → {advice}")),
        None => Ok(()),
    }
}

async fn database_findings(place: &Place, smtp_url: Option<&str>) -> Vec<Finding> {
    let installation = match Installation::open(place, Absent::Refuse).await {
        Ok(installation) => installation,
        Err(error) => {
            let advice = "`retainer serve` starts it; with DATABASE_URL, check the address, the user and the password.";
            return vec![Finding::wrong("database", runtime::error::said(&error), advice)];
        }
    };
    let app: Result<App, _> = server::app(&installation.options(), ([127, 0, 0, 1], 0).into());
    let findings = match app {
        Ok(app) => database::check(&installation, &app, smtp_url).await,
        Err(error) => vec![Finding::wrong("database", error.to_string(), "Check DATABASE_URL.")],
    };
    installation.close().await;
    findings
}
