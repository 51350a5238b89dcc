//! The mail transport: one SMTP server, over a pool of connections.

use jiff::Timestamp;
use kernel::Email;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

/// How long the server may take for one step of the conversation.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// An SMTP server that takes our mail.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
    /// The host after the @ of message ids.
    domain: String,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Smtp(from {})", self.from)
    }
}

/// Why an address of a mail server cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the mail server must be given as smtp://user:password@host:port, perhaps with ?tls=required&from=…: {0}")]
pub struct SmtpUrlError(String);

/// A mail on its way out.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// What makes it this mail and no other; becomes the Message-ID, so that a mail sent twice is recognised.
    pub id: String,
    /// The name beside our address.
    pub from_name: String,
    /// To whom.
    pub to: Email,
    /// The subject.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
    /// Where the person can stop such mails, if they can.
    pub unsubscribe: Option<Unsubscribe>,
    /// When it was written.
    pub written_at: Timestamp,
}

/// Where a person can stop such mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsubscribe {
    /// On a page.
    Page(String),
    /// By a POST to this address, without signing in (RFC 8058). Mail programs show a button for it.
    OneClick(String),
}

/// Why the server did not take a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undelivered {
    /// Trying again may help: the server is away or said so.
    ForNow(String),
    /// It never will: the address does not exist, the mail is refused.
    ForGood(String),
}

#[derive(Debug, Default, serde::Deserialize)]
struct Settings {
    tls: Option<String>,
    from: Option<String>,
}

impl Smtp {
    /// A transport to the server of a URL. `tls` is `required`, `opportunistic` or `none`; without, it is required
    /// unless the server is this machine. `from` is the sender's address.
    ///
    /// # Errors
    /// When the URL makes no sense.
    pub fn from_url(url: &str) -> Result<Self, SmtpUrlError> {
        let wrong = |text: &str| SmtpUrlError(text.to_owned());
        let parsed: http::Uri = url.parse().map_err(|_| wrong("it is not a URL"))?;
        let host = parsed.host().filter(|host| !host.is_empty()).ok_or_else(|| wrong("it names no host"))?;
        let query = parsed.query().unwrap_or_default();
        let settings: Settings =
            serde_html_form::from_str(query).map_err(|_| wrong("what follows the ? is damaged"))?;
        let here = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
        let base = url.split('?').next().unwrap_or(url);
        let address = match (parsed.scheme_str(), settings.tls.as_deref()) {
            (Some("smtps"), _) | (Some("smtp"), Some("none")) => base.to_owned(),
            (Some("smtp"), None) if here => base.to_owned(),
            (Some("smtp"), Some("opportunistic")) => format!("{base}?tls=opportunistic"),
            (Some("smtp"), None | Some("required")) => format!("{base}?tls=required"),
            _ => return Err(wrong("the scheme is smtp or smtps; tls is required, opportunistic or none")),
        };
        let domain = if here { "localhost" } else { host }.to_owned();
        let from = settings.from.unwrap_or_else(|| format!("retainer@{domain}"));
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&address)
            .map_err(|error| SmtpUrlError(error.to_string()))?
            .timeout(Some(PATIENCE))
            .build();
        let from: Address = from.parse().map_err(|_| wrong("from is not an e-mail address"))?;
        Ok(Self { transport, domain: from.domain().to_owned(), from })
    }

    /// Hands a mail to the server.
    ///
    /// # Errors
    /// [`Undelivered`], with the server's words.
    pub async fn deliver(&self, mail: Outgoing) -> Result<(), Undelivered> {
        let message = self.write(mail).map_err(|error| Undelivered::ForGood(error.to_string()))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            // A client-side error is one of the mail itself, such as an address that the server cannot take.
            Err(error) if error.is_permanent() || error.is_client() => Err(Undelivered::ForGood(words(&error))),
            Err(error) => Err(Undelivered::ForNow(words(&error))),
        }
    }

    /// Whether the server answers and takes our credentials.
    ///
    /// # Errors
    /// The server's words.
    pub async fn try_out(&self) -> Result<(), String> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("the mail server did not answer".to_owned()),
            Err(error) => Err(words(&error)),
        }
    }

    fn write(&self, mail: Outgoing) -> anyhow::Result<Message> {
        let mut message = Message::builder()
            .from(Mailbox::new(Some(mail.from_name), self.from.clone()))
            .to(Mailbox::new(None, mail.to.as_str().parse()?))
            .subject(mail.subject)
            .date(mail.written_at.into())
            .message_id(Some(format!("<{}@{}>", mail.id, self.domain)))
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(Unsubscribe::Page(address) | Unsubscribe::OneClick(address)) = &mail.unsubscribe {
            message = message.raw_header(header("List-Unsubscribe", &format!("<{address}>")));
        }
        if let Some(Unsubscribe::OneClick(_)) = &mail.unsubscribe {
            message = message.raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        Ok(message.multipart(MultiPart::alternative_plain_html(mail.text, mail.html))?)
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The error with what caused it, on one line.
fn words(error: &lettre::transport::smtp::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = inner.source();
    }
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The pool of connections ends itself in a task, so it needs a runtime.
    #[tokio::test]
    async fn a_server_is_given_as_a_url() {
        for good in [
            "smtp://localhost:2525",
            "smtp://user:p%40ss@mail.example:587?from=hello%40acme.example",
            "smtps://mail.example",
            "smtp://10.0.0.1?tls=none",
        ] {
            assert!(Smtp::from_url(good).is_ok(), "{good}");
        }
        for bad in ["", "mail.example", "http://mail.example", "smtp://mail.example?tls=perhaps", "smtp://h?from=x"] {
            assert!(Smtp::from_url(bad).is_err(), "{bad}");
        }
    }
}
