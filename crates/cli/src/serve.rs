//! `retainer serve`.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use retainer::files::Limits;
use retainer::server::{self, Options, Server};
use retainer::set_up::issue_setup_link;
use runtime::http::edge::Proxy;
use runtime::smtp::Smtp;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::address;
use crate::args::{Place, Serving};
use crate::installation::{Absent, Installation};
use crate::output;

/// Serves until it is told to end.
pub(crate) async fn run(place: &Place, serving: Serving) -> anyhow::Result<ExitCode> {
    let public_url = serving.public_url.as_deref().map(public_url).transpose()?;
    let listener = listen(serving.listening.listen).await?;
    let installation = Installation::open(place, Absent::Make).await?;
    let options = Options {
        connections: usize::from(serving.connections),
        public_url,
        proxy: if serving.trust_proxy { Proxy::Trusted } else { Proxy::None },
        smtp: serving.mail.smtp_url.as_deref().map(Smtp::from_url).transpose()?,
        requests_a_minute: serving.requests_a_minute,
        file_limits: Limits { file: serving.file_mb * 1_000_000, organization: serving.storage_gb * 1_000_000_000 },
        ..installation.options()
    };
    let applied = server::migrate(&options, &dialects::MIGRATIONS).await?;
    if !applied.files.is_empty() {
        tracing::info!(files = applied.files.len(), "the database was brought up to date");
    }
    let server = Server::start(&options, listener)?;
    // What fell due while nobody served is done now, not at the next full minute.
    let app = server.app.clone();
    tokio::spawn(async move {
        if let Err(error) = retainer::jobs::tick(&app).await {
            tracing::warn!(%error, "not everything that was due could be done at the start; it is tried again in a minute");
        }
    });
    let setup = issue_setup_link(&server.app).await?;
    let signals = Signals::hear()?;
    address::note(&installation.data, &server.app.public_url);
    announce(place, &server, setup.as_deref())?;
    until_told(&installation, server, signals).await
}

fn announce(place: &Place, server: &Server, setup: Option<&str>) -> anyhow::Result<()> {
    let url = &server.app.public_url;
    if place.json {
        return output::json(&serde_json::json!({ "url": url, "listen": server.address, "setup": setup }));
    }
    output::line(&format!("Retainer is at {url} (listening on {})", server.address))?;
    match setup {
        Some(link) => output::line(&format!(
            "Nobody has set it up yet. This link does, once, within the hour:\n\n  {link}\n\nThe next start prints another."
        )),
        None => Ok(()),
    }
}

/// Takes the address, or says who may have it.
pub(crate) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "{address} is taken by another program: end that one, or choose another address with --listen ({}:0 takes \
             a free port)",
            address.ip()
        ),
        Err(error) => Err(error).with_context(|| format!("could not listen on {address}")),
    }
}

/// What tells a server to end. They are listened for before a server says that it is there: whoever reads that may end
/// it at once.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Listens from now on.
    pub(crate) fn hear() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Serves until SIGINT or SIGTERM, keeping the private PostgreSQL alive; then ends in order. A second signal ends at
/// once, which loses nothing that was acknowledged.
pub(crate) async fn until_told(
    installation: &Installation,
    server: Server,
    mut signals: Signals,
) -> anyhow::Result<ExitCode> {
    let supervision = installation.cluster.clone().map(|cluster| {
        let cluster = Arc::clone(&cluster);
        tokio::spawn(async move { cluster.supervise().await })
    });
    signals.next().await;
    tracing::info!("ending; a second signal ends at once");
    let ending = async {
        address::forget(&installation.data, &server.app.public_url);
        server.stop().await;
        installation.close().await;
        if let Some(supervision) = supervision {
            supervision.abort();
        }
    };
    tokio::select! {
        () = ending => Ok(ExitCode::SUCCESS),
        () = signals.next() => Ok(ExitCode::FAILURE),
    }
}

/// The address people open, checked and without a slash at the end.
pub(crate) fn public_url(text: &str) -> anyhow::Result<String> {
    let address = text.trim_end_matches('/');
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['/', '?', '#', ' ']) => Ok(address.to_owned()),
        _ => bail!("--public-url must be the start of an address, such as https://desk.example.com, without a path"),
    }
}
