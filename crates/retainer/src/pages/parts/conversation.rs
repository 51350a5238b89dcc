//! A conversation: what people said about something, oldest first. Internal notes cannot be mistaken.

use jiff::Timestamp;
use maud::{Markup, html};

use super::marks::icon;

/// Who may read something that was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Staff and the customer.
    Everybody,
    /// Staff alone.
    Staff,
}

/// Something that was said.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    /// Who said it.
    pub author: &'a str,
    /// What is known of it beside its instant: the author's company, the hours that were worked.
    pub note: &'a str,
    /// When.
    pub at: Timestamp,
    /// The words, with their line breaks, as [`super::linked`] makes them.
    pub text: Markup,
    /// Who may read it.
    pub audience: Audience,
    /// Where a link to it leads.
    pub anchor: String,
}

/// The items of a conversation; `when` says an instant to the reader.
pub fn conversation(items: &[Item<'_>], when: &dyn Fn(Timestamp) -> Markup) -> Markup {
    html! {
        ol.conversation {
            @for item in items {
                li.msg .internal[item.audience == Audience::Staff] id=(item.anchor) {
                    span.face aria-hidden="true" { (initials(item.author)) }
                    div {
                        p.who {
                            b { (item.author) }
                            @if !item.note.is_empty() { span { (item.note) } }
                            span { (when(item.at)) }
                            @if item.audience == Audience::Staff {
                                span.secret { (icon("lock")) "internal, the customer cannot see this" }
                            }
                        }
                        div.said { (item.text) }
                    }
                }
            }
        }
    }
}

/// The first letters of the first and the last of somebody's names.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    let (first, last) = (words.next(), words.next_back());
    [first, last].into_iter().flatten().flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_last_name() {
        assert_eq!(initials("Olga van der Ek"), "OE");
        assert_eq!(initials("Øyvind"), "Ø");
        assert_eq!(initials("…"), "");
    }
}
