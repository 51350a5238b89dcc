//! Where a cluster lives: the directory that was asked for, or a reachable one when PostgreSQL may not go there.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::{ClusterError, io_error};
use super::user::ServerUser;
use super::{Durability, PORT};

/// The longest socket path we use: `sun_path` holds 104 bytes on macOS, 108 on Linux.
const LONGEST_SOCKET: usize = 100;

/// A cluster's directory, and who its server runs as.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub dir: PathBuf,
    pub user: ServerUser,
    /// The directory that was asked for, when it could not be used.
    pub moved_from: Option<PathBuf>,
}

impl Home {
    /// Finds the home of an earlier start again, or makes a new one.
    pub(crate) fn settle(data_dir: &Path, durability: Durability) -> Result<Self, ClusterError> {
        let asked = std::path::absolute(data_dir).map_err(io_error("find", data_dir))?;
        if let Some(parent) = asked.parent() {
            fs::create_dir_all(parent).map_err(io_error("create", parent))?;
        }
        make_dir(&asked, if we_are_root() { 0o711 } else { 0o700 })?;
        let known = Self::find(&asked)?;
        let is_known = known.is_some();
        let home = match known {
            Some(home) => home,
            None => Self::at(fs::canonicalize(&asked).map_err(io_error("find", &asked))?)?,
        };
        match home.user.closed_door(&home.dir) {
            None => Ok(home),
            Some(closed) if closed == home.dir => home.open_door(),
            Some(closed) if is_known => Err(ClusterError::Unreachable { path: home.dir, closed }),
            Some(_) => home.move_to_reach(durability),
        }
    }

    /// The home of an earlier start.
    pub(crate) fn find(data_dir: &Path) -> Result<Option<Self>, ClusterError> {
        let Ok(asked) = fs::canonicalize(data_dir) else { return Ok(None) };
        if let Some(moved) = read_pointer(&asked) {
            check_owner(&moved, 0)?;
            return Ok(Some(Self { moved_from: Some(asked), ..Self::at(moved)? }));
        }
        if asked.join("pgdata").exists() { Self::at(asked).map(Some) } else { Ok(None) }
    }

    fn at(dir: PathBuf) -> Result<Self, ClusterError> {
        let user = ServerUser::choose(&dir.join("pgdata"))?;
        Ok(Self { dir, user, moved_from: None })
    }

    /// Lets the server's user pass through our own directory.
    fn open_door(self) -> Result<Self, ClusterError> {
        let mode = fs::metadata(&self.dir).map_err(io_error("look at", &self.dir))?.mode();
        fs::set_permissions(&self.dir, Permissions::from_mode((mode & 0o777) | 0o111))
            .map_err(io_error("change the mode of", &self.dir))?;
        Ok(self)
    }

    /// Settles outside of the unreachable directory, and leaves a note there where.
    fn move_to_reach(self, durability: Durability) -> Result<Self, ClusterError> {
        let name = fingerprint(&[self.dir.as_os_str().as_encoded_bytes()]);
        let dir = match durability {
            Durability::Durable => {
                let parent = Path::new("/var/lib/retainer");
                make_own_dir(parent, 0)?;
                parent.join(name)
            }
            // Only what may be lost goes to a directory that is emptied now and then.
            Durability::Disposable => Path::new("/tmp").join(format!("retainer-{name}")),
        };
        make_own_dir(&dir, 0)?;
        if let Some(closed) = self.user.closed_door(&dir) {
            return Err(ClusterError::Unreachable { path: dir, closed });
        }
        let note = pointer(&self.dir);
        fs::write(&note, format!("{}\n", dir.display())).map_err(io_error("write", &note))?;
        tracing::warn!(
            asked = %self.dir.display(),
            used = %dir.display(),
            "PostgreSQL may not run as root and its own user cannot enter the data directory; the data is kept elsewhere"
        );
        Ok(Self { moved_from: Some(self.dir), ..Self::at(dir)? })
    }

    /// PostgreSQL's data directory.
    pub(crate) fn pgdata(&self) -> PathBuf {
        self.dir.join("pgdata")
    }

    /// The file with the superuser's password.
    pub(crate) fn secret(&self) -> PathBuf {
        self.dir.join("secret")
    }

    /// The lock held while starting and stopping.
    pub(crate) fn start_lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    /// The lock held by every process that uses the server.
    pub(crate) fn users(&self) -> PathBuf {
        self.dir.join("users")
    }

    /// Where the server writes before its log is open.
    pub(crate) fn start_log(&self) -> PathBuf {
        self.dir.join("start.log")
    }

    /// The directory of the server's log.
    pub(crate) fn log_dir(&self) -> PathBuf {
        self.dir.join("log")
    }

    /// Our settings.
    pub(crate) fn settings(&self) -> PathBuf {
        self.dir.join("retainer.conf")
    }

    /// A name that no other cluster on this machine has; it shows in process titles.
    pub(crate) fn cluster_name(&self) -> String {
        format!("retainer-{}", fingerprint(&[self.dir.as_os_str().as_encoded_bytes()]))
    }

    /// The private directory of the unix socket, the same at each start.
    pub(crate) fn socket_dir(&self, password: &str) -> PathBuf {
        let near = self.dir.join("socket");
        let plain = near.to_str().is_some_and(|text| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+@=~".contains(&byte))
                && text.len() + format!("/.s.PGSQL.{PORT}").len() <= LONGEST_SOCKET
        });
        if plain {
            return near;
        }
        // The password keeps others from guessing the name and taking it first. Not XDG_RUNTIME_DIR: it differs
        // between a terminal and a cron job, and is deleted at logout.
        let name = fingerprint(&[self.dir.as_os_str().as_encoded_bytes(), password.as_bytes()]);
        Path::new("/tmp").join(format!("retainer-{name}"))
    }

    /// Makes the directories that the server needs beside its data.
    pub(crate) fn furnish(&self, socket_dir: &Path) -> Result<(), ClusterError> {
        for dir in [socket_dir, &self.log_dir()] {
            if make_dir(dir, 0o700)? {
                self.user.give(dir)?;
            }
            check_owner(dir, self.user.uid)?;
        }
        let pgdata = self.pgdata();
        if self.user.drops && fs::metadata(&pgdata).is_ok_and(|found| found.uid() == 0) {
            self.user.give_all(&pgdata)?;
        }
        Ok(())
    }
}

/// Where the note about a move lies in the directory that was asked for.
fn pointer(asked: &Path) -> PathBuf {
    asked.join("location")
}

/// Reads that note; only root moves, and only root's own note is believed.
fn read_pointer(asked: &Path) -> Option<PathBuf> {
    let note = pointer(asked);
    if !we_are_root() || fs::symlink_metadata(&note).ok()?.uid() != 0 {
        return None;
    }
    let dir = PathBuf::from(fs::read_to_string(note).ok()?.trim_end());
    (dir.is_absolute() && dir.is_dir()).then_some(dir)
}

fn we_are_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Makes a directory with exactly this mode; says whether it is new.
pub(super) fn make_dir(path: &Path, mode: u32) -> Result<bool, ClusterError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {
            fs::set_permissions(path, Permissions::from_mode(mode)).map_err(io_error("change the mode of", path))?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(false),
        Err(error) => Err(io_error("create", path)(error)),
    }
}

/// Makes a directory in a place that others may write to as well, and refuses one that somebody else made.
fn make_own_dir(path: &Path, uid: u32) -> Result<(), ClusterError> {
    make_dir(path, 0o711)?;
    check_owner(path, uid)
}

fn check_owner(path: &Path, uid: u32) -> Result<(), ClusterError> {
    let found = fs::symlink_metadata(path).map_err(io_error("look at", path))?;
    if found.is_dir() && found.uid() == uid {
        Ok(())
    } else {
        Err(ClusterError::NotOurs { path: path.to_path_buf(), owner: found.uid() })
    }
}

/// Sixteen hexadecimal digits that stand for these parts.
fn fingerprint(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    hex(&hash.finalize()[..8])
}

/// Hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

/// Replaces a file as a whole, so that no half of it is ever seen, and gives it to the server's user.
pub(super) fn write_whole(path: &Path, text: &str, user: ServerUser) -> Result<(), ClusterError> {
    let draft = path.with_extension("new");
    let _absent = fs::remove_file(&draft);
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).map_err(io_error("create", &draft))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io_error("write", &draft))?;
    user.give(&draft)?;
    fs::rename(&draft, path).map_err(io_error("replace", path))
}
