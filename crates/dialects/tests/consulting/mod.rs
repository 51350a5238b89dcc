//! LeverAI Consulting.

mod addresses;
mod afterwards;
mod again;
mod closing;
mod decisions;
mod import;
mod killed;
mod lost;
mod moving;
mod odd_json;
mod parity;
mod reckoning;
mod stays;
mod takeover;
mod told;
mod world;
