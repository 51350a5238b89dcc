//! Whether mail can leave.

use std::time::Duration;

use retainer::App;
use runtime::smtp::Smtp;
use runtime::sql;

use super::Finding;

/// Longer than this and the port is blocked rather than slow.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many mails are held for want of a mail server; none where nothing is. Those of samples never leave.
pub(super) async fn held(app: &App, smtp_url: Option<&str>) -> Option<Finding> {
    let asked = async {
        let operator = app.db.operator().await?;
        let row = operator
            .query_one(
                sql!(
                    "select count(*) as held from mails m
                     join organizations o on o.organization_id = m.organization_id and not o.is_sample
                     where m.state = 'held'"
                ),
                &[],
            )
            .await?;
        Ok::<i64, runtime::Error>(row.get("held"))
    };
    let advice = match smtp_url {
        Some(_) => "Send them, or some of them, from the outbox of each organization; nothing sends them by itself.",
        None => "They wait in the outbox; once RETAINER_SMTP_URL is set, staff send them from there.",
    };
    match asked.await {
        Ok(0) => None,
        Ok(1) => Some(Finding::notice("held mail", "1 mail is held", advice)),
        Ok(held) => Some(Finding::notice("held mail", format!("{held} mails are held"), advice)),
        Err(error) => Some(Finding::wrong("held mail", error.to_string(), "Look at the log of PostgreSQL.")),
    }
}

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
