//! Better plans in mid-period: how much there is, and what each refund takes back. On the model; that PostgreSQL does the
//! same is shown elsewhere.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use retainer::ledger::rules::account::{Account, Ended, Rollover, Source, Terms};
use retainer::ledger::rules::{Book, Request, Subject};

use super::script::{DAY, START};
use super::world::cases;

const CLEO: usize = 0;

/// Cleo's book, and the lots of the plans that she has paid for, the first one first.
struct Scene {
    book: Book,
    paid: Vec<i64>,
    count: usize,
}

impl Scene {
    fn act(&mut self, request: &Request) -> retainer::ledger::rules::Done {
        self.count += 1;
        let done = self.book.operate(&format!("key-{}", self.count), request, START);
        done.unwrap_or_else(|refused| panic!("{request:?}: {refused:?}")).0
    }

    /// Pays for a first plan of so many units, or for a better one.
    fn pay_for(&mut self, amount: i64, cap: i64) {
        let terms = plan(self.paid.len(), amount, cap);
        let request = match self.paid.last() {
            None => Request::Grant { owner: CLEO, terms },
            Some(last) => Request::Upgrade { from: (CLEO, *last), terms, stack: false },
        };
        let lot = self.act(&request).lot.expect("a lot");
        self.paid.push(lot);
    }

    fn subject(&self, name: &str) -> Subject {
        Subject { name: format!("{name} {}", self.count), facts: vec![], expires_at: None }
    }

    fn account(&self) -> &Account {
        &self.book.accounts[&CLEO]
    }

    /// Uses so much, or all there is.
    fn use_up_to(&mut self, amount: i64) -> i64 {
        let amount = amount.min(self.account().spendable());
        if amount > 0 {
            let subject = self.subject("used");
            self.act(&Request::Consume { owner: CLEO, subject, amount });
        }
        amount
    }
}

fn plan(number: usize, amount: i64, cap: i64) -> Terms {
    Terms {
        source: Source::Issued,
        source_ref: format!("plan_period/{number}"),
        promotional: false,
        priority: 20,
        amount,
        unlimited: false,
        effective_at: START,
        expires_at: Some(START + 30 * DAY),
        applies_to: vec![],
        rollover: Some(Rollover { cap, expires_at: Some(START + 60 * DAY) }),
    }
}

/// Plans that grow: how much each has more than the one before it, how much is used of it, and its rollover's cap.
fn plans() -> impl Strategy<Value = Vec<(i64, i64, i64)>> {
    proptest::collection::vec((1i64..20, 0i64..25, 0i64..30), 1..5)
}

fn over<T: std::fmt::Debug>(input: impl Strategy<Value = T>, check: impl Fn(T) -> Result<(), TestCaseError>) {
    let config = Config { cases: cases(60), failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&input, check).expect("it works");
}

fn begin() -> Scene {
    Scene { book: Book::new(vec![]), paid: vec![], count: 0 }
}

#[test]
fn after_upgrades_there_is_the_best_plans_allowance_less_what_was_used_and_one_cap_rolls() {
    over(plans(), |plans| {
        let mut scene = begin();
        let (mut allowance, mut used, mut last_cap) = (0, 0, 0);
        for (more, wanted, cap) in plans {
            allowance += more;
            scene.pay_for(allowance, cap);
            prop_assert_eq!(scene.account().spendable(), allowance - used);
            used += scene.use_up_to(wanted);
            last_cap = cap;
        }
        let mut account = scene.account().clone();
        account.settle("the end", START + 30 * DAY);
        prop_assert_eq!(account.spendable(), (allowance - used).min(last_cap));
        Ok(())
    });
}

#[test]
fn after_refunds_a_better_plan_comes_to_its_allowance_less_what_was_used() {
    let input = (plans(), proptest::collection::vec(any::<prop::sample::Index>(), 0..3), 1i64..20);
    over(input, |(plans, refunds, more)| {
        let mut scene = begin();
        let (mut allowance, mut used) = (0, 0);
        for (more, wanted, cap) in plans {
            allowance += more;
            scene.pay_for(allowance, cap);
            used += scene.use_up_to(wanted);
        }
        let mut back: Vec<usize> = refunds.iter().map(|index| index.index(scene.paid.len())).collect();
        back.sort_unstable();
        back.dedup();
        // Where nothing stays paid there is nothing to build on.
        prop_assume!(back.len() < scene.paid.len());
        for which in back {
            scene.act(&Request::Void { lot: (CLEO, scene.paid[which]), spent: Ended::Voided });
        }
        allowance += more;
        scene.pay_for(allowance, 0);
        prop_assert_eq!(scene.account().posted - scene.account().debt, allowance - used);
        Ok(())
    });
}

#[test]
fn seats_in_use_count_once_when_a_better_plan_is_taken() {
    let input = (1i64..20, 0i64..20, 0i64..20);
    over(input, |(seats, taken, more)| {
        let mut scene = Scene { book: Book::new(vec![CLEO]), ..begin() };
        scene.pay_for(seats, 0);
        let taken = taken.min(seats);
        for _ in 0..taken {
            let subject = scene.subject("member");
            scene.act(&Request::Hold { owner: CLEO, subject, amount: 1 });
        }
        scene.pay_for(seats + more, 0);
        prop_assert_eq!((scene.account().spendable(), scene.account().held), (seats + more - taken, taken));
        prop_assert_eq!(scene.account().over_limit_until, None);
        Ok(())
    });
}

#[test]
fn each_refund_of_an_upgraded_plan_takes_back_what_its_payment_granted() {
    let input = (plans(), any::<prop::sample::Index>(), 0i64..8);
    over(input, |(plans, begin_with, held)| {
        let mut scene = begin();
        let (mut allowance, mut used) = (0, 0);
        let mut granted = Vec::new();
        let mut hold = None;
        for (more, wanted, cap) in plans {
            allowance += more;
            scene.pay_for(allowance, cap);
            granted.push(more);
            used += scene.use_up_to(wanted);
            let amount = held.min(scene.account().spendable());
            if hold.is_none() && amount > 0 {
                let subject = scene.subject("held");
                let opened = scene.act(&Request::Hold { owner: CLEO, subject, amount }).hold.expect("a hold");
                hold = Some((opened, amount));
            }
        }
        let mut stays: i64 = granted.iter().sum();
        let first = begin_with.index(granted.len());
        for turn in 0..granted.len() {
            let which = (first + turn) % granted.len();
            scene.act(&Request::Void { lot: (CLEO, scene.paid[which]), spent: Ended::Voided });
            stays -= granted[which];
            // Work that is still open is used in the end, or not: either way no more is lost than what was granted.
            for uses in [true, false] {
                let mut end = Scene { book: scene.book.clone(), paid: vec![], count: 1000 + scene.count };
                if let Some((hold, amount)) = hold {
                    let capture = if uses { amount } else { 0 };
                    end.act(&Request::Capture { hold: (CLEO, hold), amount: capture, last: true });
                }
                let spent = used + hold.map_or(0, |(_, amount)| if uses { amount } else { 0 });
                prop_assert_eq!(end.account().posted - end.account().debt, stays - spent);
            }
        }
        prop_assert_eq!(scene.account().lots.iter().filter(|lot| lot.ended.is_none()).count(), 0);
        Ok(())
    });
}
