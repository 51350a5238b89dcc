//! Importing again.
