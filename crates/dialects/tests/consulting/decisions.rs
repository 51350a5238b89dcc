//! Rows that need a decision.
