//! Refusals: the expected ways in which a wish is not granted.

use std::fmt;

/// What kind of refusal it is; a door maps it to its own word (an HTTP status, an exit code).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The person is not signed in.
    Unauthenticated,
    /// It does not exist, or belongs to another organization.
    NotFound,
    /// It exists, but this actor may not.
    Forbidden,
    /// The input cannot be meant.
    Invalid,
    /// It contradicts what is already so.
    Conflict,
    /// Somebody else changed it first.
    Stale,
    /// What it needs is used up.
    Exhausted,
    /// Too often in too short a time.
    TooMany,
}

/// An expected "no": a stable code for programs and a sentence for people.
pub trait Refusal: fmt::Debug + Send + Sync + 'static {
    /// The stable code, `domain.reason`.
    fn code(&self) -> &'static str;
    /// The kind of refusal.
    fn class(&self) -> Class;
    /// What to tell the person, with what to do about it.
    fn sentence(&self) -> String;
    /// The JSON pointer of the input at fault, if one is.
    fn pointer(&self) -> Option<&str> {
        None
    }
    /// Figures for programs, such as what is left.
    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        serde_json::Map::new()
    }
    /// For downcasting to the verb's own enum.
    fn as_any(&self) -> &dyn std::any::Any;
}
