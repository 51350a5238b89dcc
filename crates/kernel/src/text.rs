//! Short texts that are valid by construction: names, titles and the like.

use std::fmt;

/// Deserializes through `FromStr`, so that JSON and forms give the same sentence as the parser.
pub fn deserialize_from_str<'de, T, D>(input: D) -> Result<T, D::Error>
where
    T: std::str::FromStr,
    T::Err: fmt::Display,
    D: serde::Deserializer<'de>,
{
    let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(input)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// The OpenAPI schema of a string with a pattern and an example.
pub fn pattern_schema(pattern: &str, example: &str) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
    Schema::Object(
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(pattern))
            .examples([serde_json::json!(example)])
            .build(),
    )
    .into()
}

/// The OpenAPI schema of a string that is one of `words`.
pub fn words_schema(words: &[&str]) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
    Schema::Object(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.iter().copied())).build())
        .into()
}

/// Why a text was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// More characters than fit.
    #[error("must have at most {most} characters")]
    TooLong {
        /// The limit in characters.
        most: usize,
    },
    /// A character that no screen shows (NUL, escape …).
    #[error("must not contain control characters")]
    Control,
}

/// Trims and checks a text; `lines` says whether line breaks and tabs may stay.
pub fn check(text: &str, most: usize, lines: Lines) -> Result<String, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    let allowed = |letter: char| match lines {
        Lines::One => !letter.is_control(),
        Lines::Many => !letter.is_control() || matches!(letter, '\n' | '\r' | '\t'),
    };
    if !text.chars().all(allowed) {
        return Err(TextError::Control);
    }
    if text.chars().count() > most {
        return Err(TextError::TooLong { most });
    }
    Ok(text.replace("\r\n", "\n"))
}

/// Whether a letter is not seen and may change how others are: a control character, a mark that turns the direction of what
/// follows, a space of no width.
pub fn is_treacherous(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

/// Whether a text may have several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// A single line.
    One,
    /// Line breaks and tabs are kept.
    Many,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $lines:ident, $most:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The most characters it may have.
            pub const MOST: usize = $most;
            /// The text.
            pub fn as_str(&self) -> &str { &self.0 }
            /// The text, owned.
            pub fn into_string(self) -> String { self.0 }
        }
        impl std::str::FromStr for $name {
            type Err = TextError;
            fn from_str(text: &str) -> Result<Self, TextError> { check(text, $most, Lines::$lines).map(Self) }
        }
        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result { out.write_str(&self.0) }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> { deserialize_from_str(input) }
        }
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
                Schema::Object(ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some($most)).build()).into()
            }
        }
        impl utoipa::ToSchema for $name {}
    )* };
}

texts! {
    /// A person's, customer's or organization's name.
    Name, One, 200;
    /// A one-line heading.
    Title, One, 255;
    /// A text of several lines: details, a comment.
    Body, Many, 20_000;
    /// Why somebody did something, in a sentence or two.
    Reason, Many, 2_000;
    /// A word that marks a thing.
    Tag, One, 40;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_visible_line() {
        assert_eq!("  Fix it  ".parse::<Title>().map(Title::into_string), Ok("Fix it".to_owned()));
        assert_eq!("".parse::<Title>(), Err(TextError::Empty));
        assert_eq!("a\nb".parse::<Title>(), Err(TextError::Control));
        assert_eq!("a\0b".parse::<Title>(), Err(TextError::Control));
        assert_eq!("å".repeat(256).parse::<Title>(), Err(TextError::TooLong { most: 255 }));
    }

    #[test]
    fn a_body_keeps_its_lines() {
        assert_eq!("a\r\nb\tc".parse::<Body>().map(Body::into_string), Ok("a\nb\tc".to_owned()));
    }
}
