//! Slow and greedy clients: the server waits for nobody without end.

use std::net::SocketAddr;
use std::time::Duration;

use runtime::http::serve::{Limits, serve};
use testkit::TestApp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(60);

/// Limits of which none is reached; each test sets one.
fn wide() -> Limits {
    Limits { connections: 100, per_peer: None, head: LONG, body: LONG, write: LONG, end: SHORT }
}

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    served: JoinHandle<()>,
}

impl Served {
    async fn new(app: &TestApp, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let router = retainer::web::router(app.server.app.clone());
        let served = tokio::spawn(serve(listener, router, limits, stop.clone()));
        Self { address, stop, served }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }
}

/// All that the server says until it closes the connection.
async fn heard(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let all = stream.read_to_end(&mut text);
    // A connection that was reset is closed as well.
    let _ = tokio::time::timeout(Duration::from_secs(20), all).await.expect("the server closes the connection");
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let app = TestApp::start().await;
    let served = Served::new(&app, Limits { body: SHORT, ..wide() }).await;
    for (path, media) in
        [("/api/v1/session-tokens", "application/json"), ("/acme/sign-in", "application/x-www-form-urlencoded")]
    {
        let mut slow = served.connect().await;
        let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: {media}\r\ncontent-length: 100\r\n\r\n{{");
        slow.write_all(head.as_bytes()).await.expect("a head");
        let told = heard(&mut slow).await;
        assert!(told.starts_with("HTTP/1.1 408"), "{path}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_says_nothing_is_closed() {
    let app = TestApp::start().await;
    let served = Served::new(&app, Limits { head: SHORT, ..wide() }).await;
    heard(&mut served.connect().await).await;
    let mut idle = served.connect().await;
    idle.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("a request");
    assert!(heard(&mut idle).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_takes_nothing_of_the_answer_loses_the_connection() {
    let app = TestApp::start().await;
    let served = Served::new(&app, Limits { connections: 1, write: SHORT, ..wide() }).await;
    let mut deaf = served.connect().await;
    // More than fits into the buffers between the two.
    let wishes = "GET /api/openapi.json HTTP/1.1\r\nhost: a\r\n\r\n".repeat(200);
    deaf.write_all(wishes.as_bytes()).await.expect("requests");
    let mut next = served.connect().await;
    next.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.expect("a request");
    assert!(heard(&mut next).await.starts_with("HTTP/1.1 200"), "the one place is free again");
    drop(deaf);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_client_has_only_so_many_connections() {
    let app = TestApp::start().await;
    let served = Served::new(&app, Limits { per_peer: Some(3), ..wide() }).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(served.connect().await);
    }
    assert_eq!(heard(&mut served.connect().await).await, "");
    held.pop();
    let again = async {
        loop {
            let mut next = served.connect().await;
            let _ = next.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
            if heard(&mut next).await.starts_with("HTTP/1.1 200") {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), again).await.expect("a place that was given back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_server_hears_that_it_shall_stop() {
    let app = TestApp::start().await;
    let served = Served::new(&app, Limits { connections: 1, ..wide() }).await;
    let held = served.connect().await;
    // The second is in the system's queue: by then the first has the only place.
    let waiting = served.connect().await;
    tokio::time::sleep(SHORT).await;
    served.stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), served.served).await.expect("an end").expect("no panic");
    drop((held, waiting));
}
