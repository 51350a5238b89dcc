//! What a test made outside its own memory, cleared away when the thread of the test ends.
//!
//! A run of all tests makes some seven hundred databases of twenty megabytes: kept, they fill the disk of a small
//! machine before the run is over.

use std::cell::RefCell;
use std::path::PathBuf;

use tokio_postgres::Config;

enum Leftover {
    Database { server: Box<Config>, name: String },
    Folder(PathBuf),
}

#[derive(Default)]
struct Leftovers(Vec<Leftover>);

thread_local! {
    static LEFTOVERS: RefCell<Leftovers> = RefCell::default();
}

/// Drops the database when the test is over; `server` is how a superuser connects to another one.
pub(crate) fn drop_database(server: Config, name: String) {
    LEFTOVERS.with_borrow_mut(|all| all.0.push(Leftover::Database { server: Box::new(server), name }));
}

/// Removes the folder and what is in it when the test is over.
pub(crate) fn remove_folder(folder: PathBuf) {
    LEFTOVERS.with_borrow_mut(|all| all.0.push(Leftover::Folder(folder)));
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        let all = std::mem::take(&mut self.0);
        if all.is_empty() {
            return;
        }
        // On a thread of its own: what a runtime keeps per thread may be gone already on one that ends.
        let clearing = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            for leftover in all {
                runtime.block_on(clear(leftover));
            }
        });
        // A test that was right is not made wrong by what could not be cleared: the next run sweeps it.
        let _ = clearing.join();
    }
}

async fn clear(leftover: Leftover) {
    match leftover {
        Leftover::Database { server, name } => {
            let Ok(root) = runtime::db::connect(&server).await else { return };
            let _ = root.batch_execute(&format!("drop database if exists {name} with (force)")).await;
        }
        Leftover::Folder(folder) => {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
