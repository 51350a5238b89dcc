//! Balances on the API, each with its entries and its "why".

use jiff::Timestamp;
use kernel::id::{AccountId, CustomerId, HoldId, LotId, OperationId};
use kernel::text::Reason;
use kernel::{Permission, Quantity, Unit};
use runtime::Error;
use runtime::http::{At, Body, Halt, Query, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::allowances::{self, Allowance, decimal};
use super::why::{self, Why};
use super::{Adjust, Entry, Key, LedgerRefused, adjust, find};
use crate::App;
use crate::doors::Door;
use crate::plans::Decimal;

/// The API routes of balances.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_allowances))
        .routes(routes!(get_customer_allowances))
        .routes(routes!(get_entries))
        .routes(routes!(get_why))
        .routes(routes!(post_adjustment))
}

/// Whose allowances.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Whose {
    /// Of this customer; a customer's own users need not say it.
    #[serde(default)]
    customer: Option<CustomerId>,
}

/// What a customer has.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct Allowances {
    /// Unit by unit.
    items: Vec<Allowance>,
}

/// Which entries.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EntriesWanted {
    /// The `next` of the page before.
    #[serde(default)]
    before: Option<i64>,
    /// The most items, 1 to 100; 25 without.
    #[serde(default)]
    limit: Option<u16>,
}

/// A line of the ledger. It never changes.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct EntryView {
    /// Its number in the account, from 1 without gaps.
    number: i64,
    /// What happened: `grant`, `hold`, `capture`, `release`, `refund`, `expire`, …
    kind: String,
    /// How much.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "2.00")]
    quantity: Quantity,
    /// What it did to all living units, held ones included.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "-2.00")]
    change: Quantity,
    /// What it did to held units.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "-2.00")]
    held_change: Quantity,
    /// All living units after it, held ones included.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "8.00")]
    total_after: Quantity,
    /// Held units after it.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "0.00")]
    held_after: Quantity,
    /// The lot, if it concerns one.
    lot: Option<LotId>,
    /// The hold, if it concerns one.
    hold: Option<HoldId>,
    /// Who did it.
    by: String,
    /// Why, if they said.
    reason: Option<String>,
    /// When it took effect.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        let of = |atoms: i64| Quantity::new(atoms, entry.unit);
        Self {
            number: entry.seq,
            quantity: of(entry.quantity),
            change: of(entry.d_posted),
            held_change: of(entry.d_held),
            total_after: of(entry.posted_after),
            held_after: of(entry.held_after),
            kind: entry.kind,
            lot: entry.lot,
            hold: entry.hold,
            by: entry.actor,
            reason: entry.reason,
            at: entry.effective_at,
            recorded_at: entry.recorded_at,
        }
    }
}

/// Lines of the ledger, the newest first.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct Entries {
    /// The lines.
    items: Vec<EntryView>,
    /// The `before` of the next page; null on the last.
    next: Option<i64>,
}

/// Where a balance comes from.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct WhyView {
    /// What is counted.
    unit: Unit,
    /// What is left of what was given or paid for.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "6.50")]
    left: Quantity,
    /// What is promised to open work.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "2.00")]
    held: Quantity,
    /// Where units came from, in the order in which they are used.
    lots: Vec<LotView>,
    /// Who holds units.
    holds: Vec<HoldView>,
    /// What ever happened, summed by kind; the sums make up the balance.
    totals: Vec<TotalView>,
    /// The newest lines of the ledger.
    entries: Vec<EntryView>,
    /// Whether everything adds up; anything else is a defect.
    adds_up: bool,
}

/// Units from one source.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct LotView {
    /// The lot; null while what is due has not been written.
    lot: Option<LotId>,
    /// Where it came from.
    source: String,
    /// How much it was.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "10.00")]
    amount: Quantity,
    /// What remains, held units included.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "8.50")]
    remaining: Quantity,
    /// What open work holds of it.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "2.00")]
    held: Quantity,
    /// Whether it has no limit.
    unlimited: bool,
    /// From when it counts.
    #[schema(value_type = String, format = DateTime)]
    effective_at: Timestamp,
    /// When it ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// Units that are promised.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct HoldView {
    /// The hold.
    hold: HoldId,
    /// What it is for: `ticket` …
    subject_kind: String,
    /// Which.
    subject: String,
    /// How much is still promised.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "2.00")]
    held: Quantity,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

/// The sum of a kind of entries.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct TotalView {
    /// The kind.
    kind: String,
    /// What they did to all living units.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "10.00")]
    change: Quantity,
    /// What they did to held units.
    #[serde(serialize_with = "decimal")]
    #[schema(value_type = String, example = "0.00")]
    held_change: Quantity,
    /// Whether it is due and will be written by whoever uses the balance next.
    pending: bool,
}

impl From<Why> for WhyView {
    fn from(why: Why) -> Self {
        let unit = why.balance.unit;
        let of = |atoms: i64| Quantity::new(atoms, unit);
        let adds_up = why.adds_up();
        let lots = why.lots.into_iter().map(|line| LotView {
            lot: line.lot,
            source: line.source,
            amount: line.amount,
            remaining: line.remaining,
            held: line.held,
            unlimited: line.unlimited,
            effective_at: line.effective_at,
            expires_at: line.expires_at,
        });
        let holds = why.holds.into_iter().map(|hold| HoldView {
            hold: hold.id,
            held: of(hold.open()),
            subject_kind: hold.subject.kind,
            subject: hold.subject.id,
            since: hold.created_at,
        });
        let totals = why.totals.into_iter().map(|total| TotalView {
            kind: total.kind,
            change: of(total.posted),
            held_change: of(total.held),
            pending: total.pending,
        });
        Self {
            unit,
            left: why.balance.prepaid_left(),
            held: why.balance.on_hold(),
            lots: lots.collect(),
            holds: holds.collect(),
            totals: totals.collect(),
            entries: why.entries.into_iter().map(EntryView::from).collect(),
            adds_up,
        }
    }
}

/// A correction.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Adjustment {
    /// By how much; negative takes away.
    quantity: Decimal,
    /// Why.
    reason: Reason,
}

runtime::refusals! {
    /// Why an allowance is not shown or adjusted.
    pub enum AllowanceRefused {
        /// Staff must say whose.
        WhoseMissing => Invalid, "allowance.whose", "Say whose allowances you want: ?customer=cus_….", at "/customer";
        /// The quantity is none of the unit.
        BadQuantity { why: String } => Invalid, "allowance.bad_quantity", "The quantity {why}.", at "/quantity";
    }
}

/// What a customer has, unit by unit.
#[utoipa::path(get, path = "/allowances", tag = "Allowances", params(Whose), responses((status = 200, body = Allowances)))]
async fn get_allowances(door: Door, Query(whose): Query<Whose>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let customer = whose.customer.or_else(|| tx.actor().customer()).ok_or(Error::from(AllowanceRefused::WhoseMissing))?;
    Ok(Reply::ok(&Allowances { items: allowances::of_customer(&tx, customer).await? })?)
}

/// What a customer has, unit by unit.
#[utoipa::path(get, path = "/customers/{id}/allowances", tag = "Allowances", params(("id" = CustomerId, Path)),
    responses((status = 200, body = Allowances)))]
async fn get_customer_allowances(door: Door, At(id): At<CustomerId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&Allowances { items: allowances::of_customer(&tx, id).await? })?)
}

/// The lines of the ledger behind a balance, the newest first.
#[utoipa::path(get, path = "/allowances/{id}/entries", tag = "Allowances", params(("id" = AccountId, Path), EntriesWanted),
    responses((status = 200, body = Entries)))]
async fn get_entries(door: Door, At(id): At<AccountId>, Query(wanted): Query<EntriesWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    allowances::owner_of(&tx, id).await?;
    let size = i64::from(wanted.limit.unwrap_or(25).clamp(1, 100));
    let mut entries = find::entries(&tx, id, wanted.before, size + 1).await?;
    let more = i64::try_from(entries.len()).unwrap_or(i64::MAX) > size;
    if more {
        entries.pop();
    }
    let next = entries.last().filter(|_| more).map(|entry| entry.seq);
    Ok(Reply::ok(&Entries { items: entries.into_iter().map(EntryView::from).collect(), next })?)
}

/// Where a balance comes from: its lots, its holds, and the sums of all that happened.
#[utoipa::path(get, path = "/allowances/{id}/why", tag = "Allowances", params(("id" = AccountId, Path)),
    responses((status = 200, body = WhyView)))]
async fn get_why(door: Door, At(id): At<AccountId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let (owner, unit) = allowances::owner_of(&tx, id).await?;
    let why = why::why(&tx, owner, unit).await?.ok_or(Error::from(LedgerRefused::NotFound))?;
    Ok(Reply::ok(&WhyView::from(why))?)
}

/// Set a balance right by hand.
#[utoipa::path(post, path = "/allowances/{id}/adjustments", tag = "Allowances", request_body = Adjustment,
    params(("id" = AccountId, Path)), responses((status = 200, body = WhyView)))]
async fn post_adjustment(door: Door, At(id): At<AccountId>, body: Body<Adjustment>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    tx.require(Permission::BillingWrite)?;
    let (owner, unit) = allowances::owner_of(&tx, id).await?;
    let Adjustment { quantity, reason } = body.input;
    let atoms = quantity.signed(unit);
    let atoms = atoms.map_err(|why| Error::from(AllowanceRefused::BadQuantity { why: why.to_string() }))?;
    let key = Key::new(format!("adjustment:{}", tx.new_id::<OperationId>())).because(reason.as_str());
    adjust(&tx, Adjust { owner, delta: Quantity::new(atoms, unit), key }).await?;
    let why = why::why(&tx, owner, unit).await?.ok_or(Error::from(LedgerRefused::NotFound))?;
    let reply = Reply::ok(&WhyView::from(why))?;
    tx.finish(reply).await
}
