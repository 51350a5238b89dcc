//! LeverAI Consulting.

mod again;
mod decisions;
mod import;
mod parity;
mod world;
