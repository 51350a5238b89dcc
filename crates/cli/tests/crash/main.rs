//! What is acknowledged stays: the real program is killed in the middle of mixed writes, and so is its PostgreSQL.

mod program;
mod renewals;
mod writers;

use std::time::Duration;

use program::Program;
use writers::Writers;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_of_the_server_every_acknowledged_write_is_there() {
    let place = program::Place::new("server").await;
    let mut program = Program::start(&place).await;
    let client = program.sign_in().await;
    let writers = Writers::start(&client, 4);
    writers.acknowledged_more(120).await;
    program.kill();
    let written = writers.stop().await;

    let program = Program::start(&place).await;
    let client = program.sign_in().await;
    written.is_mixed();
    written.is_there(&client).await;
    written.repeating_it_does_it_once(&client).await;
    place.ledger_is_clean();
    program.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_of_postgresql_it_heals_by_itself_and_every_acknowledged_write_is_there() {
    let place = program::Place::new("postgres").await;
    let program = Program::start(&place).await;
    let client = program.sign_in().await;
    let writers = Writers::start(&client, 4);
    writers.acknowledged_more(80).await;
    place.kill_postgresql();
    let healed = tokio::time::timeout(Duration::from_secs(40), writers.acknowledged_more(40)).await;
    healed.expect("writes work again, without anybody's help");
    let written = writers.stop().await;

    written.is_mixed();
    written.is_there(&client).await;
    written.repeating_it_does_it_once(&client).await;
    place.ledger_is_clean();
    program.end();
}
