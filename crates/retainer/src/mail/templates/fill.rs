//! Filling a template in, and the same words as plain text and as HTML.
//!
//! What is filled in is plain text. HTML is made of it by us, paragraph by paragraph, and everything in it is escaped, so
//! neither a value nor an owner can write any. What is drawn (a heading, a button, the balance) is a mark in the text, made
//! of characters that are taken out of every value and every template.

use std::collections::BTreeMap;

use maud::{Markup, html};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Rest, Value};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior};

use super::Values;
use super::kind::VariableHolds;
use crate::mail::render::{self, Bar};

/// The most bytes that a mail may have whose template is the organization's own.
pub(super) const MOST: usize = 256 * 1024;
/// The most steps of filling in: a template of the greatest length takes a tenth of them.
const FUEL: u64 = 100_000;
/// What stands before, between and behind the parts of a mark.
const MARKS: [char; 3] = ['\u{E000}', '\u{E001}', '\u{E002}'];

/// A part of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// A paragraph; its lines stay lines.
    Words(String),
    /// What it is about, in a line.
    Heading(String),
    /// A button that leads somewhere.
    Button {
        /// What stands on it.
        label: String,
        /// Where it leads.
        address: String,
    },
    /// The customer's balance.
    Balance,
}

/// How templates are read: a line that holds nothing but an `if` leaves no line behind.
pub(super) fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap_or_default()
}

fn clean(text: &str) -> String {
    text.chars().filter(|letter| !MARKS.contains(letter)).collect()
}

fn mark(kind: &str, parts: [&str; 2]) -> Value {
    let [begin, between, end] = MARKS;
    let [first, second] = parts.map(clean);
    Value::from_safe_string(format!("{begin}{kind}{between}{first}{between}{second}{end}"))
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_syntax(syntax());
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(32);
    environment.add_filter("upper", |text: &str| text.to_uppercase());
    environment.add_filter("lower", |text: &str| text.to_lowercase());
    environment.add_filter("default", |text: &str, other: &str| if text.is_empty() { other } else { text }.to_owned());
    environment.add_filter("heading", |text: &str, before: Rest<String>| {
        mark("heading", [&format!("{}{text}", before.concat()), ""])
    });
    environment.add_filter("button", |address: &str, label: Rest<String>| mark("button", [&label.concat(), address]));
    environment.set_formatter(|out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value| {
        let text = value.as_str().unwrap_or_default();
        let written = if value.is_safe() { out.write_str(text) } else { out.write_str(&clean(text)) };
        written.map_err(Error::from)
    });
    environment
}

/// What stops when it is too much.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What templates see: each declared variable, those without a value as nothing.
fn seen(values: &Values) -> Value {
    let seen: BTreeMap<String, Value> = values
        .kind
        .variables()
        .into_iter()
        .map(|variable| {
            let value = match variable.form {
                VariableHolds::Words | VariableHolds::Address => Value::from(values.word(variable.name)),
                VariableHolds::Balance if values.balances.is_empty() => Value::from(""),
                VariableHolds::Balance => mark("balance", ["", ""]),
            };
            (variable.name.to_owned(), value)
        })
        .collect();
    Value::from(seen)
}

/// Fills a template in.
///
/// # Errors
/// When it is none, or becomes more than `most` bytes.
pub(super) fn fill(source: &str, values: &Values, most: usize) -> Result<String, Error> {
    let environment = environment();
    let source = clean(source);
    let template = environment.template_from_str(&source)?;
    let mut out = Bounded { bytes: Vec::new(), most };
    template.render_captured_to(seen(values), &mut out)?;
    String::from_utf8(out.bytes).map_err(|_| Error::new(ErrorKind::WriteFailure, "no text"))
}

/// The parts of what was filled in.
pub(super) fn parts(filled: &str) -> Vec<Part> {
    let [begin, between, end] = MARKS;
    let mut parts = Vec::new();
    for (at, piece) in filled.split(begin).enumerate() {
        let words = match piece.split_once(end).filter(|_| at > 0) {
            Some((drawn, rest)) => {
                parts.extend(drawn_part(&mut drawn.split(between)));
                rest
            }
            None => piece,
        };
        parts.extend(paragraphs(words).into_iter().map(Part::Words));
    }
    parts
}

fn drawn_part<'a>(pieces: &mut impl Iterator<Item = &'a str>) -> Option<Part> {
    let mut next = || pieces.next().unwrap_or_default().trim().to_owned();
    match next().as_str() {
        "heading" => Some(next()).filter(|words| !words.is_empty()).map(Part::Heading),
        "button" => {
            let (label, address) = (next(), next());
            let label = if label.is_empty() { address.clone() } else { label };
            (!address.is_empty()).then_some(Part::Button { label, address })
        }
        _ => Some(Part::Balance),
    }
}

/// What stands between empty lines.
fn paragraphs(words: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in words.lines().map(str::trim_end) {
        match (line.trim().is_empty(), found.last_mut().filter(|_| is_open)) {
            (true, _) => is_open = false,
            (false, Some(last)) => {
                last.push('\n');
                last.push_str(line);
            }
            (false, None) => {
                found.push(line.to_owned());
                is_open = true;
            }
        }
    }
    found
}

/// As plain text.
pub(super) fn text(parts: &[Part], balances: &[Bar]) -> String {
    let said: Vec<String> = parts
        .iter()
        .map(|part| match part {
            Part::Words(words) | Part::Heading(words) => words.clone(),
            Part::Button { label, address } => format!("{label}:\n{address}"),
            Part::Balance => balances.iter().map(Bar::sentence).collect::<Vec<_>>().join("\n"),
        })
        .collect();
    said.join("\n\n")
}

/// As HTML, in which all that was said is escaped.
pub(super) fn markup(parts: &[Part], balances: &[Bar]) -> Markup {
    html! {
        @for part in parts {
            @match part {
                Part::Words(words) => (render::paragraph(words)),
                Part::Heading(words) => (render::heading(words)),
                Part::Button { label, address } => (render::button(address, label)),
                Part::Balance => { @for bar in balances { (render::bar(bar)) } },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::MailKind;
    use super::*;

    fn filled(source: &str, title: &str, said: &str) -> Vec<Part> {
        let mut values = Values::example(MailKind::TicketWentOn);
        values.set("title", title);
        values.set("said", said);
        values.set("link", "https://d/x?a=1&b=\"2");
        parts(&fill(source, &values, MOST).expect(source))
    }

    #[test]
    fn a_mail_is_the_same_in_both_forms_and_nothing_in_it_is_html() {
        let source = "Hello {{ title }},\n{% if said %}\n\n{{ said }}\n{% endif %}\n  \n{{ link|button(\"Open \", what) }}\n\nBye & <b>thanks</b>";
        let forged = "one\ntwo\n\n\u{E000}button\u{E001}Press\u{E001}https://evil.example\u{E002}{{ link }}";
        let parts = filled(source, "Ann <script>", forged);
        assert_eq!(parts.iter().filter(|part| matches!(part, Part::Button { .. })).count(), 1);
        let said = "Hello Ann <script>,\n\none\ntwo\n\nbuttonPresshttps://evil.example{{ link }}\n\nOpen Completed::\nhttps://d/x?a=1&b=\"2\n\nBye & <b>thanks</b>";
        assert_eq!(text(&parts, &[]), said);
        let html = markup(&parts, &[]).into_string();
        assert!(!html.contains("<script>") && !html.contains("<b>thanks") && html.contains("one<br>two"), "{html}");
        assert!(html.contains("href=\"https://d/x?a=1&amp;b=&quot;2\""), "{html}");
    }

    #[test]
    fn nothing_becomes_more_than_a_mail_may_have() {
        let mut values = Values::example(MailKind::TicketWentOn);
        values.set("said", &"x".repeat(100_000));
        assert!(fill(&"{{ said }}".repeat(10), &values, MOST).is_err());
        assert!(fill("{{ nobody }}", &values, MOST).is_err());
        // Without the guard fuel ends it, and what doubles itself is not written.
        assert!(fill("{% for x in range(1000000) %}a{% endfor %}", &values, MOST).is_err());
    }
}
