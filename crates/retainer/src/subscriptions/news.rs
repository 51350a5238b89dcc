//! What a customer's users are told of their plan.

use jiff::Timestamp;
use runtime::{Error, Tx};

use super::stored::Stored;
use crate::mail::templates::PlanChanged;
use crate::notifications::{Audience, Kind, News, audience, tell};
use crate::plans::find::Named;
use crate::{notifications, organizations};

/// Another plan is taken with the next period.
pub(super) async fn arranged(tx: &Tx, subscription: &Stored, (present, next): (&Named, &Named)) -> Result<(), Error> {
    let day = match subscription.renews_at {
        Some(at) => format!(" on {}", day(tx, at).await?),
        None => String::new(),
    };
    let text = format!("Until then it stays {}. From then on it is {}.", present.name, offer(next));
    let title = format!("Your plan becomes {} with the next period{day}", next.name);
    inform(tx, subscription, next, (title, text)).await
}

/// What was arranged is dropped.
pub(super) async fn stays(tx: &Tx, subscription: &Stored, plan: &Named) -> Result<(), Error> {
    let text = format!("The change that was arranged for the next period is dropped. It stays {}.", offer(plan));
    inform(tx, subscription, plan, (format!("Your plan stays {}", plan.name), text)).await
}

/// Another plan runs from now on.
pub(super) async fn changed(tx: &Tx, subscription: &Stored, (before, now): (&Named, &Named)) -> Result<(), Error> {
    let next = match subscription.renews_at {
        Some(at) => format!(" The next period begins on {}.", day(tx, at).await?),
        None => String::new(),
    };
    let text = format!("Until now it was {}. From now on it is {}.{next}", before.name, offer(now));
    inform(tx, subscription, now, (format!("Your plan is now {}", now.name), text)).await
}

/// A plan with what it brings and costs.
fn offer(plan: &Named) -> String {
    let terms = &plan.version.terms;
    format!("{}: {} for {}", plan.name, terms.summary(), terms.price)
}

async fn day(tx: &Tx, at: Timestamp) -> Result<String, Error> {
    let zone = organizations::find::own(tx).await?.zone.rules().clone();
    Ok(notifications::day(at.to_zoned(zone).date()))
}

async fn inform(tx: &Tx, subscription: &Stored, plan: &Named, (title, text): (String, String)) -> Result<(), Error> {
    let of = Audience { customer: Some(subscription.customer), ..Audience::default() };
    let mut to = audience(tx, Kind::Invoice, of).await?;
    for recipient in &mut to {
        "because it is your plan".clone_into(&mut recipient.reason);
    }
    let said = PlanChanged { headline: title.clone(), explanation: text.clone(), plan: plan.name.to_string() };
    let news = News {
        kind: Kind::Invoice,
        mail: said.into(),
        allowance: Some(subscription.customer),
        subject_kind: "subscription",
        subject_ref: subscription.id.to_string(),
        title,
        text,
        internal: false,
        collapse_key: None,
    };
    tell(tx, &news, &to).await
}
