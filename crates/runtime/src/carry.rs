//! Carrying many rows in or out: values written so that nothing of them is lost, and how far it is.

/// Every setting that decides how a value is written, so that the same row is the same text whoever connects. The work
/// has no request waiting for it, so its statements are not cut off.
pub const EXACTLY: &str =
    "set statement_timeout = 0; set lock_timeout = '60s'; set idle_in_transaction_session_timeout = 0;
    set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'iso_8601'; set extra_float_digits = 1;
    set bytea_output = 'hex'; set client_encoding = 'UTF8'";

/// Begins a transaction in which nothing that others write meanwhile is seen.
pub const SNAPSHOT: &str = "begin isolation level repeatable read read only";

/// After how many rows it is said again how far it is.
pub const REPORT_EVERY: u64 = 5_000;

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// What is being done.
    pub doing: Doing,
    /// With which table.
    pub table: &'a str,
    /// Rows done.
    pub done: u64,
    /// Of so many; perhaps an estimate.
    pub total: u64,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// The source is read.
    Reading,
    /// What was read is proved to be whole.
    Checking,
    /// Rows are written here.
    Writing,
    /// Nothing, until somebody else is done; counted are seconds.
    Waiting,
}

/// Who is told how far it is.
pub type Watch<'a> = &'a (dyn Fn(Progress<'_>) + Sync);
