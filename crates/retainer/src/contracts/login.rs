//! The noun's parts: its name, and the address by which it connects.

use std::fmt::{self, Write as _};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// What people call a login: `analyst`. Unique within an organization and a dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginName(String);

/// Why a text is no login's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must begin with a small letter and hold at most 40 small letters, digits, '-' and '_'")]
pub struct LoginNameError;

impl std::str::FromStr for LoginName {
    type Err = LoginNameError;
    fn from_str(text: &str) -> Result<Self, LoginNameError> {
        let plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || b"-_".contains(&letter);
        let begins = text.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
        if begins && text.len() <= 40 && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(LoginNameError)
        }
    }
}

impl LoginName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LoginName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The connection string of `role`, on the server and database that the owner uses. A socket's directory stands
/// percent-encoded in the place of the host, which libpq and all that builds on it understand.
pub(super) fn url(owner: &Config, role: &str, password: &str) -> String {
    let ports = owner.get_ports();
    let host = |(at, host): (usize, &Host)| {
        let mut text = match host {
            Host::Tcp(name) if name.contains(':') => format!("[{name}]"),
            Host::Tcp(name) => encoded(name),
            Host::Unix(directory) => encoded(&directory.to_string_lossy()),
        };
        if let Some(port) = ports.get(at).or(ports.first()) {
            let _ = write!(text, ":{port}");
        }
        text
    };
    let hosts: Vec<String> = owner.get_hosts().iter().enumerate().map(host).collect();
    let mut url = format!("postgresql://{}:{}@{}", encoded(role), encoded(password), hosts.join(","));
    if let Some(database) = owner.get_dbname() {
        let _ = write!(url, "/{}", encoded(database));
    }
    match owner.get_ssl_mode() {
        SslMode::Disable => url.push_str("?sslmode=disable"),
        SslMode::Require => url.push_str("?sslmode=require"),
        _ => {}
    }
    url
}

/// All but letters, digits and what RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_words() {
        for good in ["analyst", "bi-2", "a_b"] {
            assert_eq!(good.parse::<LoginName>().as_ref().map(LoginName::as_str), Ok(good));
        }
        for bad in ["", "Analyst", "2fast", "a b", "a\"b", "å", &"a".repeat(41), "a;drop"] {
            assert_eq!(bad.parse::<LoginName>(), Err(LoginNameError), "{bad}");
        }
    }

    #[test]
    fn an_address_is_read_back_as_it_was_meant() {
        let owners = [
            ("host='/tmp/a b/socket' port=5433 dbname='ret ainer' user=owner", "/tmp/a b/socket"),
            ("postgresql://owner:x@db.example.com:6432/retainer?sslmode=require", "db.example.com"),
        ];
        for (owner, host) in owners {
            let owner: Config = owner.parse().expect("settings");
            let text = url(&owner, "contract_1", "p@ss/word%");
            let read: Config = text.parse().expect("an address");
            assert_eq!(
                (read.get_user(), read.get_password()),
                (Some("contract_1"), Some(&b"p@ss/word%"[..])),
                "{text}"
            );
            assert_eq!((read.get_hosts(), read.get_ports()), (owner.get_hosts(), owner.get_ports()), "{text}");
            assert_eq!((read.get_dbname(), read.get_ssl_mode()), (owner.get_dbname(), owner.get_ssl_mode()), "{text}");
            let named = match &read.get_hosts()[0] {
                Host::Tcp(name) => name.clone(),
                Host::Unix(directory) => directory.display().to_string(),
            };
            assert_eq!(named, host);
        }
    }
}
