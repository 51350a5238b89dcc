//! The vocabulary of Retainer: the words that every other crate speaks.
//!
//! Nothing here waits, talks to a database or knows HTTP. A value of one of these types is valid: parsing is the only
//! way in, so no later code checks again.

pub mod actor;
pub mod clock;
pub mod decimal;
pub mod email;
pub mod id;
pub mod money;
pub mod period;
pub mod quantity;
pub mod refusal;
pub mod role;
pub mod text;
pub mod thousands;
pub mod words;

pub use actor::{Actor, ActorKind};
pub use clock::Clock;
pub use decimal::Decimal;
pub use email::Email;
pub use money::{Currency, Money};
pub use period::Period;
pub use quantity::{Quantity, Unit};
pub use refusal::{Class, Refusal};
pub use role::{Permission, Role};
pub use words::Words;
