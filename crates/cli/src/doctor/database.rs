//! The checks that need the database.

use dialects::MIGRATIONS;
use retainer::App;
use runtime::migrate::pending;
use tokio_postgres::Client;

use super::Finding;
use crate::installation::Installation;

/// All of them; those that a failed one makes pointless are left out.
pub(super) async fn check(installation: &Installation, app: &App, smtp_url: Option<&str>) -> Vec<Finding> {
    let owner = match app.db.owner().await {
        Ok(owner) => owner,
        Err(error) => {
            let advice = "Check that PostgreSQL runs, and the address, user and password in DATABASE_URL.";
            return vec![Finding::wrong("database", error.to_string(), advice)];
        }
    };
    let mut findings = vec![version(installation, &owner).await, clock(app, &owner).await];
    let migrations = migrations(&owner).await;
    let migrated = migrations.advice.is_none();
    findings.push(migrations);
    if migrated {
        findings.push(key(app).await);
        findings.push(isolation(app, &owner).await);
        findings.push(jobs(app, &owner).await);
        findings.extend(super::mail::held(app, smtp_url).await);
    }
    findings.push(disk(installation));
    findings
}

/// A finding of a check that may break off on a fault of the database.
fn or_fault(check: &'static str, found: anyhow::Result<Finding>) -> Finding {
    found.unwrap_or_else(|error| Finding::wrong(check, runtime::error::said(&error), "Look at the log of PostgreSQL."))
}

async fn version(installation: &Installation, owner: &Client) -> Finding {
    let asked = async {
        let row = owner.query_one("select current_setting('server_version'), current_setting('server_version_num')::int, current_setting('fsync')", &[]).await?;
        let (version, number): (String, i32) = (row.get(0), row.get(1));
        let kind = if installation.cluster.is_some() { "private PostgreSQL" } else { "PostgreSQL" };
        let advice = if number < 150_000 {
            "Retainer needs PostgreSQL 15 or newer."
        } else if row.get::<_, &str>(2) != "on" {
            "Turn fsync on: without it a power cut loses data that was acknowledged."
        } else {
            return Ok(Finding::good("database", format!("{kind} {version} answers")));
        };
        Ok(Finding::wrong("database", format!("{kind} {version} answers"), advice))
    };
    or_fault("database", asked.await)
}

async fn clock(app: &App, owner: &Client) -> Finding {
    let asked = async {
        let before = app.clock.now();
        let there: jiff::Timestamp = owner.query_one("select clock_timestamp()", &[]).await?.get(0);
        let after = app.clock.now();
        let ahead = there.as_millisecond() - after.as_millisecond();
        let behind = before.as_millisecond() - there.as_millisecond();
        let skew = ahead.max(behind).max(0);
        let found = format!("differs from the database's by {skew} ms");
        Ok(if skew > 2_000 {
            Finding::wrong("clock", found, "Set both machines' clocks by NTP (timedatectl set-ntp true).")
        } else {
            Finding::good("clock", found)
        })
    };
    or_fault("clock", asked.await)
}

async fn migrations(owner: &Client) -> Finding {
    let asked = async {
        let pending = pending(owner, &MIGRATIONS).await?;
        Ok(if pending.is_empty() {
            Finding::good("migrations", "none is pending")
        } else {
            let found = format!("{} pending, {} first", pending.len(), pending.first().unwrap_or(&""));
            Finding::wrong("migrations", found, "Run `retainer migrate`; `retainer serve` does it too.")
        })
    };
    or_fault("migrations", asked.await)
}

async fn key(app: &App) -> Finding {
    let opened = async {
        let client = app.db.client().await?;
        let row = client.query_one("select current_user::text", &[]).await?;
        anyhow::Ok(row.get::<_, String>(0))
    };
    match opened.await {
        Ok(role) => Finding::good("key", format!("opens the database as {role}")),
        Err(error) => Finding::wrong(
            "key",
            format!("does not open the database as the application's role: {}", runtime::error::said(&error)),
            "The key must be the one that the database was migrated with: set RETAINER_KEY or put the key file back. \
             If the key is meant to be new, run `retainer migrate`.",
        ),
    }
}

async fn isolation(app: &App, owner: &Client) -> Finding {
    let asked = async {
        let open = owner
            .query(
                "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
                 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                     and a.attname = 'organization_id' and not (c.relrowsecurity and c.relforcerowsecurity)
                     and c.relname not in ('organization_slugs', 'contract_logins')
                 order by 1",
                &[],
            )
            .await?;
        let operator = app.db.operator().await?;
        let all: i64 = operator.query_one("select count(*) from organizations", &[]).await?.get(0);
        let client = app.db.client().await?;
        let row = client
            .query_one(
                "select (select count(*) from organizations),
                        exists (select from pg_roles where rolname = current_user and (rolsuper or rolbypassrls))",
                &[],
            )
            .await?;
        let (seen, bypasses): (i64, bool) = (row.get(0), row.get(1));
        let open: Vec<String> = open.iter().map(|row| row.get(0)).collect();
        Ok(judge_isolation(all, seen, bypasses, &open))
    };
    or_fault("isolation", asked.await)
}

fn judge_isolation(all: i64, seen: i64, bypasses: bool, open: &[String]) -> Finding {
    let advice = "Stop serving until this is mended: one organization could see another's data.";
    if seen > 0 {
        Finding::wrong("isolation", format!("without an organization, {seen} of {all} are seen"), advice)
    } else if bypasses {
        Finding::wrong("isolation", "the application's role may bypass row-level security", advice)
    } else if !open.is_empty() {
        Finding::wrong("isolation", format!("row-level security is off or not forced on {}", open.join(", ")), advice)
    } else {
        Finding::good("isolation", format!("row-level security hides all {all} organizations from a forgotten filter"))
    }
}

async fn jobs(app: &App, owner: &Client) -> Finding {
    let asked = async {
        let row = owner
            .query_one(
                "select count(*) filter (where attempts < max_attempts and run_at <= $1 and locked_at is null),
                        coalesce(extract(epoch from $1 - min(run_at) filter (
                            where attempts < max_attempts and run_at <= $1 and locked_at is null)), 0)::bigint,
                        count(*) filter (where attempts >= max_attempts)
                 from graphile_worker.jobs",
                &[&app.clock.now()],
            )
            .await?;
        let (due, lag, given_up): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
        let found = format!("{due} due, the oldest for {} s; {given_up} given up", lag.max(0));
        Ok(if lag > 300 {
            Finding::wrong("jobs", found, "Is `retainer serve` running? If it is, look at its log.")
        } else if given_up > 0 {
            Finding::notice(
                "jobs",
                found,
                "`select * from graphile_worker.jobs where attempts >= max_attempts` says why.",
            )
        } else {
            Finding::good("jobs", found)
        })
    };
    or_fault("jobs", asked.await)
}

fn disk(installation: &Installation) -> Finding {
    let place = installation.cluster.as_ref().map_or(installation.data.as_path(), |cluster| cluster.data_dir());
    match rustix::fs::statvfs(place) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize) >> 20;
            let found = format!("{free} MiB free at {}", place.display());
            if free < 256 {
                Finding::wrong("disk", found, "Make room now: PostgreSQL stops when the disk is full.")
            } else if free < 2048 {
                Finding::notice("disk", found, "Make room soon.")
            } else {
                Finding::good("disk", found)
            }
        }
        Err(error) => Finding::notice("disk", format!("{}: {error}", place.display()), "Look at the directory."),
    }
}
