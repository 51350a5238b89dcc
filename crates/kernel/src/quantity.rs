//! Amounts of a unit, as whole atoms: an hour's atom is the second, so 0.01 h and one minute are both exact.

use std::fmt;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// Time; the atom is one second, written in hours.
    Hour,
    /// Appointments.
    Session,
    /// Messages of an agent.
    Message,
    /// Tokens of a language model.
    Token,
    /// Concurrent users.
    Seat,
    /// Stored value; the atom is the currency's minor unit.
    Money(crate::Currency),
}

/// Why a text names no unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the unit must be hour, session, message, token, seat or money:USD (any currency code)")]
pub struct UnitError;

impl Unit {
    /// Atoms in one written unit: 3600 for the hour, a power of ten for money, else 1.
    pub const fn atoms(self) -> i64 {
        match self {
            Self::Hour => 3600,
            Self::Money(currency) => currency.minor_per_major(),
            _ => 1,
        }
    }

    /// The short sign behind a number of it.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Hour => "h",
            Self::Session => "sessions",
            Self::Message => "messages",
            Self::Token => "tokens",
            Self::Seat => "seats",
            Self::Money(currency) => currency.code(),
        }
    }

    const fn decimals(self) -> u32 {
        match self {
            Self::Hour => 2,
            Self::Money(currency) => currency.exponent(),
            _ => 0,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hour => out.write_str("hour"),
            Self::Session => out.write_str("session"),
            Self::Message => out.write_str("message"),
            Self::Token => out.write_str("token"),
            Self::Seat => out.write_str("seat"),
            Self::Money(currency) => write!(out, "money:{currency}"),
        }
    }
}

impl std::str::FromStr for Unit {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        match text {
            "hour" => Ok(Self::Hour),
            "session" => Ok(Self::Session),
            "message" => Ok(Self::Message),
            "token" => Ok(Self::Token),
            "seat" => Ok(Self::Seat),
            _ => {
                let code = text.strip_prefix("money:").ok_or(UnitError)?;
                code.parse().map(Self::Money).map_err(|_| UnitError)
            }
        }
    }
}

impl serde::Serialize for Unit {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for Unit {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        crate::text::deserialize_from_str(input)
    }
}
impl utoipa::PartialSchema for Unit {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        crate::text::pattern_schema("^(hour|session|message|token|seat|money:[A-Z]{3})$", "hour")
    }
}
impl utoipa::ToSchema for Unit {}

/// Why a text is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Not digits with an optional point.
    #[error("must be a number such as 2.5, and not below zero")]
    NotANumber,
    /// Neither hours and minutes nor a decimal.
    #[error("must be hours and minutes such as 2:30, or a number such as 2.5, and not below zero")]
    NotHours,
    /// Finer than the unit's atom, so storing it would round silently.
    #[error("is finer than {smallest}")]
    TooFine {
        /// What the atom is called: `a second`.
        smallest: &'static str,
    },
    /// Beyond what anybody means, which is a typing error rather than a wish.
    #[error("must be at most {most}; is it a typing error?")]
    TooLarge {
        /// The most written units.
        most: i64,
    },
    /// Zero or less where an amount is needed.
    #[error("must be more than zero")]
    NotPositive,
}

/// A number of a unit's atoms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quantity {
    /// Whole atoms; negative only in differences.
    pub atoms: i64,
    /// What they are atoms of.
    pub unit: Unit,
}

/// The largest number of written units that a person may type.
const MOST_WRITTEN: i64 = 1_000_000;

impl Quantity {
    /// So many atoms of a unit.
    pub const fn new(atoms: i64, unit: Unit) -> Self {
        Self { atoms, unit }
    }

    /// So many seconds, as hours.
    pub const fn seconds(atoms: i64) -> Self {
        Self::new(atoms, Unit::Hour)
    }

    /// So many whole hours.
    pub const fn hours(hours: i64) -> Self {
        Self::new(hours * 3600, Unit::Hour)
    }

    /// Reads a decimal such as `2.5`; exact or refused, never rounded.
    pub fn parse(text: &str, unit: Unit) -> Result<Self, QuantityError> {
        Self::parse_up_to(text, unit, MOST_WRITTEN)
    }

    /// The same with a limit of its own, at most 10^12 written units, so that the atoms fit.
    pub(crate) fn parse_up_to(text: &str, unit: Unit, most: i64) -> Result<Self, QuantityError> {
        let text = text.trim();
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || text.ends_with('.') {
            return Err(QuantityError::NotANumber);
        }
        let whole: i64 =
            if whole.len() > 13 { most + 1 } else { whole.parse().map_err(|_| QuantityError::NotANumber)? };
        if whole > most {
            return Err(QuantityError::TooLarge { most });
        }
        let fraction = fraction.trim_end_matches('0');
        let too_fine = QuantityError::TooFine { smallest: unit.atom_name() };
        if fraction.len() > 6 {
            return Err(too_fine);
        }
        let scale = 10i64.pow(u32::try_from(fraction.len()).unwrap_or(0));
        let part: i64 =
            if fraction.is_empty() { 0 } else { fraction.parse().map_err(|_| QuantityError::NotANumber)? };
        // Rounded half up; right if it is exact, or if it is how `decimal` writes these very atoms.
        let atoms = whole * unit.atoms() + (part * unit.atoms() * 2 + scale) / (scale * 2);
        let read = Self { atoms, unit };
        if (part * unit.atoms()) % scale != 0 && (fraction.len() < 5 || !read.is_written(whole, fraction)) {
            return Err(too_fine);
        }
        if atoms > most * unit.atoms() {
            return Err(QuantityError::TooLarge { most });
        }
        Ok(read)
    }

    /// Whether `whole.fraction`, without zeros at its end, is its decimal.
    fn is_written(self, whole: i64, fraction: &str) -> bool {
        let decimal = self.decimal();
        decimal
            .split_once('.')
            .is_some_and(|(before, after)| before == whole.to_string() && after.trim_end_matches('0') == fraction)
    }

    /// Reads what a person typed: hours also as `2:30`, anything else as its decimal.
    pub fn typed(text: &str, unit: Unit) -> Result<Self, QuantityError> {
        if unit == Unit::Hour { text.parse::<Hours>().map(|hours| hours.0) } else { Self::parse(text, unit) }
    }

    /// The amount for people, without its unit: hours as `2:30` (hours, minutes and, only where there are any, seconds),
    /// always, so that columns can be read down and added up; anything else as its decimal.
    pub fn spoken(self) -> String {
        if self.unit != Unit::Hour {
            return self.decimal();
        }
        let (sign, seconds) = (if self.atoms < 0 { "-" } else { "" }, self.atoms.unsigned_abs());
        let (whole, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if rest == 0 { format!("{sign}{whole}:{minutes:02}") } else { format!("{sign}{whole}:{minutes:02}:{rest:02}") }
    }

    /// The decimal without its unit: at least the unit's usual places, more where needed to be exact, and never more
    /// than six. An amount such as one second has no finite decimal in hours; its last place is rounded half up.
    pub fn decimal(self) -> String {
        let per = i128::from(self.unit.atoms());
        let least = self.unit.decimals();
        let atoms = i128::from(self.atoms);
        let places = (least..6).find(|places| (atoms * 10i128.pow(*places)) % per == 0).unwrap_or(if per == 1 {
            0
        } else {
            6.max(least)
        });
        let scaled = atoms.abs() * 10i128.pow(places);
        let rounded = (scaled * 2 + per) / (per * 2);
        let sign = if self.atoms < 0 { "-" } else { "" };
        if places == 0 {
            return format!("{sign}{rounded}");
        }
        let (whole, part) = (rounded / 10i128.pow(places), rounded % 10i128.pow(places));
        format!("{sign}{whole}.{part:0width$}", width = places as usize)
    }

    /// The same unit's zero.
    pub const fn zero(unit: Unit) -> Self {
        Self::new(0, unit)
    }
}

impl Unit {
    const fn atom_name(self) -> &'static str {
        match self {
            Self::Hour => "a second",
            Self::Money(currency) => currency.minor_name(),
            _ => "a whole one",
        }
    }
}

/// A quantity of hours in JSON and forms: a decimal string, or hours and minutes such as `1:20`, when it is read; a
/// decimal string in JSON, and [`Quantity::spoken`] in sentences, when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hours(pub Quantity);

impl Hours {
    /// So many seconds.
    pub const fn of_seconds(seconds: i64) -> Self {
        Self(Quantity::seconds(seconds))
    }

    /// Whole seconds.
    pub const fn atoms(self) -> i64 {
        self.0.atoms
    }
}

impl std::str::FromStr for Hours {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let read = if text.contains(':') { clock(text.trim()) } else { Quantity::parse(text, Unit::Hour) };
        read.map(Self).map_err(|error| if error == QuantityError::NotANumber { QuantityError::NotHours } else { error })
    }
}
impl fmt::Display for Hours {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.spoken())
    }
}

/// Reads `h:mm` or `h:mm:ss`.
fn clock(text: &str) -> Result<Quantity, QuantityError> {
    let mut parts = text.split(':');
    let hours = Quantity::parse(parts.next().unwrap_or_default(), Unit::Hour)?;
    let mut seconds = 0;
    for factor in [60, 1] {
        let Some(part) = parts.next() else { continue };
        if part.len() != 2 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(QuantityError::NotANumber);
        }
        let part: i64 = part.parse().map_err(|_| QuantityError::NotANumber)?;
        if part > 59 {
            return Err(QuantityError::NotANumber);
        }
        seconds += part * factor;
    }
    if parts.next().is_some() || hours.atoms % 3600 != 0 {
        return Err(QuantityError::NotANumber);
    }
    Ok(Quantity::seconds(hours.atoms + seconds))
}
impl serde::Serialize for Hours {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.0.decimal())
    }
}
impl<'de> serde::Deserialize<'de> for Hours {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        crate::text::deserialize_from_str(input)
    }
}
impl utoipa::PartialSchema for Hours {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        crate::text::pattern_schema("^[0-9]{1,7}(\\.[0-9]{1,6}|:[0-5][0-9](:[0-5][0-9])?)?$", "2.50")
    }
}
impl utoipa::ToSchema for Hours {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_hundredth_of_an_hour_and_a_minute_are_exact() {
        assert_eq!(Quantity::parse("0.01", Unit::Hour), Ok(Quantity::seconds(36)));
        assert_eq!(Quantity::parse("2.5", Unit::Hour), Ok(Quantity::seconds(9000)));
        assert_eq!(Quantity::seconds(60).decimal(), "0.016667");
        assert_eq!(Quantity::seconds(9000).to_string(), "2:30 h");
        assert_eq!(Quantity::seconds(-90).decimal(), "-0.025");
    }

    #[test]
    fn hours_are_spoken_in_hours_and_minutes() {
        assert_eq!(Quantity::seconds(9000).spoken(), "2:30");
        assert_eq!(Quantity::hours(10).spoken(), "10:00");
        assert_eq!(Quantity::seconds(-8280).spoken(), "-2:18");
        assert_eq!(Quantity::seconds(1043).spoken(), "0:17:23");
        assert_eq!(Quantity::seconds(1200).to_string(), "0:20 h");
        assert_eq!(Quantity::seconds(-3661).spoken(), "-1:01:01");
        assert_eq!(Quantity::new(3, Unit::Session).spoken(), "3");
    }

    #[test]
    fn what_is_no_time_of_a_clock_is_refused() {
        for text in [":20", "1:", "1:2", "1:60", "1:20:", "1:20:61", "1:20:30:40", "1.5:20", "-1:20", "1:+2"] {
            assert_eq!(text.parse::<Hours>(), Err(QuantityError::NotHours), "{text}");
        }
        assert_eq!("1:20".parse::<Hours>(), Ok(Hours::of_seconds(4800)));
        assert_eq!(Quantity::typed("0:00:01", Unit::Hour), Quantity::typed("0.000278", Unit::Hour));
        assert_eq!(Quantity::typed("2:30", Unit::Session), Err(QuantityError::NotANumber));
        assert_eq!("0.3333".parse::<Hours>(), Err(QuantityError::TooFine { smallest: "a second" }));
    }

    #[test]
    fn bad_numbers_are_refused_with_the_reason() {
        for text in ["", ".", "1.", "-1", "1e3", "NaN", "1,5", "٣"] {
            assert_eq!(Quantity::parse(text, Unit::Hour), Err(QuantityError::NotANumber), "{text}");
        }
        assert_eq!(Quantity::parse("1000001", Unit::Hour), Err(QuantityError::TooLarge { most: MOST_WRITTEN }));
        assert_eq!(Quantity::parse("1000000.5", Unit::Hour), Err(QuantityError::TooLarge { most: MOST_WRITTEN }));
        assert!(matches!(Quantity::parse("0.0001", Unit::Hour), Err(QuantityError::TooFine { .. })));
        assert!(matches!(Quantity::parse("1.5", Unit::Session), Err(QuantityError::TooFine { .. })));
    }

    proptest! {
        #[test]
        fn hundredths_read_back_exactly(hundredths in 0i64..100_000_000) {
            let amount = Quantity::seconds(hundredths * 36);
            prop_assert_eq!(Quantity::parse(&amount.decimal(), Unit::Hour), Ok(amount));
        }

        #[test]
        fn whatever_is_written_reads_back(seconds in 0i64..3_600_000) {
            let amount = Hours::of_seconds(seconds);
            prop_assert_eq!(amount.0.decimal().parse(), Ok(amount));
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,30}") {
            let _ = Quantity::parse(&text, Unit::Hour);
        }
    }
}
