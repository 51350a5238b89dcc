//! Figures and statements.
