//! Lists as files for a spreadsheet: the very rows that a list shows, all pages of them.

use axum::response::{IntoResponse, Response};
use http::header;
use runtime::Error;
use runtime::http::{Page, Paging};

use super::Form;

/// The most rows of a file: more is for a program, which reads the API page by page.
pub const MOST_ROWS: usize = 50_000;

runtime::refusals! {
    /// Why no file is made.
    pub enum ExportRefused {
        /// It would be too long.
        TooMany { most: usize } => Invalid, "export.too_many", "These are more than {most} rows. Narrow the list down first.";
        /// A filter was not understood: without it the file would hold more than what was asked for.
        Misread { filter: String } => Invalid, "export.misread", "The filter {filter} is not understood, so the file would hold more than you asked for. Go back to the list and choose it anew.";
    }
}

/// All rows of a list, asked for page by page:
/// `while let Some(paging) = rows.next() { rows.take(list(&tx, paging).await?)?; }`.
#[derive(Debug)]
pub struct Rows<T> {
    found: Vec<T>,
    next: Option<Paging>,
}

impl<T> Rows<T> {
    /// None yet, of a list that is narrowed down by a form that was read before.
    ///
    /// # Errors
    /// [`ExportRefused`].
    pub fn begin(filters: &Form) -> Result<Self, Error> {
        if let Some((filter, _)) = filters.values().find(|(name, _)| filters.error(name).is_some()) {
            return Err(ExportRefused::Misread { filter: filter.to_owned() }.into());
        }
        Ok(Self { found: Vec::new(), next: Some(Paging { after: None, limit: Some(100) }) })
    }

    /// The page to be asked for; none when all are there.
    pub fn next(&self) -> Option<Paging> {
        self.next
    }

    /// Takes a page.
    ///
    /// # Errors
    /// [`ExportRefused`].
    pub fn take(&mut self, page: Page<T>) -> Result<(), Error> {
        self.found.extend(page.items);
        if self.found.len() > MOST_ROWS {
            return Err(ExportRefused::TooMany { most: MOST_ROWS }.into());
        }
        self.next = page.next.map(|after| Paging { after: Some(after), limit: Some(100) });
        Ok(())
    }

    /// All of them.
    pub fn all(self) -> Vec<T> {
        self.found
    }
}

/// A file of rows below their heads. Cells that a spreadsheet would take for a formula are quoted with an apostrophe, so that a
/// ticket's title cannot run anything.
///
/// # Errors
/// A fault when it cannot be written.
pub fn file<const N: usize>(name: &str, heads: [&str; N], rows: &[[String; N]]) -> Result<Response, Error> {
    let mut bytes = Vec::new();
    write_line(&mut bytes, &heads.map(str::to_owned))?;
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| harmless(cell)).collect();
        write_line(&mut bytes, &cells)?;
    }
    let name = format!("attachment; filename=\"{name}.csv\"");
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)], bytes)
        .into_response())
}

/// A line of a file. Where a cell holds a semicolon, which parts the cells for spreadsheets of many countries, all are quoted.
pub(crate) fn write_line<T: AsRef<[u8]>>(out: &mut Vec<u8>, cells: &[T]) -> Result<(), Error> {
    let is_parted = cells.iter().any(|cell| cell.as_ref().contains(&b';'));
    let style = if is_parted { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
    let mut writer = csv::WriterBuilder::new().quote_style(style).from_writer(out);
    writer.write_record(cells).map_err(|error| Error::internal(error.to_string()))?;
    writer.flush().map_err(|error| Error::internal(error.to_string()))
}

/// A cell that a spreadsheet does not run: a number may be negative; anything else that begins like a formula, after whatever
/// blanks and line breaks, is words.
pub(crate) fn harmless(cell: &str) -> String {
    let is_blank =
        |letter: char| letter.is_whitespace() || letter.is_control() || letter == '\u{feff}' || letter == '\u{200b}';
    let begins = cell.trim_start_matches(is_blank);
    let is_number =
        cell.strip_prefix('-').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
    let runs = begins.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) || cell.starts_with(['\t', '\r', '\n']);
    if runs && !is_number { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_words_and_a_number_stays_one() {
        assert_eq!(harmless("=1+1"), "'=1+1");
        assert_eq!(harmless("-x"), "'-x");
        for hidden in [" =1+1", "\n=1+1", "\r\n @SUM(A1)", "\u{a0}+1", "\u{feff}=1", "＝1+1", "\tx"] {
            assert_eq!(harmless(hidden), format!("'{hidden}"), "{hidden:?}");
        }
        assert_eq!(harmless("a = b"), "a = b");
        assert_eq!((harmless("-1.5"), harmless("Plain")), ("-1.5".to_owned(), "Plain".to_owned()));
    }

    #[test]
    fn a_semicolon_never_parts_a_cell() {
        let mut out = Vec::new();
        write_line(&mut out, &["a;=1", "b"]).expect("written");
        write_line(&mut out, &["a", "b, c"]).expect("written");
        assert_eq!(String::from_utf8(out).expect("text"), "\"a;=1\",\"b\"\na,\"b, c\"\n");
    }
}
