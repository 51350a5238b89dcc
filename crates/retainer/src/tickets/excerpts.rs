//! The words around what was looked for, where a title does not say why its ticket was found.

use std::collections::BTreeMap;

use kernel::{Permission, Words};
use runtime::{Error, Tx, sql};
use tokio_postgres::Row;

/// A piece of a text that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether it is one of the words that were looked for.
    pub is_hit: bool,
}

/// What stands around the words in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// Whether it is of an internal note.
    pub is_internal: bool,
    /// The text in its pieces.
    pub pieces: Vec<Piece>,
}

/// What stands around the words in what was asked or said on tickets, by their numbers; nothing where only the title has
/// them. Customers' excerpts are of what they may read.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn excerpts(tx: &Tx, tickets: &[String], words: &Words) -> Result<BTreeMap<String, Excerpt>, Error> {
    tx.require(Permission::TicketsRead)?;
    if words.any().is_empty() || tickets.is_empty() {
        return Ok(BTreeMap::new());
    }
    let own = tx.only_customer();
    // A ticket may have thousands of comments, and each may be long. What is older, or further down in a text, is found, and not
    // shown; where only the title has the words, no comment is looked through.
    let rows = tx
        .rows(
            sql!(
                "select t.number, h.line, h.internal from tickets t
                 cross join lateral (
                     select s.internal, ts_headline('simple', translate(s.said, e'\\x02\\x03', ''), to_tsquery('simple', $4),
                                e'StartSel=\\x02, StopSel=\\x03, MaxFragments=1, ShortWord=0, MinWords=6, MaxWords=16') as line
                     from (
                         select left(t.details, 4000) as said, false as internal, 0 as place, t.created_at as at
                         where t.details is not null
                         union all
                         (select left(c.message, 2000), c.internal, 1, c.created_at from ticket_comments c
                          where c.organization_id = $1 and c.ticket_id = t.id and (not c.internal or $3::uuid is null)
                            and (coalesce(t.talk, '') || case when $3::uuid is null then coalesce(t.notes, '') else '' end)
                                @@ to_tsquery('simple', $4)
                          order by c.created_at desc, c.id desc limit 20)
                     ) s
                     where to_tsvector('simple', s.said) @@ to_tsquery('simple', $4)
                     order by s.place, s.at desc limit 1
                 ) h
                 where t.organization_id = $1 and t.number = any ($2) and ($3::uuid is null or t.customer_id = $3)"
            ),
            &[tx.org(), &tickets, &own, &words.any()],
        )
        .await?;
    let excerpt = |row: &Row| Excerpt { is_internal: row.get("internal"), pieces: pieces(row.get("line")) };
    Ok(rows.iter().map(|row| (row.get("number"), excerpt(row))).collect())
}

const BEGINS: char = '\u{2}';
const ENDS: char = '\u{3}';

/// Cuts a line where the marks stand that the database put around each hit.
fn pieces(line: &str) -> Vec<Piece> {
    let piece = |text: &str, is_hit| Piece { text: text.to_owned(), is_hit };
    let mut pieces = Vec::new();
    let mut parts = line.split(BEGINS);
    pieces.extend(parts.next().map(|text| piece(text, false)));
    for part in parts {
        let (hit, rest) = part.split_once(ENDS).unwrap_or((part, ""));
        pieces.extend([piece(hit, true), piece(rest, false)]);
    }
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_cut_out_of_a_line() {
        let cut = |line: &str| -> Vec<(String, bool)> {
            pieces(line).into_iter().map(|piece| (piece.text, piece.is_hit)).collect()
        };
        let own = |text: &str, is_hit| (text.to_owned(), is_hit);
        assert_eq!(
            cut("it says \u{2}paper\u{3} \u{2}jam\u{3} again"),
            [own("it says ", false), own("paper", true), own(" ", false), own("jam", true), own(" again", false)]
        );
        assert_eq!(cut("\u{2}all"), [own("all", true)]);
        assert_eq!(cut(""), []);
    }
}
