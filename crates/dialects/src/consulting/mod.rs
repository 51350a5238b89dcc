//! LeverAI Consulting: plans of hours, tickets that use them, bills by Stripe.

pub mod import;

/// The SQL contract, one text in four files, because it is dropped and made as a whole.
pub const CONTRACT: &str = concat!(
    include_str!("contract/1_parts.sql"),
    include_str!("contract/2_tables.sql"),
    include_str!("contract/3_functions.sql"),
    include_str!("contract/4_rights.sql"),
);
