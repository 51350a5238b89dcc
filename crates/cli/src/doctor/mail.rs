//! Whether mail can leave.

use std::time::Duration;

use runtime::smtp::Smtp;

use super::Finding;

/// Longer than this and the port is blocked rather than slow.
const PATIENCE: Duration = Duration::from_secs(10);

/// Says hello to the SMTP server, and signs in where the address holds a name.
pub(super) async fn check(smtp_url: Option<&str>) -> Finding {
    let Some(url) = smtp_url else {
        return Finding::notice(
            "mail",
            "no SMTP server is set; mail waits in the outbox, where staff read it",
            "Set RETAINER_SMTP_URL, such as smtps://user:password@mail.example.com.",
        );
    };
    let smtp = match Smtp::from_url(url) {
        Ok(smtp) => smtp,
        Err(error) => {
            let advice = "Write special characters in the password as %XX.";
            return Finding::wrong("mail", format!("RETAINER_SMTP_URL cannot be read: {error}"), advice);
        }
    };
    let advice = "Check RETAINER_SMTP_URL, the password, and that this machine may reach the port.";
    match tokio::time::timeout(PATIENCE, smtp.try_out()).await {
        Ok(Ok(())) => Finding::good("mail", "the SMTP server answers and takes our mail"),
        Ok(Err(error)) => Finding::wrong("mail", format!("the SMTP server cannot be used: {error}"), advice),
        Err(_) => Finding::wrong("mail", "the SMTP server does not answer", advice),
    }
}
