//! Reading how an organization's export stands.

use jiff::{SignedDuration, Timestamp};
use kernel::Permission;
use kernel::id::ExportId;
use runtime::{Columns, Error, Tx, sql};
use tokio_postgres::Row;

kernel::words! {
    /// How an export stands.
    ExportState, "state" {
        /// There is none.
        None = "none",
        /// It will be written as soon as a server gets to it.
        Ordered = "ordered",
        /// It is being written.
        Writing = "writing",
        /// It may be downloaded.
        Ready = "ready",
        /// It could not be written.
        Failed = "failed",
    }
}

/// The archive of everything that an owner ordered.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Export {
    /// How it stands.
    pub state: ExportState,
    /// How far it is written, in hundredths.
    pub percent: i32,
    /// Whether nothing was heard of its writing for a while, as when the server that wrote it ended: order it again.
    pub is_cut_off: bool,
    /// Who ordered it.
    pub ordered_by: Option<String>,
    /// When it was ordered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ordered_at: Option<Timestamp>,
    /// The archive, once it is ready.
    pub archive: Option<Written>,
    /// Why it could not be written.
    pub failure: Option<String>,
    /// Under which the file lies.
    #[serde(skip)]
    pub id: Option<ExportId>,
}

/// An archive that is whole.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Written {
    /// What it is called.
    #[schema(example = "acme-2026-11-20.tar.gz")]
    pub name: String,
    /// How many bytes it has.
    pub bytes: i64,
    /// SHA-256 of them, in hexadecimal.
    pub sha256: String,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub ready_at: Timestamp,
    /// Until when it is kept.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

runtime::refusals! {
    /// Why there is nothing to download or to delete.
    pub enum ExportRefused {
        /// None was ordered.
        None => NotFound, "export.none", "There is no export. Order one first.";
        /// The disk has no room for it.
        NoRoom => Conflict, "export.no_room", "There is too little room for it where files are kept. Ask whoever hosts Retainer.";
        /// It is not there yet.
        NotReady => Conflict, "export.not_ready", "The archive is not written yet. Wait a moment, and look again how far it is.";
    }
}

/// After how long without a word a writing counts as cut off.
const SILENCE: SignedDuration = SignedDuration::from_secs(120);

impl Export {
    /// What there is where none was ordered.
    pub const NONE: Self = Self {
        state: ExportState::None,
        percent: 0,
        is_cut_off: false,
        ordered_by: None,
        ordered_at: None,
        archive: None,
        failure: None,
        id: None,
    };

    /// Whether it will come by itself.
    pub fn is_coming(&self) -> bool {
        matches!(self.state, ExportState::Ordered | ExportState::Writing) && !self.is_cut_off
    }

    fn of_row(row: &Row, now: Timestamp) -> Result<Self, Error> {
        let state: ExportState = row.word("state")?;
        let told_at: Timestamp = row.get("told_at");
        let archive = (state == ExportState::Ready).then(|| Written {
            name: row.get("name"),
            bytes: row.get("bytes"),
            sha256: hex::encode(row.get::<_, Vec<u8>>("sha256")),
            ready_at: row.get("ready_at"),
            expires_at: row.get("expires_at"),
        });
        Ok(Self {
            state,
            percent: row.get("percent"),
            is_cut_off: state == ExportState::Writing && now.duration_since(told_at) > SILENCE,
            ordered_by: row.get("ordered_by_name"),
            ordered_at: Some(row.get("ordered_at")),
            archive,
            failure: row.get("failure"),
            id: Some(row.id("id")),
        })
    }
}

/// What there is of an export, also one whose time is over.
pub(super) async fn latest(tx: &Tx) -> Result<Option<Export>, Error> {
    let row = tx
        .optional(
            sql!(
                "select e.id, e.state, e.percent, e.told_at, e.ordered_at, u.name as ordered_by_name, e.name, e.bytes, e.sha256,
                        e.ready_at, e.expires_at, e.failure
                 from exports e left join users u on u.id = e.ordered_by
                 where e.organization_id = $1"
            ),
            &[tx.org()],
        )
        .await?;
    row.map(|row| Export::of_row(&row, tx.now())).transpose()
}

/// The organization's export, if there is one.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn export(tx: &Tx) -> Result<Option<Export>, Error> {
    tx.require(Permission::SettingsWrite)?;
    let is_kept = |export: &Export| export.archive.as_ref().is_none_or(|archive| archive.expires_at > tx.now());
    Ok(latest(tx).await?.filter(is_kept))
}
