//! Keyset paging: a page and the cursor of the next.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use uuid::Uuid;

/// Where a page begins: after this instant and id, in the list's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The instant by which the list is ordered.
    pub at: Timestamp,
    /// The id that decides between equal instants.
    pub id: Uuid,
}

/// Why a text is not a cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor: take it from the \"next\" of the page before")]
pub struct CursorError;

/// The first instant of a list: PostgreSQL's timestamps and jiff's do not reach equally far.
fn earliest() -> Timestamp {
    Timestamp::constant(-62_000_000_000, 0)
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = [0u8; 24];
        bytes[..8].copy_from_slice(&self.at.as_microsecond().to_be_bytes());
        bytes[8..].copy_from_slice(self.id.as_bytes());
        out.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}
impl std::str::FromStr for Cursor {
    type Err = CursorError;
    fn from_str(text: &str) -> Result<Self, CursorError> {
        let bytes: [u8; 24] =
            URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(CursorError)?;
        let (at, id) = bytes.split_at(8);
        let micros = i64::from_be_bytes(at.try_into().map_err(|_| CursorError)?);
        let at = Timestamp::from_microsecond(micros).map_err(|_| CursorError)?;
        if at < earliest() {
            return Err(CursorError);
        }
        Ok(Self { at, id: Uuid::from_slice(id).map_err(|_| CursorError)? })
    }
}
impl<'de> serde::Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        kernel::text::deserialize_from_str(input)
    }
}
impl serde::Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

/// Which page is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Paging {
    /// The page after this cursor; the first without.
    pub after: Option<Cursor>,
    /// The most items, 1 to 100; 25 without.
    pub limit: Option<u16>,
}

impl Paging {
    /// How many rows to ask for: one more than is shown tells whether there is a next page.
    pub fn ask(self) -> i64 {
        i64::from(self.size()) + 1
    }

    /// The most items on the page.
    pub fn size(self) -> u16 {
        self.limit.unwrap_or(25).clamp(1, 100)
    }

    /// The instant and id below which the page begins, where the newest come first: `(created_at, id) < ($n, $m)`.
    /// The first page begins below the latest instant there is, not "anywhere if null": a condition that may be void is
    /// checked row by row, one with plain values is where the index scan starts.
    pub fn below(self) -> (Timestamp, Uuid) {
        self.after.map_or((Timestamp::MAX, Uuid::max()), |cursor| (cursor.at, cursor.id))
    }

    /// The instant and id above which the page begins, where the oldest come first: `(created_at, id) > ($n, $m)`.
    pub fn above(self) -> (Timestamp, Uuid) {
        self.after.map_or((earliest(), Uuid::nil()), |cursor| (cursor.at, cursor.id))
    }
}

/// A page of a list.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// The `after` of the next page; null on the last.
    #[schema(value_type = Option<String>)]
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// A page of what [`Paging::ask`] brought; `cursor` tells an item's place in the order.
    pub fn of(mut items: Vec<T>, paging: Paging, cursor: impl Fn(&T) -> Cursor) -> Self {
        let size = usize::from(paging.size());
        let more = items.len() > size;
        items.truncate(size);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_rubbish_does_not() {
        let cursor = Cursor { at: "2026-11-20T20:30:00.123456Z".parse().expect("an instant"), id: Uuid::from_u128(7) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for rubbish in ["", "x", "AAAA", "ÿÿÿÿ", &"A".repeat(32)[..31]] {
            assert_eq!(rubbish.parse::<Cursor>(), Err(CursorError), "{rubbish}");
        }
    }
}
