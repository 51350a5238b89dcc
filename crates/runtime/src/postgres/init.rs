//! Makes the data directory, beside its place, and moves it there when it is complete.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::error::{ClusterError, io_error};
use super::home::{Home, hex, make_dir, write_whole};
use super::locate::ServerPrograms;
use super::{Durability, SUPERUSER, settings};

/// What unfinished data directories are called.
const DRAFT: &str = "init-";

/// How many digits the password has: 32 bytes.
const SECRET_DIGITS: usize = 64;

/// Locales to try: all of Unicode's letters if the system can, sorted by code point in any case.
const LOCALES: [&[&str]; 3] = [&["--locale=C.UTF-8"], &["--locale=C", "--lc-ctype=en_US.UTF-8"], &["--locale=C"]];

/// The superuser's password; made on first use, before the data directory exists.
pub(super) fn password(home: &Home) -> Result<String, ClusterError> {
    let path = home.secret();
    let known = fs::read_to_string(&path).map(|text| text.trim_end().to_owned()).unwrap_or_default();
    if known.len() == SECRET_DIGITS {
        return Ok(known);
    }
    if home.pgdata().exists() {
        return Err(ClusterError::SecretLost { path });
    }
    let fresh = hex(&rand::random::<[u8; SECRET_DIGITS / 2]>());
    write_whole(&path, &format!("{fresh}\n"), home.user)?;
    Ok(fresh)
}

/// Makes the data directory; whatever happens on the way, `pgdata` is either complete or absent.
pub(super) async fn create(home: &Home, programs: &ServerPrograms, durability: Durability) -> Result<(), ClusterError> {
    remove_drafts(home);
    // The initdb of a killed process may still be writing, so each gets a name of its own.
    let draft = home.dir.join(format!("{DRAFT}{}", hex(&rand::random::<[u8; 8]>())));
    make_dir(&draft, 0o700)?;
    home.user.give(&draft)?;
    let made = run_initdb(home, programs, durability, &draft).await;
    if made.is_err() {
        let _best_effort = fs::remove_dir_all(&draft);
    }
    made?;
    let conf = draft.join("postgresql.conf");
    OpenOptions::new()
        .append(true)
        .open(&conf)
        .and_then(|mut file| file.write_all(settings::INCLUDE.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(io_error("write", &conf))?;
    let pgdata = home.pgdata();
    fs::rename(&draft, &pgdata).map_err(io_error("create", &pgdata))?;
    File::open(&home.dir).and_then(|dir| dir.sync_all()).map_err(io_error("write", &home.dir))
}

fn remove_drafts(home: &Home) {
    let Ok(entries) = fs::read_dir(&home.dir) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(DRAFT)) {
            let _best_effort = fs::remove_dir_all(entry.path());
        }
    }
}

async fn run_initdb(
    home: &Home,
    programs: &ServerPrograms,
    durability: Durability,
    draft: &Path,
) -> Result<(), ClusterError> {
    let mut tail = String::new();
    for locale in LOCALES {
        let mut command = Command::new(&programs.initdb);
        command.arg("-D").arg(draft).arg(format!("--pwfile={}", home.secret().display()));
        command.args(["--encoding=UTF8", "--auth=scram-sha-256", "--data-checksums", "--no-instructions"]);
        command.arg(format!("--username={SUPERUSER}")).args(locale);
        if durability == Durability::Disposable {
            command.arg("--no-sync");
        }
        home.user.run_as(&mut command);
        command.stdin(Stdio::null()).kill_on_drop(true);
        let limited = tokio::time::timeout(Duration::from_mins(3), command.output()).await;
        let output = limited
            .map_err(|_elapsed| ClusterError::InitFailed {
                path: home.dir.clone(),
                tail: "initdb took more than three minutes".into(),
            })?
            .map_err(io_error("run", &programs.initdb))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        tail = said.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        if !said.contains("locale") {
            break;
        }
    }
    Err(ClusterError::InitFailed { path: home.dir.clone(), tail })
}
