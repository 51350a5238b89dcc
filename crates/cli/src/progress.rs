//! A bar on stderr that says how far long work is, while somebody watches.

use std::io::IsTerminal;

use runtime::carry::{Doing, Progress};

/// How many cells the bar has.
const WIDTH: u64 = 30;

/// A bar that is there or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bar {
    watched: bool,
}

impl Bar {
    /// A bar, if stderr is a terminal.
    pub(crate) fn new() -> Self {
        Self { watched: std::io::stderr().is_terminal() }
    }

    /// Shows how far it is.
    pub(crate) fn show(self, Progress { doing, table, done, total }: Progress<'_>) {
        if !self.watched {
            return;
        }
        let verb = match doing {
            Doing::Reading => "reading",
            Doing::Checking => "checking",
            Doing::Writing => "writing",
            Doing::Waiting => "waiting for",
        };
        let full = done.saturating_mul(WIDTH).checked_div(total).unwrap_or(WIDTH).min(WIDTH);
        let bar: String = (0..WIDTH).map(|cell| if cell < full { '#' } else { '.' }).collect();
        eprint!("\r{verb} {table:<28} [{bar}] {done}/{total} ");
    }

    /// Makes place for something else.
    pub(crate) fn clear(self) {
        if self.watched {
            eprint!("\r{:79}\r", "");
        }
    }
}
