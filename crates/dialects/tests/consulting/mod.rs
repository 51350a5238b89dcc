//! LeverAI Consulting.

mod afterwards;
mod again;
mod decisions;
mod import;
mod parity;
mod takeover;
mod world;
