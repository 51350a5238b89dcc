//! Letting imported subscriptions go on here.

use anyhow::Context;
use jiff::Timestamp;
use kernel::Actor;
use kernel::id::{Id, SubscriptionId};
use retainer::subscriptions::TakeOver;
use retainer::{App, subscriptions};
use runtime::tx::Access;
use uuid::Uuid;

use super::{Target, organization};

/// How many are looked up at a time.
const BATCH: i64 = 500;

/// A subscription that could not be taken over.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct NotTaken {
    /// Which.
    pub subscription: String,
    /// Why not.
    pub reason: String,
}

/// Takes over every imported subscription that runs, each in a transaction of its own, as was told at `told_at`: how many,
/// and those that could not be, among them such as the source has lost. One that cannot be taken over keeps no other waiting.
pub(super) async fn take_over(
    app: &App,
    (target, slug): (&Target, &str),
    told_at: Timestamp,
) -> anyhow::Result<(u64, Vec<NotTaken>)> {
    let organization = organization::find(app, slug).await?.context("the organization is gone")?;
    let begin = |access| app.begin(organization, Actor::system("Import"), access);
    let input = TakeOver { from: None, told_at: Some(told_at) };
    let lost = target.rows(include_str!("sql/lost.sql"), &[]).await?;
    let mut failed: Vec<Uuid> = lost.iter().map(|row| row.get("id")).collect();
    let gone = |id: &Uuid| NotTaken {
        subscription: SubscriptionId::from_uuid(*id).to_string(),
        reason: "it is not in the source any more; take it over by itself if it goes on all the same".to_owned(),
    };
    let (mut done, mut not_taken) = (0, failed.iter().map(gone).collect::<Vec<_>>());
    loop {
        let waiting = subscriptions::waiting(&begin(Access::Read).await?, &failed, BATCH).await?;
        if waiting.is_empty() {
            return Ok((done, not_taken));
        }
        for subscription in waiting {
            let taken = async {
                let tx = begin(Access::Write).await?;
                subscriptions::take_over(&tx, subscription, input).await?;
                tx.commit().await
            };
            match taken.await {
                Ok(()) => done += 1,
                Err(error) => {
                    failed.push(subscription.uuid());
                    not_taken.push(NotTaken { subscription: subscription.to_string(), reason: error.to_string() });
                }
            }
        }
    }
}
