//! The "why" of a balance as doors show it: sentences for people, strings for decimals, names for subjects.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::id::{AccountId, CustomerId, Id, LotId, TicketId, UserId};
use kernel::{Decimal, Quantity, Unit};
use runtime::{Columns, Error, Tx, sql};
use uuid::Uuid;

use super::about::{About, abouts};
use super::account::Owner;
use super::allowance::{Allowance, allowance};
use super::entry::Entry;
use super::rules::account::Ended;
use super::subject::HeldUnits;
use super::why::{ENTRIES, LotLine, Why, why};
use super::{LedgerRefused, SourceKind, find};

/// Why a balance is what it is: every living lot, every open hold, the sums of all that ever happened.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Explanation {
    /// The balance in one sentence.
    pub sentence: String,
    /// The figures.
    pub allowance: Allowance,
    /// Since when its clock stands, if it does: nothing expires until it goes on.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub stands_since: Option<Timestamp>,
    /// Living lots in the order in which they are used, then those that have ended and count still. The sums of those that
    /// count are the figures.
    pub lots: Vec<LotView>,
    /// Open holds, the newest first.
    pub holds: Vec<HoldView>,
    /// What ever happened, by kind; the amounts add up to what is left and held.
    pub totals: Vec<TotalView>,
    /// The newest entries, the newest first.
    pub entries: Vec<EntryView>,
    /// The `before` of the entries before these; null when these are all.
    pub next: Option<i64>,
    /// Whether lots, holds and entries add up to the balance. Anything but true is a defect.
    pub adds_up: bool,
}

/// Where units come from.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct LotView {
    /// The lot; none for one that is due and not yet written.
    pub id: Option<LotId>,
    /// Where they come from: `plan_period`, `topup`, `rollover` …
    pub source: String,
    /// How much it was; of one that has ended, what counts of it still.
    pub amount: Decimal,
    /// What was used of it.
    pub used: Decimal,
    /// What open work holds of it.
    pub held: Decimal,
    /// What is left of it.
    pub left: Decimal,
    /// Whether it has no limit.
    pub unlimited: bool,
    /// From when it counts.
    #[schema(value_type = String, format = DateTime)]
    pub effective_at: Timestamp,
    /// When it ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Whether it is part of the figures; the plan's overage, what has no limit and what has not begun are not.
    pub counts: bool,
    /// Why one that has ended is still here, in a sentence.
    pub note: Option<String>,
}

/// Who holds units.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct HoldView {
    /// The kind of thing: `ticket` …
    pub subject_kind: String,
    /// Its address: a ticket's number, else its id.
    pub subject: String,
    /// Its title, if it has one.
    pub title: Option<String>,
    /// What is still promised to it.
    pub quantity: Decimal,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

/// The sum of all entries of a kind.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct TotalView {
    /// The kind: `grant`, `capture`, `expire` …
    pub kind: String,
    /// What these added to the balance, held units included.
    pub balance: Decimal,
    /// What these added to the units on hold.
    pub held: Decimal,
}

/// A line of the ledger.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct EntryView {
    /// Its number in the account, from 1 without gaps.
    pub number: i64,
    /// What happened: `grant`, `hold`, `capture`, `release`, `expire` …
    pub kind: String,
    /// The number of the ticket that it is about, if it is about one.
    pub ticket: Option<String>,
    /// The title of that ticket, or what else held the units.
    pub about: Option<String>,
    /// Where the units come from: a plan's name, `Top-up`, … ; none where it is about the account as a whole.
    pub source: Option<String>,
    /// What it added to the balance, held units included.
    pub balance_change: Decimal,
    /// What it added to the units on hold.
    pub held_change: Decimal,
    /// What was left to use after it.
    pub left_after: Decimal,
    /// What was held after it.
    pub held_after: Decimal,
    /// Who did it.
    pub actor: String,
    /// Why, if they said.
    pub reason: Option<String>,
    /// When it took effect.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A page of entries, the newest first.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Entries {
    /// The entries.
    pub items: Vec<EntryView>,
    /// The `before` of the next page; null on the last.
    pub next: Option<i64>,
}

/// The newest entries of an account, or those before a number.
///
/// # Errors
/// A fault of the database.
pub async fn entries(tx: &Tx, account: AccountId, before: Option<i64>, limit: u16) -> Result<Entries, Error> {
    let mut entries = find::entries(tx, account, before, i64::from(limit) + 1).await?;
    let next = cut(&mut entries, limit);
    Ok(Entries { items: views(tx, &entries).await?, next })
}

/// Cuts entries off that were read to see whether there are more; these then come before the number.
fn cut(entries: &mut Vec<Entry>, limit: u16) -> Option<i64> {
    let more = entries.len() > usize::from(limit);
    entries.truncate(usize::from(limit));
    if more { entries.last().map(|entry| entry.seq) } else { None }
}

/// Entries for a door.
///
/// # Errors
/// A fault of the database.
pub async fn views(tx: &Tx, entries: &[Entry]) -> Result<Vec<EntryView>, Error> {
    let users: Vec<Uuid> = entries.iter().filter_map(|entry| entry.actor.parse().ok().map(UserId::uuid)).collect();
    let named = async {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        tx.rows(sql!("select id, name from users where id = any ($1)"), &[&users]).await
    };
    let (rows, abouts) = tokio::try_join!(named, abouts(tx, entries.iter().map(|entry| (entry.hold, entry.lot))))?;
    let names: BTreeMap<String, String> =
        rows.iter().map(|row| (row.id::<UserId>("id").to_string(), row.get("name"))).collect();
    Ok(entries.iter().map(|entry| EntryView::of(entry, &names, abouts.of(entry.hold, entry.lot))).collect())
}

impl EntryView {
    fn of(entry: &Entry, names: &BTreeMap<String, String>, about: About) -> Self {
        let decimal = |atoms| Decimal::of(Quantity::new(atoms, entry.unit));
        // A user's id; of what has none, its kind and name.
        let unnamed = || entry.actor.split_once(':').map_or(entry.actor.as_str(), |(_, name)| name).to_owned();
        Self {
            number: entry.seq,
            kind: entry.kind.clone(),
            ticket: about.ticket,
            about: about.title,
            source: about.source,
            balance_change: decimal(entry.d_posted),
            held_change: decimal(entry.d_held),
            left_after: decimal(entry.posted_after - entry.held_after),
            held_after: decimal(entry.held_after),
            actor: names.get(&entry.actor).cloned().unwrap_or_else(unnamed),
            reason: entry.reason.clone(),
            at: entry.effective_at,
        }
    }
}

/// Explains a customer's balance in a unit.
///
/// # Errors
/// `ledger.not_found` where nothing was ever granted, or a fault.
pub async fn explain(tx: &Tx, customer: CustomerId, unit: Unit) -> Result<Explanation, Error> {
    let allowance = allowance(tx, customer, unit).await?.ok_or(LedgerRefused::NotFound)?;
    explain_allowance(tx, allowance).await
}

/// Explains an allowance.
///
/// # Errors
/// A fault.
pub async fn explain_allowance(tx: &Tx, allowance: Allowance) -> Result<Explanation, Error> {
    let (customer, unit) = (allowance.customer, allowance.unit);
    let mut why = why(tx, Owner::Customer(customer), unit).await?.ok_or(LedgerRefused::NotFound)?;
    let next = cut(&mut why.entries, ENTRIES);
    let tickets = why.holds.iter().filter(|hold| hold.subject.kind == "ticket");
    let (titles, entries) =
        tokio::try_join!(ticket_titles(tx, tickets.map(|hold| hold.subject.id.as_str())), views(tx, &why.entries))?;
    Ok(Explanation {
        sentence: sentence(&allowance),
        stands_since: why.stands_since,
        lots: why.lots.iter().chain(&why.ended).map(|line| lot(line, unit)).collect(),
        holds: why.holds.iter().map(|hold| held(hold, &titles)).collect(),
        totals: totals(&why, unit),
        entries,
        next,
        adds_up: why.adds_up(),
        allowance,
    })
}

fn sentence(allowance: &Allowance) -> String {
    let unit = allowance.unit;
    let sign = unit.sign();
    let said = |figure: &Decimal| figure.quantity(unit).told();
    let [granted, used, held, left] = [&allowance.granted, &allowance.used, &allowance.held, &allowance.left].map(said);
    if allowance.unlimited {
        return format!("There is no limit; {used} {sign} were used and {held} {sign} are held by open work.");
    }
    let debt = allowance.debt.quantity(unit);
    let owed = if debt.atoms == 0 { String::new() } else { format!(" {debt} are owed and come off the next grant.") };
    format!(
        "Of {granted} {sign} that are running, {used} were used and {held} are held by open work, so {left} are left.{owed}"
    )
}

fn lot(line: &LotLine, unit: Unit) -> LotView {
    let decimal = |atoms| Decimal::of(Quantity::new(atoms, unit));
    LotView {
        id: line.lot,
        source: line.source.split('/').next().unwrap_or_default().to_owned(),
        amount: decimal(line.amount.atoms),
        used: decimal(line.used.atoms),
        held: decimal(line.held.atoms),
        left: decimal(if line.ended.is_some() { 0 } else { line.remaining.atoms - line.held.atoms }),
        unlimited: line.unlimited,
        effective_at: line.effective_at,
        expires_at: line.expires_at,
        counts: line.counts,
        note: line.ended.map(|ended| note(ended, line)),
    }
}

/// Why a lot that has ended counts still.
fn note(ended: Ended, line: &LotLine) -> String {
    let how = match ended {
        Ended::Expired => "Its time is over",
        Ended::Rolled => "It has ended, and what was left was rolled over",
        Ended::Upgraded if line.is_led_back => "A better plan took its place, which was given back since",
        Ended::Upgraded if line.source.starts_with(SourceKind::Import.word()) => {
            "It came along, and what was left goes on under the plan"
        }
        Ended::Upgraded => "A better plan took its place",
        Ended::Voided | Ended::VoidedForgiven | Ended::VoidedBilled => "It was taken back",
        Ended::Billed | Ended::Carried | Ended::Forgiven => "It was settled",
    };
    let mut parts = Vec::new();
    if line.used.atoms > 0 {
        parts.push("what was used of it before counts");
    }
    if line.held.atoms > 0 {
        parts.push("what open work holds of it stays held until that work ends");
    }
    format!("{how}; {}.", parts.join(", and "))
}

fn held(hold: &HeldUnits, titles: &BTreeMap<String, (String, String)>) -> HoldView {
    let known = titles.get(&hold.subject.id);
    HoldView {
        subject_kind: hold.subject.kind.clone(),
        subject: known.map_or_else(|| hold.subject.id.clone(), |(number, _)| number.clone()),
        title: known.map(|(_, title)| title.clone()),
        quantity: Decimal::of(Quantity::new(hold.open(), hold.unit)),
        since: hold.created_at,
    }
}

fn totals(why: &Why, unit: Unit) -> Vec<TotalView> {
    let decimal = |atoms| Decimal::of(Quantity::new(atoms, unit));
    let view = |total: &super::why::Total| TotalView {
        kind: total.kind.clone(),
        balance: decimal(total.posted),
        held: decimal(total.held),
    };
    why.totals.iter().map(view).collect()
}

/// Number and title of tickets, by the ids under which they hold units.
///
/// # Errors
/// A fault of the database.
pub async fn ticket_titles(
    tx: &Tx,
    subjects: impl Iterator<Item = &str> + Send,
) -> Result<BTreeMap<String, (String, String)>, Error> {
    let ids: Vec<Uuid> = subjects.filter_map(|id| id.parse().ok().map(TicketId::uuid)).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = tx
        .rows(
            // What was merged into another ticket went on there, perhaps more than once.
            sql!(
                "with recursive went as (
                     select id as origin, id, merged_into_id from tickets where organization_id = $1 and id = any ($2)
                     union all
                     select w.origin, t.id, t.merged_into_id from went w
                     join tickets t on t.organization_id = $1 and t.id = w.merged_into_id
                 )
                 select w.origin as id, t.number, t.title from went w
                 join tickets t on t.organization_id = $1 and t.id = w.id where w.merged_into_id is null"
            ),
            &[tx.org(), &ids],
        )
        .await?;
    let title =
        |row: &tokio_postgres::Row| (row.id::<TicketId>("id").to_string(), (row.get("number"), row.get("title")));
    Ok(rows.iter().map(title).collect())
}

/// Whose account it is and what it counts. A portal user finds only their customer's.
///
/// # Errors
/// `ledger.not_found`, or a fault.
pub async fn owner(tx: &Tx, account: AccountId) -> Result<(CustomerId, Unit), Error> {
    let row = tx
        .optional(
            sql!(
                "select owner_id, unit_code from allowance_accounts
                 where organization_id = $1 and id = $2 and owner_kind = 'customer' and ($3::uuid is null or owner_id = $3)"
            ),
            &[tx.org(), account.as_uuid(), &tx.only_customer()],
        )
        .await?
        .ok_or(LedgerRefused::NotFound)?;
    Ok((row.id("owner_id"), row.word("unit_code")?))
}

/// The account of a customer's unit.
///
/// # Errors
/// `ledger.not_found` where nothing was ever granted, or a fault.
pub async fn account(tx: &Tx, customer: CustomerId, unit: Unit) -> Result<AccountId, Error> {
    find::account(tx, Owner::Customer(customer), unit).await?.ok_or_else(|| LedgerRefused::NotFound.into())
}
