//! Templates: what mails of a kind say, in the organization's own words.
//!
//! 1. Each kind comes with a template of the program's (`assets/mails`), which holds until the organization has its own.
//! 2. A template is never changed: each save is a new version, bringing an older one back is one too, and so is going back to
//!    what comes with the program. The newest holds.
//! 3. What is saved has passed the guard ([`guard`]): it says declared variables alone, cannot make much of little, writes no
//!    HTML, and leads to an address by a button only.
//! 4. A mail is never lost to its template: one that fails is sent as it comes, says so, and the owners are told.
//! 5. Subject and body are fixed when the mail is written; a later version changes no mail that waits.
//!
//! Read [`kind`] first, which declares the kinds and their variables; then [`mod@write`].

pub mod api;
pub mod console;
mod draft;
mod fail;
mod fill;
pub mod find;
mod guard;
mod kind;
mod post;
mod save;
mod template;
mod values;
mod write;

pub use fail::{Failure, tell_failure};
pub use guard::Wrong;
pub use kind::{
    Invitation, InvoiceIssued, InvoiceOverdue, InvoicePaid, InvoiceRefunded, MailKind, PasswordChanged, PlanChanged,
    ResetPassword, Said, TicketCommented, TicketOpened, TicketWentOn, Variable, VariableHolds, VerifyEmail,
};
pub use post::{Addressed, post};
pub use save::{SaveRefused, Saved, bring_back, go_back, save};
pub use template::{MailPreview, Template, TemplateVersion};
pub use values::Values;
