//! Which mails have a template, what each may say, and the typed values that a verb hands over for it.

/// What a variable holds, which decides where it may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VariableHolds {
    /// Words: anywhere.
    Words,
    /// An address that is led to by a button and by nothing else, because it may act in its reader's name: beside other
    /// words it could be sent somewhere.
    Address,
    /// An allowance: a bar in HTML, a sentence in plain text.
    Balance,
}

/// A variable that a mail may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Variable {
    /// Its name.
    #[schema(example = "title")]
    pub name: &'static str,
    /// What it holds.
    pub form: VariableHolds,
    /// What it is.
    pub says: &'static str,
    /// How it may look.
    pub example: &'static str,
    /// Whether the mail would be of no use without it, so that every template must say it.
    pub required: bool,
}

const fn words(name: &'static str, says: &'static str, example: &'static str) -> Variable {
    Variable { name, form: VariableHolds::Words, says, example, required: false }
}

const ORGANIZATION: Variable = words("organization", "Your organization's name.", "Acme Consulting");
const PERSON: Variable = words("person", "Who gets the mail.", "Cleo Berg");
const LINK: Variable = Variable {
    name: "link",
    form: VariableHolds::Address,
    says: "A button that leads to what the mail is about.",
    example: "https://retainer.example/acme/…",
    required: false,
};
const BALANCE: Variable = Variable {
    name: "balance",
    form: VariableHolds::Balance,
    says: "The customer's balance as a bar, in plain text as a sentence; nothing where there is none.",
    example: "5:30 h used, 1:30 h held, 3:00 h left",
    required: false,
};

/// What all mails of a group may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Around {
    /// News for a person, who follows a link to the thing.
    News,
    /// The same, where the thing is about the customer's allowance.
    Allowance,
    /// A way in, which is of no use without its link.
    WayIn,
    /// Something to know.
    Notice,
}

impl Around {
    const fn variables(self) -> &'static [Variable] {
        const NEEDED: Variable = Variable { required: true, ..LINK };
        match self {
            Self::News => &[ORGANIZATION, PERSON, LINK],
            Self::Allowance => &[ORGANIZATION, PERSON, LINK, BALANCE],
            Self::WayIn => &[ORGANIZATION, NEEDED],
            Self::Notice => &[ORGANIZATION],
        }
    }
}

/// What a mail is about, as its verb tells it: the kind, and the words of this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What kind of mail.
    pub kind: MailKind,
    /// The kind's own variables.
    pub(super) words: Vec<(&'static str, String)>,
}

macro_rules! mails {
    ($($(#[$doc:meta])* $kind:ident = $word:literal, $label:literal, $to:literal, $around:ident, {
        $($field:ident: $says:literal, $example:literal;)*
    })*) => {
        kernel::words! {
            /// A kind of mail that has a template.
            MailKind, "kind" { $($(#[$doc])* $kind = $word,)* }
        }

        impl MailKind {
            /// The kind in words.
            pub const fn label(self) -> &'static str { match self { $(Self::$kind => $label),* } }

            /// Who gets it, and when.
            pub const fn when(self) -> &'static str { match self { $(Self::$kind => $to),* } }

            /// What it says unless the organization has words of its own: the subject, an empty line, the body.
            pub(super) const fn comes(self) -> &'static str {
                match self { $(Self::$kind => include_str!(concat!("../../../assets/mails/", $word, ".txt"))),* }
            }

            const fn around(self) -> Around { match self { $(Self::$kind => Around::$around),* } }

            const fn own(self) -> &'static [Variable] {
                match self { $(Self::$kind => const { &[$(words(stringify!($field), $says, $example)),*] }),* }
            }
        }

        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $kind {
                $(#[doc = $says] pub $field: String,)*
            }

            impl From<$kind> for Said {
                fn from(mail: $kind) -> Self {
                    let $kind { $($field),* } = mail;
                    Self { kind: MailKind::$kind, words: vec![$((stringify!($field), $field)),*] }
                }
            }
        )*
    };
}

mails! {
    /// A ticket was opened.
    TicketOpened = "ticket.opened", "A new ticket", "Staff who want a mail of each new ticket.", Allowance, {
        number: "The ticket's number.", "TKT-20261120-090000-0042";
        title: "Its title.", "The printer on the second floor";
        customer: "Who asks.", "Berg & Co";
        asks: "What they ask for: the hours, or that these are to be estimated.", "2:00 h";
        priority: "How pressing it is.", "High";
        details: "What they wrote; may be empty.", "It prints, but only every other page.\nSince yesterday.";
    }
    /// A ticket went on.
    TicketWentOn = "ticket.went_on", "A ticket went on", "The customer and whoever is assigned, when it is begun, completed, rejected, reopened, merged or assigned, and when its hours change.", Allowance, {
        number: "The ticket's number.", "TKT-20261120-090000-0042";
        title: "Its title.", "The printer on the second floor";
        what: "What happened: Work began on, Completed:, Rejected:, Reopened:, Merged:, Assigned to you:, Hours changed:, More hours needed:.", "Completed:";
        said: "What is said about it, such as the hours used or the reason; may be empty.", "1:30 h were used.";
        status: "How far it is now: pending, in_progress, completed, rejected or merged.", "completed";
        customer: "Whose it is.", "Berg & Co";
        hours_held: "How many hours are held for it now.", "0:00";
        hours_used: "How many were used for it so far.", "1:30";
    }
    /// Somebody commented on a ticket.
    TicketCommented = "ticket.commented", "A comment on a ticket", "The other side and whoever is assigned.", News, {
        number: "The ticket's number.", "TKT-20261120-090000-0042";
        title: "Its title.", "The printer on the second floor";
        author: "Who wrote.", "Olga Ek";
        what: "What they wrote: comment, or internal comment, which only staff get.", "comment";
        message: "The comment.", "I have ordered a new drum.\nIt comes on Monday.";
        customer: "Whose ticket it is.", "Berg & Co";
    }
    /// An invoice was issued.
    InvoiceIssued = "invoice.issued", "An invoice", "The customer, when it is issued.", News, {
        number: "The invoice's number.", "INV-2026-0042";
        total: "How much it is.", "450.00 USD";
        for_what: "What it is for.", "Standard, 20 November to 20 December 2026";
        due: "Until when it is to be paid, in a sentence.", "Please pay it by 5 December 2026.";
        how_to_pay: "How to pay, from the settings; may be empty.", "Bank of Acme, account 12345";
    }
    /// An invoice was paid.
    InvoicePaid = "invoice.paid", "A receipt", "The customer, when their payment came.", Allowance, {
        number: "The invoice's number.", "INV-2026-0042";
        total: "How much was paid.", "450.00 USD";
        for_what: "What it is for.", "Standard, 20 November to 20 December 2026";
    }
    /// An invoice was not paid in time.
    InvoiceOverdue = "invoice.overdue", "An invoice that is overdue", "The customer, the day after it was to be paid.", News, {
        number: "The invoice's number.", "INV-2026-0042";
        total: "How much it is.", "450.00 USD";
        due: "The day by which it was to be paid.", "5 December 2026";
        how_to_pay: "How to pay, from the settings; may be empty.", "Bank of Acme, account 12345";
    }
    /// Money of an invoice was given back.
    InvoiceRefunded = "invoice.refunded", "Money given back", "The customer, when money of an invoice is given back.", Allowance, {
        number: "The invoice's number.", "INV-2026-0042";
        total: "How much was paid.", "450.00 USD";
        amount: "How much of it is given back.", "100.00 USD";
        reason: "Why.", "The second visit was not needed.";
        goes_with: "What goes with it; may be empty.", "2:00 h are taken off the balance.";
    }
    /// A plan changed, or will.
    PlanChanged = "plan.changed", "A plan that changes", "The customer, when another plan is arranged, runs, or is dropped.", Allowance, {
        headline: "What happened, in a line.", "Your plan is now Standard";
        explanation: "What it was and is, and from when on.", "Until now it was Small. From now on it is Standard: 10 h a month for 450.00 USD.";
        plan: "The plan that it is about.", "Standard";
    }
    /// Somebody is invited.
    Invitation = "invitation", "An invitation", "Whoever is invited, as a colleague or to the portal.", WayIn, {
        inviter: "Who invites.", "Olga Ek";
        role: "As what: owner, admin, developer, member, analyst, or customer.", "customer";
    }
    /// An address is to be confirmed.
    VerifyEmail = "verify_email", "Confirming an address", "Whoever gave their address for an account.", WayIn, {}
    /// A new password was asked for.
    ResetPassword = "reset_password", "A new password", "Whoever asked for a new password.", WayIn, {}
    /// A password was changed.
    PasswordChanged = "password_changed", "A password was changed", "Whoever changed their password, so that they know.", Notice, {}
}

impl MailKind {
    /// All that it may say.
    pub fn variables(self) -> Vec<Variable> {
        self.own().iter().chain(self.around().variables()).copied().collect()
    }

    /// Whether it is news, of which people choose whether they are told.
    pub(super) fn is_news(self) -> bool {
        matches!(self.around(), Around::News | Around::Allowance)
    }

    /// What it says unless the organization has words of its own.
    pub fn built_in(self) -> (&'static str, &'static str) {
        let (subject, body) = self.comes().split_once("\n\n").unwrap_or_default();
        (subject, body.trim_end())
    }
}
