//! Hearing what other servers say through the database (`LISTEN`/`NOTIFY`).

use std::time::Duration;

use futures_util::StreamExt;
use tokio_postgres::{AsyncMessage, Config};
use tokio_util::sync::CancellationToken;

use crate::Error;

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// From now on everything is heard; what was said before may have been missed.
    Connected,
    /// Nothing is heard until the next `Connected`.
    Disconnected,
    /// Something was said.
    Notice {
        /// On which channel.
        channel: String,
        /// What.
        payload: String,
    },
}

/// Listens on channels until `stop`, connecting again whenever the connection is lost.
pub async fn listen(config: Config, channels: &[&str], mut tell: impl FnMut(Heard), stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => {}
            ended = listen_once(&config, channels, &mut tell) => {
                tell(Heard::Disconnected);
                if let Err(error) = ended {
                    tracing::debug!(%error, "listening was interrupted");
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }
}

async fn listen_once(config: &Config, channels: &[&str], tell: &mut impl FnMut(Heard)) -> Result<(), Error> {
    let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
    let client = crate::db::connect_hearing(config, move |mut messages| async move {
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notification(notice) = message
                && send.send(notice).is_err()
            {
                break;
            }
        }
    })
    .await?;
    for channel in channels {
        client.batch_execute(&format!("listen {channel}")).await?;
    }
    tell(Heard::Connected);
    while let Some(notice) = receive.recv().await {
        tell(Heard::Notice { channel: notice.channel().to_owned(), payload: notice.payload().to_owned() });
    }
    Ok(())
}
