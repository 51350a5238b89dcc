//! LeverAI Consulting.

mod afterwards;
mod again;
mod decisions;
mod import;
mod moving;
mod parity;
mod reckoning;
mod takeover;
mod told;
mod world;
