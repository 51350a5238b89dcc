//! What can go wrong: a refusal (expected, for the person) or a fault (ours, for the log).

use kernel::Refusal;

/// Why a verb did not do what it was asked.
#[derive(Debug)]
pub enum Error {
    /// An expected "no".
    Refused(Box<dyn Refusal>),
    /// Something that should not happen, or the database is away.
    Fault(Fault),
}

/// An opaque failure, logged once at the edge.
#[derive(Debug)]
pub struct Fault {
    /// Whether trying again soon may help.
    pub kind: FaultKind,
    /// What happened, for the log only.
    pub source: anyhow::Error,
}

/// Whose turn it is after a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The database is away, overloaded or the row is locked: try again.
    Unavailable,
    /// A defect.
    Internal,
}

impl Error {
    /// A defect, described for the log.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::Fault(Fault { kind: FaultKind::Internal, source: anyhow::Error::msg(message.into()) })
    }

    /// Something outside is away for the moment.
    pub fn unavailable(source: impl Into<anyhow::Error>) -> Self {
        Self::Fault(Fault { kind: FaultKind::Unavailable, source: source.into() })
    }

    /// The verb's own refusal, if it is one of `R`.
    pub fn refused<R: Refusal>(&self) -> Option<&R> {
        match self {
            Self::Refused(refusal) => refusal.as_any().downcast_ref(),
            Self::Fault(_) => None,
        }
    }

    /// The refusal's code, if it is a refusal.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => Some(refusal.code()),
            Self::Fault(_) => None,
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(source: tokio_postgres::Error) -> Self {
        use tokio_postgres::error::SqlState;
        let passing = [
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::QUERY_CANCELED,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ];
        let kind = match source.code() {
            Some(code) if passing.contains(code) => FaultKind::Unavailable,
            // Without an SQLSTATE the connection broke before an answer came.
            None => FaultKind::Unavailable,
            Some(_) => FaultKind::Internal,
        };
        Self::Fault(Fault { kind, source: source.into() })
    }
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(source: deadpool_postgres::PoolError) -> Self {
        Self::unavailable(source)
    }
}

impl From<serde_json::Error> for Error {
    fn from(source: serde_json::Error) -> Self {
        Self::Fault(Fault { kind: FaultKind::Internal, source: source.into() })
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(refusal) => out.write_str(&refusal.sentence()),
            Self::Fault(fault) => out.write_str(&said(&fault.source)),
        }
    }
}

/// What went wrong and why, down to the last cause; some libraries say their cause themselves, and then it is said once.
pub fn said(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !text.ends_with(&cause) {
            text = if text.is_empty() { cause } else { format!("{text}: {cause}") };
        }
    }
    text
}

/// For the command line, where refusals and faults end alike.
impl From<Error> for anyhow::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => Self::msg(refusal.sentence()),
            Error::Fault(fault) => fault.source,
        }
    }
}

/// Turns a violated constraint into the refusal it stands for, so that the database states the rule once.
pub trait OnConstraint<T> {
    /// When the statement failed on the constraint `name`, refuses with `refusal` instead.
    ///
    /// # Errors
    /// The refusal, or whatever else was wrong.
    fn on_constraint(self, name: &str, refusal: impl Refusal) -> Result<T, Error>;
}

impl<T> OnConstraint<T> for Result<T, Error> {
    fn on_constraint(self, name: &str, refusal: impl Refusal) -> Self {
        self.map_err(|error| if violates(&error, name) { Error::Refused(Box::new(refusal)) } else { error })
    }
}

fn violates(error: &Error, constraint: &str) -> bool {
    match error {
        Error::Fault(fault) => fault
            .source
            .downcast_ref::<tokio_postgres::Error>()
            .and_then(tokio_postgres::Error::as_db_error)
            .is_some_and(|db| db.constraint() == Some(constraint)),
        Error::Refused(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_was_said_already_is_not_said_again() {
        let cause = std::io::Error::from_raw_os_error(2);
        let known = cause.to_string();
        let error = anyhow::Error::new(cause).context(format!("cannot connect: {known}")).context("no source");
        assert_eq!(said(&error), format!("no source: cannot connect: {known}"));
        assert_eq!(said(&anyhow::Error::msg("one").context("two")), "two: one");
    }
}
