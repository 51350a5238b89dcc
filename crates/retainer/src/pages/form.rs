//! A form as somebody filled it in: nothing that was typed is lost, and what is wrong stands beside its field.

use std::str::FromStr;

use axum::extract::{FromRequest, RawForm, Request};
use http::StatusCode;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use kernel::{Class, Currency, Money, Quantity, Unit};
use runtime::Error;
use runtime::http::body::{BodyTime, in_time};
use runtime::http::{Halt, Problem};
use sha2::Digest;

use crate::doors::PageHalt;

/// What was typed and what is wrong with it. As an extractor it reads a POSTed form, and a GET's query string.
#[derive(Debug, Clone, Default)]
pub struct Form {
    values: Vec<(String, String)>,
    errors: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = PageHalt;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageHalt> {
        let time = request.extensions().get::<BodyTime>().copied().unwrap_or_default();
        let read = in_time(time, RawForm::from_request(request, state)).await.map_err(Halt::from)?;
        let RawForm(bytes) = read.map_err(|rejection| {
            let status = axum::response::IntoResponse::into_response(rejection).status();
            let text = if status == StatusCode::PAYLOAD_TOO_LARGE {
                "That is more than fits into a form."
            } else {
                "The form could not be read. Go back, reload the page and try again."
            };
            let status = if status.is_client_error() { status } else { StatusCode::BAD_REQUEST };
            PageHalt::from(Halt::from(Problem::new(status, "request.bad_form", text)))
        })?;
        Ok(Self::decode(&bytes))
    }
}

impl Form {
    /// An empty form.
    pub const fn blank() -> Self {
        Self { values: Vec::new(), errors: Vec::new() }
    }

    /// With a value already filled in.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.push((name.to_owned(), value.into()));
        self
    }

    /// Spells a value that stands there as it is spelled here.
    pub fn respell(&mut self, name: &str, value: &str) {
        for (_, known) in self.values.iter_mut().filter(|(known, _)| known == name) {
            value.clone_into(known);
        }
    }

    /// The beginning of the day that stands in a field; none where it is empty. What is no day is noted.
    pub fn read_day(&mut self, name: &str, zone: &TimeZone) -> Option<Zoned> {
        let text = self.value(name).trim();
        if text.is_empty() {
            return None;
        }
        let day = text.parse::<Date>().ok().and_then(|day| day.to_zoned(zone.clone()).ok());
        if day.is_none() {
            self.refuse(name, "Write the day as 2026-11-20.");
        }
        day
    }

    /// From the beginning of the day in `from` to the end of the day in `to`, which is wanted with all its hours.
    pub fn read_days(&mut self, zone: &TimeZone) -> (Option<Timestamp>, Option<Timestamp>) {
        let from = self.read_day("from", zone).map(|day| day.timestamp());
        let to = self.read_day("to", zone).and_then(|day| day.tomorrow().ok()).map(|day| day.timestamp());
        (from, to)
    }

    /// What stands in a field; empty when it was not sent.
    pub fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// All names and values, in the order of the form.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a box is ticked.
    pub fn is_ticked(&self, name: &str) -> bool {
        self.value(name) == "true"
    }

    /// The same with this in a field.
    #[must_use]
    pub fn having(mut self, name: &str, value: &str) -> Self {
        self.values.retain(|(known, _)| known != name);
        self.with(name, value)
    }

    /// The same without what is wrong with it, for fields beside which it is not said: above a list it is said once.
    #[must_use]
    pub fn plain(&self) -> Self {
        Self { values: self.values.clone(), errors: Vec::new() }
    }

    /// What is wrong with a field; with the form as a whole for the name `""`.
    pub fn error(&self, name: &str) -> Option<&str> {
        self.errors.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// Whether nothing is wrong so far.
    pub const fn is_good(&self) -> bool {
        self.errors.is_empty()
    }

    /// Notes what is wrong with a field.
    pub fn refuse(&mut self, name: &str, text: impl Into<String>) {
        self.errors.push((name.to_owned(), text.into()));
    }

    /// Reads a field that must be filled in; what is wrong with it is noted.
    pub fn read<T>(&mut self, name: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        match self
            .value(name)
            .parse()
            .or_else(|error| pointed(self.value(name)).and_then(|text| text.parse().ok()).ok_or(error))
        {
            Ok(value) => Some(value),
            Err(error) => {
                let text = sentence(&error.to_string());
                self.refuse(name, text);
                None
            }
        }
    }

    /// Reads a choice from a list; `what` is to be chosen: `a customer`.
    pub fn choose<T: FromStr>(&mut self, name: &str, what: &str) -> Option<T> {
        let chosen = self.value(name).parse().ok();
        if chosen.is_none() {
            self.refuse(name, format!("Choose {what}."));
        }
        chosen
    }

    /// A number as it was typed, with a point where people of many countries write a comma.
    pub fn number(&self, name: &str) -> String {
        let typed = self.value(name).trim();
        pointed(typed).unwrap_or_else(|| typed.to_owned())
    }

    /// Reads an amount of a unit that must be filled in: hours as `2:30` or `2.5`, anything else as its decimal.
    pub fn read_amount(&mut self, name: &str, unit: Unit) -> Option<Quantity> {
        let typed = self.number(name);
        Quantity::typed(&typed, unit).map_err(|error| self.refuse(name, sentence(&error.to_string()))).ok()
    }

    /// Reads an amount of money of a currency that must be filled in; what is wrong with it is noted in words.
    pub fn read_money(&mut self, name: &str, currency: Currency) -> Option<Money> {
        let typed = self.number(name);
        if typed.starts_with('-') {
            self.refuse(name, "The amount must not be less than nothing.");
            return None;
        }
        Money::parse(&typed, currency).map_err(|error| self.refuse(name, format!("The amount {error}."))).ok()
    }

    /// Reads a field that may be left empty.
    pub fn read_optional<T>(&mut self, name: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        if self.value(name).trim().is_empty() { None } else { self.read(name) }
    }

    /// Takes a verb's refusal in, beside the field that it points at, else above the form. What is no matter of the
    /// form (a fault, something that does not exist, a missing permission) is handed back for the error page.
    ///
    /// # Errors
    /// What does not belong into the form.
    pub fn refused(&mut self, error: Error) -> Result<(), Error> {
        let Error::Refused(refusal) = &error else { return Err(error) };
        if matches!(refusal.class(), Class::NotFound | Class::Forbidden | Class::Unauthenticated) {
            return Err(error);
        }
        let field = refusal.pointer().and_then(|pointer| pointer.strip_prefix('/')).unwrap_or_default();
        let known = self.values.iter().any(|(name, _)| name == field);
        let text = refusal.sentence();
        self.refuse(if known { field } else { "" }, text);
        Ok(())
    }

    /// The key that makes sending the form twice do its work once: the one that was sent, else, or if that is none of ours, a new one.
    pub fn key(&self) -> String {
        let sent = self.value("once");
        if (1..=64).contains(&sent.len()) && sent.bytes().all(|byte| byte.is_ascii_graphic()) {
            return sent.to_owned();
        }
        let mut random = [0u8; 12];
        rand::fill(&mut random);
        hex::encode(random)
    }

    /// The fingerprint of what was typed.
    pub fn fingerprint(&self) -> Vec<u8> {
        let mut hash = sha2::Sha256::new();
        for (name, value) in &self.values {
            hash.update(name);
            hash.update([0]);
            hash.update(value);
            hash.update([0]);
        }
        hash.finalize().to_vec()
    }

    /// What stands in the bytes of a form.
    pub fn decode(bytes: &[u8]) -> Self {
        // Any bytes are a form to this decoder; there is no failing to report.
        Self { values: serde_html_form::from_bytes(bytes).unwrap_or_default(), errors: Vec::new() }
    }
}

/// `1,5` as `1.5`. Three digits behind the comma may as well be thousands, so these are left as they are, to be refused.
fn pointed(text: &str) -> Option<String> {
    let (whole, part) = text.trim().split_once(',')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = digits(whole.strip_prefix('-').unwrap_or(whole)) && digits(part) && part.len() != 3;
    is_number.then(|| format!("{whole}.{part}"))
}

/// Writes pairs as a query string.
pub fn query(pairs: &[(&str, &str)]) -> String {
    serde_html_form::to_string(pairs).unwrap_or_default()
}

/// `must not be empty` as a sentence of its own.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use kernel::text::Title;

    use super::*;

    #[test]
    fn a_comma_is_a_decimal_point_unless_it_may_part_thousands() {
        use kernel::quantity::Hours;
        let mut form = Form::blank().with("a", "1,5").with("b", "1,500").with("c", "2.25").with("d", "Tea, 2");
        assert_eq!(form.read::<Hours>("a"), Some(Hours::of_seconds(5400)));
        assert_eq!(form.read::<Hours>("b"), None);
        assert_eq!(form.read::<Hours>("c"), Some(Hours::of_seconds(8100)));
        assert_eq!(form.read::<Title>("d").map(|title| title.to_string()).as_deref(), Some("Tea, 2"));
        assert_eq!((form.number("a"), form.number("b")), ("1.5".to_owned(), "1,500".to_owned()));
    }

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let form = Form::decode("title=Sm%C3%B6rg%C3%A5s+%26+kaffe&hours=&x&once=a%2".as_bytes());
        assert_eq!(form.value("title"), "Smörgås & kaffe");
        assert_eq!((form.value("hours"), form.value("x"), form.value("nothing")), ("", "", ""));
        assert_eq!(form.value("once"), "a%2");
        assert_eq!(query(&[("q", "Sm ö&")]), "q=Sm+%C3%B6%26");
    }

    #[test]
    fn what_is_wrong_stands_beside_the_field_and_what_was_typed_stays() {
        let mut form = Form::blank().with("title", "a\0b").with("hours", "");
        assert_eq!(form.read::<Title>("title"), None);
        assert_eq!(form.read_optional::<Title>("hours"), None);
        assert_eq!(form.error("title"), Some("Must not contain control characters."));
        assert_eq!((form.error("hours"), form.value("title"), form.is_good()), (None, "a\0b", false));
    }
}
