//! A mail server for tests: speaks SMTP on a port of its own and keeps what it is given.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// A mail that the server took.
#[derive(Debug, Clone)]
pub struct Received {
    /// The sender of the envelope.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// The mail itself, without the dots that SMTP adds.
    pub data: Vec<u8>,
}

/// A mail server.
#[derive(Debug)]
pub struct FakeSmtp {
    /// Where it listens.
    pub address: SocketAddr,
    /// Answers to give instead of taking a mail, one for each of the next.
    refusals: Arc<Mutex<VecDeque<String>>>,
    received: tokio::sync::Mutex<mpsc::UnboundedReceiver<Received>>,
    task: JoinHandle<()>,
}

impl FakeSmtp {
    /// A server on a free port.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start() -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// A server at an address.
    ///
    /// # Panics
    /// When the address is taken.
    pub async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port for the mail server");
        let address = listener.local_addr().expect("an address");
        let refusals: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let (send, received) = mpsc::unbounded_channel();
        let answers = Arc::clone(&refusals);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&answers), send.clone()));
            }
        });
        Self { address, refusals, received: tokio::sync::Mutex::new(received), task }
    }

    /// The URL to configure.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Answers the next mail with `line`, such as `451 later` or `550 nobody here`, instead of taking it.
    pub fn refuse_next(&self, line: &str) {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).push_back(line.to_owned());
    }

    /// The next mail.
    ///
    /// # Panics
    /// When none comes for twenty seconds.
    pub async fn next(&self) -> Received {
        let mut received = self.received.lock().await;
        let next = tokio::time::timeout(Duration::from_secs(20), received.recv()).await;
        next.expect("a mail within twenty seconds").expect("a running mail server")
    }

    /// A mail that has come already, if one has.
    pub async fn already(&self) -> Option<Received> {
        self.received.lock().await.try_recv().ok()
    }
}

impl Drop for FakeSmtp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Answers = Arc<Mutex<VecDeque<String>>>;

struct Talk {
    lines: BufReader<OwnedReadHalf>,
    out: OwnedWriteHalf,
}

impl Talk {
    async fn hear(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        let read = self.lines.read_until(b'\n', &mut line).await.ok()?;
        (read > 0).then_some(line)
    }

    async fn say(&mut self, line: &str) {
        // The client may have gone; then the next line ends the talk.
        let _ = self.out.write_all(format!("{line}\r\n").as_bytes()).await;
    }

    /// The mail up to the line with a single dot.
    async fn data(&mut self) -> Option<Vec<u8>> {
        let mut data = Vec::new();
        loop {
            let line = self.hear().await?;
            if line == b".\r\n" {
                return Some(data);
            }
            data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }
}

async fn converse(stream: TcpStream, answers: Answers, send: mpsc::UnboundedSender<Received>) {
    let (read, out) = stream.into_split();
    let mut talk = Talk { lines: BufReader::new(read), out };
    talk.say("220 mail.test ESMTP").await;
    let (mut from, mut to) = (String::new(), Vec::new());
    while let Some(line) = talk.hear().await {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => talk.say("250-mail.test\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 10485760").await,
            "HELO" | "NOOP" => talk.say("250 ok").await,
            "RSET" => {
                (from, to) = (String::new(), Vec::new());
                talk.say("250 ok").await;
            }
            "MAIL" => {
                let refusal = answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                from = address(&line);
                talk.say(refusal.as_deref().unwrap_or("250 ok")).await;
            }
            "RCPT" => {
                to.push(address(&line));
                talk.say("250 ok").await;
            }
            "DATA" => {
                talk.say("354 go ahead").await;
                let Some(data) = talk.data().await else { return };
                let mail = Received { from: std::mem::take(&mut from), to: std::mem::take(&mut to), data };
                let _ = send.send(mail);
                talk.say("250 taken").await;
            }
            "QUIT" => {
                talk.say("221 bye").await;
                return;
            }
            _ => talk.say("502 not here").await,
        }
    }
}

/// The address between the angle brackets.
fn address(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map(|(address, _)| address.to_owned()).unwrap_or_default()
}
