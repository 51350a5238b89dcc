//! Reading what somebody typed.

use kernel::text::Tag;

use super::Priority;
use super::listing::Stage;

/// What somebody looks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sought {
    /// The words, as they were typed.
    pub words: String,
    /// Tickets of this status, or open.
    pub status: Option<Stage>,
    /// Tickets of this priority.
    pub priority: Option<Priority>,
    /// Tickets of the customer whose name or address has this in it.
    pub customer: Option<String>,
    /// Tickets marked with this word.
    pub tag: Option<Tag>,
    /// Tickets assigned to whoever asks.
    pub mine: bool,
    /// Tickets assigned to nobody.
    pub is_free: bool,
    /// What was not understood, each as a sentence.
    pub misread: Vec<String>,
}

impl Sought {
    /// Reads a line. A word with a colon whose beginning is none of ours is a word like others.
    pub fn read(line: &str) -> Self {
        let mut asked = Self::default();
        for token in tokens(line) {
            let narrowed = token.split_once(':').is_some_and(|(key, value)| asked.narrow(key, value.trim_matches('"')));
            if !narrowed {
                if !asked.words.is_empty() {
                    asked.words.push(' ');
                }
                asked.words.push_str(token);
            }
        }
        asked
    }

    /// Whether only tickets can be meant.
    pub const fn is_of_tickets(&self) -> bool {
        self.status.is_some()
            || self.priority.is_some()
            || self.customer.is_some()
            || self.tag.is_some()
            || self.mine
            || self.is_free
    }

    /// Whether nothing is looked for.
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty() && !self.is_of_tickets()
    }

    /// The running number of a ticket, if that is all that is looked for: `625`, `0625` or `#0625`.
    pub fn running(&self) -> Option<u32> {
        self.words.strip_prefix('#').unwrap_or(&self.words).parse().ok()
    }

    /// Takes `key:value`; false where the key is none of ours.
    fn narrow(&mut self, key: &str, value: &str) -> bool {
        if value.is_empty() {
            return false;
        }
        match key.to_lowercase().as_str() {
            "status" => {
                let word = value.to_lowercase().replace([' ', '-'], "_");
                self.status = self.one_of(key, value, Stage::ALL, |stage| stage.to_string() == word);
            }
            "priority" => {
                let is = |priority: &Priority| priority.word().eq_ignore_ascii_case(value);
                self.priority = self.one_of(key, value, Priority::ALL, is);
            }
            "customer" => self.customer = Some(value.to_owned()),
            "tag" => match value.parse() {
                Ok(tag) => self.tag = Some(tag),
                Err(error) => self.misread.push(format!("tag:{value} is no tag: it {error}.")),
            },
            "assignee" | "assigned" => match value.to_lowercase().as_str() {
                "me" => self.mine = true,
                "none" | "nobody" => self.is_free = true,
                _ => self.misread.push(format!(
                    "{key}:{value} is not understood; {key}:me means your own tickets, {key}:none what nobody has."
                )),
            },
            _ => return false,
        }
        true
    }

    fn one_of<T: Copy + std::fmt::Display>(
        &mut self,
        key: &str,
        value: &str,
        all: &[T],
        is: impl Fn(&T) -> bool,
    ) -> Option<T> {
        let found = all.iter().copied().find(is);
        if found.is_none() {
            let words: Vec<String> = all.iter().map(|word| word.to_string().to_lowercase()).collect();
            self.misread.push(format!("{key}:{value} is none of {}.", words.join(", ")));
        }
        found
    }
}

/// Cuts a line at white space, but not between quotes.
fn tokens(line: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let (mut begins, mut is_quoted) = (None, false);
    for (at, letter) in line.char_indices() {
        if letter == '"' {
            is_quoted = !is_quoted;
        }
        match begins {
            Some(begin) if letter.is_whitespace() && !is_quoted => {
                tokens.push(&line[begin..at]);
                begins = None;
            }
            None if !letter.is_whitespace() => begins = Some(at),
            _ => {}
        }
    }
    tokens.extend(begins.map(|begin| &line[begin..]));
    tokens
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tickets::Status;

    #[test]
    fn keys_narrow_and_the_rest_are_words() {
        let asked =
            Sought::read(r#"printer Status:in-progress customer:"Berg & Co" priority:URGENT "paper jam" assignee:me"#);
        assert_eq!(asked.words, r#"printer "paper jam""#);
        assert_eq!((asked.status, asked.priority), (Some(Stage::Of(Status::InProgress)), Some(Priority::Urgent)));
        assert_eq!((asked.customer.as_deref(), asked.mine), (Some("Berg & Co"), true));
        assert!(asked.is_of_tickets() && asked.misread.is_empty());
        let plain = Sought::read("  re: invoice http://x.example/a status: ");
        assert_eq!(plain.words, "re: invoice http://x.example/a status:");
        assert!(!plain.is_of_tickets());
        assert!(Sought::read("  ").is_empty());
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert_eq!(
            Sought::read("status:done assigned:olga").misread,
            [
                "status:done is none of open, pending, in_progress, completed, rejected.",
                "assigned:olga is not understood; assigned:me means your own tickets, assigned:none what nobody has."
            ]
        );
    }

    proptest! {
        #[test]
        fn nothing_that_was_typed_gets_lost(line in "[a-z:\" ]{0,40}") {
            let asked = Sought::read(&line);
            let kept = tokens(&line).len();
            let words = tokens(&asked.words).len();
            prop_assert!(words <= kept);
            if !line.contains(':') {
                let spaced: Vec<&str> = tokens(&line);
                prop_assert_eq!(asked.words, spaced.join(" "));
            }
        }
    }
}
