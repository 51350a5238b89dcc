//! Reading the mails that a test's people got, and waiting for what is done in the background.

use std::time::Duration;

use crate::TestApp;

impl TestApp {
    /// The texts of all mails of a kind to an address, in the order in which they were written.
    ///
    /// # Panics
    /// When the database cannot be read.
    pub async fn letters(&self, kind: &str, to: &str) -> Vec<String> {
        let owner = self.root().await;
        let rows = owner
            .query("select text from mails where kind = $1 and to_email = $2 order by id", &[&kind, &to])
            .await
            .expect("the mails");
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// The token at the end of the link in the `nth` mail of a kind to an address, as soon as that mail is written.
    ///
    /// # Panics
    /// When there is none after twenty seconds.
    pub async fn link_token(&self, kind: &str, to: &str, nth: usize) -> String {
        for _ in 0..400 {
            if let Some(text) = self.letters(kind, to).await.get(nth) {
                let link = text.lines().find(|line| line.starts_with("http")).expect("a link in the mail");
                return link.rsplit('/').next().expect("a token").to_owned();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no mail {kind} to {to}");
    }

    /// Waits until all background work that is due has been done.
    ///
    /// # Panics
    /// When there is still some after thirty seconds.
    pub async fn rest(&self) {
        let owner = self.root().await;
        let due =
            "select count(*) from graphile_worker._private_jobs where run_at <= now() and attempts < max_attempts";
        for _ in 0..600 {
            let left: i64 = owner.query_one(due, &[]).await.expect("the jobs").get(0);
            if left == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("background work does not come to an end");
    }
}
