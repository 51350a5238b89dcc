//! A subscription as it is kept, and the history of what happened to it.

use jiff::Timestamp;
use kernel::id::{CustomerId, Id, PlanVersionId, SubscriptionId};
use runtime::{Change, Columns, Error, Tx, sql};
use tokio_postgres::Row;

use super::find::FindRefused;
use super::rules::{Clock, Schedule};
use super::start::keep_living;
use crate::organizations;
use crate::plans::find::Named;

kernel::words! {
    /// How a subscription stands.
    SubscriptionState, "state" {
        /// Waits for its first payment.
        Incomplete = "incomplete",
        /// Runs.
        Active = "active",
        /// Runs, but a payment is overdue; nothing new is granted.
        PastDue = "past_due",
        /// Stands still, and its units with it.
        Paused = "paused",
        /// Stopped by somebody.
        Cancelled = "cancelled",
        /// Came to its end.
        Ended = "ended",
    }
}

impl SubscriptionState {
    /// Whether it is over.
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Cancelled | Self::Ended)
    }
}

/// A subscription that is locked until the end of the transaction.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) id: SubscriptionId,
    pub(super) customer: CustomerId,
    pub(super) version: PlanVersionId,
    pub(super) next_version: Option<PlanVersionId>,
    pub(super) state: SubscriptionState,
    pub(super) anchor_at: Option<Timestamp>,
    pub(super) anchor_number: i32,
    pub(super) next_number: i32,
    pub(super) renews_at: Option<Timestamp>,
    pub(super) trial_ends_at: Option<Timestamp>,
    pub(super) paused_at: Option<Timestamp>,
    pub(super) cancel_at_period_end: bool,
    pub(super) ended_at: Option<Timestamp>,
    /// The state in which it was loaded.
    was: SubscriptionState,
}

/// Loads a subscription and keeps others from it until the end of the transaction.
pub(super) async fn lock(tx: &Tx, subscription: SubscriptionId) -> Result<Stored, Error> {
    let row = tx
        .optional(
            sql!("select * from subscriptions where organization_id = $1 and id = $2 for update"),
            &[tx.org(), subscription.as_uuid()],
        )
        .await?;
    row.as_ref().map(Stored::of_row).transpose()?.ok_or_else(|| FindRefused::NotFound.into())
}

/// Loads a subscription as it is, to say what would become of it.
pub(super) async fn look(tx: &Tx, subscription: SubscriptionId) -> Result<Stored, Error> {
    let row = tx
        .optional(
            sql!("select * from subscriptions where organization_id = $1 and id = $2"),
            &[tx.org(), subscription.as_uuid()],
        )
        .await?;
    row.as_ref().map(Stored::of_row).transpose()?.ok_or_else(|| FindRefused::NotFound.into())
}

/// Loads and locks a subscription for what a customer who was put away must not have. The customer is locked first, as
/// whoever archives it does.
pub(super) async fn lock_of_living(tx: &Tx, subscription: SubscriptionId) -> Result<Stored, Error> {
    let row = tx
        .optional(
            sql!("select customer_id from subscriptions where organization_id = $1 and id = $2"),
            &[tx.org(), subscription.as_uuid()],
        )
        .await?
        .ok_or(FindRefused::NotFound)?;
    keep_living(tx, row.id("customer_id")).await?;
    lock(tx, subscription).await
}

impl Stored {
    /// One that is about to be inserted.
    pub(super) const fn new(id: SubscriptionId, customer: CustomerId, version: PlanVersionId) -> Self {
        Self {
            id,
            customer,
            version,
            next_version: None,
            state: SubscriptionState::Incomplete,
            anchor_at: None,
            anchor_number: 0,
            next_number: 0,
            renews_at: None,
            trial_ends_at: None,
            paused_at: None,
            cancel_at_period_end: false,
            ended_at: None,
            was: SubscriptionState::Incomplete,
        }
    }

    fn of_row(row: &Row) -> Result<Self, Error> {
        let state = row.word("state")?;
        Ok(Self {
            id: row.id("id"),
            customer: row.id("customer_id"),
            version: row.id("plan_version_id"),
            next_version: row.id_or_none("next_plan_version_id"),
            state,
            anchor_at: row.get("anchor_at"),
            anchor_number: row.get("anchor_number"),
            next_number: row.get("next_number"),
            renews_at: row.get("renews_at"),
            trial_ends_at: row.get("trial_ends_at"),
            paused_at: row.get("paused_at"),
            cancel_at_period_end: row.get("cancel_at_period_end"),
            ended_at: row.get("ended_at"),
            was: state,
        })
    }

    /// When its periods begin; none before the first payment.
    pub(super) async fn schedule(&self, tx: &Tx, plan: &Named) -> Result<Schedule, Error> {
        let zone = organizations::find::own(tx).await?.zone.rules().clone();
        let anchor_at = self.anchor_at.unwrap_or_else(|| tx.now());
        Ok(Schedule { period: plan.version.terms.period, anchor_at, anchor_number: self.anchor_number, zone })
    }

    /// What time it is for it.
    pub(super) fn clock(&self, tx: &Tx) -> Clock {
        Clock { now: tx.now(), paused_at: self.paused_at }
    }

    /// The number of the period that runs, if one does.
    pub(super) const fn current_number(&self) -> Option<i32> {
        if self.next_number > 0 { Some(self.next_number - 1) } else { None }
    }

    /// Stops it. What runs on by itself, its units, ends when it would have.
    pub(super) const fn stop(&mut self, state: SubscriptionState, at: Timestamp) {
        self.state = state;
        self.ended_at = Some(at);
        self.paused_at = None;
        self.next_version = None;
        self.cancel_at_period_end = false;
    }

    /// Writes it, with a line of history and of the audit trail.
    pub(super) async fn write(&self, tx: &Tx, what: &'static str, reason: Option<&str>) -> Result<(), Error> {
        tx.execute(
            sql!(
                "update subscriptions set plan_version_id = $3, next_plan_version_id = $4, state = $5, anchor_at = $6,
                        anchor_number = $7, next_number = $8, renews_at = $9, trial_ends_at = $10, paused_at = $11,
                        cancel_at_period_end = $12, ended_at = $13, version = version + 1
                 where organization_id = $1 and id = $2"
            ),
            &[
                tx.org(),
                self.id.as_uuid(),
                self.version.as_uuid(),
                &self.next_version.map(Id::uuid),
                &self.state.word(),
                &self.anchor_at,
                &self.anchor_number,
                &self.next_number,
                &self.renews_at,
                &self.trial_ends_at,
                &self.paused_at,
                &self.cancel_at_period_end,
                &self.ended_at,
            ],
        )
        .await?;
        self.tell(tx, what, Some(self.was), reason).await
    }

    /// Adds a line to its history.
    pub(super) async fn tell(
        &self,
        tx: &Tx,
        what: &'static str,
        from: Option<SubscriptionState>,
        reason: Option<&str>,
    ) -> Result<(), Error> {
        tx.execute(
            sql!(
                "insert into subscription_changes (organization_id, subscription_id, seq, what, from_state, to_state,
                        reason, actor_user_id, actor_name, at)
                 select $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5, $6, $7, $8, $9 from subscription_changes
                  where organization_id = $1 and subscription_id = $2"
            ),
            &[
                tx.org(),
                self.id.as_uuid(),
                &what,
                &from.map(SubscriptionState::word),
                &self.state.word(),
                &reason,
                &tx.actor().user().map(Id::uuid),
                &tx.actor().name,
                &tx.now(),
            ],
        )
        .await?;
        let after = serde_json::json!({"state": self.state, "plan_version": self.version, "reason": reason});
        tx.record(Change::new(what, "subscription", self.id).before(serde_json::json!({"state": from})).after(after));
        Ok(())
    }
}
