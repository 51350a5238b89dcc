//! Whether mail can leave.

use std::time::Duration;

use lettre::{AsyncSmtpTransport, Tokio1Executor};

use super::Finding;

/// Says hello to the SMTP server, and signs in where the address holds a name.
pub(super) async fn check(smtp_url: Option<&str>) -> Finding {
    let Some(url) = smtp_url else {
        return Finding::notice(
            "mail",
            "no SMTP server is set; mail waits in the outbox, where staff read it",
            "Set RETAINER_SMTP_URL, such as smtps://user:password@mail.example.com.",
        );
    };
    let transport: AsyncSmtpTransport<Tokio1Executor> = match AsyncSmtpTransport::<Tokio1Executor>::from_url(url) {
        Ok(transport) => transport.timeout(Some(Duration::from_secs(10))).build(),
        // The error could repeat the address, and with it the password.
        Err(_) => {
            return Finding::wrong(
                "mail",
                "RETAINER_SMTP_URL cannot be read",
                "It must look like smtps://user:password@mail.example.com, with special characters in the password \
                 written as %XX.",
            );
        }
    };
    match transport.test_connection().await {
        Ok(true) => Finding::good("mail", "the SMTP server answers and lets us in"),
        Ok(false) => {
            Finding::wrong("mail", "the SMTP server answers but is not ready", "Look at the mail server's log.")
        }
        Err(error) => Finding::wrong(
            "mail",
            format!("the SMTP server cannot be used: {error}"),
            "Check RETAINER_SMTP_URL, the password, and that this machine may reach the port.",
        ),
    }
}
