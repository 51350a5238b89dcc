//! Numbers as people read them: their thousands are set apart.

use std::fmt;

use crate::Quantity;

/// A number with its thousands set apart: `4,995:00`, `1,250.00`.
pub fn apart(number: &str) -> String {
    let begin = number.find(|letter: char| letter.is_ascii_digit()).unwrap_or(0);
    let end = number[begin..].find(|letter: char| !letter.is_ascii_digit()).map_or(number.len(), |end| begin + end);
    let mut out = number[..begin].to_owned();
    for (place, digit) in number[begin..end].char_indices() {
        if place > 0 && (end - begin - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + &number[end..]
}

impl Quantity {
    /// As it is [`Self::spoken`], with thousands set apart, for sentences; no form reads it.
    pub fn told(&self) -> String {
        apart(&self.spoken())
    }
}

/// For people: the amount as it is told and the unit's sign.
impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.told(), self.unit.sign())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart_and_nothing_else_is() {
        assert_eq!(Quantity::hours(1_234_567).told(), "1,234,567:00");
        assert_eq!(Quantity::hours(-4995).to_string(), "-4,995:00 h");
        assert_eq!((Quantity::hours(999).told(), Quantity::hours(1000).spoken()), ("999:00".into(), "1000:00".into()));
        assert_eq!((apart(""), apart("-"), apart("1250.00")), (String::new(), "-".into(), "1,250.00".into()));
    }
}
