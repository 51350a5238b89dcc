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

/// How many are looked up at a time: so many that looking costs little beside taking over, also where a look reads them all.
const BATCH: i64 = 10_000;

/// A subscription that could not be taken over.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct NotTaken {
    /// Which.
    pub subscription: String,
    /// Whose it is here, where that was looked up.
    pub customer: Option<String>,
    /// Why not.
    pub reason: String,
}

/// Those that nobody takes over without a word: the source has lost them, has them for another customer, or with a period
/// that is long over.
pub(super) async fn left_out(target: &Target) -> anyhow::Result<Vec<NotTaken>> {
    let rows = target.rows(include_str!("sql/lost.sql"), &[]).await?;
    let told = |row: &tokio_postgres::Row| {
        let id: Uuid = row.get("id");
        let why = match (row.get("is_gone"), row.get("is_moved")) {
            (true, _) => "it is not in the source any more",
            (false, true) => "the source has it for another customer",
            (false, false) => "the source says that it runs, but its period is over for more than a month",
        };
        let reason = format!("{why}; take it over by itself if it goes on all the same");
        let subscription = SubscriptionId::from_uuid(id).to_string();
        NotTaken { subscription, customer: row.get("customer"), reason }
    };
    Ok(rows.iter().map(told).collect())
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
    let (mut done, mut not_taken, mut after) = (0, left_out(target).await?, None);
    loop {
        // Behind those that were tried before, whether they could be taken over or not: none is looked at twice.
        let waiting = subscriptions::waiting(&begin(Access::Read).await?, after, BATCH).await?;
        let Some(last) = waiting.last() else { return Ok((done, not_taken)) };
        after = Some(*last);
        for subscription in waiting {
            let taken = async {
                let tx = begin(Access::Write).await?;
                subscriptions::take_over(&tx, subscription, input).await?;
                tx.commit().await
            };
            match taken.await {
                Ok(()) => done += 1,
                Err(error) => {
                    let (subscription, reason) = (subscription.to_string(), error.to_string());
                    not_taken.push(NotTaken { subscription, customer: None, reason });
                }
            }
        }
    }
}
