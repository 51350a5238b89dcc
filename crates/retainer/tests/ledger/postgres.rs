//! The same requests put to PostgreSQL, and its state told in the model's words.

use kernel::id::{Id as _, OperationId};
use retainer::ledger::rules::account::{Account, Ended, HoldState, Micros, State, Terms};
use retainer::ledger::rules::{Book, Owner, Place, Request, Subject};
use runtime::ids::Ids;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::script::{Call, OWNERS};
use super::world::Prepared;

/// An organization's ledger over one connection.
pub(super) struct Ledger {
    pub(super) client: Prepared,
    pub(super) organization: Uuid,
    pub(super) owners: [Uuid; OWNERS],
    pub(super) ids: Ids,
}

/// What PostgreSQL answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) outcome: String,
    pub(super) replayed: bool,
    pub(super) result: Value,
}

pub(super) fn time(at: Micros) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at).expect("a time within range")
}

impl Ledger {
    pub(super) async fn operate(&self, call: &Call, request: &(&'static str, Value)) -> Answer {
        self.attempt(call, request).await.unwrap_or_else(|error| panic!("{call:?}: {error:?}"))
    }

    /// The same where the connection may break.
    pub(super) async fn attempt(
        &self,
        call: &Call,
        request: &(&'static str, Value),
    ) -> Result<Answer, tokio_postgres::Error> {
        let sql = "select outcome, replayed, result from ledger_operate($1, $2, $3, $4, $5, $6, 'test', 'because')";
        let (kind, request) = request;
        let operation = self.ids.next::<OperationId>();
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
            [&self.organization, operation.as_uuid(), kind, request, &time(call.now), &call.key];
        let row = self.client.query_one(sql, &params).await?;
        Ok(Answer { outcome: row.get(0), replayed: row.get(1), result: row.get(2) })
    }

    fn owner(&self, owner: Owner) -> Map<String, Value> {
        let (kind, unit) =
            [("customer", "hour"), ("customer", "hour"), ("organization", "seat"), ("gift_card", "money:USD")][owner];
        let owner = json!({"owner_kind": kind, "owner_id": self.owners[owner], "unit": unit});
        owner.as_object().cloned().expect("an object")
    }

    pub(super) async fn id(&self, table: &str, place: Place) -> Uuid {
        let sql = format!(
            "select x.id from {table} x join allowance_accounts a on a.organization_id = x.organization_id
                and a.id = x.account_id where a.organization_id = $1 and a.owner_id = $2 and x.opened_seq = $3"
        );
        let row = self.client.query_opt(&sql, &[&self.organization, &self.owners[place.0], &place.1]).await;
        row.expect("a query").map_or_else(Uuid::nil, |row| row.get(0))
    }

    /// The operation's name and its request as the functions take it.
    pub(super) async fn translate(&self, request: &Request) -> (&'static str, Value) {
        let hold = async |place: &Place| self.id("allowance_holds", *place).await;
        let lot = async |place: &Place| self.id("allowance_lots", *place).await;
        let fault = |vendor: bool| if vendor { "vendor" } else { "customer" };
        match request {
            Request::AdjustHold { hold: place, delta, vendor_fault, grace_days } => (
                "adjust_hold",
                json!({"hold": hold(place).await, "delta": delta, "fault": fault(*vendor_fault), "grace_days": grace_days}),
            ),
            Request::Capture { hold: place, amount, last } => {
                ("capture", json!({"hold": hold(place).await, "amount": amount, "final": last}))
            }
            Request::CaptureMore { hold: place, extra } => {
                ("capture_more", json!({"hold": hold(place).await, "extra": extra}))
            }
            Request::Release { hold: place, amount, vendor_fault, grace_days } => (
                "release",
                json!({"hold": hold(place).await, "amount": amount, "fault": fault(*vendor_fault), "grace_days": grace_days}),
            ),
            Request::Refund { hold: place, amount, vendor_fault, grace_days } => (
                "refund",
                json!({"hold": hold(place).await, "amount": amount, "fault": fault(*vendor_fault), "grace_days": grace_days}),
            ),
            Request::Expire { lot: place } => ("expire", json!({"lot": lot(place).await})),
            Request::Roll { lot: place, rollover } => (
                "rollover",
                json!({"lot": lot(place).await, "cap": rollover.cap, "expires_at": rollover.expires_at.map(time)}),
            ),
            Request::Void { lot: place, spent } => {
                let spent = match spent {
                    Ended::VoidedForgiven => "forgive",
                    Ended::VoidedBilled => "bill",
                    _ => "debt",
                };
                ("void", json!({"lot": lot(place).await, "spent": spent}))
            }
            Request::Upgrade { from, terms, stack } => {
                let mut all = terms_json(terms);
                all["from_lot"] = json!(lot(from).await);
                all["mode"] = json!(if *stack { "stack" } else { "replace" });
                ("upgrade", all)
            }
            Request::CloseCredit { lot: place, overage } => {
                ("close_credit", json!({"lot": lot(place).await, "overage": ended_word(*overage)}))
            }
            Request::Rehome { from, to, deadline } => (
                "rehome",
                json!({"from_lot": lot(from).await, "to_lot": lot(&(from.0, *to)).await, "deadline": deadline.map(time),
                    "on_short": if deadline.is_some() { "over_limit" } else { "refuse" }}),
            ),
            _ => self.translate_for_owner(request),
        }
    }

    fn translate_for_owner(&self, request: &Request) -> (&'static str, Value) {
        let with = |owner: Owner, more: Value| {
            let mut all = self.owner(owner);
            all.extend(more.as_object().cloned().expect("an object"));
            Value::Object(all)
        };
        match request {
            Request::Grant { owner, terms } => ("grant", with(*owner, terms_json(terms))),
            Request::Hold { owner, subject, amount } => ("hold", with(*owner, subject_json(subject, *amount))),
            Request::Consume { owner, subject, amount } => ("consume", with(*owner, subject_json(subject, *amount))),
            Request::Exchange { from, to, give, get } => {
                ("exchange", json!({"from": self.owner(*from), "to": self.owner(*to), "give": give, "get": get}))
            }
            Request::Adjust { owner, delta } => ("adjust", with(*owner, json!({"delta": delta}))),
            Request::Freeze { owner, time_paused } => ("freeze", with(*owner, json!({"pause_time": time_paused}))),
            Request::Unfreeze { owner } => ("unfreeze", with(*owner, json!({}))),
            Request::Settle { owner } => ("settle", with(*owner, json!({}))),
            _ => panic!("not an owner's request: {request:?}"),
        }
    }

    /// Everything that PostgreSQL holds of the organization, one line a row.
    pub(super) async fn state(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for sql in STATE {
            let rows = self.client.query(sql, &[&self.organization, &self.owners.as_slice()]).await;
            lines.extend(rows.expect("a query").into_iter().map(|row| row.get::<_, String>(0)));
        }
        lines
    }
}

fn subject_json(subject: &Subject, amount: i64) -> Value {
    let facts: Map<String, Value> = subject.facts.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({"subject_kind": "ticket", "subject_id": subject.name, "facts": facts, "amount": amount,
        "expires_at": subject.expires_at.map(time)})
}

fn terms_json(terms: &Terms) -> Value {
    let (kind, reference) = terms.source_ref.split_once('/').expect("kind/ref");
    let applies: Map<String, Value> = terms.applies_to.iter().map(|(name, of)| (name.clone(), json!(of))).collect();
    json!({"source_kind": kind, "source_ref": reference, "category": if terms.promotional { "promotional" } else { "paid" },
        "priority": terms.priority, "amount": terms.amount, "unlimited": terms.unlimited,
        "effective_at": time(terms.effective_at), "expires_at": terms.expires_at.map(time), "applies_to": applies,
        "price_minor": 10_000, "price_atoms": 3600, "currency": "USD",
        "rollover_cap": terms.rollover.map(|rollover| rollover.cap),
        "rollover_expires_at": terms.rollover.and_then(|rollover| rollover.expires_at).map(time)})
}

pub(super) fn ended_word(ended: Ended) -> &'static str {
    match ended {
        Ended::Expired => "expired",
        Ended::Rolled => "rolled",
        Ended::Voided => "voided",
        Ended::VoidedForgiven => "voided_forgiven",
        Ended::VoidedBilled => "voided_billed",
        Ended::Upgraded => "upgraded",
        Ended::Billed => "billed",
        Ended::Carried => "carried",
        Ended::Forgiven => "forgiven",
    }
}

const STATE: [&str; 5] = [
    "select format('account %s posted %s held %s credit %s debt %s consumed %s unlimited %s state %s paused %s limit %s seq %s',
        array_position($2::uuid[], owner_id) - 1, posted, held, credit_free, debt, consumed, unlimited, state, time_paused,
        coalesce((extract(epoch from over_limit_until) * 1000000)::bigint::text, '-'), last_seq)
       from allowance_accounts where organization_id = $1 order by array_position($2::uuid[], owner_id)",
    "select format('lot %s/%s %s/%s %s %s amount %s left %s held %s used %s unlimited %s from %s to %s active %s ended %s old %s series %s roll %s %s',
        array_position($2::uuid[], a.owner_id) - 1, l.opened_seq, l.source_kind, l.source_ref, l.category, l.priority,
        l.amount, l.remaining, l.held, l.consumed, l.unlimited, (extract(epoch from l.effective_at) * 1000000)::bigint,
        coalesce((extract(epoch from l.expires_at) * 1000000)::bigint::text, '-'), l.activated_at is not null,
        coalesce(l.ended_as, '-'), coalesce(p.opened_seq::text, '-'), coalesce(l.series_seq::text, '-'), coalesce(l.rollover_cap::text, '-'),
        coalesce((extract(epoch from l.rollover_expires_at) * 1000000)::bigint::text, '-'))
       from allowance_lots l join allowance_accounts a on a.organization_id = l.organization_id and a.id = l.account_id
       left join allowance_lots p on p.organization_id = l.organization_id and p.id = l.predecessor_id
         and p.account_id = l.account_id
      where l.organization_id = $1 order by array_position($2::uuid[], a.owner_id), l.opened_seq",
    "select format('hold %s/%s %s amount %s captured %s released %s %s until %s', array_position($2::uuid[], a.owner_id) - 1,
        h.opened_seq, h.subject_id, h.amount, h.captured, h.released, h.state,
        coalesce((extract(epoch from h.expires_at) * 1000000)::bigint::text, '-'))
       from allowance_holds h join allowance_accounts a on a.organization_id = h.organization_id and a.id = h.account_id
      where h.organization_id = $1 order by array_position($2::uuid[], a.owner_id), h.opened_seq",
    "select format('part %s/%s of %s amount %s captured %s released %s refunded %s',
        array_position($2::uuid[], a.owner_id) - 1, h.opened_seq, l.opened_seq, p.amount, p.captured, p.released, p.refunded)
       from allowance_hold_lots p join allowance_holds h on h.organization_id = p.organization_id and h.id = p.hold_id
       join allowance_lots l on l.organization_id = p.organization_id and l.id = p.lot_id
       join allowance_accounts a on a.organization_id = h.organization_id and a.id = h.account_id
      where p.organization_id = $1 order by array_position($2::uuid[], a.owner_id), h.opened_seq, p.position",
    "select format('entry %s/%s %s lot %s hold %s %s posted %s held %s debt %s at %s written %s',
        array_position($2::uuid[], a.owner_id) - 1, e.seq, e.kind, coalesce(l.opened_seq::text, '-'),
        coalesce(h.opened_seq::text, '-'), e.quantity, e.posted_after, e.held_after, e.debt_after,
        (extract(epoch from e.effective_at) * 1000000)::bigint, (extract(epoch from e.recorded_at) * 1000000)::bigint)
       from allowance_entries e join allowance_accounts a on a.organization_id = e.organization_id and a.id = e.account_id
       left join allowance_lots l on l.organization_id = e.organization_id and l.id = e.lot_id
       left join allowance_holds h on h.organization_id = e.organization_id and h.id = e.hold_id
      where e.organization_id = $1 order by array_position($2::uuid[], a.owner_id), e.seq",
];

fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

const fn flag(value: bool) -> &'static str {
    if value { "t" } else { "f" }
}

/// The model's state in the same lines.
pub(super) fn lines(book: &Book) -> Vec<String> {
    let each = |line: fn(Owner, &Account) -> Vec<String>| {
        book.accounts.iter().flat_map(move |(owner, account)| line(*owner, account))
    };
    each(account_line)
        .chain(each(lot_lines))
        .chain(each(hold_lines))
        .chain(each(part_lines))
        .chain(each(entry_lines))
        .collect()
}

fn account_line(owner: Owner, account: &Account) -> Vec<String> {
    let (state, paused) = match account.state {
        State::Open => ("open", false),
        State::Frozen { time_paused, .. } => ("frozen", time_paused),
    };
    vec![format!(
        "account {owner} posted {} held {} credit {} debt {} consumed {} unlimited {} state {state} paused {} limit {} seq {}",
        account.posted,
        account.held,
        account.credit_free,
        account.debt,
        account.consumed,
        flag(account.unlimited),
        flag(paused),
        or_dash(account.over_limit_until),
        account.last_seq,
    )]
}

fn lot_lines(owner: Owner, account: &Account) -> Vec<String> {
    let line = |lot: &retainer::ledger::rules::account::Lot| {
        let terms = &lot.terms;
        format!(
            "lot {owner}/{} {} {} {} amount {} left {} held {} used {} unlimited {} from {} to {} active {} ended {} old {} series {} roll {} {}",
            lot.seq,
            terms.source_ref,
            if terms.promotional { "promotional" } else { "paid" },
            terms.priority,
            terms.amount,
            lot.remaining,
            lot.held,
            lot.consumed,
            flag(terms.unlimited),
            terms.effective_at,
            or_dash(terms.expires_at),
            flag(lot.activated),
            lot.ended.map_or("-", ended_word),
            or_dash(lot.predecessor),
            or_dash(lot.series),
            or_dash(terms.rollover.map(|rollover| rollover.cap)),
            or_dash(terms.rollover.and_then(|rollover| rollover.expires_at)),
        )
    };
    account.lots.iter().map(line).collect()
}

fn hold_lines(owner: Owner, account: &Account) -> Vec<String> {
    let word = |state| match state {
        HoldState::Open => "open",
        HoldState::Captured => "captured",
        HoldState::Released => "released",
        HoldState::Expired => "expired",
    };
    let line = |hold: &retainer::ledger::rules::account::Hold| {
        format!(
            "hold {owner}/{} {} amount {} captured {} released {} {} until {}",
            hold.seq,
            hold.subject,
            hold.amount,
            hold.captured,
            hold.released,
            word(hold.state),
            or_dash(hold.expires_at),
        )
    };
    account.holds.iter().map(line).collect()
}

fn part_lines(owner: Owner, account: &Account) -> Vec<String> {
    let parts = account.holds.iter().flat_map(|hold| hold.parts.iter().map(move |part| (hold.seq, part)));
    parts
        .map(|(hold, part)| {
            format!(
                "part {owner}/{hold} of {} amount {} captured {} released {} refunded {}",
                part.lot, part.amount, part.captured, part.released, part.refunded,
            )
        })
        .collect()
}

fn entry_lines(owner: Owner, account: &Account) -> Vec<String> {
    let line = |entry: &retainer::ledger::rules::account::Entry| {
        format!(
            "entry {owner}/{} {} lot {} hold {} {} posted {} held {} debt {} at {} written {}",
            entry.seq,
            entry.kind.word(),
            or_dash(entry.lot),
            or_dash(entry.hold),
            entry.quantity,
            entry.posted_after,
            entry.held_after,
            entry.debt_after,
            entry.effective_at,
            entry.recorded_at,
        )
    };
    account.entries.iter().map(line).collect()
}
