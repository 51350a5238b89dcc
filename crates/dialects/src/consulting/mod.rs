//! LeverAI Consulting: plans of hours, tickets that use them, bills by Stripe.

pub mod import;
