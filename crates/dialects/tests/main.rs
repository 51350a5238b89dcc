//! Tests of the dialects, against databases in the documented layouts.

mod consulting;
mod contract;
mod posting;
mod statements;
