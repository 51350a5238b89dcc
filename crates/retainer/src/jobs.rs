//! All background jobs, in one list.

use runtime::jobs::graphile_worker::WorkerOptions;

use crate::App;

/// A worker that knows every job.
pub fn worker(app: &App) -> WorkerOptions {
    WorkerOptions::default().add_extension(app.clone())
}
