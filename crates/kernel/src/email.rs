//! E-mail addresses.

use std::fmt;

/// An address as it was typed, without the white space around it; compared without regard to case.
#[derive(Debug, Clone)]
pub struct Email(String);

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address such as name@example.com")]
pub struct EmailError;

impl Email {
    /// The address as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which it is looked up and unique.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}
impl Eq for Email {}

impl std::str::FromStr for Email {
    type Err = EmailError;
    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError)?;
        let plain =
            |letter: char| !letter.is_control() && !letter.is_whitespace() && !"<>()[],;:\\\"@".contains(letter);
        let labels = domain.split('.').collect::<Vec<_>>();
        let label =
            |part: &&str| !part.is_empty() && part.len() <= 63 && !part.starts_with('-') && !part.ends_with('-');
        let good = !local.is_empty()
            && local.len() <= 64
            && text.len() <= 254
            && text.chars().filter(|letter| *letter != '@').all(plain)
            && local.chars().all(plain)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && labels.iter().all(label)
            && domain.chars().all(|letter| letter.is_alphanumeric() || letter == '-' || letter == '.');
        if good { Ok(Self(text.to_owned())) } else { Err(EmailError) }
    }
}
impl fmt::Display for Email {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
impl serde::Serialize for Email {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.0)
    }
}
impl<'de> serde::Deserialize<'de> for Email {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        crate::text::deserialize_from_str(input)
    }
}
impl utoipa::PartialSchema for Email {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
        Schema::Object(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
                .max_length(Some(254))
                .examples([serde_json::json!("cleo@example.com")])
                .build(),
        )
        .into()
    }
}
impl utoipa::ToSchema for Email {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_rubbish() {
        for good in ["a@b.se", "Olga.Ek+x@acme.example", "ö@exämple.com", "root@localhost"] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        for bad in
            ["", "a", "@b.se", "a@", "a b@c.de", "a@b..c", "a\r\nBcc: x@y.z@b.se", "a@-b.se", "a@b@c.se", "x..y@b.se"]
        {
            assert!(bad.parse::<Email>().is_err(), "{bad}");
        }
    }

    #[test]
    fn case_does_not_make_another_address() {
        assert_eq!("Olga@Acme.example".parse::<Email>(), "olga@acme.EXAMPLE".parse());
    }
}
