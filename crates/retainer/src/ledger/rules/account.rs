//! One account of the model: its lots, holds and entries, and the one table of what each entry moves.

/// Whole atoms of the account's unit.
pub type Atoms = i64;
/// Microseconds since 1970, as PostgreSQL keeps time.
pub type Micros = i64;

/// Where a lot's units came from; only the kinds that the rules tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Sold, given or imported.
    Issued,
    /// Moved out of a lot that ended.
    Rollover,
    /// Given back after its lot had ended.
    RefundGrace,
    /// Bought with units of another account.
    Exchange,
    /// Set right by a person.
    Adjustment,
    /// Overage that the plan allows.
    CreditLine,
}

/// How a lot ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By time.
    Expired,
    /// At period close, with a rollover.
    Rolled,
    /// Its payment was returned; spent units are debt.
    Voided,
    /// Taken back, spent units forgiven.
    VoidedForgiven,
    /// Taken back, spent units owed in money.
    VoidedBilled,
    /// Replaced by a better plan's lot.
    Upgraded,
    /// A credit line whose overage was billed.
    Billed,
    /// A credit line whose overage became debt.
    Carried,
    /// A credit line whose overage was forgiven.
    Forgiven,
}

impl Ended {
    /// Whether the lot was taken back.
    pub const fn is_void(self) -> bool {
        matches!(self, Self::Voided | Self::VoidedForgiven | Self::VoidedBilled)
    }
}

/// What may happen to a lot at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollover {
    /// At most so much moves on.
    pub cap: Atoms,
    /// When the rolled units end; never, where it is none.
    pub expires_at: Option<Micros>,
}

/// The terms of a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Where the units come from.
    pub source: Source,
    /// The natural key of the source, its kind included.
    pub source_ref: String,
    /// Given, not sold: burns first among equals.
    pub promotional: bool,
    /// Small burns first.
    pub priority: i16,
    /// How much; zero where unlimited.
    pub amount: Atoms,
    /// Without any limit.
    pub unlimited: bool,
    /// From when it counts.
    pub effective_at: Micros,
    /// The first instant at which it does not count any more.
    pub expires_at: Option<Micros>,
    /// Conditions: each named fact of the subject must be in the list.
    pub applies_to: Vec<(String, Vec<String>)>,
    /// What happens to unheld units at the end.
    pub rollover: Option<Rollover>,
}

/// A lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// The entry that opened it; names the lot within its account.
    pub seq: i64,
    /// Its terms.
    pub terms: Terms,
    /// Not yet spent, held included.
    pub remaining: Atoms,
    /// Promised to open holds.
    pub held: Atoms,
    /// Captured and exchanged, less refunded.
    pub consumed: Atoms,
    /// Since when it counts.
    pub activated: bool,
    /// How it ended, if it has.
    pub ended: Option<Ended>,
    /// The lot it came out of.
    pub predecessor: Option<i64>,
    /// The first lot of its series, where it is one of several plans of a period that took each other's place.
    pub series: Option<i64>,
    /// When it was written.
    pub created_at: Micros,
}

impl Lot {
    /// Whether a subject with these facts may draw on it.
    pub fn applies(&self, facts: &[(String, String)]) -> bool {
        self.terms
            .applies_to
            .iter()
            .all(|(name, allowed)| facts.iter().any(|(fact, value)| fact == name && allowed.contains(value)))
    }

    /// Started and not ended.
    pub fn alive(&self) -> bool {
        self.activated && self.ended.is_none()
    }

    /// What a new hold could take from it.
    pub fn free(&self) -> Atoms {
        self.remaining - self.held
    }
}

/// How a hold stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldState {
    /// Something is still promised.
    Open,
    /// Closed, something was captured.
    Captured,
    /// Closed, nothing was captured.
    Released,
    /// Timed out.
    Expired,
}

/// A hold's share of one lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The lot.
    pub lot: i64,
    /// Ever allocated and not moved elsewhere.
    pub amount: Atoms,
    /// Of it captured.
    pub captured: Atoms,
    /// Of it released.
    pub released: Atoms,
    /// Of the captured given back.
    pub refunded: Atoms,
}

impl Part {
    /// Still promised.
    pub fn open(&self) -> Atoms {
        self.amount - self.captured - self.released
    }
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The entry that opened it; names the hold within its account.
    pub seq: i64,
    /// What it is for.
    pub subject: String,
    /// What the subject is.
    pub facts: Vec<(String, String)>,
    /// Ever promised.
    pub amount: Atoms,
    /// Of it captured.
    pub captured: Atoms,
    /// Of it released.
    pub released: Atoms,
    /// How it stands.
    pub state: HoldState,
    /// When it times out.
    pub expires_at: Option<Micros>,
    /// Its lots, in the order of allocation.
    pub parts: Vec<Part>,
}

impl Hold {
    /// Still promised.
    pub fn open(&self) -> Atoms {
        self.amount - self.captured - self.released
    }
}

/// The kinds of entry, as they are stored.
#[expect(missing_docs, reason = "the table in Kind::moves says what each one does")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Grant,
    Activate,
    Hold,
    Capture,
    Consume,
    Release,
    Timeout,
    Refund,
    Expire,
    RollOut,
    GraceOut,
    Void,
    ChargeDebt,
    RepayDebt,
    ExchangeOut,
    AdjustDown,
    RehomeOut,
    RehomeIn,
    Freeze,
    Unfreeze,
    Extend,
}

impl Kind {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Activate => "activate",
            Self::Hold => "hold",
            Self::Capture => "capture",
            Self::Consume => "consume",
            Self::Release => "release",
            Self::Timeout => "timeout",
            Self::Refund => "refund",
            Self::Expire => "expire",
            Self::RollOut => "roll_out",
            Self::GraceOut => "grace_out",
            Self::Void => "void",
            Self::ChargeDebt => "charge_debt",
            Self::RepayDebt => "repay_debt",
            Self::ExchangeOut => "exchange_out",
            Self::AdjustDown => "adjust_down",
            Self::RehomeOut => "rehome_out",
            Self::RehomeIn => "rehome_in",
            Self::Freeze => "freeze",
            Self::Unfreeze => "unfreeze",
            Self::Extend => "extend",
        }
    }
}

struct Moves {
    consumed: Atoms,
    remaining: Atoms,
    held: Atoms,
    debt: Atoms,
}

impl Kind {
    /// The table of what each kind does to a lot and to the debt.
    fn moves(self, quantity: Atoms) -> Moves {
        use Kind as K;
        let signed = |up: &[K], down: &[K]| match () {
            () if up.contains(&self) => quantity,
            () if down.contains(&self) => -quantity,
            () => 0,
        };
        let spends = [K::Capture, K::Consume, K::ExchangeOut];
        let leaves = [K::AdjustDown, K::Expire, K::Void, K::RollOut, K::GraceOut, K::RepayDebt];
        Moves {
            consumed: signed(&spends, &[K::Refund]),
            remaining: signed(&[K::Grant, K::Refund], &[spends.as_slice(), leaves.as_slice()].concat()),
            held: signed(&[K::Hold, K::RehomeIn], &[K::Release, K::Timeout, K::RehomeOut, K::Capture]),
            debt: signed(&[K::ChargeDebt], &[K::RepayDebt]),
        }
    }
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number in the account.
    pub seq: i64,
    /// What happened.
    pub kind: Kind,
    /// To which lot.
    pub lot: Option<i64>,
    /// For which hold.
    pub hold: Option<i64>,
    /// How much.
    pub quantity: Atoms,
    /// What it did to posted.
    pub d_posted: Atoms,
    /// What it did to held.
    pub d_held: Atoms,
    /// The account's balance after it.
    pub posted_after: Atoms,
    /// The account's held units after it.
    pub held_after: Atoms,
    /// The account's debt after it.
    pub debt_after: Atoms,
    /// When it took effect.
    pub effective_at: Micros,
    /// When it was written.
    pub recorded_at: Micros,
}

/// Whether new spending is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is.
    Open,
    /// Not for now.
    Frozen {
        /// Since when.
        since: Micros,
        /// Nothing expires, starts or times out meanwhile.
        time_paused: bool,
    },
}

/// What is going on: which operation, at what time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moment {
    /// The operation's key, which names the lots that it opens on its way.
    pub key: String,
    /// When it takes effect: earlier than now for what was due before.
    pub at: Micros,
    /// When it is written.
    pub now: Micros,
}

/// An account with everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Concurrent units renew by themselves.
    pub seats: bool,
    /// Sum of the living lots, held included.
    pub posted: Atoms,
    /// Sum of the open holds.
    pub held: Atoms,
    /// Unheld units of credit lines.
    pub credit_free: Atoms,
    /// Units owed.
    pub debt: Atoms,
    /// Captured less refunded, ever.
    pub consumed: Atoms,
    /// Whether an unlimited lot is alive.
    pub unlimited: bool,
    /// Whether new spending is let in.
    pub state: State,
    /// By when holds without a living lot must have found one.
    pub over_limit_until: Option<Micros>,
    /// The lots, oldest first.
    pub lots: Vec<Lot>,
    /// The holds, oldest first.
    pub holds: Vec<Hold>,
    /// The lines, oldest first.
    pub entries: Vec<Entry>,
    /// The number of the last line.
    pub last_seq: i64,
    /// The operation that is going on.
    pub moment: Moment,
}

impl Account {
    /// An account in which nothing has happened yet.
    pub fn empty(seats: bool) -> Self {
        Self {
            seats,
            posted: 0,
            held: 0,
            credit_free: 0,
            debt: 0,
            consumed: 0,
            unlimited: false,
            state: State::Open,
            over_limit_until: None,
            lots: Vec::new(),
            holds: Vec::new(),
            entries: Vec::new(),
            last_seq: 0,
            moment: Moment::default(),
        }
    }

    /// What a new hold may take.
    pub fn spendable(&self) -> Atoms {
        self.posted - self.held
    }

    /// The position of the lot that an entry opened.
    pub fn lot_at(&self, seq: i64) -> Option<usize> {
        self.lots.iter().position(|lot| lot.seq == seq)
    }

    /// The position of the hold that an entry opened.
    pub fn hold_at(&self, seq: i64) -> Option<usize> {
        self.holds.iter().position(|hold| hold.seq == seq)
    }

    /// Writes one line and moves the counters with it.
    pub fn post(&mut self, kind: Kind, lot: Option<usize>, hold: Option<usize>, quantity: Atoms) {
        let Moves { consumed, remaining, held, debt } = kind.moves(quantity);
        let before = (self.posted, self.held);
        if let Some(lot) = lot.map(|place| &mut self.lots[place]) {
            lot.consumed += consumed;
            if !lot.terms.unlimited {
                lot.remaining += remaining;
                lot.held += held;
                let posted = match kind {
                    Kind::Activate => quantity,
                    _ if lot.activated => remaining,
                    _ => 0,
                };
                self.posted += posted;
                self.held += held;
                if lot.terms.source == Source::CreditLine {
                    self.credit_free += posted - held;
                }
            }
        }
        self.debt += debt;
        if kind != Kind::ExchangeOut {
            self.consumed += consumed;
        }
        self.last_seq += 1;
        self.entries.push(Entry {
            seq: self.last_seq,
            kind,
            lot: lot.map(|place| self.lots[place].seq),
            hold: hold.map(|place| self.holds[place].seq),
            quantity,
            d_posted: self.posted - before.0,
            d_held: self.held - before.1,
            posted_after: self.posted,
            held_after: self.held,
            debt_after: self.debt,
            effective_at: self.moment.at,
            recorded_at: self.moment.now,
        });
    }
}
