//! Starting a server: migrate, listen, serve, work on jobs; and ending it in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use kernel::Clock;
use runtime::files::{Files, Place};
use runtime::http::edge::Proxy;
use runtime::http::serve::{Limits, serve};
use runtime::ids::Ids;
use runtime::listen::{Heard, listen};
use runtime::migrate::{Applied, Migrations, apply};
use runtime::secret::Key;
use runtime::smtp::Smtp;
use runtime::{Database, Error};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::Parts;
use crate::doors::rate::{self, Rate};
use crate::live::{self, Hub};
use crate::organizations::find::Directory;
use crate::people::authenticate::Sessions;
use crate::{App, files, jobs, sample, web};

/// How a server is to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How the owner of the database connects.
    pub owner: tokio_postgres::Config,
    /// The installation's key.
    pub key: Key,
    /// The most connections to the database.
    pub connections: usize,
    /// The one source of `now`.
    pub clock: Clock,
    /// The one source of ids.
    pub ids: Ids,
    /// Where people reach it, if that differs from the address it listens on.
    pub public_url: Option<String>,
    /// Whether a proxy in front is believed.
    pub proxy: Proxy,
    /// Where people's files lie.
    pub files: Files,
    /// How much of them is taken.
    pub file_limits: files::Limits,
    /// The mail server; without one, mail stays in the outbox.
    pub smtp: Option<Smtp>,
    /// How many days of life a sample organization has.
    pub sample_days: i64,
    /// The requests that a token may send to this server in a minute; 0 for any number.
    pub requests_a_minute: u32,
}

impl Options {
    /// How a server runs when nobody says otherwise: on this database, with this key and clock, with files there.
    pub fn new(owner: tokio_postgres::Config, key: Key, clock: Clock, place: Place) -> Self {
        Self {
            owner,
            key,
            connections: 16,
            ids: Ids::random(clock.clone()),
            clock,
            public_url: None,
            proxy: Proxy::None,
            files: Files::new(place),
            file_limits: files::Limits::USUAL,
            smtp: None,
            sample_days: sample::DAYS,
            requests_a_minute: rate::USUAL,
        }
    }
}

/// Brings the database up to date.
///
/// # Errors
/// A fault when the database cannot be reached or a migration fails.
pub async fn migrate(options: &Options, migrations: &Migrations) -> Result<Applied, Error> {
    let mut owner = runtime::db::connect(&options.owner).await?;
    let applied = apply(&mut owner, migrations, &options.key).await?;
    runtime::jobs::migrate(&options.owner).await?;
    Ok(applied)
}

/// The parts of a server on a migrated database, without serving.
///
/// # Errors
/// A fault when the settings make no sense.
pub fn app(options: &Options, address: SocketAddr) -> Result<App, Error> {
    let db = Database::new(options.owner.clone(), &options.key, options.connections)?;
    Ok(App::new(Parts {
        db,
        clock: options.clock.clone(),
        ids: options.ids.clone(),
        key: options.key.clone(),
        public_url: options.public_url.clone().unwrap_or_else(|| local_url(address)),
        proxy: options.proxy,
        directory: Directory::default(),
        files: options.files.clone(),
        file_limits: options.file_limits,
        previews: files::Previews::default(),
        smtp: options.smtp.clone(),
        sample_days: options.sample_days,
        sessions: Sessions::default(),
        rate: Rate::new(options.requests_a_minute),
        live: Hub::default(),
    }))
}

/// The address that a person on this machine can open.
fn local_url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://localhost:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// Its parts.
    pub app: App,
    /// Where it listens.
    pub address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Server {
    /// Serves on a migrated database.
    ///
    /// # Errors
    /// A fault when the settings make no sense.
    pub fn start(options: &Options, listener: TcpListener) -> Result<Self, Error> {
        Self::start_with(options, listener, Router::new())
    }

    /// The same with pages beside those of the product, such as the demo's page of parts.
    ///
    /// # Errors
    /// A fault when the settings make no sense.
    pub fn start_with(options: &Options, listener: TcpListener, pages: Router<App>) -> Result<Self, Error> {
        let address = listener.local_addr().map_err(Error::unavailable)?;
        let app = app(options, address)?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(serve(listener, web::router_with(app.clone(), pages), Limits::usual(options.proxy), stop.clone()));
        tasks.spawn(hear(app.clone(), stop.clone()));
        tasks.spawn(live::pump(app.clone(), stop.clone()));
        tasks.spawn(live::announce(app.clone(), stop.clone()));
        let worker = app.clone();
        let queue = options.owner.clone();
        let stopped = stop.clone();
        tasks.spawn(async move { runtime::jobs::run(queue, || jobs::worker(&worker), stopped).await });
        tasks.close();
        Ok(Self { app, address, stop, tasks })
    }

    /// Ends in order: running requests and jobs are finished first.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
        self.app.db.close();
    }
}

/// Forgets remembered sessions when any server says that one has ended, and looks what changed when any says that
/// something did.
async fn hear(app: App, stop: CancellationToken) {
    let config = app.db.owner_config().clone();
    let (changed, hearing) = (Arc::new(Notify::new()), app.clone());
    tokio::spawn(forget(app, Arc::clone(&changed), stop.clone()));
    let tell = move |heard: Heard| match heard {
        Heard::Connected => {
            hearing.sessions.heard(true);
            hearing.live.heard();
        }
        Heard::Disconnected => hearing.sessions.heard(false),
        Heard::Notice { channel, .. } if channel == "retainer_live" => hearing.live.heard(),
        Heard::Notice { channel, payload } if channel == live::writing::CHANNEL => {
            hearing.live.heard_writing(&hearing, &payload);
        }
        Heard::Notice { .. } => changed.notify_one(),
    };
    listen(config, &["retainer_sessions", "retainer_live", live::writing::CHANNEL], tell, stop).await;
}

/// How far apart all sessions are forgotten at the least. Whoever may connect to the database may notify, as often as they
/// like, and every time each request has to look its session up again.
const FORGETTING: Duration = Duration::from_millis(250);

/// Forgets at once when something was said, and once more for all that is said in the moment after.
async fn forget(app: App, changed: Arc<Notify>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = changed.notified() => {
                app.sessions.forget();
                app.directory.forget();
            }
        }
        tokio::time::sleep(FORGETTING).await;
    }
}
