//! Background jobs: ordered through SQL in the caller's transaction ([`crate::Tx::enqueue`]), kept and handed out by
//! `graphile_worker`.

use std::time::Duration;

use graphile_worker::tokio_postgres::TokioPostgresDatabase;
use graphile_worker::{LocalQueueConfig, RefetchDelayConfig, WorkerOptions, WorkerUtils};
use tokio_util::sync::CancellationToken;

use crate::Error;

pub use graphile_worker;

/// Where the queue's tables live.
const SCHEMA: &str = "graphile_worker";

/// Makes or updates the queue's own tables, as the owner.
///
/// # Errors
/// A fault when the database cannot be reached or the update fails.
pub async fn migrate(owner: &tokio_postgres::Config) -> Result<(), Error> {
    let database = TokioPostgresDatabase::from_config(owner.clone(), 1).map_err(Error::unavailable)?;
    let utils = WorkerUtils::new(database, SCHEMA.to_owned());
    utils.migrate().await.map_err(|error| Error::internal(format!("the job queue could not be set up: {error}")))
}

/// Works on jobs until `stop`. The worker gives up when the database goes away, so it is started again, ever more
/// patiently; jobs of a worker that died are taken over.
pub async fn run(owner: tokio_postgres::Config, options: impl Fn() -> WorkerOptions, stop: CancellationToken) {
    let mut wait = Duration::from_millis(250);
    while !stop.is_cancelled() {
        let started = std::time::Instant::now();
        if let Err(error) = run_once(&owner, options(), &stop).await {
            tracing::warn!(error, "the job worker stopped and will be started again");
        }
        if started.elapsed() > Duration::from_mins(1) {
            wait = Duration::from_millis(250);
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(Duration::from_secs(10)),
        }
    }
}

async fn run_once(
    owner: &tokio_postgres::Config,
    options: WorkerOptions,
    stop: &CancellationToken,
) -> Result<(), String> {
    let database = TokioPostgresDatabase::from_config(owner.clone(), 4).map_err(|error| error.to_string())?;
    let recovery = graphile_worker::WorkerRecoveryConfig::default()
        .enabled(true)
        .heartbeat_interval(Duration::from_secs(15))
        .sweep_interval(Duration::from_secs(30))
        .sweep_threshold(Duration::from_mins(1));
    // Each look at an empty queue wakes the next one, so without a delay an idle worker asks the database without pause
    // (graphile_worker 0.14.1). A notice of a new job ends the delay at once.
    let pause = RefetchDelayConfig::builder().duration(Duration::from_millis(1500)).max_abort_threshold(1).build();
    let places = LocalQueueConfig::builder().size(40).ttl(Duration::from_secs(20)).refetch_delay(pause).build();
    let worker = options
        .database(database)
        .schema(SCHEMA)
        .concurrency(4)
        // Without it each look at the queue takes one job a place, and a backlog of an hour's mail takes a day.
        .local_queue(places)
        .poll_interval(Duration::from_secs(2))
        .worker_recovery(recovery)
        .listen_os_shutdown_signals(false)
        .shutdown_signal(stop.clone().cancelled_owned())
        .shutdown_grace_period(Duration::from_secs(8))
        .init()
        .await
        .map_err(|error| error.to_string())?;
    worker.run().await.map_err(|error| error.to_string())
}
