//! Finds PostgreSQL's server programs, which most systems keep off the PATH.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::OLDEST_MAJOR;
use super::error::ClusterError;

/// One installed PostgreSQL server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerPrograms {
    /// The program that makes a data directory.
    pub initdb: PathBuf,
    /// The server.
    pub postgres: PathBuf,
    /// Its major version.
    pub major: u32,
}

/// Folders with one PostgreSQL per version: where, what the entries start with, and where the programs are inside.
const PLACES: [(&str, &str, &str); 9] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/local", "pgsql", "bin"),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ("/usr/lib", "postgresql", "bin"),
    ("/usr/libexec", "postgresql", ""),
];

/// The installed servers that are new enough, best first: `RETAINER_PG_BIN` (alone, if set), PATH, the usual folders.
pub fn installations() -> Vec<ServerPrograms> {
    examine(&folders()).0
}

/// The server for a data directory made by `made_by`, or the best one for a new data directory.
pub(super) fn server_programs(made_by: Option<u32>, pgdata: &Path) -> Result<ServerPrograms, ClusterError> {
    let mut too_old = Vec::new();
    let mut others = Vec::new();
    // One by one, since asking a program for its version costs a start of it.
    for folder in folders() {
        let (good, old) = examine(std::slice::from_ref(&folder));
        too_old.extend(old);
        for programs in good {
            if made_by.is_none_or(|major| major == programs.major) {
                return Ok(programs);
            }
            others.push(programs.major);
        }
    }
    match made_by {
        Some(made_by) if !others.is_empty() => {
            others.dedup();
            let found: Vec<String> = others.iter().map(u32::to_string).collect();
            Err(ClusterError::OtherVersion { pgdata: pgdata.to_path_buf(), made_by, found: found.join(" and ") })
        }
        _ => Err(not_installed(&too_old)),
    }
}

fn not_installed(too_old: &[u32]) -> ClusterError {
    let searched = if let Some(folder) = env::var_os("RETAINER_PG_BIN") {
        format!(" in RETAINER_PG_BIN ({})", folder.display())
    } else if let Some(newest) = too_old.iter().max() {
        format!(" (only {newest})")
    } else {
        String::new()
    };
    ClusterError::NotInstalled { oldest: OLDEST_MAJOR, searched, advice: advice().to_owned() }
}

fn advice() -> &'static str {
    let known = [
        ("apt-get", "run `sudo apt install postgresql`"),
        ("dnf", "run `sudo dnf install postgresql-server`"),
        ("zypper", "run `sudo zypper install postgresql-server`"),
        ("pacman", "run `sudo pacman -S postgresql`"),
        ("apk", "run `sudo apk add postgresql`"),
        ("brew", "run `brew install postgresql@17`"),
    ];
    let dirs = search_path();
    known
        .iter()
        .find(|(program, _)| {
            dirs.iter().any(|dir| dir.join(program).exists()) || Path::new("/opt/homebrew/bin").join(program).exists()
        })
        .map_or("install the PostgreSQL server and put its folder into RETAINER_PG_BIN", |(_, advice)| advice)
}

fn search_path() -> Vec<PathBuf> {
    env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}

/// Folders that hold both programs, best first, each once.
fn folders() -> Vec<PathBuf> {
    if let Some(folder) = env::var_os("RETAINER_PG_BIN") {
        return vec![PathBuf::from(folder)];
    }
    let mut found = search_path();
    for (parent, prefix, inside) in PLACES {
        found.extend(versions_in(Path::new(parent), prefix).into_iter().map(|version| version.join(inside)));
    }
    let mut seen = Vec::new();
    // A relative PATH entry would run whatever lies in the current directory.
    found.retain(|folder| folder.is_absolute() && folder.join("initdb").is_file() && folder.join("postgres").is_file());
    found.retain(|folder| {
        let real = fs::canonicalize(folder.join("postgres")).unwrap_or_else(|_| folder.clone());
        let new = !seen.contains(&real);
        seen.push(real);
        new
    });
    found
}

/// The entries of `parent` that start with `prefix`, the highest version number first.
fn versions_in(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let mut versions: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let rest = name.strip_prefix(prefix)?;
            Some((leading_number(rest.trim_start_matches(|c: char| !c.is_ascii_digit())), entry.path()))
        })
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, path)| path).collect()
}

/// The servers in these folders that are new enough, and the major versions of those that are not.
fn examine(folders: &[PathBuf]) -> (Vec<ServerPrograms>, Vec<u32>) {
    let mut good = Vec::new();
    let mut old = Vec::new();
    for folder in folders {
        let postgres = folder.join("postgres");
        match major_of(&postgres) {
            Some(major) if major >= OLDEST_MAJOR => {
                good.push(ServerPrograms { initdb: folder.join("initdb"), postgres, major });
            }
            Some(major) => old.push(major),
            None => {}
        }
    }
    (good, old)
}

fn major_of(postgres: &Path) -> Option<u32> {
    let output = Command::new(postgres).arg("--version").stdin(Stdio::null()).output().ok()?;
    parse_major(&String::from_utf8_lossy(&output.stdout))
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian …)`, `… 18beta1`.
fn parse_major(text: &str) -> Option<u32> {
    let (_, version) = text.split_once("(PostgreSQL) ")?;
    match leading_number(version) {
        0 => None,
        major => Some(major),
    }
}

fn leading_number(text: &str) -> u32 {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 19beta2\n"), Some(19));
        assert_eq!(parse_major("postgres (Something) 19\n"), None);
    }

    #[test]
    fn the_highest_version_comes_first() {
        let parent = env::temp_dir().join(format!("retainer-locate-{}", std::process::id()));
        for name in ["postgresql@9", "postgresql@16", "postgresql", "postgresql@17", "mysql@20"] {
            fs::create_dir_all(parent.join(name)).unwrap();
        }
        let names: Vec<_> = versions_in(&parent, "postgresql")
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        fs::remove_dir_all(&parent).unwrap();
        assert_eq!(names, ["postgresql@17", "postgresql@16", "postgresql@9", "postgresql"]);
    }
}
