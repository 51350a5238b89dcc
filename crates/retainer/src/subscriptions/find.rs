//! Reading subscriptions.

use jiff::Timestamp;
use kernel::id::{CustomerId, Id, InvoiceId, PlanId, PlanVersionId, SubscriptionId};
use kernel::{Money, Period, Permission};
use runtime::http::{Cursor, Page, Paging};
use runtime::{Columns, Error, Tx, sql};
use tokio_postgres::Row;
use uuid::Uuid;

use super::stored::SubscriptionState;
use crate::plans;

runtime::refusals! {
    /// Why a subscription is not shown.
    pub enum FindRefused {
        /// There is none, or it is another organization's or another customer's business.
        NotFound => NotFound, "subscription.not_found", "There is no such subscription.";
    }
}

/// A customer's running plan.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Whose it is.
    pub customer: CustomerId,
    /// Their name.
    pub customer_name: String,
    /// The plan.
    pub plan: PlanId,
    /// The plan's name.
    pub plan_name: String,
    /// The version whose terms hold.
    pub plan_version: PlanVersionId,
    /// The name of the plan that begins with the next period, if another was chosen.
    pub next_plan_name: Option<String>,
    /// What a period costs; of one that waits to be taken over, what its plan says, which nobody has agreed to.
    pub price: Money,
    /// How long a period is.
    pub period: Period,
    /// How it stands.
    pub state: SubscriptionState,
    /// When the present period began.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub period_start: Option<Timestamp>,
    /// When the present period ends, as far as it does.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub period_end: Option<Timestamp>,
    /// Whether another period begins here then. One that was imported does not before it is taken over.
    pub renews: bool,
    /// Whether it was imported and waits to be taken over: until then the terms of its plan are not what was agreed.
    pub is_waiting: bool,
    /// When the trial ends or ended, if there was one.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub trial_ends_at: Option<Timestamp>,
    /// Since when it stands still.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paused_at: Option<Timestamp>,
    /// Whether it stops when its period ends.
    pub cancel_at_period_end: bool,
    /// The oldest invoice that waits for its payment.
    pub open_invoice: Option<InvoiceId>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it stopped, if it has.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

impl Subscription {
    /// Whether it is over.
    pub const fn has_stopped(&self) -> bool {
        self.state.has_ended()
    }

    fn of_row(row: &Row) -> Result<Self, Error> {
        let (state, period) = (row.word("state")?, row.word("period")?);
        let (renews, stops): (bool, bool) = (row.get("renews"), row.get("cancel_at_period_end"));
        let runs = matches!(state, SubscriptionState::Active | SubscriptionState::PastDue);
        Ok(Self {
            is_waiting: runs && !renews && !stops && period != Period::Once,
            id: row.id("id"),
            customer: row.id("customer_id"),
            customer_name: row.get("customer_name"),
            plan: row.id("plan_id"),
            plan_name: row.get("plan_name"),
            plan_version: row.id("plan_version_id"),
            next_plan_name: row.get("next_plan_name"),
            price: Money::new(row.get("price_minor"), row.word("currency")?),
            period,
            state,
            period_start: row.get("period_start"),
            period_end: row.get("period_end"),
            renews,
            trial_ends_at: row.get("trial_ends_at"),
            paused_at: row.get("paused_at"),
            cancel_at_period_end: stops,
            open_invoice: row.id_or_none("open_invoice"),
            created_at: row.get("created_at"),
            ended_at: row.get("ended_at"),
        })
    }
}

/// Which subscriptions to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// This one.
    pub subscription: Option<SubscriptionId>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// In this state.
    pub state: Option<SubscriptionState>,
    /// Of this plan, in any of its versions.
    pub plan: Option<PlanId>,
    /// Only those that bring their price, active or past due.
    pub is_running: bool,
    /// Which page.
    pub paging: Paging,
}

/// A customer's subscription: the one that lives, of which there is one at the most; where none does, the newest. One that
/// was imported may have begun before others that have ended.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn of_customer(tx: &Tx, customer: CustomerId) -> Result<Option<Subscription>, Error> {
    let paging = Paging { after: None, limit: Some(100) };
    let mut all = list(tx, Wanted { customer: Some(customer), paging, ..Wanted::default() }).await?.items;
    let living = all.iter().position(|subscription| !subscription.has_stopped()).unwrap_or(0);
    Ok((living < all.len()).then(|| all.swap_remove(living)))
}

/// Subscriptions, the newest first. A customer's own users see only theirs.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn list(tx: &Tx, wanted: Wanted) -> Result<Page<Subscription>, Error> {
    if tx.only_customer().is_none() {
        tx.require(Permission::BillingRead)?;
    }
    let items = read(tx, wanted, None).await?;
    Ok(Page::of(items, wanted.paging, |it| Cursor::new(it.created_at, it.id.uuid())))
}

/// The subscriptions with these ids, in any order. A customer's own users see only theirs.
pub(super) async fn these(tx: &Tx, ids: &[Uuid]) -> Result<Vec<Subscription>, Error> {
    read(tx, Wanted { paging: Paging { after: None, limit: Some(100) }, ..Wanted::default() }, Some(ids)).await
}

async fn read(tx: &Tx, wanted: Wanted, ids: Option<&[Uuid]>) -> Result<Vec<Subscription>, Error> {
    let (at, id) = wanted.paging.below();
    let rows = tx
        .rows(
            sql!(
                "select s.*, c.name as customer_name, v.plan_id, v.price_minor, v.currency, v.period, p.name as plan_name, next.name as next_plan_name,
                        now.starts_at as period_start, coalesce(s.renews_at, now.ends_at) as period_end,
                        s.renews_at is not null and not s.cancel_at_period_end and s.ended_at is null as renews, bill.id as open_invoice
                 from subscriptions s
                 join customers c on c.organization_id = s.organization_id and c.id = s.customer_id
                 join plan_versions v on v.organization_id = s.organization_id and v.id = s.plan_version_id
                 join plans p on p.organization_id = v.organization_id and p.id = v.plan_id
                 left join plan_versions nv on nv.organization_id = s.organization_id and nv.id = s.next_plan_version_id
                 left join plans next on next.organization_id = nv.organization_id and next.id = nv.plan_id
                 left join subscription_periods now on now.organization_id = s.organization_id
                    and now.subscription_id = s.id and now.number = s.next_number - 1
                 left join lateral (
                    select i.id from invoice_lines l
                    join invoices i on i.organization_id = l.organization_id and i.id = l.invoice_id
                    where l.organization_id = $1 and l.subscription_id = s.id and i.state = 'open'
                    order by i.created_at, i.id limit 1) bill on true
                 where s.organization_id = $1 and ($2::uuid is null or s.customer_id = $2)
                   and ($3::uuid is null or s.id = $3) and ($4::uuid is null or s.customer_id = $4)
                   and ($5::text is null or s.state = $5) and (not $9 or s.state in ('active', 'past_due'))
                   and ($10::uuid is null or v.plan_id = $10) and ($11::uuid[] is null or s.id = any ($11))
                   and (s.created_at, s.id) < ($6, $7)
                 order by s.created_at desc, s.id desc limit $8"
            ),
            &[
                tx.org(),
                &tx.only_customer(),
                &wanted.subscription.map(Id::uuid),
                &wanted.customer.map(Id::uuid),
                &wanted.state.map(SubscriptionState::word),
                &at,
                &id,
                &wanted.paging.ask(),
                &wanted.is_running,
                &wanted.plan.map(Id::uuid),
                &ids,
            ],
        )
        .await?;
    rows.iter().map(Subscription::of_row).collect()
}

/// One subscription. A customer's own users see only theirs.
///
/// # Errors
/// [`FindRefused`], `permission.missing`, or a fault.
pub async fn get(tx: &Tx, subscription: SubscriptionId) -> Result<Subscription, Error> {
    let page = list(tx, Wanted { subscription: Some(subscription), ..Wanted::default() }).await?;
    page.items.into_iter().next().ok_or_else(|| FindRefused::NotFound.into())
}

/// The terms of a customer's live plan, if they have one: what tickets ask when work needs more than was held.
///
/// # Errors
/// A fault.
pub async fn live_terms(tx: &Tx, customer: CustomerId) -> Result<Option<plans::Terms>, Error> {
    let row = tx
        .optional(
            sql!(
                "select plan_version_id from subscriptions where organization_id = $1 and customer_id = $2
                    and state in ('active', 'past_due', 'paused')"
            ),
            &[tx.org(), customer.as_uuid()],
        )
        .await?;
    match row {
        Some(row) => Ok(Some(plans::find::version(tx, row.id("plan_version_id")).await?.version.terms)),
        None => Ok(None),
    }
}

/// Something that happened to a subscription.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct HistoryLine {
    /// What.
    pub what: String,
    /// How it stood before.
    pub from: Option<SubscriptionState>,
    /// How it stood after.
    pub to: SubscriptionState,
    /// Why, if somebody said.
    pub reason: Option<String>,
    /// Who did it.
    pub by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// What happened to a subscription, the newest first.
///
/// # Errors
/// A fault.
pub async fn history(tx: &Tx, subscription: SubscriptionId) -> Result<Vec<HistoryLine>, Error> {
    let rows = tx
        .rows(
            sql!(
                "select what, from_state, to_state, reason, actor_name, at from subscription_changes
                 where organization_id = $1 and subscription_id = $2 order by seq desc limit 200"
            ),
            &[tx.org(), subscription.as_uuid()],
        )
        .await?;
    let line = |row: &Row| {
        let from: Option<&str> = row.get("from_state");
        Ok(HistoryLine {
            what: row.get("what"),
            from: from.map(|_| row.word("from_state")).transpose()?,
            to: row.word("to_state")?,
            reason: row.get("reason"),
            by: row.get("actor_name"),
            at: row.get("at"),
        })
    };
    rows.iter().map(line).collect()
}

/// A period of a subscription.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct PeriodLine {
    /// Its number, from 0.
    pub number: i32,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// When it ends; never, when null.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// How it stands.
    pub state: super::PeriodState,
    /// Its invoice, if it costs something.
    pub invoice: Option<InvoiceId>,
}

/// The periods of a subscription, the newest first.
///
/// # Errors
/// A fault.
pub async fn periods(tx: &Tx, subscription: SubscriptionId) -> Result<Vec<PeriodLine>, Error> {
    let rows = tx
        .rows(
            sql!(
                "select number, starts_at, ends_at, state, invoice_id from subscription_periods
                 where organization_id = $1 and subscription_id = $2 order by number desc limit 400"
            ),
            &[tx.org(), subscription.as_uuid()],
        )
        .await?;
    let line = |row: &Row| {
        Ok(PeriodLine {
            number: row.get("number"),
            starts_at: row.get("starts_at"),
            ends_at: row.get("ends_at"),
            state: row.word("state")?,
            invoice: row.id_or_none("invoice_id"),
        })
    };
    rows.iter().map(line).collect()
}
