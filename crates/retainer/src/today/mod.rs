//! The start page. Staff find what needs them now, then what is in work, then the month in two lines; customers find
//! their balance first, then their tickets. It owns nothing: everything on it is another domain's.
//!
//! Read [`console`] first.

mod asked;
mod beginning;
pub mod console;
mod find;
mod mine;
mod portal;
