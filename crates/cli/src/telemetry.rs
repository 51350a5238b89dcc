//! The log, on stderr.

use tracing_subscriber::EnvFilter;

use crate::args::LogFormat;

/// What is logged unless RUST_LOG says otherwise.
const DEFAULT: &str = "info,graphile_worker=warn,tokio_postgres=warn";

/// Starts logging.
pub(crate) fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
}
