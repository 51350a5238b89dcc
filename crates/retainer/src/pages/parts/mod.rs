//! The parts that pages are made of. Each is a function or a small struct that renders itself with `(…)` in maud.

mod balance;
mod chart;
mod conversation;
mod fields;
mod lists;
mod marks;
mod said;
mod values;

pub use balance::{ALLOWANCE, Balance, TICKET, balance};
pub use chart::{Bars, Chart, Series, chart};
pub use conversation::{Audience, Item, conversation, initials};
pub use fields::{Input, Select, check, currencies, once, submit, wrong, zones};
pub use lists::{
    Empty, Head, Sorts, cards, defs, empty, empty_with, exports, filters, filters_and_order, finder, misread, pager,
    sorted, table,
};
pub use marks::{Dot, Tone, dot, icon, tag};
pub use said::{linked, said};
pub use values::{Clock, Precision, actor, amount, date, end, hours, hours_sign, instant, money, time, up_to};
