//! The server as the system sees it: its pid file, whether that process lives, and how to end it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// What a server writes into its `postmaster.pid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PidFile {
    pub pid: i32,
    /// Absent in the first moments of a start.
    pub socket_dir: Option<PathBuf>,
    pub stopping: bool,
}

impl PidFile {
    /// Reads the pid file of a data directory, if there is one that makes sense.
    pub(crate) fn read(pgdata: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(pgdata.join("postmaster.pid")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        // A server in single-user mode writes its pid with a minus sign.
        let pid = lines.first()?.parse::<i32>().ok()?.checked_abs()?;
        let socket_dir = lines.get(4).filter(|dir| dir.starts_with('/')).map(PathBuf::from);
        let stopping = lines.get(7).is_some_and(|status| *status == "stopping");
        (pid > 1).then_some(Self { pid, socket_dir, stopping })
    }
}

/// Whether there is such a process, zombies not counted.
#[cfg(target_os = "linux")]
fn lives(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

/// Whether there is such a process, zombies not counted.
#[cfg(not(target_os = "linux"))]
fn lives(pid: i32) -> bool {
    ps(pid).is_some_and(|text| !text.starts_with('Z'))
}

/// Whether `pid` is the live postmaster of this data directory: not a zombie, not a stranger that got the number later.
#[cfg(target_os = "linux")]
pub(super) fn is_server(pid: i32, pgdata: &Path) -> bool {
    if !lives(pid) {
        return false;
    }
    // Not /proc/<pid>/cwd: root in a container may not read that link of another user's process.
    let arguments = arguments(pid);
    let program = arguments.first().map(|first| Path::new(first).file_name().unwrap_or_default().to_owned());
    program.is_some_and(|program| program == "postgres" || program == "postmaster")
        && arguments
            .iter()
            .any(|argument| argument.strip_prefix("-D").unwrap_or(argument) == pgdata.display().to_string())
}

/// Whether `pid` is the live postmaster of this data directory: not a zombie, not a stranger that got the number later.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_server(pid: i32, pgdata: &Path) -> bool {
    ps(pid).is_some_and(|text| !text.starts_with('Z') && text.ends_with(&format!("-D {}", pgdata.display())))
}

/// A process's state and command line.
#[cfg(not(target_os = "linux"))]
fn ps(pid: i32) -> Option<String> {
    let arguments = ["-ww", "-o", "stat=,args=", "-p", &pid.to_string()];
    let output = std::process::Command::new("/bin/ps").args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(target_os = "linux")]
fn arguments(pid: i32) -> Vec<String> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    bytes.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}

/// Sends a signal; a process that is gone already is no error.
pub(super) fn send(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid).filter(|pid| !pid.is_init()) {
        let _gone = kill_process(pid, signal);
    }
}

/// Waits until the process has ended; says whether it did in time.
pub(super) async fn wait_for_end(pid: i32, patience: Duration) -> bool {
    let begun = Instant::now();
    // Not `is_server`: an ending process loses its command line before it is gone.
    while lives(pid) {
        if begun.elapsed() > patience {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    true
}

/// Ends the backends of a postmaster that died; call it only when that is sure, under the start lock.
///
/// A backend in the middle of a computation does not notice that its postmaster died, and PostgreSQL rightly refuses
/// to start beside it. Backends carry the cluster's name in their title.
pub(super) fn end_orphans(cluster_name: &str, signal: Signal) {
    let title = format!("postgres: {cluster_name}: ");
    for (pid, _) in titles().into_iter().filter(|(_, found)| found.starts_with(&title)) {
        tracing::warn!(pid, "ending a PostgreSQL backend whose server died");
        send(pid, signal);
    }
}

/// All processes with their titles.
#[cfg(target_os = "linux")]
fn titles() -> Vec<(i32, String)> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            Some((pid, arguments(pid).into_iter().next()?))
        })
        .collect()
}

/// All processes with their titles.
#[cfg(not(target_os = "linux"))]
fn titles() -> Vec<(i32, String)> {
    let output = std::process::Command::new("/bin/ps").args(["-axww", "-o", "pid=,args="]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let (pid, title) = line.trim().split_once(' ')?;
            Some((pid.parse().ok()?, title.trim_start().to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pid_files_are_read_at_every_stage() {
        let whole = "4711\n/d/pgdata\n1700000000\n5432\n/d/socket\n\n  5407  65536\nstopping\n";
        let parsed = PidFile::parse(whole).unwrap();
        assert_eq!((parsed.pid, parsed.stopping), (4711, true));
        assert_eq!(parsed.socket_dir, Some(PathBuf::from("/d/socket")));
        assert_eq!(PidFile::parse("4711\n/d/pgdata\n").unwrap().socket_dir, None);
        assert_eq!(PidFile::parse(""), None);
        assert_eq!(PidFile::parse("1\n"), None);
    }

    #[test]
    fn we_are_not_a_server() {
        let me = i32::try_from(std::process::id()).unwrap();
        assert!(!is_server(me, Path::new("/nowhere/pgdata")));
    }
}
