//! Each verb says to PostgreSQL what it means, and its refusals come back as themselves.

use jiff::{SignedDuration, Timestamp};
use kernel::id::{CustomerId, Id as _};
use kernel::{Quantity, Unit};
use retainer::ledger::find::{self, Which};
use retainer::ledger::{self, *};
use runtime::tx::Access;
use runtime::{Error, Tx};
use serde_json::Value;

use super::postgres::{Ledger, time};
use super::script::START;
use super::world::{World, block_on};

const DAY: SignedDuration = SignedDuration::from_hours(24);

struct Scene {
    world: World,
    ledger: Ledger,
    cleo: Owner,
    now: Timestamp,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let ledger = world.ledger().await;
        let cleo = Owner::Customer(CustomerId::from_uuid(ledger.owners[0]));
        Self { world, ledger, cleo, now: time(START) }
    }

    /// Does something in a transaction of its own.
    async fn within<T>(&self, act: impl AsyncFn(&Tx) -> Result<T, Error>) -> Result<T, Error> {
        let tx = self.world.tx(self.ledger.organization, self.now, Access::Write).await?;
        let done = act(&tx).await?;
        tx.commit().await?;
        Ok(done)
    }

    async fn hours(&self) -> (i64, i64, i64) {
        let balance = self.within(async |tx| find::balance(tx, self.cleo, Unit::Hour).await).await.expect("it works");
        (balance.spendable().atoms / 3600, balance.held / 3600, balance.debt / 3600)
    }

    async fn grant(&self, hours: i64, reference: &str, more: impl Fn(&mut Terms)) -> Granted {
        let source = Source::new(SourceKind::TopUp, reference);
        let mut terms = Terms::new(Amount::Limited(Quantity::hours(hours)), source);
        more(&mut terms);
        let key = Key::new(format!("grant {reference}"));
        self.within(async |tx| {
            ledger::grant(tx, Grant { owner: self.cleo, terms: terms.clone(), key: key.clone() }).await
        })
        .await
        .expect("it works")
    }

    async fn hold(&self, hours: i64, ticket: &str) -> Result<Held, Error> {
        self.within(async |tx| {
            let input = Hold {
                owner: self.cleo,
                amount: Quantity::hours(hours),
                subject: Subject::new("ticket", ticket),
                expires_at: None,
                policy: Value::Null,
                key: Key::new(format!("hold {ticket} {hours}")),
            };
            ledger::hold(tx, input).await
        })
        .await
    }
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> LedgerRefused {
    result.expect_err("a refusal").refused::<LedgerRefused>().expect("the ledger's refusal").clone()
}

#[test]
fn hours_are_granted_held_captured_released_and_refunded() {
    block_on(async {
        let scene = Scene::new().await;
        scene.grant(10, "one", |_| ()).await;
        assert!(scene.grant(10, "one", |_| ()).await.existing);
        let first = scene.hold(4, "TKT-1").await.expect("it works");
        assert_eq!(scene.hours().await, (6, 4, 0));
        assert_eq!(refused(scene.hold(7, "TKT-2").await), LedgerRefused::Short { spendable: Quantity::hours(6) });
        assert_eq!(refused(scene.hold(1, "TKT-1").await), LedgerRefused::SubjectAlreadyHeld);
        let up = |delta, key: &str| AdjustHold { hold: first.hold, delta, key: Key::new(key) };
        scene
            .within(async |tx| adjust_hold(tx, up(Delta::Up(Quantity::hours(2)), "up")).await)
            .await
            .expect("it works");
        let down = Delta::Down(Quantity::hours(1), Fault::Customer);
        scene.within(async |tx| adjust_hold(tx, up(down, "down")).await).await.expect("it works");
        assert_eq!(scene.hours().await, (5, 5, 0));
        let capture = |hours, finality, key: &str| Capture {
            hold: first.hold,
            amount: Quantity::hours(hours),
            finality,
            key: Key::new(key),
        };
        let too_much = scene.within(async |tx| ledger::capture(tx, capture(6, Finality::Final, "x")).await).await;
        assert_eq!(refused(too_much), LedgerRefused::ExceedsHold { open: Quantity::hours(5) });
        scene.within(async |tx| ledger::capture(tx, capture(3, Finality::Final, "c")).await).await.expect("it works");
        assert_eq!(scene.hours().await, (7, 0, 0));
        let release = Release { hold: first.hold, amount: Portion::All, fault: Fault::Vendor, key: Key::new("r") };
        let closed = scene.within(async |tx| ledger::release(tx, release.clone()).await).await;
        assert_eq!(refused(closed), LedgerRefused::HoldClosed { state: "captured".to_owned() });
        let part = Portion::Of(Quantity::hours(1));
        let refund = Refund { hold: first.hold, amount: part, fault: Fault::VendorWithGrace(3), key: Key::new("f") };
        let back = scene.within(async |tx| ledger::refund(tx, refund.clone()).await).await.expect("it works");
        assert_eq!((back.atoms, scene.hours().await), (3600, (8, 0, 0)));
        let second = scene.hold(2, "TKT-3").await.expect("it works");
        let more = CaptureMore { hold: second.hold, extra: Quantity::hours(1), key: Key::new("m") };
        scene.within(async |tx| capture_more(tx, more.clone()).await).await.expect("it works");
        let wrong = CaptureMore { hold: second.hold, extra: Quantity::new(1, Unit::Session), key: Key::new("w") };
        let wrong = scene.within(async |tx| capture_more(tx, wrong.clone()).await).await;
        assert_eq!(refused(wrong), LedgerRefused::UnitMismatch { unit: Unit::Hour });
        assert_eq!(scene.hours().await, (5, 0, 0));
        let third = scene.hold(5, "TKT-4").await.expect("it works");
        let all = Release { hold: third.hold, amount: Portion::All, fault: Fault::Vendor, key: Key::new("all") };
        let released = scene.within(async |tx| ledger::release(tx, all.clone()).await).await.expect("it works");
        assert_eq!((released.atoms, scene.hours().await), (5 * 3600, (5, 0, 0)));
    });
}

#[test]
fn lots_are_voided_upgraded_rolled_exchanged_and_closed() {
    block_on(async {
        let scene = Scene::new().await;
        let ends = scene.now + DAY * 30;
        let plan = scene.grant(10, "plan", |terms| terms.expires_at = Some(ends)).await;
        let consume = Consume {
            owner: scene.cleo,
            amount: Quantity::hours(4),
            subject: Subject::new("call", "1"),
            key: Key::new("call"),
        };
        scene.within(async |tx| ledger::consume(tx, consume.clone()).await).await.expect("it works");
        let source = Source::new(SourceKind::PlanPeriod, "better");
        let terms = Terms::new(Amount::Limited(Quantity::hours(20)), source);
        let upgrade = Upgrade { from: plan.lot, terms, mode: UpgradeMode::Replace, key: Key::new("up") };
        let better = scene.within(async |tx| ledger::upgrade(tx, upgrade.clone()).await).await.expect("it works");
        assert_eq!(scene.hours().await, (16, 0, 0));
        let cap = Quantity::hours(5);
        let rollover = Rollover { cap, expires_at: Some(ends) };
        let roll = RollOver { lot: better.lot, rollover, key: Key::new("roll") };
        let rolled = scene.within(async |tx| ledger::rollover(tx, roll.clone()).await).await.expect("it works");
        assert_eq!(
            (rolled.is_some(), scene.hours().await),
            (true, (11, 0, 0)),
            "what was left of the first plan is apart"
        );
        let expire = Expire { lot: rolled.expect("it works"), key: Key::new("expire") };
        let early = scene.within(async |tx| ledger::expire(tx, expire.clone()).await).await;
        assert!(matches!(refused(early), LedgerRefused::NotDue { .. }));
        let exchange = Exchange {
            from: scene.cleo,
            give: Quantity::hours(2),
            to: scene.cleo,
            get: Quantity::new(4, Unit::Session),
            expires_at: None,
            key: Key::new("exchange"),
        };
        scene.within(async |tx| ledger::exchange(tx, exchange.clone()).await).await.expect("it works");
        let sessions =
            scene.within(async |tx| find::balance(tx, scene.cleo, Unit::Session).await).await.expect("it works");
        assert_eq!((sessions.spendable().atoms, scene.hours().await), (4, (9, 0, 0)));
    });
}

#[test]
fn what_was_spent_of_a_returned_payment_and_carried_overage_is_debt() {
    block_on(async {
        let scene = Scene::new().await;
        scene.grant(3, "plan", |_| ()).await;
        let paid = scene.grant(6, "paid", |terms| terms.priority = 0).await;
        let held = scene.hold(4, "TKT-1").await.expect("it works");
        let capture = Capture {
            hold: held.hold,
            amount: Quantity::hours(4),
            finality: Finality::Final,
            key: Key::new("captured"),
        };
        scene.within(async |tx| ledger::capture(tx, capture.clone()).await).await.expect("it works");
        let void = Void { lot: paid.lot, spent: Spent::Debt, key: Key::new("void") };
        let debt = scene.within(async |tx| ledger::void(tx, void.clone()).await).await.expect("it works");
        assert_eq!((debt, scene.hours().await), (4 * 3600, (3, 0, 4)));
        let line = scene.grant(5, "line", |terms| terms.source.kind = SourceKind::CreditLine).await;
        let over = scene.hold(6, "TKT-2").await.expect("it works");
        assert_eq!(over.credit, 3 * 3600);
        let balance = scene.within(async |tx| find::balance(tx, scene.cleo, Unit::Hour).await).await.expect("it works");
        assert_eq!((balance.spendable(), balance.prepaid_left()), (Quantity::hours(2), Quantity::hours(0)));
        let capture = Capture { hold: over.hold, amount: Quantity::hours(6), key: Key::new("over"), ..capture };
        let captured = scene.within(async |tx| ledger::capture(tx, capture.clone()).await).await.expect("it works");
        assert_eq!(captured.credit, 3 * 3600);
        let close = CloseCredit { lot: line.lot, overage: Overage::Carried, key: Key::new("close") };
        let overage = scene.within(async |tx| ledger::close_credit(tx, close.clone()).await).await.expect("it works");
        assert_eq!((overage, scene.hours().await), (3 * 3600, (0, 0, 7)));
        scene.grant(10, "repays", |_| ()).await;
        assert_eq!(scene.hours().await, (3, 0, 0));
    });
}

#[test]
fn accounts_are_frozen_adjusted_and_settled_and_seats_renew() {
    block_on(async {
        let mut scene = Scene::new().await;
        let ends = scene.now + DAY * 10;
        scene.grant(10, "one", |terms| terms.expires_at = Some(ends)).await;
        let (owner, unit) = (scene.cleo, Unit::Hour);
        let freeze = Freeze { owner, unit, time: Time::Stands, key: Key::new("freeze") };
        scene.within(async |tx| ledger::freeze(tx, freeze.clone()).await).await.expect("it works");
        assert_eq!(refused(scene.hold(1, "TKT-1").await), LedgerRefused::Frozen);
        scene.now += DAY * 20;
        let unfreeze = Unfreeze { owner, unit, key: Key::new("unfreeze") };
        scene.within(async |tx| ledger::unfreeze(tx, unfreeze.clone()).await).await.expect("it works");
        assert_eq!(scene.hours().await, (10, 0, 0));
        let adjust = |hours, key: Key| Adjust { owner, delta: Quantity::hours(hours), key };
        let why_not = scene.within(async |tx| ledger::adjust(tx, adjust(-3, Key::new("a"))).await).await;
        assert_eq!(refused(why_not), LedgerRefused::ReasonRequired);
        let less = || adjust(-3, Key::new("a").because("double booked"));
        scene.within(async |tx| ledger::adjust(tx, less()).await).await.expect("it works");
        let more = || adjust(2, Key::new("b").because("forgotten"));
        assert!(scene.within(async |tx| ledger::adjust(tx, more()).await).await.expect("it works").is_some());
        assert_eq!(scene.hours().await, (9, 0, 0));
        scene.now += DAY * 10;
        let due = scene.within(async |tx| ledger::due(tx, &[], 10).await).await.expect("it works");
        assert_eq!(due.len(), 1);
        scene.within(async |tx| ledger::settle(tx, &due[0]).await).await.expect("it works");
        assert!(scene.within(async |tx| ledger::due(tx, &[], 10).await).await.expect("it works").is_empty());
        assert_eq!(scene.hours().await, (2, 0, 0));
        scene.within(async |tx| seats(tx).await).await.expect("it works");
    });
}

async fn seats(tx: &Tx) -> Result<(), Error> {
    let seats = |count: i64, reference: &str| {
        let source = Source::new(SourceKind::PlanPeriod, reference);
        let terms = Terms::new(Amount::Limited(Quantity::new(count, Unit::Seat)), source);
        Grant { owner: Owner::Organization, terms, key: Key::new(reference) }
    };
    let old = ledger::grant(tx, seats(2, "november")).await?;
    let hold = |who: &str| Hold {
        owner: Owner::Organization,
        amount: Quantity::new(1, Unit::Seat),
        subject: Subject::new("seat", who),
        expires_at: None,
        policy: Value::Null,
        key: Key::new(format!("seat {who}")),
    };
    let held = ledger::hold(tx, hold("amir")).await?;
    assert_eq!(ledger::hold(tx, hold("amir")).await?.hold, held.hold);
    let new = ledger::grant(tx, seats(1, "december")).await?;
    let rehome = Rehome { from: old.lot, to: new.lot, on_short: OnShort::Refuse, key: Key::new("rehome") };
    assert_eq!(ledger::rehome(tx, rehome).await?, Rehomed { moved: 1, stranded: 0 });
    let seat = find::hold(tx, held.hold).await?;
    assert_eq!((seat.open(), seat.state), (1, HoldState::Open));
    assert_eq!(seat.lots, [(old.lot, 0), (new.lot, 1)]);
    let account = find::account(tx, Owner::Organization, Unit::Seat).await?.expect("an account");
    assert_eq!(find::lots(tx, account, Which::Open).await?.len(), 2);
    assert_eq!(find::holds(tx, account, Which::Open).await?, std::slice::from_ref(&seat));
    assert_eq!(find::holds_for(tx, &seat.subject).await?, [seat]);
    let source = Source::new(SourceKind::PlanPeriod, "december");
    assert_eq!(find::lot_of_source(tx, account, &source).await?, Some(new.lot));
    let entries = find::entries(tx, account, Some(4), 2).await?;
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(find::balances(tx, Owner::Organization).await?.len(), 1);
    Ok(())
}
