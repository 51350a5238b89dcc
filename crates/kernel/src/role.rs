//! Roles and what each may do: the one table of permissions.

use std::fmt;

/// Declares a closed list of words: an enum that is read from and written as its words in data, URLs and JSON.
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)* }
        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The word for it in data and URLs.
            pub const fn word(self) -> &'static str { match self { $(Self::$variant => $word),* } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { out.write_str(self.word()) }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::role::WordError;
            fn from_str(text: &str) -> Result<Self, $crate::role::WordError> {
                match text { $($word => Ok(Self::$variant),)* _ => Err($crate::role::WordError::new($what, &[$($word),*])) }
            }
        }
        // Written out: the derive does not see a renaming that comes out of a macro.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $crate::text::words_schema(&[$($word),*])
            }
        }
        impl utoipa::ToSchema for $name {}
    };
}

/// Why a text is none of the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordError {
    what: &'static str,
    words: &'static [&'static str],
}
impl WordError {
    /// None of `words`, which are what the list has for `what`.
    pub const fn new(what: &'static str, words: &'static [&'static str]) -> Self {
        Self { what, words }
    }
}
impl fmt::Display for WordError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the {} must be one of {}", self.what, self.words.join(", "))
    }
}
impl std::error::Error for WordError {}

words! {
    /// What a user is in an organization.
    Role, "role" {
        /// Runs the business; may do everything.
        Owner = "owner",
        /// Runs the office; everything but the organization itself: its settings, and who owns it.
        Admin = "admin",
        /// Works the tickets and may use the API for integrations.
        Developer = "developer",
        /// Works the tickets.
        Member = "member",
        /// Reads figures, changes nothing.
        Analyst = "analyst",
        /// A customer in the portal: their own things only.
        Customer = "customer",
    }
}

words! {
    /// Something an actor may do.
    Permission, "permission" {
        /// Read tickets.
        TicketsRead = "tickets.read",
        /// Open tickets and comment on them.
        TicketsOpen = "tickets.open",
        /// Start, complete, reject, assign, log time.
        TicketsWork = "tickets.work",
        /// Read customers and their balances.
        CustomersRead = "customers.read",
        /// Add and change customers.
        CustomersWrite = "customers.write",
        /// Read the catalogue.
        PlansRead = "plans.read",
        /// Change the catalogue.
        PlansWrite = "plans.write",
        /// Read subscriptions, invoices and payments.
        BillingRead = "billing.read",
        /// Start subscriptions, record payments, sell top-ups, adjust balances.
        BillingWrite = "billing.write",
        /// Read balances and entries.
        LedgerRead = "ledger.read",
        /// Read the figures.
        ReportsRead = "reports.read",
        /// Read the audit trail.
        AuditRead = "audit.read",
        /// Read the mail outbox.
        MailRead = "mail.read",
        /// Invite, change and remove members.
        PeopleWrite = "people.write",
        /// Read who the members are.
        PeopleRead = "people.read",
        /// Change the organization's settings.
        SettingsWrite = "settings.write",
    }
}

impl Role {
    /// Whether the role is of the seller's side.
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Customer)
    }

    /// What the role may do.
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission::{
            AuditRead, BillingRead, BillingWrite, CustomersRead, CustomersWrite, LedgerRead, MailRead, PeopleRead,
            PeopleWrite, PlansRead, PlansWrite, ReportsRead, TicketsOpen, TicketsRead, TicketsWork,
        };
        match self {
            Self::Owner => Permission::ALL,
            Self::Admin => &[
                TicketsRead,
                TicketsOpen,
                TicketsWork,
                CustomersRead,
                CustomersWrite,
                PlansRead,
                PlansWrite,
                BillingRead,
                BillingWrite,
                LedgerRead,
                ReportsRead,
                AuditRead,
                MailRead,
                PeopleWrite,
                PeopleRead,
            ],
            Self::Developer => &[
                TicketsRead,
                TicketsOpen,
                TicketsWork,
                CustomersRead,
                CustomersWrite,
                PlansRead,
                BillingRead,
                LedgerRead,
                ReportsRead,
                AuditRead,
                PeopleRead,
            ],
            Self::Member => &[TicketsRead, TicketsOpen, TicketsWork, CustomersRead, PlansRead, LedgerRead, PeopleRead],
            Self::Analyst => &[TicketsRead, CustomersRead, PlansRead, BillingRead, LedgerRead, ReportsRead, PeopleRead],
            Self::Customer => &[TicketsRead, TicketsOpen, PlansRead, LedgerRead],
        }
    }

    /// Whether the role may do it.
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for role in Role::ALL {
            assert_eq!(role.word().parse(), Ok(*role));
        }
        for permission in Permission::ALL {
            assert_eq!(permission.word().parse(), Ok(*permission));
        }
    }

    #[test]
    fn an_admin_may_do_everything_but_change_the_organization() {
        let missing: Vec<_> = Permission::ALL.iter().filter(|permission| !Role::Admin.may(**permission)).collect();
        assert_eq!(missing, [&Permission::SettingsWrite]);
    }

    #[test]
    fn a_customer_reads_no_figures_and_an_analyst_changes_nothing() {
        assert!(!Role::Customer.may(Permission::ReportsRead));
        assert!(!Role::Customer.may(Permission::TicketsWork));
        assert!(Role::Analyst.permissions().iter().all(|permission| permission.word().ends_with(".read")));
    }
}
