//! Money: whole minor units and an ISO 4217 currency.

use std::fmt;

use crate::thousands::apart;

/// An ISO 4217 currency code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// The currencies of ISO 4217 that are money in use.
pub const CODES: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF",
    "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC",
    "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS",
    "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD",
    "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL",
    "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD",
    "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD",
    "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP",
    "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VED",
    "VES", "VND", "VUV", "WST", "XAF", "XCD", "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
];

/// Why a text is not a currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be the code of a currency that there is, such as USD")]
pub struct CurrencyError;

impl Currency {
    /// The dollar of the United States.
    pub const USD: Self = Self(*b"USD");
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");

    /// The three letters.
    pub const fn code(&self) -> &'static str {
        // A static text is needed for `Unit::sign`; the common codes are spelled out, the rest share one word.
        match &self.0 {
            b"USD" => "USD",
            b"EUR" => "EUR",
            b"GBP" => "GBP",
            b"SEK" => "SEK",
            b"INR" => "INR",
            b"JPY" => "JPY",
            b"CHF" => "CHF",
            b"CAD" => "CAD",
            b"AUD" => "AUD",
            _ => "money",
        }
    }

    /// Decimal places of the minor unit (ISO 4217): JPY 0, USD 2, KWD 3.
    pub const fn exponent(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// What people call the minor unit, with its article.
    pub(crate) const fn minor_name(self) -> &'static str {
        match (&self.0, self.exponent()) {
            (b"USD" | b"EUR" | b"CAD" | b"AUD" | b"NZD" | b"SGD" | b"HKD" | b"ZAR", _) => "a cent",
            (b"GBP", _) => "a penny",
            (b"SEK" | b"NOK" | b"DKK", _) => "an öre",
            (b"CHF", _) => "a centime",
            (b"INR", _) => "a paisa",
            (_, 0) => "what this currency has coins for",
            (_, 3) => "a thousandth",
            _ => "a hundredth",
        }
    }

    /// Minor units in one major unit.
    pub const fn minor_per_major(self) -> i64 {
        10i64.pow(self.exponent())
    }
}

impl std::str::FromStr for Currency {
    type Err = CurrencyError;
    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        let bytes: [u8; 3] = text.as_bytes().try_into().map_err(|_| CurrencyError)?;
        if CODES.contains(&text) { Ok(Self(bytes)) } else { Err(CurrencyError) }
    }
}
impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{}", char::from(*byte)))
    }
}
impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        crate::text::deserialize_from_str(input)
    }
}
impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        crate::text::pattern_schema("^[A-Z]{3}$", "USD")
    }
}
impl utoipa::ToSchema for Currency {}

/// The most major units that a person may type: an hour costs millions in some currencies.
const MOST_MAJOR: i64 = 10_000_000_000;

/// An amount of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Whole minor units; negative for what is given back.
    pub minor: i64,
    /// Of which currency.
    pub currency: Currency,
}

impl Money {
    /// So many minor units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The decimal without its currency, with all the currency's places: `450.00`.
    pub fn decimal(self) -> String {
        let places = self.currency.exponent();
        let (sign, minor) = (if self.minor < 0 { "-" } else { "" }, self.minor.unsigned_abs());
        if places == 0 {
            return format!("{sign}{minor}");
        }
        let per = 10u64.pow(places);
        format!("{sign}{}.{:0width$}", minor / per, minor % per, width = places as usize)
    }

    /// Reads a decimal such as `450.00`; exact or refused.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, crate::quantity::QuantityError> {
        let quantity = crate::Quantity::parse_up_to(text, crate::Unit::Money(currency), MOST_MAJOR)?;
        Ok(Self::new(quantity.atoms, currency))
    }
}

/// For people: the sign before common currencies and thousands parted, `$4,000.00`; else the code behind.
impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimal = self.decimal();
        let (minus, digits) = decimal.strip_prefix('-').map_or(("", decimal.as_str()), |rest| ("-", rest));
        let grouped = apart(digits);
        match &self.currency.0 {
            b"USD" => write!(out, "{minus}${grouped}"),
            b"EUR" => write!(out, "{minus}€{grouped}"),
            b"GBP" => write!(out, "{minus}£{grouped}"),
            _ => write!(out, "{minus}{grouped} {}", self.currency),
        }
    }
}

/// Money in JSON: `{"amount": "450.00", "currency": "USD"}`.
impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = out.serialize_struct("Money", 2)?;
        fields.serialize_field("amount", &self.decimal())?;
        fields.serialize_field("currency", &self.currency)?;
        fields.end()
    }
}
impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            amount: String,
            currency: Currency,
        }
        let written = Written::deserialize(input)?;
        Self::parse(&written.amount, written.currency).map_err(serde::de::Error::custom)
    }
}
impl utoipa::PartialSchema for Money {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema};
        let amount = crate::text::pattern_schema("^-?[0-9]{1,15}(\\.[0-9]{1,3})?$", "450.00");
        Schema::Object(
            ObjectBuilder::new()
                .property("amount", amount)
                .required("amount")
                .property("currency", Currency::schema())
                .required("currency")
                .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
                .build(),
        )
        .into()
    }
}
impl utoipa::ToSchema for Money {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_with_all_its_places() {
        assert_eq!(Money::new(400_000, Currency::USD).to_string(), "$4,000.00");
        assert_eq!(Money::new(-5, Currency::USD).decimal(), "-0.05");
        assert_eq!("JPY".parse().map(|yen| Money::new(1_234_567, yen).to_string()), Ok("1,234,567 JPY".to_owned()));
    }

    #[test]
    fn a_currency_that_there_is_not_is_refused() {
        assert!("XYZ".parse::<Currency>().is_err());
        assert!("usd".parse::<Currency>().is_err());
        assert!(CODES.iter().all(|code| code.parse::<Currency>().is_ok()));
    }

    #[test]
    fn a_fraction_of_a_cent_is_refused() {
        assert!(Money::parse("0.005", Currency::USD).is_err());
        assert_eq!(Money::parse("450", Currency::USD), Ok(Money::new(45_000, Currency::USD)));
    }
}
