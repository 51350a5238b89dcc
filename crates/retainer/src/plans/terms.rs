//! What a plan's version promises: price, allowance, and the rules for what is left and for what is too much.

use kernel::{Money, Period, Quantity, Unit};
use runtime::{Columns, Error};
use tokio_postgres::Row;

use kernel::Decimal;

kernel::words! {
    /// What happens to units that are left when they expire.
    RolloverRule, "rollover" {
        /// They are lost.
        None = "none",
        /// So many at most move on.
        Cap = "cap",
        /// All move on.
        All = "all",
    }
}

kernel::words! {
    /// When a period's units expire.
    ExpiryRule, "expiry" {
        /// With their period.
        PeriodEnd = "period_end",
        /// With the so-manieth period from theirs on.
        Periods = "periods",
        /// So many days after they were granted.
        Days = "days",
        /// Never.
        Never = "never",
    }
}

kernel::words! {
    /// What happens when work needs more than is left.
    OverageRule, "overage" {
        /// It is refused.
        Block = "block",
        /// The customer is asked first.
        Ask = "ask",
        /// So much may be used beyond, and is settled when the period closes.
        Credit = "credit",
    }
}

kernel::words! {
    /// What becomes of used credit when its period closes.
    CreditClose, "overage_close" {
        /// It is billed at its rate.
        Bill = "bill",
        /// The next period's units pay for it.
        Carry = "carry",
        /// Nothing.
        Forgive = "forgive",
    }
}

kernel::words! {
    /// What an upgrade in mid-period does with the units of the plan so far. Neither is cut to what is left of the period:
    /// the better plan's units of the whole period come, less what the plan so far granted where it is replaced, and so the
    /// whole difference in price is billed. Whoever would get little of it takes the plan with the next period instead;
    /// before anything is billed they are told the amount, what comes, and when it ends.
    UpgradeRule, "upgrade" {
        /// They end; what was used of them is deducted from the new ones.
        Replace = "replace",
        /// They stay beside the new ones.
        Stack = "stack",
    }
}

/// A credit line: what may be used beyond the allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credit {
    /// How much at most, in atoms.
    pub limit: i64,
    /// What a written unit of it costs.
    pub rate: Money,
    /// What becomes of it when the period closes.
    pub close: CreditClose,
}

/// The terms of a plan's version, consistent by construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// What a period costs.
    pub price: Money,
    /// How long a period is.
    pub period: Period,
    /// What is counted.
    pub unit: Unit,
    /// How many atoms a period has; `None` is unlimited.
    pub quantity: Option<i64>,
    /// What happens to what is left.
    pub rollover: RolloverRule,
    /// At most so many atoms move on.
    pub rollover_cap: Option<i64>,
    /// After how many further periods what moved on ends; never, where it is none.
    pub rollover_periods: Option<i16>,
    /// When units expire.
    pub expiry: ExpiryRule,
    /// How many periods or days.
    pub expiry_count: Option<i16>,
    /// What happens when work needs more.
    pub overage: OverageRule,
    /// The credit line, with overage `credit`.
    pub credit: Option<Credit>,
    /// How many days may be tried.
    pub trial_days: i16,
    /// What an upgrade does.
    pub upgrade: UpgradeRule,
}

impl Terms {
    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        let currency = row.word("currency")?;
        let overage: OverageRule = row.word("overage")?;
        let credit = match overage {
            OverageRule::Credit => Some(Credit {
                limit: row.get("overage_limit"),
                rate: Money::new(row.get("overage_rate_minor"), currency),
                close: row.word("overage_close")?,
            }),
            OverageRule::Block | OverageRule::Ask => None,
        };
        Ok(Self {
            price: Money::new(row.get("price_minor"), currency),
            period: row.word("period")?,
            unit: row.word("unit_code")?,
            quantity: row.get("quantity"),
            rollover: row.word("rollover")?,
            rollover_cap: row.get("rollover_cap"),
            rollover_periods: row.get("rollover_periods"),
            expiry: row.word("expiry")?,
            expiry_count: row.get("expiry_count"),
            overage,
            credit,
            trial_days: row.get("trial_days"),
            upgrade: row.word("upgrade")?,
        })
    }

    /// What a period grants; none where it is unlimited.
    pub fn allowance(&self) -> Option<Quantity> {
        self.quantity.map(|atoms| Quantity::new(atoms, self.unit))
    }

    /// The allowance in words, such as `10:00 h a month`.
    pub fn summary(&self) -> String {
        let amount =
            self.allowance().map_or_else(|| format!("unlimited {}", self.unit.sign()), |amount| amount.to_string());
        match self.period {
            Period::Once => amount,
            period => format!("{amount} a {period}"),
        }
    }
}

/// The terms as they are written in JSON and forms.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenTerms {
    /// What a period costs.
    pub price: Money,
    /// How long a period is.
    pub period: Period,
    /// What is counted; hours without.
    #[serde(default = "hour")]
    pub unit: Unit,
    /// How much a period has; null is unlimited.
    #[serde(default)]
    pub quantity: Option<Decimal>,
    /// What happens to what is left; `none` without.
    #[serde(default = "no_rollover")]
    pub rollover: RolloverRule,
    /// With rollover `cap`: how much at most moves on.
    #[serde(default)]
    pub rollover_cap: Option<Decimal>,
    /// After how many further periods what moved on expires; never, when null.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000)]
    pub rollover_periods: Option<i16>,
    /// When units expire; `period_end` without.
    #[serde(default = "with_the_period")]
    pub expiry: ExpiryRule,
    /// With expiry `periods` or `days`: how many.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000)]
    pub expiry_count: Option<i16>,
    /// What happens when work needs more than is left; `block` without.
    #[serde(default = "blocked")]
    pub overage: OverageRule,
    /// With overage `credit`: how much may be used beyond the allowance.
    #[serde(default)]
    pub overage_limit: Option<Decimal>,
    /// With overage `credit`: what a unit of it costs.
    #[serde(default)]
    pub overage_rate: Option<Money>,
    /// With overage `credit`: what becomes of it when the period closes; `bill` without.
    #[serde(default)]
    pub overage_close: Option<CreditClose>,
    /// How many days a new customer may try it without paying.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 366)]
    pub trial_days: i16,
    /// What an upgrade in mid-period does with the units so far; `replace` without.
    #[serde(default = "replaced")]
    pub upgrade: UpgradeRule,
}

const fn hour() -> Unit {
    Unit::Hour
}
const fn no_rollover() -> RolloverRule {
    RolloverRule::None
}
const fn with_the_period() -> ExpiryRule {
    ExpiryRule::PeriodEnd
}
const fn blocked() -> OverageRule {
    OverageRule::Block
}
const fn replaced() -> UpgradeRule {
    UpgradeRule::Replace
}

runtime::refusals! {
    /// Why terms make no plan.
    pub enum TermsRefused {
        /// The quantity is none of the unit.
        BadQuantity { why: String } => Invalid, "plan.bad_quantity", "The quantity {why}.", at "/terms/quantity";
        /// The cap is none of the unit, or missing, or not wanted.
        BadCap { why: String } => Invalid, "plan.bad_rollover_cap", "The rollover cap {why}.", at "/terms/rollover_cap";
        /// The rolled part's end makes no sense.
        BadRolloverPeriods => Invalid, "plan.bad_rollover_periods", "The number of periods after which rolled units expire must be 1 to 1000, and is only given with a rollover.", at "/terms/rollover_periods";
        /// The number of periods or days is missing, or not wanted.
        BadExpiry => Invalid, "plan.bad_expiry", "With expiry \"periods\" or \"days\" say how many, 1 to 1000, as expiry_count; with the others leave it out.", at "/terms/expiry_count";
        /// A one-off has no further periods.
        OnceHasNoPeriods => Invalid, "plan.once_has_no_periods", "A plan that is sold once has no further periods: let its units expire after days or never, and not roll over.", at "/terms/expiry";
        /// The limit is none of the unit, or missing, or not wanted.
        BadLimit { why: String } => Invalid, "plan.bad_overage_limit", "The overage limit {why}.", at "/terms/overage_limit";
        /// The rate is missing, not wanted or in another currency.
        BadRate => Invalid, "plan.bad_overage_rate", "With overage \"credit\" say what a unit costs, in the currency of the price; with the others leave rate, limit and close out.", at "/terms/overage_rate";
        /// Too long to try.
        BadTrial => Invalid, "plan.bad_trial", "A trial lasts 0 to 366 days.", at "/terms/trial_days";
        /// No limit cannot be exceeded or left over.
        UnlimitedIsPlain => Invalid, "plan.unlimited_is_plain", "An unlimited plan has neither rollover nor overage.", at "/terms/quantity";
    }
}

impl WrittenTerms {
    /// The terms that are meant.
    ///
    /// # Errors
    /// [`TermsRefused`] when they contradict each other.
    pub fn meant(&self) -> Result<Terms, TermsRefused> {
        let positive = |written: &Decimal| written.positive(self.unit).map_err(|error| error.to_string());
        let quantity = self.quantity.as_ref().map(positive).transpose();
        let quantity = quantity.map_err(|why| TermsRefused::BadQuantity { why })?;
        if quantity.is_none() && (self.rollover != RolloverRule::None || self.overage != OverageRule::Block) {
            return Err(TermsRefused::UnlimitedIsPlain);
        }
        let count = |count: Option<i16>| count.is_none_or(|count| (1..=1000).contains(&count));
        let counted = matches!(self.expiry, ExpiryRule::Periods | ExpiryRule::Days);
        if counted != self.expiry_count.is_some() || !count(self.expiry_count) {
            return Err(TermsRefused::BadExpiry);
        }
        let once = self.period == Period::Once;
        let by_period = matches!(self.expiry, ExpiryRule::Periods | ExpiryRule::PeriodEnd);
        if once && (by_period || self.rollover != RolloverRule::None) {
            return Err(TermsRefused::OnceHasNoPeriods);
        }
        if !(0..=366).contains(&self.trial_days) {
            return Err(TermsRefused::BadTrial);
        }
        if !count(self.rollover_periods) || (self.rollover_periods.is_some() && self.rollover == RolloverRule::None) {
            return Err(TermsRefused::BadRolloverPeriods);
        }
        Ok(Terms {
            price: self.price,
            period: self.period,
            unit: self.unit,
            quantity,
            rollover: self.rollover,
            rollover_cap: self.cap(positive)?,
            rollover_periods: self.rollover_periods,
            expiry: self.expiry,
            expiry_count: self.expiry_count,
            overage: self.overage,
            credit: self.credit(positive)?,
            trial_days: self.trial_days,
            upgrade: self.upgrade,
        })
    }

    fn cap(&self, positive: impl Fn(&Decimal) -> Result<i64, String>) -> Result<Option<i64>, TermsRefused> {
        match (self.rollover, &self.rollover_cap) {
            (RolloverRule::Cap, Some(cap)) => positive(cap).map(Some).map_err(|why| TermsRefused::BadCap { why }),
            (RolloverRule::Cap, None) => Err(TermsRefused::BadCap { why: "is missing".to_owned() }),
            (_, Some(_)) => Err(TermsRefused::BadCap { why: "is only given with rollover \"cap\"".to_owned() }),
            (_, None) => Ok(None),
        }
    }

    fn credit(&self, positive: impl Fn(&Decimal) -> Result<i64, String>) -> Result<Option<Credit>, TermsRefused> {
        if self.overage != OverageRule::Credit {
            let bare = self.overage_limit.is_none() && self.overage_rate.is_none() && self.overage_close.is_none();
            return if bare { Ok(None) } else { Err(TermsRefused::BadRate) };
        }
        let limit =
            self.overage_limit.as_ref().ok_or_else(|| TermsRefused::BadLimit { why: "is missing".to_owned() })?;
        let limit = positive(limit).map_err(|why| TermsRefused::BadLimit { why })?;
        let rate =
            self.overage_rate.filter(|rate| rate.currency == self.price.currency).ok_or(TermsRefused::BadRate)?;
        Ok(Some(Credit { limit, rate, close: self.overage_close.unwrap_or(CreditClose::Bill) }))
    }
}

impl From<&Terms> for WrittenTerms {
    fn from(terms: &Terms) -> Self {
        let written = |atoms: i64| Decimal::of(Quantity::new(atoms, terms.unit));
        Self {
            price: terms.price,
            period: terms.period,
            unit: terms.unit,
            quantity: terms.quantity.map(written),
            rollover: terms.rollover,
            rollover_cap: terms.rollover_cap.map(written),
            rollover_periods: terms.rollover_periods,
            expiry: terms.expiry,
            expiry_count: terms.expiry_count,
            overage: terms.overage,
            overage_limit: terms.credit.map(|credit| written(credit.limit)),
            overage_rate: terms.credit.map(|credit| credit.rate),
            overage_close: terms.credit.map(|credit| credit.close),
            trial_days: terms.trial_days,
            upgrade: terms.upgrade,
        }
    }
}
