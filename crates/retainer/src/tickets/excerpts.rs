//! The words around what was looked for, where a title does not say why its ticket was found.

use std::collections::BTreeMap;

use kernel::{Permission, Words};
use runtime::{Error, Tx, sql};

/// A piece of a text that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether it is one of the words that were looked for.
    pub is_hit: bool,
}

/// What stands around the words in what was asked or said on tickets, by their numbers; nothing where only the title has
/// them. Customers' excerpts are of what they may read.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn excerpts(tx: &Tx, tickets: &[String], words: &Words) -> Result<BTreeMap<String, Vec<Piece>>, Error> {
    tx.require(Permission::TicketsRead)?;
    if words.any().is_empty() || tickets.is_empty() {
        return Ok(BTreeMap::new());
    }
    let own = tx.only_customer();
    // The newest comments of a ticket, for it may have thousands: what is older is found, and not shown.
    let rows = tx
        .rows(
            sql!(
                "select t.number, h.line from tickets t
                 cross join lateral (
                     select ts_headline('simple', translate(left(s.said, 20000), e'\\x02\\x03', ''), to_tsquery('simple', $4),
                                e'StartSel=\\x02, StopSel=\\x03, ShortWord=0, MinWords=6, MaxWords=16') as line
                     from (
                         select t.details as said, 0 as place, t.created_at as at where t.details is not null
                         union all
                         (select c.message, 1, c.created_at from ticket_comments c
                          where c.organization_id = $1 and c.ticket_id = t.id and (not c.internal or $3::uuid is null)
                          order by c.created_at desc, c.id desc limit 200)
                     ) s
                     where to_tsvector('simple', left(s.said, 20000)) @@ to_tsquery('simple', $4)
                     order by s.place, s.at desc limit 1
                 ) h
                 where t.organization_id = $1 and t.number = any ($2) and ($3::uuid is null or t.customer_id = $3)"
            ),
            &[tx.org(), &tickets, &own, &words.any()],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get("number"), pieces(row.get("line")))).collect())
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
