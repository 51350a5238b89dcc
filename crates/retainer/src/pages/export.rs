//! Lists as files for a spreadsheet: the very rows that a list shows, all pages of them.

use axum::response::{IntoResponse, Response};
use http::header;
use runtime::Error;
use runtime::http::{Page, Paging};

/// The most rows of a file: more is for a program, which reads the API page by page.
pub const MOST_ROWS: usize = 50_000;

runtime::refusals! {
    /// Why no file is made.
    pub enum ExportRefused {
        /// It would be too long.
        TooMany { most: usize } => Invalid, "export.too_many", "These are more than {most} rows. Narrow the list down first.";
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
    /// None yet.
    pub const fn begin() -> Self {
        Self { found: Vec::new(), next: Some(Paging { after: None, limit: Some(100) }) }
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
    let mut out = csv::Writer::from_writer(Vec::new());
    let fault = |error: csv::Error| Error::internal(error.to_string());
    out.write_record(heads).map_err(fault)?;
    for row in rows {
        out.write_record(row.iter().map(|cell| harmless(cell))).map_err(fault)?;
    }
    let bytes = out.into_inner().map_err(|error| Error::internal(error.to_string()))?;
    let name = format!("attachment; filename=\"{name}.csv\"");
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)], bytes)
        .into_response())
}

/// A cell that a spreadsheet does not run: a number may be negative; anything else that begins like a formula is words.
pub(crate) fn harmless(cell: &str) -> String {
    let is_number =
        cell.strip_prefix('-').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_words_and_a_number_stays_one() {
        assert_eq!(harmless("=1+1"), "'=1+1");
        assert_eq!(harmless("-x"), "'-x");
        assert_eq!((harmless("-1.5"), harmless("Plain")), ("-1.5".to_owned(), "Plain".to_owned()));
    }
}
