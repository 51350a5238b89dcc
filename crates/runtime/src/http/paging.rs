//! Keyset paging: a page and the cursor of the next.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::Digest;
use uuid::Uuid;

/// Where a page begins: after this instant and id, in the list's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The instant by which the list is ordered.
    pub at: Timestamp,
    /// The id that decides between equal instants.
    pub id: Uuid,
    /// The place of the item before, where the list is not in the order of instants.
    pub place: Option<Place>,
}

impl Cursor {
    /// In the order of instants.
    pub const fn new(at: Timestamp, id: Uuid) -> Self {
        Self { at, id, place: None }
    }

    /// In an order of another kind, whose name is that of the list and the order.
    #[must_use]
    pub fn placed(self, order: &str, number: i64, word: &str) -> Self {
        Self { place: Some(Place::new(order, number, word)), ..self }
    }
}

/// The most characters of a word that lists are ordered by: what statements compare is cut to them.
pub const MOST_OF_WORD: usize = 40;
const MOST_BYTES: usize = MOST_OF_WORD * 4;

/// Where an item stood in an order when the page was read. It holds what the order goes by, so that the next page begins there
/// whatever has become of the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    order: [u8; 4],
    number: i64,
    word: [u8; MOST_BYTES],
    length: usize,
}

impl Place {
    fn new(order: &str, number: i64, word: &str) -> Self {
        let cut: String = word.chars().take(MOST_OF_WORD).collect();
        let mut bytes = [0; MOST_BYTES];
        bytes[..cut.len()].copy_from_slice(cut.as_bytes());
        Self { order: mark_of(order), number, word: bytes, length: cut.len() }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (order, rest) = bytes.split_first_chunk::<4>()?;
        let (number, word) = rest.split_first_chunk::<8>()?;
        let word = std::str::from_utf8(word).ok().filter(|word| !word.contains('\0'))?;
        let place = Self::new("", i64::from_be_bytes(*number), word);
        (place.length == word.len()).then_some(Self { order: *order, ..place })
    }

    fn word(&self) -> &str {
        std::str::from_utf8(&self.word[..self.length]).unwrap_or_default()
    }
}

/// What tells the orders apart in a cursor.
fn mark_of(order: &str) -> [u8; 4] {
    let digest = sha2::Sha256::digest(order.as_bytes());
    [digest[0], digest[1], digest[2], digest[3]]
}

crate::refusals! {
    /// Why a page is not to be had.
    pub enum PagingRefused {
        /// The cursor is of another list or order.
        OtherOrder { order: String } => Invalid, "request.other_order", "This cursor is not of {order}. Take it from the next of the page before, or begin without one.", at "/after";
    }
}

/// Where the next page of a list in an order begins: number, word, instant and id of the item before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// What the order goes by, where that is a number.
    pub number: i64,
    /// What it goes by, where that is a word.
    pub word: String,
    /// The item's instant.
    pub at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

impl Placed {
    /// Its parts as parameters; on the first page there are none.
    pub fn parts(after: Option<&Self>) -> (Option<i64>, Option<&str>, Option<Timestamp>, Option<Uuid>) {
        (after.map(|it| it.number), after.map(|it| it.word.as_str()), after.map(|it| it.at), after.map(|it| it.id))
    }
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
        let mut bytes = Vec::with_capacity(24);
        bytes.extend(self.at.as_microsecond().to_be_bytes());
        bytes.extend(self.id.as_bytes());
        if let Some(place) = &self.place {
            bytes.extend(place.order);
            bytes.extend(place.number.to_be_bytes());
            bytes.extend(place.word().as_bytes());
        }
        out.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}
impl std::str::FromStr for Cursor {
    type Err = CursorError;
    fn from_str(text: &str) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
        let (at, rest) = bytes.split_first_chunk::<8>().ok_or(CursorError)?;
        let (id, rest) = rest.split_first_chunk::<16>().ok_or(CursorError)?;
        let micros = i64::from_be_bytes(*at);
        let at = Timestamp::from_microsecond(micros).map_err(|_| CursorError)?;
        if at < earliest() {
            return Err(CursorError);
        }
        let place = if rest.is_empty() { None } else { Some(Place::read(rest).ok_or(CursorError)?) };
        Ok(Self { at, id: Uuid::from_bytes(*id), place })
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

    /// Where the page of a list in an order begins; the first page has no such place.
    ///
    /// # Errors
    /// [`PagingRefused`].
    pub fn placed(self, order: &str) -> Result<Option<Placed>, PagingRefused> {
        let Some(Cursor { at, id, place }) = self.after else { return Ok(None) };
        let place = place
            .filter(|place| place.order == mark_of(order))
            .ok_or_else(|| PagingRefused::OtherOrder { order: order.to_owned() })?;
        Ok(Some(Placed { number: place.number, word: place.word().to_owned(), at, id }))
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

    /// The same page of something else for each item.
    pub fn map<U>(self, of: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(of).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_rubbish_does_not() {
        let cursor = Cursor::new("2026-11-20T20:30:00.123456Z".parse().expect("an instant"), Uuid::from_u128(7));
        let long = "Ærø 日本 \u{1F5A8}".repeat(9);
        for cursor in [cursor, cursor.placed("tickets held", i64::MIN, ""), cursor.placed("tickets customer", 0, &long)]
        {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for rubbish in ["", "x", "AAAA", "ÿÿÿÿ", &"A".repeat(32)[..31]] {
            assert_eq!(rubbish.parse::<Cursor>(), Err(CursorError), "{rubbish}");
        }
        let placed = cursor.placed("tickets held", 1, "").to_string();
        for broken in [&placed[..40], &format!("{placed}AA"), &format!("{placed}_w")] {
            assert_eq!(broken.parse::<Cursor>(), Err(CursorError), "{broken}");
        }
    }

    #[test]
    fn a_cursor_of_another_order_is_refused() {
        let cursor = Cursor::new(Timestamp::UNIX_EPOCH, Uuid::nil());
        let after = |cursor| Paging { after: Some(cursor), limit: None };
        let placed = after(cursor.placed("tickets held", -7, "anna")).placed("tickets held");
        assert_eq!(placed.ok().flatten().map(|it| (it.number, it.word)), Some((-7, "anna".to_owned())));
        assert_eq!(Paging::default().placed("tickets held").ok(), Some(None));
        assert!(after(cursor).placed("tickets held").is_err(), "of a list without one");
        assert!(after(cursor.placed("tickets priority", 0, "")).placed("tickets held").is_err(), "of another");
    }
}
