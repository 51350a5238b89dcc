//! Seeing who waits for whom, so that a test decides who is first.

/// Waits until so many connections wait for a lock.
pub(crate) async fn waiting(owner: &tokio_postgres::Client, wanted: i64) {
    let count = "select count(*) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock' and query not like '%pg_advisory%'";
    for _ in 0..400 {
        let waiting: i64 = owner.query_one(count, &[]).await.expect("a count").get(0);
        if waiting >= wanted {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("too few wait for a lock");
}
