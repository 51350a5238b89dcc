//! The private PostgreSQL against the real server programs. As root the server's own user is tested too.

#![expect(clippy::unwrap_used, reason = "a test may end where it stands")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use runtime::postgres::{Cluster, ClusterError, ClusterOptions, Durability, Lifetime, halt};
use tokio_postgres::{Client, Config, NoTls};

const LIMIT: Duration = Duration::from_secs(30);

/// A directory that is gone after the test, with its server.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self::at(&std::env::temp_dir().join(format!("retainer-test-{name}-{}", std::process::id())))
    }

    fn at(path: &Path) -> Self {
        let _ = fs::remove_dir_all(path);
        fs::create_dir_all(path).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        Self(path.to_path_buf())
    }

    fn dir(&self) -> PathBuf {
        self.0.join("db")
    }

    /// Owned and without fsync, so that each test is quick and clean.
    fn options(&self) -> ClusterOptions {
        ClusterOptions { lifetime: Lifetime::Owned, ..ClusterOptions::disposable(self.dir()) }
    }

    fn shared(&self) -> ClusterOptions {
        ClusterOptions::disposable(self.dir())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let dir = self.dir();
        let real = fs::read_to_string(dir.join("location")).map(|text| PathBuf::from(text.trim_end()));
        std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(halt(&dir))
        })
        .join()
        .unwrap()
        .unwrap();
        if let Ok(real) = real {
            fs::remove_dir_all(real).unwrap();
        }
        fs::remove_dir_all(&self.0).unwrap();
    }
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, work).await.expect("the test took too long")
}

async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn ask(cluster: &Cluster, question: &str) -> String {
    let client = connect(&cluster.config("postgres")).await.unwrap();
    client.query_one(question, &[]).await.unwrap().get(0)
}

fn kill_9(pid: i32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

fn lives(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

async fn eventually(what: &str, mut check: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !check() {
        assert!(begun.elapsed() < Duration::from_secs(15), "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

/// Another process that starts a cluster and then waits to be killed; see `another_process`.
fn in_another_process(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["another_process", "--exact", "--ignored", "--nocapture"])
        .env("RETAINER_TEST_DIR", dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "runs only as the other process of a test"]
async fn another_process() {
    let Some(dir) = std::env::var_os("RETAINER_TEST_DIR") else { return };
    let dir = PathBuf::from(dir);
    let options = ClusterOptions { lifetime: Lifetime::Owned, ..ClusterOptions::disposable(&dir) };
    let cluster = Cluster::start(options).await.unwrap();
    fs::write(dir.join(format!("ready-{}", std::process::id())), cluster.pid().to_string()).unwrap();
    eventually("the sign to leave", || dir.join("leave").exists()).await;
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_durable_cluster_is_safe_and_private() {
    within(async {
        let scratch = Scratch::new("durable");
        let begun = Instant::now();
        let cluster = Cluster::start(ClusterOptions::durable(scratch.dir())).await.unwrap();
        println!("first start, durable: {:?}", begun.elapsed());
        for (setting, value) in [
            ("fsync", "on"),
            ("synchronous_commit", "on"),
            ("full_page_writes", "on"),
            ("data_checksums", "on"),
            ("server_encoding", "UTF8"),
            ("listen_addresses", ""),
            ("password_encryption", "scram-sha-256"),
            ("jit", "off"),
            ("TimeZone", "UTC"),
        ] {
            assert_eq!(ask(&cluster, &format!("select current_setting('{setting}')")).await, value, "{setting}");
        }
        assert_eq!(ask(&cluster, "select current_user::text").await, "retainer_root");
        assert_eq!(ask(&cluster, "select lower('ÅÄÖ')").await, "åäö");
        let hba = ask(&cluster, "select string_agg(distinct auth_method, ',') from pg_hba_file_rules").await;
        assert_eq!(hba, "scram-sha-256");

        let mut wrong = cluster.config("postgres");
        wrong.password("wrong");
        let refused = connect(&wrong).await.err().unwrap();
        assert_eq!(refused.code().unwrap().code(), "28P01");

        assert_eq!(tcp_listeners_of(cluster.pid()), 0);
        for (name, mode) in [("secret", 0o600), ("pgdata", 0o700), ("socket", 0o700), ("log", 0o700)] {
            let found = fs::metadata(cluster.data_dir().join(name)).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{name}");
        }
        cluster.stop().await.unwrap();
    })
    .await;
}

/// How many TCP sockets in LISTEN the process holds.
fn tcp_listeners_of(pid: i32) -> usize {
    let listening: Vec<String> = ["tcp", "tcp6"]
        .iter()
        .flat_map(|table| {
            let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
            text.lines()
                .map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
                .filter(|fields| fields.get(3).is_some_and(|state| state == "0A"))
                .map(|fields| format!("socket:[{}]", fields[9]))
                .collect::<Vec<_>>()
        })
        .collect();
    fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter(|link| listening.iter().any(|socket| link.to_str() == Some(socket)))
        .count()
}

#[tokio::test]
async fn the_server_is_found_again_and_stopped_cleanly() {
    within(async {
        let scratch = Scratch::new("again");
        let first = Cluster::start(scratch.options()).await.unwrap();
        ask(&first, "select set_config('a.b', 'c', false)").await;
        let begun = Instant::now();
        let second = Cluster::start(scratch.options()).await.unwrap();
        println!("attach: {:?}", begun.elapsed());
        assert!(begun.elapsed() < Duration::from_millis(300));
        assert_eq!(first.pid(), second.pid());

        first.stop().await.unwrap();
        assert_eq!(ask(&second, "select 'in use'").await, "in use");
        let begun = Instant::now();
        second.stop().await.unwrap();
        println!("stop: {:?}", begun.elapsed());
        assert!(!lives(second.pid()) && !second.data_dir().join("pgdata/postmaster.pid").exists());

        let begun = Instant::now();
        let third = Cluster::start(scratch.options()).await.unwrap();
        println!("start of an existing cluster: {:?}", begun.elapsed());
        assert!(begun.elapsed() < Duration::from_millis(600));
        assert_ne!(third.pid(), first.pid());
        let log = all_logs(third.data_dir());
        assert!(log.contains("database system is shut down") && !log.contains("not properly shut down"), "{log}");
        assert!(matches!(first.revive().await, Err(ClusterError::Stopped)));

        // The drop guard: nobody waits for it, but the server goes.
        let pid = third.pid();
        drop(third);
        eventually("the end of the dropped server", || !lives(pid)).await;
    })
    .await;
}

fn all_logs(dir: &Path) -> String {
    let logs = fs::read_dir(dir.join("log")).unwrap().flatten();
    logs.map(|entry| fs::read_to_string(entry.path()).unwrap()).collect()
}

#[tokio::test]
async fn a_drop_and_a_start_at_once_leave_a_server_that_runs() {
    within(async {
        let scratch = Scratch::new("drop");
        let mut cluster = Cluster::start(scratch.options()).await.unwrap();
        for _ in 0..4 {
            let before = cluster.pid();
            drop(cluster);
            cluster = Cluster::start(scratch.options()).await.unwrap();
            assert_ne!(before, cluster.pid());
            assert_eq!(ask(&cluster, "select 'well'").await, "well");
        }
    })
    .await;
}

#[tokio::test]
async fn a_shared_cluster_outlives_its_users_until_halted() {
    within(async {
        let scratch = Scratch::new("shared");
        let first = Cluster::start(scratch.shared()).await.unwrap();
        let pid = first.pid();
        first.stop().await.unwrap();
        drop(first);
        let second = Cluster::start(scratch.shared()).await.unwrap();
        assert_eq!(second.pid(), pid);
        drop(second);
        let durable = Cluster::start(ClusterOptions::durable(scratch.dir())).await;
        assert!(matches!(durable, Err(ClusterError::RunsWithoutFsync { .. })));
        assert!(lives(pid));
        assert!(halt(&scratch.dir()).await.unwrap());
        assert!(!halt(&scratch.dir()).await.unwrap());
        assert!(!lives(pid));
    })
    .await;
}

#[tokio::test]
async fn a_killed_server_starts_again() {
    within(async {
        let scratch = Scratch::new("kill9");
        // The first keeps the dead server as a zombie, as process 1 of a container would.
        let first = Cluster::start(scratch.options()).await.unwrap();
        ask(&first, "select 'up'").await;
        kill_9(first.pid());
        let begun = Instant::now();
        let second = Cluster::start(scratch.options()).await.unwrap();
        println!("start after kill -9 of the server: {:?}", begun.elapsed());
        assert_ne!(first.pid(), second.pid());
        first.revive().await.unwrap();
        assert_eq!(first.pid(), second.pid());
        assert_eq!(first.socket_dir(), second.socket_dir());
    })
    .await;
}

#[tokio::test]
async fn a_busy_backend_of_a_killed_server_is_ended() {
    within(async {
        let scratch = Scratch::new("busy");
        let cluster = Cluster::start(scratch.options()).await.unwrap();
        let client = connect(&cluster.config("postgres")).await.unwrap();
        // It computes, so it does not notice that its server died.
        let busy =
            tokio::spawn(async move { client.batch_execute("do $$ begin loop perform 1; end loop; end $$").await });
        tokio::time::sleep(Duration::from_millis(200)).await;
        kill_9(cluster.pid());
        let begun = Instant::now();
        cluster.revive().await.unwrap();
        println!("revival beside a busy backend: {:?}", begun.elapsed());
        assert_eq!(ask(&cluster, "select 'up'").await, "up");
        assert!(busy.await.unwrap().is_err());
    })
    .await;
}

#[tokio::test]
async fn a_supervised_server_comes_back_by_itself() {
    within(async {
        let scratch = Scratch::new("supervise");
        let cluster = std::sync::Arc::new(Cluster::start(scratch.options()).await.unwrap());
        let watched = std::sync::Arc::clone(&cluster);
        let supervisor = tokio::spawn(async move { watched.supervise().await });
        for _ in 0..2 {
            let dead = cluster.pid();
            kill_9(dead);
            let begun = Instant::now();
            while cluster.pid() == dead {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            println!("supervised recovery: {:?}", begun.elapsed());
            assert_eq!(ask(&cluster, "select 'back'").await, "back");
        }
        cluster.stop().await.unwrap();
        supervisor.await.unwrap();
        assert!(!lives(cluster.pid()));
    })
    .await;
}

#[tokio::test]
async fn a_process_killed_during_initdb_leaves_nothing_in_the_way() {
    within(async {
        let scratch = Scratch::new("initdb");
        let dir = scratch.dir();
        let mut child = in_another_process(&dir);
        eventually("a half-made data directory", || draft_of(&dir).is_some_and(|draft| draft.join("base/1").exists()))
            .await;
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!dir.join("pgdata").exists());
        let cluster = Cluster::start(scratch.options()).await.unwrap();
        assert_eq!(ask(&cluster, "select 'whole'").await, "whole");
        cluster.stop().await.unwrap();
    })
    .await;
}

fn draft_of(dir: &Path) -> Option<PathBuf> {
    let mut entries = fs::read_dir(dir).ok()?.flatten();
    entries.find(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with("init-"))).map(|e| e.path())
}

#[tokio::test]
async fn a_killed_process_leaves_a_server_that_the_next_one_adopts() {
    within(async {
        let scratch = Scratch::new("adopt");
        let dir = scratch.dir();
        let mut child = in_another_process(&dir);
        let ready = dir.join(format!("ready-{}", child.id()));
        eventually("the other process's server", || ready.exists()).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let pid: i32 = fs::read_to_string(ready).unwrap().parse().unwrap();
        assert!(lives(pid));
        let cluster = Cluster::start(scratch.options()).await.unwrap();
        assert_eq!(cluster.pid(), pid);
        cluster.stop().await.unwrap();
        assert!(!lives(pid));
    })
    .await;
}

#[tokio::test]
async fn two_processes_and_two_tasks_start_one_server() {
    within(async {
        let scratch = Scratch::new("race");
        let dir = scratch.dir();
        let mut others = [in_another_process(&dir), in_another_process(&dir)];
        let (one, two) = tokio::join!(Cluster::start(scratch.options()), Cluster::start(scratch.options()));
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(one.pid(), two.pid());
        for other in &others {
            let ready = dir.join(format!("ready-{}", other.id()));
            eventually("the other process's server", || fs::read_to_string(&ready).is_ok_and(|t| !t.is_empty())).await;
            assert_eq!(fs::read_to_string(ready).unwrap(), one.pid().to_string());
        }
        fs::write(dir.join("leave"), "").unwrap();
        for other in &mut others {
            assert!(other.wait().unwrap().success());
        }
        assert!(lives(one.pid()), "it is still in use here");
        one.stop().await.unwrap();
        two.stop().await.unwrap();
        assert!(!lives(one.pid()));
    })
    .await;
}

#[tokio::test]
async fn a_directory_that_postgres_cannot_enter_is_replaced_and_found_again() {
    if fs::metadata("/root/.").is_err() || !is_root() {
        return;
    }
    within(async {
        let scratch = Scratch::at(Path::new("/root/retainer-test-closed"));
        let first = Cluster::start(scratch.options()).await.unwrap();
        let place = first.data_dir().to_path_buf();
        assert!(!place.starts_with("/root"), "{}", place.display());
        assert_eq!(first.moved_from(), Some(scratch.dir().as_path()));
        let second = Cluster::start(scratch.options()).await.unwrap();
        assert_eq!((second.pid(), second.data_dir()), (first.pid(), place.as_path()));
        first.stop().await.unwrap();
        second.stop().await.unwrap();
        let third = Cluster::start(scratch.options()).await.unwrap();
        assert_eq!(third.data_dir(), place);
        third.stop().await.unwrap();
    })
    .await;
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout == b"0\n"
}

#[tokio::test]
async fn long_and_odd_paths_get_their_socket_elsewhere() {
    within(async {
        let base = Scratch::new("long");
        let scratch = Scratch::at(&base.0.join("a'b, \"c\" $d".repeat(3)).join("x".repeat(80)));
        let cluster = Cluster::start(scratch.options()).await.unwrap();
        assert!(cluster.socket_dir().starts_with("/tmp"));
        assert!(cluster.socket_dir().join(".s.PGSQL.5432").to_str().unwrap().len() < 100);
        assert_eq!(fs::metadata(cluster.socket_dir()).unwrap().permissions().mode() & 0o777, 0o700);
        let other = Cluster::start(scratch.options()).await.unwrap();
        assert_eq!(other.pid(), cluster.pid());
        other.stop().await.unwrap();
        cluster.stop().await.unwrap();
        let again = Cluster::start(scratch.options()).await.unwrap();
        assert_eq!(again.socket_dir(), cluster.socket_dir());
        again.stop().await.unwrap();
        fs::remove_dir_all(again.socket_dir()).unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_cannot_work_is_said_in_a_sentence() {
    within(async {
        let scratch = Scratch::new("broken");
        let cluster = Cluster::start(scratch.options()).await.unwrap();
        cluster.stop().await.unwrap();
        let pgdata = scratch.dir().join("pgdata");

        fs::rename(pgdata.join("global/pg_control"), pgdata.join("global/away")).unwrap();
        let error = Cluster::start(scratch.options()).await.unwrap_err().to_string();
        assert!(error.contains("could not find the database system") || error.contains("pg_control"), "{error}");
        fs::rename(pgdata.join("global/away"), pgdata.join("global/pg_control")).unwrap();

        fs::write(pgdata.join("PG_VERSION"), "14\n").unwrap();
        let error = Cluster::start(scratch.options()).await.unwrap_err().to_string();
        assert!(error.contains("made by PostgreSQL 14, but this machine has 15"), "{error}");
        fs::write(pgdata.join("PG_VERSION"), "15\n").unwrap();

        // A stale pid file that names a live stranger, as after the restart of a container.
        fs::write(pgdata.join("postmaster.pid"), format!("{}\n{}\n1\n", std::process::id(), pgdata.display())).unwrap();
        Cluster::start(scratch.options()).await.unwrap().stop().await.unwrap();

        fs::remove_file(scratch.dir().join("secret")).unwrap();
        let error = Cluster::start(scratch.options()).await.unwrap_err();
        assert!(matches!(error, ClusterError::SecretLost { .. }), "{error}");
    })
    .await;
}

#[test]
fn disposable_is_only_for_tests() {
    assert_eq!(ClusterOptions::durable("/x").durability, Durability::Durable);
    assert_eq!(ClusterOptions::durable("/x").lifetime, Lifetime::Owned);
}
