//! The parts that pages are made of. Each is a function or a small struct that renders itself with `(…)` in maud.

mod balance;
mod conversation;
mod fields;
mod lists;
mod marks;
mod values;

pub use balance::{Balance, balance};
pub use conversation::{Audience, Item, conversation};
pub use fields::{Input, Select, check, currencies, once, submit, wrong, zones};
pub use lists::{Empty, Head, defs, empty, filters, pager, table};
pub use marks::{Dot, Tone, dot, icon, tag};
pub use values::{actor, amount, date, hours, hours_sign, instant, money, time, up_to};
