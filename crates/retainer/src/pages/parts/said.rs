//! What people wrote: their line breaks, their links, and the numbers of tickets as ways to them.

use maud::{Markup, html};

use crate::doors::Visitor;

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Words(&'a str),
    Link(&'a str),
    Ticket(&'a str),
}

/// A text as it was written, with what can be followed made to be followed.
pub fn said(visitor: &Visitor, text: &str) -> Markup {
    html! { div.said { (linked(visitor, text)) } }
}

/// The same within a line.
pub fn linked(visitor: &Visitor, text: &str) -> Markup {
    html! {
        @for piece in pieces(text) {
            @match piece {
                Piece::Words(words) => (words),
                // Where it leads is the writer's doing, not ours.
                Piece::Link(to) => { a href=(to) rel="nofollow noopener noreferrer" { (to) } },
                Piece::Ticket(number) => { a href=(visitor.path(&format!("/tickets/{number}"))) { (number) } },
            }
        }
    }
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut plain, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let begins = text[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        let found = begins.then(|| link(rest).or_else(|| ticket(rest))).flatten();
        let Some((piece, length)) = found else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        if plain < at {
            pieces.push(Piece::Words(&text[plain..at]));
        }
        pieces.push(piece);
        at += length;
        plain = at;
    }
    if plain < text.len() {
        pieces.push(Piece::Words(&text[plain..]));
    }
    pieces
}

/// An address of the web at the start of a text. What ends a sentence is not a part of it.
fn link(text: &str) -> Option<(Piece<'_>, usize)> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme))?;
    let end = text.find(|letter: char| letter.is_whitespace() || "<>\"“”".contains(letter)).unwrap_or(text.len());
    let link = text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '’']);
    (link.len() > scheme.len()).then_some((Piece::Link(link), link.len()))
}

/// The number of a ticket at the start of a text: `TKT-20261120-090000-0001`.
fn ticket(text: &str) -> Option<(Piece<'_>, usize)> {
    const SHAPE: &str = "TKT-99999999-999999-9999";
    let number = text.get(..SHAPE.len())?;
    let fits = |(letter, wanted): (u8, u8)| if wanted == b'9' { letter.is_ascii_digit() } else { letter == wanted };
    let more = text[SHAPE.len()..].chars().next().is_some_and(char::is_alphanumeric);
    (!more && number.bytes().zip(SHAPE.bytes()).all(fits)).then_some((Piece::Ticket(number), number.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_tickets_are_found_and_all_else_stays_as_it_was() {
        let text = "See https://x.example/a?b=1, and TKT-20261120-090000-0001.";
        assert_eq!(
            pieces(text),
            [
                Piece::Words("See "),
                Piece::Link("https://x.example/a?b=1"),
                Piece::Words(", and "),
                Piece::Ticket("TKT-20261120-090000-0001"),
                Piece::Words("."),
            ]
        );
        for text in ["javascript:alert(1)", "http://", "xhttps://a", "TKT-2026", "TKT-20261120-090000-00012", "Åé TKT"]
        {
            assert_eq!(pieces(text), [Piece::Words(text)]);
        }
        assert_eq!(pieces(""), []);
    }
}
