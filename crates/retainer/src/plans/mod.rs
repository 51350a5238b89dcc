//! A plan is what is sold: a price, a period and the allowance that a period grants.
//!
//! 1. A plan's terms are a version, and a version never changes: who bought it keeps it until they change.
//! 2. An archived plan cannot be started; who has it keeps it.
//! 3. Two plans on the shelf never share a name.
//!
//! Read [`terms`] first, then [`offer()`].

pub mod api;
pub mod console;
pub mod find;
mod offer;
mod plan;
mod preset;
pub mod terms;

pub use kernel::Decimal;
pub use offer::{OfferRefused, archive, offer, offer_version};
pub use plan::{Plan, PlanVersion};
pub use preset::preset_consulting;
pub use terms::Terms;
