//! What entries of the ledger are about, in words: the ticket whose work they are for, the plan or top-up that the units
//! come from.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::id::{HoldId, Id, InvoiceId, LotId, PlanVersionId, SubscriptionId};
use runtime::{Columns, Error, Tx, sql};
use uuid::Uuid;

use super::explain::ticket_titles;

/// What one entry is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The number of the ticket.
    pub ticket: Option<String>,
    /// The title of the ticket, or what else holds the units.
    pub title: Option<String>,
    /// Where the units come from: the plan's name, `Top-up` …
    pub source: Option<String>,
    /// Whether that is a plan.
    pub is_plan: bool,
}

/// What the entries of these holds and lots are about.
#[derive(Debug, Default)]
pub struct Abouts {
    holds: BTreeMap<HoldId, About>,
    /// What each lot comes from, and whether that is a plan.
    lots: BTreeMap<LotId, (String, bool)>,
}

impl Abouts {
    /// What an entry on a hold and a lot is about.
    pub fn of(&self, hold: Option<HoldId>, lot: Option<LotId>) -> About {
        let about = hold.and_then(|hold| self.holds.get(&hold)).cloned().unwrap_or_default();
        match lot.and_then(|lot| self.lots.get(&lot)) {
            Some((source, is_plan)) => About { source: Some(source.clone()), is_plan: *is_plan, ..about },
            None => About { source: None, ..about },
        }
    }
}

/// Looks up what entries are about.
///
/// # Errors
/// A fault of the database.
pub async fn abouts(tx: &Tx, entries: impl Iterator<Item = (Option<HoldId>, Option<LotId>)>) -> Result<Abouts, Error> {
    let (mut holds, mut lots) = (Vec::new(), Vec::new());
    for (hold, lot) in entries {
        holds.extend(hold.map(Id::uuid));
        lots.extend(lot.map(Id::uuid));
    }
    for ids in [&mut holds, &mut lots] {
        ids.sort_unstable();
        ids.dedup();
    }
    let (holds, lots) = tokio::try_join!(of_holds(tx, &holds), of_lots(tx, &lots))?;
    Ok(Abouts { holds, lots })
}

async fn of_holds(tx: &Tx, holds: &[Uuid]) -> Result<BTreeMap<HoldId, About>, Error> {
    if holds.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = tx
        .rows(
            sql!(
                "select id, subject_kind, subject_id from allowance_holds where organization_id = $1 and id = any ($2)"
            ),
            &[tx.org(), &holds],
        )
        .await?;
    let kind = |row: &tokio_postgres::Row| row.get::<_, String>("subject_kind");
    let subject = |row: &tokio_postgres::Row| row.get::<_, String>("subject_id");
    let tickets: Vec<String> = rows.iter().filter(|row| kind(row) == TICKET).map(subject).collect();
    let titles = ticket_titles(tx, tickets.iter().map(String::as_str)).await?;
    let about = |row: &tokio_postgres::Row| match titles.get(&subject(row)) {
        Some((number, title)) => About { ticket: Some(number.clone()), title: Some(title.clone()), ..About::default() },
        None => About { title: Some(kind(row)), ..About::default() },
    };
    Ok(rows.iter().map(|row| (row.id("id"), about(row))).collect())
}

/// How the ledger calls tickets.
const TICKET: &str = "ticket";

/// Where the units of each lot come from; of one that was rolled over, given back or exchanged, where they came from at
/// first.
async fn of_lots(tx: &Tx, lots: &[Uuid]) -> Result<BTreeMap<LotId, (String, bool)>, Error> {
    if lots.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = tx
        .rows(
            sql!(
                "with recursive origin as (
                     select id as lot, source_kind as first, source_kind, source_ref, predecessor_id
                     from allowance_lots where organization_id = $1 and id = any ($2)
                     union all
                     select o.lot, o.first, l.source_kind, l.source_ref, l.predecessor_id
                     from origin o join allowance_lots l on l.organization_id = $1 and l.id = o.predecessor_id
                     where o.source_kind in ('rollover', 'refund_grace'))
                 select lot, first, source_kind, source_ref from origin
                 where source_kind not in ('rollover', 'refund_grace') or predecessor_id is null"
            ),
            &[tx.org(), &lots],
        )
        .await?;
    let periods: Vec<Period> = rows.iter().filter_map(|row| Period::of(row.get("source_ref"))).collect();
    let plans = plans(tx, &periods).await?;
    let mut named = BTreeMap::new();
    for row in &rows {
        let (first, kind): (&str, &str) = (row.get("first"), row.get("source_kind"));
        let plan = Period::of(row.get("source_ref")).and_then(|period| plans.get(&period.key()).cloned());
        let is_plan = plan.is_some();
        let from = plan.unwrap_or_else(|| super::console::source(kind).to_owned());
        let name =
            if first == kind { from } else { format!("{from}, {}", super::console::source(first).to_lowercase()) };
        named.insert(row.id("lot"), (name, is_plan));
    }
    Ok(named)
}

/// A period of a subscription, as the lots that it granted name it.
struct Period {
    subscription: SubscriptionId,
    starts_at: Timestamp,
    upgrade: Option<PlanVersionId>,
}

impl Period {
    /// Of a reference such as `sub_…:2026-11-20T09:00:00Z`, after an upgrade with the plan's version behind it, and the
    /// invoice that was paid for it.
    fn of(reference: &str) -> Option<Self> {
        let (subscription, rest) = reference.split_once(':')?;
        let rest = match rest.rsplit_once(':') {
            Some((before, invoice)) if invoice.parse::<InvoiceId>().is_ok() => before,
            _ => rest,
        };
        let subscription = subscription.parse().ok()?;
        let (starts_at, upgrade) = match rest.rsplit_once(':').map(|(start, version)| (start, version.parse())) {
            Some((start, Ok(version))) => (start, Some(version)),
            _ => (rest, None),
        };
        Some(Self { subscription, starts_at: starts_at.parse().ok()?, upgrade })
    }

    fn key(&self) -> (Uuid, Timestamp, Option<Uuid>) {
        (self.subscription.uuid(), self.starts_at, self.upgrade.map(Id::uuid))
    }
}

/// The names of the plans that granted periods.
async fn plans(tx: &Tx, periods: &[Period]) -> Result<BTreeMap<(Uuid, Timestamp, Option<Uuid>), String>, Error> {
    if periods.is_empty() {
        return Ok(BTreeMap::new());
    }
    let subscriptions: Vec<Uuid> = periods.iter().map(|period| period.subscription.uuid()).collect();
    let starts: Vec<Timestamp> = periods.iter().map(|period| period.starts_at).collect();
    let upgrades: Vec<Option<Uuid>> = periods.iter().map(|period| period.upgrade.map(Id::uuid)).collect();
    let rows = tx
        .rows(
            sql!(
                "select asked.subscription_id, asked.starts_at, asked.upgrade, p.name
                 from unnest($2::uuid[], $3::timestamptz[], $4::uuid[]) as asked (subscription_id, starts_at, upgrade)
                 join subscription_periods s on s.organization_id = $1 and s.subscription_id = asked.subscription_id
                  and s.starts_at = asked.starts_at
                 join plan_versions v on v.organization_id = $1 and v.id = coalesce(asked.upgrade, s.plan_version_id)
                 join plans p on p.organization_id = $1 and p.id = v.plan_id"
            ),
            &[tx.org(), &subscriptions, &starts, &upgrades],
        )
        .await?;
    let key = |row: &tokio_postgres::Row| (row.get("subscription_id"), row.get("starts_at"), row.get("upgrade"));
    Ok(rows.iter().map(|row| (key(row), row.get("name"))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lots_reference_names_its_period_and_the_plan_of_an_upgrade() {
        let subscription = SubscriptionId::from_uuid(Uuid::from_u128(7));
        let version = PlanVersionId::from_uuid(Uuid::from_u128(9));
        let first = Period::of(&format!("{subscription}:2026-11-20T09:00:00Z")).expect("a period");
        assert_eq!(first.key(), (subscription.uuid(), "2026-11-20T09:00:00Z".parse().expect("an instant"), None));
        let better = Period::of(&format!("{subscription}:2026-11-20T09:00:00.5Z:{version}")).expect("a period");
        assert_eq!(better.upgrade, Some(version));
        let invoice = InvoiceId::from_uuid(Uuid::from_u128(11));
        let paid = Period::of(&format!("{subscription}:2026-11-20T09:00:00.5Z:{version}:{invoice}")).expect("a period");
        assert_eq!(paid.key(), better.key());
        assert!(Period::of("cs_123").is_none() && Period::of("top_1:x").is_none());
    }
}
