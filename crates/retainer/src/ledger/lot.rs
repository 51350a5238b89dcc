use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::id::{LotId, OperationId};
use kernel::{Money, Quantity, Unit};
use serde_json::{Map, Value, json};

/// Named facts and the values of them that a lot is good for; without any it is good for everything.
pub type Conditions = BTreeMap<String, Vec<String>>;

macro_rules! source_kinds {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $priority:literal;)*) => {
        /// The kinds of source.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum SourceKind { $($(#[$doc])* $variant),* }
        impl SourceKind {
            /// The stored word.
            pub const fn word(self) -> &'static str { match self { $(Self::$variant => $word),* } }
            /// The priority that suits it; small burns first.
            pub const fn usual_priority(self) -> i16 { match self { $(Self::$variant => $priority),* } }
        }
        impl std::str::FromStr for SourceKind {
            type Err = ();
            fn from_str(word: &str) -> Result<Self, ()> {
                match word { $($word => Ok(Self::$variant),)* _ => Err(()) }
            }
        }
    };
}

source_kinds! {
    /// A period of a plan; the reference is the subscription item and the period.
    PlanPeriod = "plan_period", 20;
    /// A one-off purchase.
    TopUp = "topup", 50;
    /// To try.
    Trial = "trial", 10;
    /// The purchase of a gift card.
    GiftPurchase = "gift_purchase", 50;
    /// A promotion.
    Promo = "promo", 30;
    /// To make good for something.
    Goodwill = "goodwill", 60;
    /// Moved out of a period that ended.
    Rollover = "rollover", 15;
    /// Given back after its lot had ended.
    RefundGrace = "refund_grace", 15;
    /// Bought with units of another account.
    Exchange = "exchange", 50;
    /// Brought in from another system.
    Import = "import", 50;
    /// Set right by a person.
    Adjustment = "adjustment", 50;
    /// Overage that the plan allows; burns last whatever its priority.
    CreditLine = "credit_line", 100;
}

/// Where units come from. Kind and reference together are granted once on an account, whoever tells it how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The kind.
    pub kind: SourceKind,
    /// The natural key: an invoice and period, a checkout, `evt-free`.
    pub reference: String,
}

impl Source {
    /// A source of a kind under its natural key.
    pub fn new(kind: SourceKind, reference: impl Into<String>) -> Self {
        Self { kind, reference: reference.into() }
    }
}

/// Whether somebody paid; decides liability, refunds and who burns first among equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// Sold.
    Paid,
    /// Given.
    Promotional,
}

impl Category {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Promotional => "promotional",
        }
    }
}

/// How much a lot has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So much.
    Limited(Quantity),
    /// As much as anybody wants.
    Unlimited(Unit),
}

impl Amount {
    /// What is counted.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Limited(quantity) => quantity.unit,
            Self::Unlimited(unit) => unit,
        }
    }
}

/// What was paid: so much money for so many atoms. A ratio, because a second of a 100.00 hour has no whole price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// The money.
    pub money: Money,
    /// For how many atoms.
    pub atoms: i64,
}

/// What happens to unheld units when a lot ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollover {
    /// At most so much moves on.
    pub cap: Quantity,
    /// When what moved on ends; never, where it is none.
    pub expires_at: Option<Timestamp>,
}

/// The terms of a new lot.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// How much.
    pub amount: Amount,
    /// Where from.
    pub source: Source,
    /// Whether paid for.
    pub category: Category,
    /// Small burns first.
    pub priority: i16,
    /// What was paid for it.
    pub price: Option<Price>,
    /// From when it counts; at once, where it is none.
    pub effective_at: Option<Timestamp>,
    /// The first instant at which it does not count any more.
    pub expires_at: Option<Timestamp>,
    /// What it may be used for.
    pub applies_to: Conditions,
    /// What happens to the rest of it at its end; it is lost, where it is none.
    pub rollover: Option<Rollover>,
}

impl Terms {
    /// A lot of an amount from a source: paid for, usual priority, from now, without end or conditions.
    pub fn new(amount: Amount, source: Source) -> Self {
        Self {
            amount,
            priority: source.kind.usual_priority(),
            source,
            category: Category::Paid,
            price: None,
            effective_at: None,
            expires_at: None,
            applies_to: Conditions::new(),
            rollover: None,
        }
    }

    /// The terms as a request says them.
    pub(super) fn request(&self) -> Map<String, Value> {
        let amount = match self.amount {
            Amount::Limited(quantity) => Some(quantity.atoms),
            Amount::Unlimited(_) => None,
        };
        let request = json!({
            "source_kind": self.source.kind.word(),
            "source_ref": self.source.reference,
            "category": self.category.word(),
            "priority": self.priority,
            "amount": amount,
            "unlimited": amount.is_none(),
            "price_minor": self.price.map(|price| price.money.minor),
            "price_atoms": self.price.map(|price| price.atoms),
            "currency": self.price.map(|price| price.money.currency),
            "effective_at": self.effective_at,
            "expires_at": self.expires_at,
            "applies_to": self.applies_to,
            "rollover_cap": self.rollover.map(|rollover| rollover.cap.atoms),
            "rollover_expires_at": self.rollover.and_then(|rollover| rollover.expires_at),
        });
        match request {
            Value::Object(request) => request,
            _ => Map::new(),
        }
    }
}

/// A lot as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Lot {
    /// Its id.
    pub id: LotId,
    /// The operation that opened it.
    pub operation: OperationId,
    /// The number of the entry that opened it, which names it within its account.
    pub seq: i64,
    /// Where it came from.
    pub source: Source,
    /// Whether paid for.
    pub category: Category,
    /// Small burns first.
    pub priority: i16,
    /// What is counted.
    pub unit: Unit,
    /// How much it was; zero where unlimited.
    pub amount: i64,
    /// What is left of it, held units included.
    pub remaining: i64,
    /// What open holds have of it.
    pub held: i64,
    /// What was spent of it, refunds deducted.
    pub consumed: i64,
    /// Whether it has no limit.
    pub unlimited: bool,
    /// What was paid.
    pub price: Option<Price>,
    /// From when it counts.
    pub effective_at: Timestamp,
    /// The first instant at which it does not count any more.
    pub expires_at: Option<Timestamp>,
    /// When it began to count, if it has.
    pub activated_at: Option<Timestamp>,
    /// How and when it ended, if it has: the stored word and the instant.
    pub ended: Option<(String, Timestamp)>,
    /// What it may be used for.
    pub applies_to: Conditions,
    /// The lot it came out of.
    pub predecessor: Option<LotId>,
}
