use jiff::Timestamp;
use kernel::id::{AccountId, CustomerId, Id};
use kernel::{Quantity, Unit};
use runtime::Tx;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Whose balance it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A customer.
    Customer(CustomerId),
    /// The organization itself: its seats, its messages.
    Organization,
    /// A gift card.
    GiftCard(Uuid),
}

impl Owner {
    /// The stored word for the kind of owner.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Customer(_) => "customer",
            Self::Organization => "organization",
            Self::GiftCard(_) => "gift_card",
        }
    }

    /// The stored id.
    pub fn uuid(self, tx: &Tx) -> Uuid {
        match self {
            Self::Customer(customer) => customer.uuid(),
            Self::Organization => *tx.org(),
            Self::GiftCard(card) => card,
        }
    }

    /// How a request names an account.
    pub(super) fn request(self, tx: &Tx, unit: Unit) -> Map<String, Value> {
        let mut request = Map::new();
        request.insert("owner_kind".to_owned(), json!(self.kind()));
        request.insert("owner_id".to_owned(), json!(self.uuid(tx)));
        request.insert("unit".to_owned(), json!(unit));
        request
    }
}

/// Whether new spending is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// It is.
    Open,
    /// Not for now.
    Frozen,
    /// Never again.
    Closed,
}

impl std::str::FromStr for AccountState {
    type Err = ();
    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "open" => Ok(Self::Open),
            "frozen" => Ok(Self::Frozen),
            "closed" => Ok(Self::Closed),
            _ => Err(()),
        }
    }
}

/// What an account stands at, in atoms of its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The account; none where nothing was ever granted.
    pub account: Option<AccountId>,
    /// What is counted.
    pub unit: Unit,
    /// All living units, held ones included.
    pub posted: i64,
    /// Promised to open holds.
    pub held: i64,
    /// Unheld units of credit lines, which nobody has paid for.
    pub credit_free: i64,
    /// Units owed.
    pub debt: i64,
    /// Spent less refunded, ever.
    pub consumed: i64,
    /// Whether there is no limit.
    pub unlimited: bool,
    /// Whether new spending is let in.
    pub state: AccountState,
    /// By when an account with more seats in use than paid must be back in order.
    pub over_limit_until: Option<Timestamp>,
}

impl Balance {
    /// The balance of an account that does not exist yet.
    pub const fn none(unit: Unit) -> Self {
        Self {
            account: None,
            unit,
            posted: 0,
            held: 0,
            credit_free: 0,
            debt: 0,
            consumed: 0,
            unlimited: false,
            state: AccountState::Open,
            over_limit_until: None,
        }
    }

    /// What a new hold may take, credit lines included.
    pub const fn spendable(&self) -> Quantity {
        Quantity::new(self.posted - self.held, self.unit)
    }

    /// What is left of what was given or paid for: the "hours remaining" that customers speak of.
    pub const fn prepaid_left(&self) -> Quantity {
        Quantity::new(self.posted - self.held - self.credit_free, self.unit)
    }

    /// What open holds have.
    pub const fn on_hold(&self) -> Quantity {
        Quantity::new(self.held, self.unit)
    }

    /// What is owed.
    pub const fn owed(&self) -> Quantity {
        Quantity::new(self.debt, self.unit)
    }

    /// What was spent in all, refunds deducted.
    pub const fn spent(&self) -> Quantity {
        Quantity::new(self.consumed, self.unit)
    }
}
