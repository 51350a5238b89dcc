//! Letting imported subscriptions go on here.

use anyhow::Context;
use kernel::Actor;
use kernel::id::Id;
use retainer::{App, subscriptions};
use runtime::tx::Access;

use super::organization;

/// How many are looked up at a time.
const BATCH: i64 = 500;

/// Takes over every imported subscription that runs, each in a transaction of its own; how many. One that cannot be
/// taken over keeps no other waiting.
pub(super) async fn take_over(app: &App, slug: &str) -> anyhow::Result<u64> {
    let organization = organization::find(app, slug).await?.context("the organization is gone")?;
    let begin = |access| app.begin(organization, Actor::system("Import"), access);
    let (mut done, mut failed, mut first) = (0, Vec::new(), None);
    loop {
        let waiting = subscriptions::waiting(&begin(Access::Read).await?, &failed, BATCH).await?;
        if waiting.is_empty() {
            break;
        }
        for subscription in waiting {
            let taken = async {
                let tx = begin(Access::Write).await?;
                subscriptions::take_over(&tx, subscription, None).await?;
                tx.commit().await
            };
            match taken.await {
                Ok(()) => done += 1,
                Err(error) => {
                    failed.push(subscription.uuid());
                    first.get_or_insert(anyhow::Error::from(error).context(subscription.to_string()));
                }
            }
        }
    }
    match first {
        Some(error) => Err(error.context(format!("{} subscriptions were not taken over; the first", failed.len()))),
        None => Ok(done),
    }
}
