//! The accept loop: limits on connections in all and of one client, time limits on slow clients, and an orderly end.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::body::BodyTime;
use super::edge::Proxy;
use super::patience::Patient;

/// What one client may take from the others.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most connections at a time; more wait in the system's queue.
    pub connections: usize,
    /// The most connections of one client; more are closed at once. None where all come through a proxy, which is one
    /// peer and has limits of its own.
    pub per_peer: Option<usize>,
    /// How long a client may take to send the head of a request, and how long a connection may idle before one.
    pub head: Duration,
    /// How long a client may take to send a whole body.
    pub body: Duration,
    /// How long a client may take nothing of an answer that is ready.
    pub write: Duration,
    /// How long running requests may take to finish at the end.
    pub end: Duration,
}

impl Limits {
    /// The limits of a server, behind a proxy or not.
    pub fn usual(proxy: Proxy) -> Self {
        Self {
            connections: 4096,
            per_peer: (proxy == Proxy::None).then_some(512),
            head: Duration::from_secs(15),
            body: Duration::from_secs(15),
            write: Duration::from_secs(30),
            end: Duration::from_secs(10),
        }
    }
}

/// Serves until `stop`, then finishes the running requests.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let peers = Peers::default();
    let graceful = GracefulShutdown::new();
    loop {
        // A full server must hear that it shall stop, too.
        let place = tokio::select! {
            () = stop.cancelled() => break,
            place = Arc::clone(&places).acquire_owned() => match place {
                Ok(place) => place,
                Err(_) => break,
            },
        };
        let (stream, address) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, mostly: wait for some to be freed rather than spin.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let Some(peer) = peers.admit(address.ip(), limits.per_peer) else {
            tracing::debug!(%address, "a client has too many connections");
            continue;
        };
        let _ = stream.set_nodelay(true);
        let connection = connection(Patient::new(stream, limits.write), address, router.clone(), limits);
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            // A broken connection is the client's affair.
            let _ = watched.await;
            drop((place, peer));
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.end, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

fn connection(
    stream: Patient,
    address: SocketAddr,
    router: Router,
    limits: Limits,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send + 'static {
    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        request.extensions_mut().insert(BodyTime(limits.body));
        router.clone().oneshot(request)
    });
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .keep_alive(true)
        .serve_connection(TokioIo::new(stream), service)
}

/// How many connections each client has.
#[derive(Debug, Clone, Default)]
struct Peers(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection of a client; counted until it is dropped.
struct Admitted {
    peers: Peers,
    client: IpAddr,
}

impl Peers {
    fn admit(&self, address: IpAddr, most: Option<usize>) -> Option<Admitted> {
        let client = client(address);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(client).or_default();
        if most.is_some_and(|most| *count >= most) {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Admitted { peers: self.clone(), client })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut counts = self.peers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}

/// Whoever has one address of IPv6 has all of its /64.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}
