//! What somebody searches for in texts.

/// Words to be found: `printer "paper jam" -toner` finds what has a word that begins with `printer` and the words
/// `paper jam` next to each other, but none that begins with `toner`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    all: String,
    any: String,
}

/// The most words that are looked for; the rest is left out.
const MOST: usize = 20;

impl Words {
    /// Takes any text; what is no word is left out.
    pub fn of(text: &str) -> Self {
        let mut terms = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() && terms.len() < MOST {
            let (not, after) = match rest.strip_prefix('-') {
                Some(after) if after.starts_with(|letter: char| !letter.is_whitespace()) => ("!", after),
                _ => ("", rest),
            };
            let (word, is_phrase, after) = match after.strip_prefix('"') {
                Some(phrase) => {
                    let (phrase, after) = phrase.split_once('"').unwrap_or((phrase, ""));
                    (phrase, true, after)
                }
                None => {
                    let end = after.find(|letter: char| letter.is_whitespace() || letter == '"').unwrap_or(after.len());
                    (&after[..end], false, &after[end..])
                }
            };
            if word.contains(char::is_alphanumeric) {
                let word = word.replace('\\', "\\\\").replace('\'', "''");
                terms.push(format!("{not}'{word}'{}", if is_phrase { "" } else { ":*" }));
            }
            rest = after.trim_start();
        }
        let wanted: Vec<&str> = terms.iter().map(String::as_str).filter(|term| !term.starts_with('!')).collect();
        Self { any: wanted.join(" | "), all: terms.join(" & ") }
    }

    /// What PostgreSQL's `to_tsquery` reads, with any configuration: quoted words joined by its operators. Empty where
    /// there is no word.
    pub fn query(&self) -> &str {
        &self.all
    }

    /// The same of what has at least one of the words that must be there: what is shown of a text where they stand apart.
    pub fn any(&self) -> &str {
        &self.any
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_phrases_and_what_must_not_be_there() {
        for (text, query) in [
            ("printer", "'printer':*"),
            ("  printer \"paper jam\" -toner ", "'printer':* & 'paper jam' & !'toner':*"),
            ("-\"paper jam\"", "!'paper jam'"),
            ("\"no end", "'no end'"),
            ("O'Brien C:\\temp", "'O''Brien':* & 'C:\\\\temp':*"),
            ("a\"b c\"d", "'a':* & 'b c' & 'd':*"),
            ("- & | ! <-> ()", ""),
            ("日本 Ærø", "'日本':* & 'Ærø':*"),
            ("", ""),
        ] {
            assert_eq!(Words::of(text).query(), query, "{text}");
        }
        assert_eq!(Words::of("printer \"paper jam\" -toner").any(), "'printer':* | 'paper jam'");
        assert_eq!(Words::of("-toner").any(), "");
    }

    proptest! {
        #[test]
        fn any_text_is_taken_and_no_quote_stays_open(text in "\\PC*") {
            let words = Words::of(&text);
            prop_assert!(words.query().matches('\'').count().is_multiple_of(2));
            prop_assert!(words.query().split(" & ").count() <= MOST);
        }
    }
}
