//! A decimal whose unit is told elsewhere.

use crate::quantity::QuantityError;
use crate::{Quantity, Unit};

/// A decimal such as `2.5`; what it counts stands beside it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Decimal(String);

impl Decimal {
    /// A quantity without its unit.
    pub fn of(quantity: Quantity) -> Self {
        Self(quantity.decimal())
    }

    /// The atoms that it is of a unit: exact, and more than zero.
    ///
    /// # Errors
    /// When it is too fine, too large or zero.
    pub fn positive(&self, unit: Unit) -> Result<i64, QuantityError> {
        let atoms = Quantity::parse(&self.0, unit)?.atoms;
        if atoms > 0 { Ok(atoms) } else { Err(QuantityError::NotPositive) }
    }

    /// The atoms that it is of a unit, with its sign: exact, and not zero.
    ///
    /// # Errors
    /// When it is too fine, too large or zero.
    pub fn signed(&self, unit: Unit) -> Result<i64, QuantityError> {
        match self.0.strip_prefix('-') {
            Some(digits) => Self(digits.to_owned()).positive(unit).map(|atoms| -atoms),
            None => self.positive(unit),
        }
    }

    /// The atoms, from zero up.
    ///
    /// # Errors
    /// When it is too fine, too large or negative.
    pub fn atoms(&self, unit: Unit) -> Result<i64, QuantityError> {
        Quantity::parse(&self.0, unit).map(|quantity| quantity.atoms)
    }

    /// The nearest whole atoms of a decimal that [`Decimal::of`] wrote, with its sign: six places of an hour are finer
    /// than its second, so this brings back exactly what was written.
    pub fn rounded_atoms(&self, unit: Unit) -> i64 {
        let (sign, digits) = self.0.strip_prefix('-').map_or((1, self.0.as_str()), |digits| (-1, digits));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let scaled: i128 = format!("{whole}{part}").parse().unwrap_or(0);
        let scale = 10i128.pow(u32::try_from(part.len()).unwrap_or(0));
        let atoms = (scaled * i128::from(unit.atoms()) * 2 + scale) / (scale * 2);
        sign * i64::try_from(atoms).unwrap_or(i64::MAX)
    }

    /// The quantity of a unit that [`Decimal::of`] wrote.
    pub fn quantity(&self, unit: Unit) -> Quantity {
        Quantity::new(self.rounded_atoms(unit), unit)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Decimal {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let text = text.trim();
        let (whole, part) = text.strip_prefix('-').unwrap_or(text).split_once('.').unwrap_or((text, "0"));
        let whole = whole.strip_prefix('-').unwrap_or(whole);
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits(whole) && digits(part) && text.len() <= 24 {
            Ok(Self(text.to_owned()))
        } else {
            Err(QuantityError::NotANumber)
        }
    }
}
impl std::fmt::Display for Decimal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}
impl<'de> serde::Deserialize<'de> for Decimal {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        crate::text::deserialize_from_str(input)
    }
}
impl utoipa::PartialSchema for Decimal {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        crate::text::pattern_schema("^-?[0-9]{1,12}(\\.[0-9]{1,6})?$", "2.50")
    }
}
impl utoipa::ToSchema for Decimal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_comes_back() {
        for seconds in [0, 1, 59, 60, 3599, 9000, -1, -9001, 359_999_999] {
            assert_eq!(Decimal::of(Quantity::seconds(seconds)).rounded_atoms(Unit::Hour), seconds);
        }
    }

    #[test]
    fn a_decimal_becomes_exact_atoms_or_is_refused() {
        let read = |text: &str| text.parse::<Decimal>().and_then(|decimal| decimal.signed(Unit::Hour));
        assert_eq!((read("2.5"), read("-0.25")), (Ok(9000), Ok(-900)));
        for text in ["", "-", "--1", "1-1", "1.", ".5", "0", "-0.0", "1e3", "0.00001"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
