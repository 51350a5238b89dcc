//! Reading columns as the kernel's types.

use jiff::Timestamp;
use kernel::id::Id;
use tokio_postgres::Row;

use crate::Error;

/// Typed access to a row's columns by name.
pub trait Columns {
    /// A typed id.
    fn id<T: Id>(&self, column: &str) -> T;
    /// A typed id that may be null.
    fn id_or_none<T: Id>(&self, column: &str) -> Option<T>;
    /// A word of a closed list; one that the code does not know is a fault.
    ///
    /// # Errors
    /// A fault when the stored word is unknown.
    fn word<T: std::str::FromStr>(&self, column: &str) -> Result<T, Error>;
}

impl Columns for Row {
    fn id<T: Id>(&self, column: &str) -> T {
        T::from_uuid(self.get(column))
    }

    fn id_or_none<T: Id>(&self, column: &str) -> Option<T> {
        self.get::<_, Option<uuid::Uuid>>(column).map(T::from_uuid)
    }

    fn word<T: std::str::FromStr>(&self, column: &str) -> Result<T, Error> {
        let text: &str = self.get(column);
        text.parse().map_err(|_| Error::internal(format!("column {column} holds the unknown word {text:?}")))
    }
}

/// An instant as a column can hold it: PostgreSQL's begin later than jiff's.
pub fn storable(at: Timestamp) -> Timestamp {
    at.max(Timestamp::UNIX_EPOCH)
}
