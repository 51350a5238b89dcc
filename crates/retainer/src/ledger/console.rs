//! The pages of the ledger: a balance and its "why".

use axum::Router;
use axum::routing::get;
use kernel::id::CustomerId;
use kernel::{Decimal, Permission, Quantity, Unit};
use maud::{Markup, html};
use runtime::Tx;
use runtime::http::At;

use super::about::About;
use super::allowance::{Allowance, allowances};
use super::explain::{EntryView, Explanation, HoldView, LotView, TotalView, explain_allowance};
use crate::App;
use crate::customers::{self, Customer};
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{self, Balance, Empty, Head};
use crate::pages::{Room, Shell, nothing_here, shell};

/// The pages of the ledger.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/balance", get(get_own_balance))
        .route("/{organization}/customers/{id}/balance", get(get_balance))
        .merge(super::links::console::routes())
}

/// The portal's balance.
async fn get_own_balance(visitor: Visitor) -> Result<Markup, PageHalt> {
    let customer = visitor.actor().customer().ok_or_else(nothing_here)?;
    page(&visitor, customer, Room::Balance).await
}

/// A customer's balance, for staff.
async fn get_balance(visitor: Visitor, At(customer): At<CustomerId>) -> Result<Markup, PageHalt> {
    page(&visitor, customer, Room::Customers).await
}

async fn page(visitor: &Visitor, customer: CustomerId, room: Room) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    tx.require(Permission::LedgerRead)?;
    let customer = customers::find::get(&tx, customer).await?;
    let explained = explained(&tx, &customer).await?;
    let title = if room == Room::Balance { "Balance".to_owned() } else { format!("Balance of {}", customer.name) };
    let actions = html! {
        a.btn href=(visitor.path(&format!("/customers/{}/links", customer.id))) { "Share" }
        a.btn href=(visitor.path(&format!("/customers/{}/statement", customer.id))) { "Statement" }
    };
    let frame = Shell { visitor, room, title: &title, actions };
    Ok(shell(
        &frame,
        &html! {
            @if explained.is_empty() { (nothing_yet(visitor)) }
            @for explanation in &explained { (section(visitor, explanation)) }
        },
    ))
}

async fn explained(tx: &Tx, customer: &Customer) -> Result<Vec<Explanation>, PageHalt> {
    let mut explained = Vec::new();
    for allowance in allowances(tx, customer.id).await? {
        explained.push(explain_allowance(tx, allowance).await?);
    }
    Ok(explained)
}

fn nothing_yet(visitor: &Visitor) -> Markup {
    let (text, button) = if visitor.is_staff() {
        ("A plan or a top-up puts hours here; tickets use them.", Some(("/customers", "To the customers")))
    } else {
        ("When you have a plan or buy hours, they appear here, and so does everything that uses them.", None)
    };
    let action = button.map(|(path, label)| (visitor.path(path), label));
    parts::empty(Empty {
        title: "Nothing here yet",
        text,
        action: action.as_ref().map(|(path, label)| (path.as_str(), *label)),
    })
}

/// The bar of an allowance; `why` is where it leads.
pub fn bar(allowance: &Allowance, why: Option<&str>) -> Markup {
    let [used, held, left] =
        [&allowance.used, &allowance.held, &allowance.left].map(|figure| figure.quantity(allowance.unit));
    parts::balance(&Balance { used, held, left, why })
}

fn section(visitor: &Visitor, explanation: &Explanation) -> Markup {
    let Explanation { allowance, lots, holds, totals, entries, .. } = explanation;
    let unit = allowance.unit;
    html! {
        section {
            (bar(allowance, None))
            p { (explanation.sentence) }
            (expiry(visitor, explanation))
            h2 { "Where it comes from" }
            (parts::table("Lots", &[Head::Text("From"), Head::Wide("Since"), Head::Text("Until"), Head::WideNumber("Granted"),
                Head::Number("Used"), Head::Number("Held"), Head::Number("Left")],
                &lot_rows(visitor, lots, allowance)))
            @if !holds.is_empty() {
                h2 { "Who holds it" }
                (parts::table("Holds", &[Head::Text("For"), Head::Wide("Since"), Head::Number("Held")],
                    &holds.iter().map(|hold| hold_row(visitor, hold, unit)).collect::<Vec<_>>()))
            }
            h2 { "How it came about" }
            (parts::table("Sums of all that ever happened", &[Head::Text("What"), Head::Number("Balance"), Head::Number("On hold")],
                &total_rows(totals, explanation)))
            h2 { "What happened last" }
            (parts::table("Entries", &[Head::Text("What"), Head::Wide("Who"), Head::Text("When"), Head::WideNumber("Balance"),
                Head::WideNumber("On hold"), Head::Number("Left")],
                &by_act(entries, unit).iter().map(|entry| entry_row(visitor, entry, unit)).collect::<Vec<_>>()))
        }
    }
}

/// What ends next; while the clock stands, how long it will have when it goes on.
fn expiry(visitor: &Visitor, explanation: &Explanation) -> Markup {
    let Explanation { allowance, stands_since, .. } = explanation;
    let next = allowance.next_expiry.as_ref();
    html! {
        @if let Some(since) = *stands_since {
            p.amber { "The clock stands still since " (parts::instant(visitor, since)) ": nothing is used and nothing expires."
                @if let Some(next) = next {
                    " " (parts::hours_sign(next.quantity.quantity(allowance.unit))) " will have "
                    (span(next.at.duration_since(since).as_hours())) " left when it goes on."
                }
            }
        } @else if let Some(next) = next {
            p.soft { (parts::hours_sign(next.quantity.quantity(allowance.unit))) " end on " (parts::instant(visitor, next.at)) " unless they are used or held by then." }
        }
    }
}

/// How long something lasts, in whole days, or in hours where it is less than one.
fn span(hours: i64) -> String {
    match hours {
        ..1 => "less than an hour".to_owned(),
        1..24 => format!("{hours} hours"),
        24..48 => "a day".to_owned(),
        _ => format!("{} days", hours / 24),
    }
}

/// The lots that count, their sums, which are the figures above, and then what does not count.
fn lot_rows(visitor: &Visitor, lots: &[LotView], allowance: &Allowance) -> Vec<Markup> {
    let unit = allowance.unit;
    let of = |counts: bool| lots.iter().filter(move |lot| lot.counts == counts);
    let mut rows: Vec<Markup> = of(true).map(|lot| lot_row(visitor, lot, unit)).collect();
    if rows.len() > 1 || (!rows.is_empty() && of(false).next().is_some()) {
        let sum = |pick: fn(&LotView) -> &Decimal| {
            parts::hours(Quantity::new(of(true).map(|lot| pick(lot).rounded_atoms(unit)).sum(), unit))
        };
        rows.push(html! { tr.sum {
            td { "Together" } td.wide {} td {}
            td.n.wide { (sum(|lot| &lot.amount)) } td.n { (sum(|lot| &lot.used)) } td.n { (sum(|lot| &lot.held)) } td.n { (sum(|lot| &lot.left)) }
        } });
    }
    rows.extend(of(false).map(|lot| lot_row(visitor, lot, unit)));
    rows
}

fn lot_row(visitor: &Visitor, lot: &LotView, unit: Unit) -> Markup {
    let amount = |figure: &Decimal| parts::amount(figure, unit);
    html! {
        tr {
            td { (source(&lot.source)) @if let Some(note) = &lot.note { br; span.soft { (note) } } }
            td.wide { (parts::date(visitor, lot.effective_at)) }
            td { @if lot.note.is_some() { "ended" } @else if let Some(end) = lot.expires_at { (parts::date(visitor, end)) } @else { "no end" } }
            td.n.wide { @if lot.unlimited { "no limit" } @else { (amount(&lot.amount)) } }
            td.n { (amount(&lot.used)) }
            td.n { (amount(&lot.held)) }
            td.n { @if lot.unlimited { "no limit" } @else { (amount(&lot.left)) } }
        }
    }
}

fn hold_row(visitor: &Visitor, hold: &HoldView, unit: Unit) -> Markup {
    html! {
        tr {
            td {
                @if hold.subject_kind == "ticket" {
                    a href=(visitor.path(&format!("/tickets/{}", hold.subject))) { (hold.title.as_deref().unwrap_or(&hold.subject)) }
                    " " span.id { (hold.subject) }
                } @else { (hold.subject_kind) " " (hold.subject) }
            }
            td.wide { (parts::time(visitor, hold.since)) }
            td.n { (parts::amount(&hold.quantity, unit)) }
        }
    }
}

/// Sums of kinds that have one word are one sum: captured and consumed are both used.
fn in_words(totals: &[TotalView], unit: Unit) -> Vec<TotalView> {
    let mut merged: Vec<TotalView> = Vec::new();
    for total in totals {
        let sum =
            |a: &Decimal, b: &Decimal| Decimal::of(Quantity::new(a.rounded_atoms(unit) + b.rounded_atoms(unit), unit));
        match merged.iter_mut().find(|known| kind(&known.kind) == kind(&total.kind)) {
            Some(known) => {
                known.balance = sum(&known.balance, &total.balance);
                known.held = sum(&known.held, &total.held);
            }
            None => merged.push(total.clone()),
        }
    }
    merged
}

fn total_rows(totals: &[TotalView], explanation: &Explanation) -> Vec<Markup> {
    let unit = explanation.allowance.unit;
    let amount = |figure: &Decimal| parts::amount(figure, unit);
    let mut rows: Vec<Markup> = in_words(totals, unit)
        .iter()
        .map(|total| html! { tr { td { (kind(&total.kind)) } td.n { (amount(&total.balance)) } td.n { (amount(&total.held)) } } })
        .collect();
    let word = if explanation.adds_up { "Together" } else { "Together (this does not add up: please tell us)" };
    let sum = |pick: fn(&TotalView) -> &Decimal| {
        parts::hours(Quantity::new(totals.iter().map(|total| pick(total).rounded_atoms(unit)).sum(), unit))
    };
    rows.push(
        html! { tr.sum { td { (word) } td.n { (sum(|total| &total.balance)) } td.n { (sum(|total| &total.held)) } } },
    );
    rows
}

/// Entries of one act as one: work may be taken from several lots, and all of them are named. The newest stand first,
/// so what was left after the act is told by the first of them.
fn by_act(entries: &[EntryView], unit: Unit) -> Vec<EntryView> {
    let mut acts: Vec<EntryView> = Vec::new();
    let sum =
        |a: &Decimal, b: &Decimal| Decimal::of(Quantity::new(a.rounded_atoms(unit) + b.rounded_atoms(unit), unit));
    for entry in entries {
        let same = |act: &&mut EntryView| {
            kind(&act.kind) == kind(&entry.kind)
                && act.at == entry.at
                && act.ticket == entry.ticket
                && entry.ticket.is_some()
        };
        match acts.last_mut().filter(same) {
            Some(act) => {
                if let (Some(known), Some(more)) = (&mut act.source, &entry.source)
                    && !known.split(" and ").any(|one| one == more)
                {
                    *known = format!("{known} and {more}");
                }
                act.balance_change = sum(&act.balance_change, &entry.balance_change);
                act.held_change = sum(&act.held_change, &entry.held_change);
            }
            None => acts.push(entry.clone()),
        }
    }
    acts
}

fn entry_row(visitor: &Visitor, entry: &EntryView, unit: Unit) -> Markup {
    let amount = |figure: &Decimal| parts::amount(figure, unit);
    html! {
        tr {
            td {
                (kind(&entry.kind))
                @if let (Some(number), Some(title)) = (&entry.ticket, &entry.about) {
                    ": " a href=(visitor.path(&format!("/tickets/{number}"))) title=(number) { (title) }
                } @else if let Some(about) = &entry.about { ": " (about) }
                @if let Some(reason) = &entry.reason { " " span.soft { (reason) } }
                @if let Some(source) = &entry.source { " " span.soft { "from " (source) } }
            }
            td.wide { (parts::actor(&entry.actor)) }
            td { (parts::time(visitor, entry.at)) }
            td.n.wide { (amount(&entry.balance_change)) }
            td.n.wide { (amount(&entry.held_change)) }
            td.n { (amount(&entry.left_after)) }
        }
    }
}

/// Where units come from, in words.
pub fn source(word: &str) -> &str {
    match word {
        "plan_period" => "Plan",
        "topup" => "Top-up",
        "trial" => "Trial",
        "gift_purchase" => "Gift",
        "promo" => "Promotion",
        "goodwill" => "Goodwill",
        "rollover" => "Rolled over",
        "refund_grace" => "Given back",
        "exchange" => "Exchanged",
        "import" => "Brought along",
        "adjustment" => "Set right by hand",
        "credit_line" => "Overage allowed by the plan",
        other => other,
    }
}

/// What happened, for who reads a statement: units that came by the name of what brought them.
pub fn told(word: &str, about: &About) -> String {
    match (word, about.source.as_deref()) {
        ("grant" | "activate", Some(plan)) if about.is_plan => format!("Plan {plan}"),
        ("grant" | "activate", Some("Top-up")) => "Bought".to_owned(),
        ("grant" | "activate", Some(source)) => source.to_owned(),
        ("expire", Some(source)) => format!("Expired: {source}"),
        _ => kind(word).to_owned(),
    }
}

/// What happened, in words.
pub fn kind(word: &str) -> &str {
    match word {
        "grant" => "Granted",
        "activate" => "Begun",
        "hold" => "Held",
        "capture" | "consume" => "Used",
        "release" => "Released",
        "timeout" => "Hold timed out",
        "refund" => "Given back",
        "expire" => "Expired",
        "roll_out" => "Rolled over",
        "grace_out" => "Moved to hours that last longer",
        "void" => "Taken back",
        "charge_debt" => "Owed",
        "repay_debt" => "Kept for what was owed",
        "exchange_out" => "Exchanged",
        "adjust_down" => "Set right by hand",
        "rehome_out" | "rehome_in" => "Moved",
        "freeze" => "Frozen",
        "unfreeze" => "Unfrozen",
        "extend" => "Extended",
        other => other,
    }
}
