//! The number by which people know a ticket.

use jiff::Timestamp;

/// `TKT-20261120-090000-0001`: the instant of opening in UTC and four digits of the organization's sequence. Imported
/// numbers may look otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TicketNumber(String);

/// Why a text is not a ticket's number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a ticket's number such as TKT-20261120-090000-0001")]
pub struct TicketNumberError;

impl TicketNumber {
    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part of the number that the instant gives.
    pub(super) fn prefix(at: Timestamp) -> String {
        at.to_zoned(jiff::tz::TimeZone::UTC).strftime("TKT-%Y%m%d-%H%M%S-").to_string()
    }

    /// A number that the database holds.
    pub(super) const fn stored(text: String) -> Self {
        Self(text)
    }
}

impl std::str::FromStr for TicketNumber {
    type Err = TicketNumberError;
    fn from_str(text: &str) -> Result<Self, TicketNumberError> {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let good = (1..=50).contains(&text.len()) && text.bytes().all(letter);
        if good { Ok(Self(text.to_owned())) } else { Err(TicketNumberError) }
    }
}
impl std::fmt::Display for TicketNumber {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}
impl serde::Serialize for TicketNumber {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.0)
    }
}
impl<'de> serde::Deserialize<'de> for TicketNumber {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        kernel::text::deserialize_from_str(input)
    }
}
impl utoipa::PartialSchema for TicketNumber {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        kernel::text::pattern_schema("^[A-Za-z0-9._-]{1,50}$", "TKT-20261120-090000-0001")
    }
}
impl utoipa::ToSchema for TicketNumber {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_tells_the_instant_in_utc() {
        let at = "2026-11-20T23:59:58+02:00".parse().expect("an instant");
        assert_eq!(TicketNumber::prefix(at), "TKT-20261120-215958-");
    }

    #[test]
    fn rubbish_is_no_number() {
        for rubbish in ["", "TKT 1", "TKT-\0", "ÅÄÖ", "a/b", &"x".repeat(51)] {
            assert_eq!(rubbish.parse::<TicketNumber>(), Err(TicketNumberError), "{rubbish:?}");
        }
    }
}
