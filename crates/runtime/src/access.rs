//! What a transaction may do, and what it sees.

/// Whether a transaction may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads only; PostgreSQL refuses writes.
    Read,
    /// Reads only, and with all statements the same moment: for what is read page by page.
    Snapshot,
    /// Reads with one statement: the end of the transaction leaves with it in one flush, so PostgreSQL is woken once.
    Once,
    /// Reads and writes.
    Write,
}

impl Access {
    /// The statement that begins such a transaction.
    pub(crate) const fn begin(self) -> &'static str {
        match self {
            Self::Write => "begin",
            Self::Snapshot => "begin isolation level repeatable read read only",
            Self::Read | Self::Once => "begin read only",
        }
    }
}
