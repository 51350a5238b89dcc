//! The nouns: an organization, its slug and its zone.

use kernel::Currency;
use kernel::id::OrganizationId;
use runtime::{Columns, Error};
use tokio_postgres::Row;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A business.
#[derive(Debug, Clone)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// The word in its URLs.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its zone.
    pub zone: Zone,
    /// What its prices are in.
    pub currency: Currency,
    /// Who may become a customer.
    pub sign_up: SignUpMode,
    /// How long a customer has to pay.
    pub days_to_pay: DaysToPay,
    /// By what work is rounded up when it is billed.
    pub time_increment: TimeIncrement,
    /// How customers pay, in its own words.
    pub payment_instructions: Option<String>,
    /// When everything in it is deleted, if its owner asked for that.
    pub closes_at: Option<jiff::Timestamp>,
    /// Whether its data is invented.
    pub is_sample: bool,
    /// The version for optimistic locking.
    pub version: i64,
}

impl Organization {
    /// An instant as its mails write it, in its own zone: `20 December 2026, 09:00 (CET)`.
    pub fn moment(&self, at: jiff::Timestamp) -> String {
        at.to_zoned(self.zone.rules().clone()).strftime("%-d %B %Y, %H:%M (%Z)").to_string()
    }

    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id"),
            slug: row.get("slug"),
            name: row.get("name"),
            zone: row.word("time_zone")?,
            currency: row.word("currency")?,
            sign_up: row.word("sign_up")?,
            days_to_pay: DaysToPay(row.get("days_to_pay")),
            time_increment: TimeIncrement(row.get("time_increment")),
            payment_instructions: row.get("payment_instructions"),
            closes_at: row.get("closes_at"),
            is_sample: row.get("is_sample"),
            version: row.get("version"),
        })
    }
}

kernel::words! {
    /// Who may become a customer of an organization.
    SignUpMode, "sign-up" {
        /// Anybody, through the portal.
        Open = "open",
        /// Whoever is invited.
        Invitation = "invitation",
    }
}

/// How many days a customer has to pay an invoice, from its issue on: 1 to 365.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct DaysToPay(i16);

/// Why a number is no number of days to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaysToPayError;

impl std::fmt::Display for DaysToPayError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("must be a whole number of days from 1 to 365")
    }
}

impl DaysToPay {
    /// The number.
    pub const fn days(self) -> i16 {
        self.0
    }
}

impl TryFrom<i64> for DaysToPay {
    type Error = DaysToPayError;
    fn try_from(days: i64) -> Result<Self, DaysToPayError> {
        match i16::try_from(days) {
            Ok(days @ 1..=365) => Ok(Self(days)),
            _ => Err(DaysToPayError),
        }
    }
}
impl std::str::FromStr for DaysToPay {
    type Err = DaysToPayError;
    fn from_str(text: &str) -> Result<Self, DaysToPayError> {
        text.trim().parse::<i64>().map_err(|_| DaysToPayError)?.try_into()
    }
}
impl std::fmt::Display for DaysToPay {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.0)
    }
}
impl<'de> serde::Deserialize<'de> for DaysToPay {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        <i64 as serde::Deserialize>::deserialize(input)?.try_into().map_err(serde::de::Error::custom)
    }
}
impl utoipa::PartialSchema for DaysToPay {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Integer)
            .minimum(Some(1))
            .maximum(Some(365))
            .examples([serde_json::json!(14)])
            .into()
    }
}
impl utoipa::ToSchema for DaysToPay {}

/// By how many minutes work is rounded up when it is billed: 1, 6, 10, 15 or 30.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct TimeIncrement(i16);

/// Why a number is no increment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeIncrementError;

impl std::fmt::Display for TimeIncrementError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("must be 1, 6, 10, 15 or 30 minutes")
    }
}

impl TimeIncrement {
    /// Those there are.
    pub const ALL: [Self; 5] = [Self(1), Self(6), Self(10), Self(15), Self(30)];

    /// The number of minutes.
    pub const fn minutes(self) -> i16 {
        self.0
    }
}

impl TryFrom<i64> for TimeIncrement {
    type Error = TimeIncrementError;
    fn try_from(minutes: i64) -> Result<Self, TimeIncrementError> {
        Self::ALL.into_iter().find(|known| i64::from(known.0) == minutes).ok_or(TimeIncrementError)
    }
}
impl std::str::FromStr for TimeIncrement {
    type Err = TimeIncrementError;
    fn from_str(text: &str) -> Result<Self, TimeIncrementError> {
        text.trim().parse::<i64>().map_err(|_| TimeIncrementError)?.try_into()
    }
}
impl std::fmt::Display for TimeIncrement {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.0)
    }
}
impl<'de> serde::Deserialize<'de> for TimeIncrement {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        <i64 as serde::Deserialize>::deserialize(input)?.try_into().map_err(serde::de::Error::custom)
    }
}
impl utoipa::PartialSchema for TimeIncrement {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Integer)
            .enum_values(Some(Self::ALL.map(Self::minutes)))
            .examples([serde_json::json!(15)])
            .into()
    }
}
impl utoipa::ToSchema for TimeIncrement {}

/// The word by which an organization is known in URLs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slug(String);

/// Why a text is not a slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlugError;

impl std::fmt::Display for SlugError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(
            "must be 3 to 40 small letters, digits and dashes, and no word that the addresses need themselves",
        )
    }
}

/// First segments of addresses that are not organizations.
const TAKEN: &[&str] = &["api", "assets", "hooks", "setup", "operator", "design", "health", "sign-in", "sign-up"];

impl Slug {
    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A slug made of a name, as a proposal: `Ek & Søn AB` becomes `ek-son-ab`. None where the name has letters of other
    /// scripts, which would be left out and mutilate it, or too few.
    pub fn propose(name: &str) -> Option<Self> {
        let mut text = String::new();
        for letter in name.nfkd().flat_map(char::to_lowercase) {
            if letter.is_ascii_alphanumeric() {
                text.push(letter);
            } else if let Some(plain) = plain(letter) {
                text.push_str(plain);
            } else if letter.is_alphanumeric() && !is_apostrophe(letter) {
                return None;
            } else if !is_combining_mark(letter) && !is_apostrophe(letter) && !text.is_empty() && !text.ends_with('-') {
                text.push('-');
            }
        }
        text.truncate(40);
        text.trim_end_matches('-').parse().ok()
    }
}

const fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’' | 'ʼ')
}

/// The Latin letters that are no letter with a mark, in plain ones.
const fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ø' => "o",
        'æ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        'þ' => "th",
        'ð' | 'đ' => "d",
        'ł' => "l",
        'ħ' => "h",
        'ı' => "i",
        'ŧ' => "t",
        'ŋ' => "ng",
        'ĸ' => "k",
        'ə' => "e",
        _ => return None,
    })
}

impl std::str::FromStr for Slug {
    type Err = SlugError;
    fn from_str(text: &str) -> Result<Self, SlugError> {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = text.as_bytes();
        let good = (3..=40).contains(&bytes.len())
            && bytes.iter().all(|byte| letter(*byte) || *byte == b'-')
            && letter(bytes[0])
            && letter(bytes[bytes.len() - 1])
            && !TAKEN.contains(&text);
        if good { Ok(Self(text.to_owned())) } else { Err(SlugError) }
    }
}
impl std::fmt::Display for Slug {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}
impl<'de> serde::Deserialize<'de> for Slug {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        kernel::text::deserialize_from_str(input)
    }
}
impl utoipa::PartialSchema for Slug {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        kernel::text::pattern_schema("^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$", "leverai")
    }
}
impl utoipa::ToSchema for Slug {}

/// An IANA time zone that this program knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(jiff::tz::TimeZone);

/// Why a text is not a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneError;

impl std::fmt::Display for ZoneError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("must be a time zone such as Europe/Stockholm or America/New_York")
    }
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(jiff::tz::TimeZone::UTC);

    /// The zone's rules.
    pub const fn rules(&self) -> &jiff::tz::TimeZone {
        &self.0
    }

    /// Its name, `Europe/Stockholm`.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}

impl std::str::FromStr for Zone {
    type Err = ZoneError;
    fn from_str(text: &str) -> Result<Self, ZoneError> {
        let zone = jiff::tz::TimeZone::get(text).map_err(|_| ZoneError)?;
        // These two name no place: the one is wherever the server stands, the other a relic of zone files.
        let is_place = !["localtime", "posixrules"].iter().any(|name| name.eq_ignore_ascii_case(text));
        if is_place { Ok(Self(zone)) } else { Err(ZoneError) }
    }
}
impl serde::Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.name())
    }
}
impl<'de> serde::Deserialize<'de> for Zone {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        kernel::text::deserialize_from_str(input)
    }
}
impl utoipa::PartialSchema for Zone {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        kernel::text::pattern_schema("^[A-Za-z0-9_+/-]{1,64}$", "Europe/Stockholm")
    }
}
impl utoipa::ToSchema for Zone {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_proposed_from_any_name_that_has_letters() {
        assert_eq!(
            Slug::propose("LeverAI Consulting").map(|slug| slug.to_string()).as_deref(),
            Some("leverai-consulting")
        );
        assert_eq!(Slug::propose("Ek & Co.").map(|slug| slug.to_string()).as_deref(), Some("ek-co"));
        for (name, slug) in [
            ("Åsa & Söner \"AB\"", "asa-soner-ab"),
            ("Ek & Søn AB", "ek-son-ab"),
            ("Łódź Straßenbau", "lodz-strassenbau"),
            ("Nguyễn’s Café № 1", "nguyens-cafe-no-1"),
        ] {
            assert_eq!(Slug::propose(name).map(|slug| slug.to_string()).as_deref(), Some(slug), "{name}");
        }
        for name in ["株式会社", "شركة", "Ab 株式会社", "Å", "API"] {
            assert_eq!(Slug::propose(name), None, "{name}");
        }
        assert_eq!("api".parse::<Slug>(), Err(SlugError));
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_proposed_is_a_slug(name in "\\PC{0,60}") {
            if let Some(slug) = Slug::propose(&name) {
                proptest::prop_assert_eq!(slug.to_string().parse::<Slug>(), Ok(slug));
            }
        }

        #[test]
        fn names_in_latin_letters_are_proposed_a_slug(name in "[A-Za-zÀ-ÖØ-öø-žẠ-ỹ]{10,40}") {
            proptest::prop_assert!(Slug::propose(&name).is_some());
        }
    }

    #[test]
    fn a_zone_is_a_place_and_not_wherever_the_server_stands() {
        assert!("Europe/Stockholm".parse::<Zone>().is_ok());
        for name in ["localtime", "LocalTime", "posixrules", "", "Europe/Nowhere"] {
            assert_eq!(name.parse::<Zone>(), Err(ZoneError), "{name}");
        }
    }
}
