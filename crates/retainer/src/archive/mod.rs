//! One organization, whole, in a file: to move it to another installation, or to keep it.
//!
//! 1. An archive is one moment of the organization: everything in it was read in one snapshot.
//! 2. Every tenant table goes along, asked of the catalog ([`tables`]); what does not is listed with its reason.
//! 3. Files that rows name go along behind the tables, each with its sum (`files.rs`).
//! 4. Nothing of a value is lost on the way out and in (`rows.rs`).
//! 5. An import happens wholly or not at all, and only when the archive is whole ([`check`]); until then nobody sees or
//!    signs in to anything of it.
//! 6. Whoever has an address here stays who they are: an archive changes nothing of a known person (`people.rs`).
//! 7. Nothing is sent twice because two installations have the same mail: what was on its way waits for a person.
//!
//! The form of the file, and why: `docs/decisions/010-why-an-archive-is-lines-of-json.md`. Read [`export()`] first, then
//! [`import()`].

mod check;
mod export;
mod files;
mod import;
mod load;
pub mod manifest;
mod pack;
mod people;
mod rows;
mod sound;
pub mod tables;
mod unpack;

pub use check::check;
pub use export::{Export, export, exported, parts, spool};
pub use import::{Import, Imported, import};
pub use manifest::Manifest;

runtime::refusals! {
    /// Why an archive is not written or not taken in.
    pub enum ArchiveRefused {
        /// There is no such organization.
        NoOrganization { slug: String } => NotFound, "archive.no_organization", "There is no organization \"{slug}\"; `retainer organization list` names all.";
        /// The file is there already.
        FileExists { file: String } => Conflict, "archive.file_exists", "{file} exists already. Choose another name, so that nothing is overwritten.";
        /// A file cannot be read or written.
        File { file: String, reason: String } => Conflict, "archive.file", "{file}: {reason}.";
        /// It is no archive, or was changed, or is not all there.
        Damaged { reason: String } => Invalid, "archive.damaged", "The archive is damaged: {reason}. Nothing was written here. Copy it again, or export it again.";
        /// A newer program wrote it, in another form.
        OtherForm { format: u32 } => Invalid, "archive.other_form", "The archive has form {format}, which this program does not know. Nothing was written here. Take a newer program.";
        /// It was taken from a database with other tables.
        OtherSchema { theirs: String, ours: String } => Conflict, "archive.other_schema", "The archive was taken after migration {theirs}, and this database is at {ours}. Nothing was written here. Bring both installations to the same version, and export again.";
        /// The organization is here.
        AlreadyHere { organization: String, slug: String } => Conflict, "archive.already_here", "This organization ({organization}) is in this installation already, as \"{slug}\". Nothing was written.";
        /// Its word is another organization's here.
        SlugTaken { slug: String } => Conflict, "archive.slug_taken", "The address \"{slug}\" is another organization's here. Nothing was written. Choose another with --slug.";
        /// Somebody signed up with an address of the archive while it was being taken in.
        AddressTaken => Conflict, "archive.address_taken", "While the archive was read, somebody signed up here with an address that is in it. Nothing was written. Import it again.";
        /// Rows of somebody else are in it.
        Foreign { table: String } => Invalid, "archive.foreign_rows", "In {table} the archive holds rows of another organization. Nothing was written here: do not trust this archive.";
        /// The database does not take a row.
        Refused { table: String, reason: String } => Invalid, "archive.refused", "The database does not take what the archive holds in {table}: {reason}. Nothing was written here.";
        /// A word that no export writes, or that only another program knows.
        UnknownWord { what: &'static str, word: String } => Invalid, "archive.unknown_word", "The archive names the {what} \"{word}\", which is none that this program knows. Nothing was written here. Choose another where it was exported, or bring this program and its machine to what is in use there; then export again.";
        /// A counter that stands elsewhere than what it has counted.
        Miscounted { what: &'static str, last: i64, least: i64 } => Invalid, "archive.miscounted", "The archive contradicts itself: its counter for {what} stands at {last}, and its rows need at least {least}. Nothing was written here. No export says that: do not trust this archive, and export again.";
        /// What is attached to a ticket is lost.
        FileUnsound { name: String, ticket: String, file: uuid::Uuid } => Conflict, "archive.file_unsound", "\"{name}\" of {ticket} is missing, or not what was received ({file}). Nothing was written. Put it back from a backup, or take it away on its ticket; then export again.";
        /// Another import is under way.
        Busy => Conflict, "archive.busy", "Another archive is being imported into this installation. Wait for its end.";
    }
}

/// What went wrong with a file, for the person at the command line.
fn of_file(path: &std::path::Path, error: &std::io::Error) -> runtime::Error {
    ArchiveRefused::File { file: path.display().to_string(), reason: error.to_string() }.into()
}

/// What is wrong with an archive.
fn damaged(reason: impl Into<String>) -> runtime::Error {
    ArchiveRefused::Damaged { reason: reason.into() }.into()
}
