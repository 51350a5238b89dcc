//! Who the server runs as: we ourselves, or somebody unprivileged when we are root.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::error::{ClusterError, io_error};

/// The account the server runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ServerUser {
    pub uid: u32,
    pub gid: u32,
    /// We are root and become this user only for the server's programs.
    pub drops: bool,
}

impl ServerUser {
    /// The owner of an existing data directory, else `postgres` or `nobody` when we are root, else we.
    pub(crate) fn choose(pgdata: &Path) -> Result<Self, ClusterError> {
        let me = rustix::process::geteuid().as_raw();
        let owner = fs::metadata(pgdata).ok().map(|found| (found.uid(), found.gid()));
        match owner {
            Some((uid, gid)) if me == 0 && uid != 0 => Ok(Self { uid, gid, drops: true }),
            Some((owner, _)) if me != 0 && owner != me => {
                Err(ClusterError::NotOurs { path: pgdata.to_path_buf(), owner })
            }
            _ if me == 0 => Self::unprivileged(),
            _ => Ok(Self { uid: me, gid: rustix::process::getegid().as_raw(), drops: false }),
        }
    }

    fn unprivileged() -> Result<Self, ClusterError> {
        let path = Path::new("/etc/passwd");
        let passwd = fs::read_to_string(path).map_err(io_error("read", path))?;
        account(&passwd, "postgres")
            .or_else(|| account(&passwd, "nobody"))
            .map(|(uid, gid)| Self { uid, gid, drops: true })
            .ok_or_else(|| io_error("find the user `postgres` or `nobody` in", path)(io::ErrorKind::NotFound.into()))
    }

    /// Lets a program run as this user, with none of our environment's secrets.
    pub(crate) fn run_as(self, command: &mut Command) {
        command.env_clear().env("LC_ALL", "C").env("TZ", "UTC").current_dir("/");
        for name in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if self.drops {
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Gives a file or directory to this user.
    pub(crate) fn give(self, path: &Path) -> Result<(), ClusterError> {
        if self.drops {
            lchown(path, Some(self.uid), Some(self.gid)).map_err(io_error("change the owner of", path))?;
        }
        Ok(())
    }

    /// Gives a directory that root brought back (from a backup, say) to this user, with all in it.
    pub(crate) fn give_all(self, path: &Path) -> Result<(), ClusterError> {
        self.give(path)?;
        // Symlinks (tablespaces) are given away themselves but not followed.
        if fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
            for entry in fs::read_dir(path).map_err(io_error("read", path))? {
                self.give_all(&entry.map_err(io_error("read", path))?.path())?;
            }
        }
        Ok(())
    }

    /// The first directory on the way to `path`, itself included, that this user may not enter.
    pub(crate) fn closed_door(self, path: &Path) -> Option<PathBuf> {
        if !self.drops {
            return None;
        }
        let mut way: Vec<&Path> = path.ancestors().collect();
        way.reverse();
        way.into_iter().find(|dir| !fs::metadata(dir).is_ok_and(|found| self.may_enter(&found))).map(Path::to_path_buf)
    }

    fn may_enter(self, dir: &fs::Metadata) -> bool {
        let bit = if dir.uid() == self.uid {
            0o100
        } else if dir.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        dir.is_dir() && dir.mode() & bit != 0
    }
}

/// The user and group id of `name` in the text of `/etc/passwd`.
fn account(passwd: &str, name: &str) -> Option<(u32, u32)> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        (uid != 0).then_some((uid, gid))
    })
}

#[cfg(test)]
mod tests {
    use super::account;

    #[test]
    fn accounts_are_read_but_never_root() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533:n:/:/bin/false\ntoor:x:0:0::/:/bin/sh\n";
        assert_eq!(account(passwd, "nobody"), Some((65534, 65533)));
        assert_eq!(account(passwd, "toor"), None);
        assert_eq!(account(passwd, "postgres"), None);
    }
}
