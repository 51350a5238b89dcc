//! What follows from what, without a database.

use super::Status;
use crate::plans::terms::OverageRule;

/// A step in a ticket's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Work begins.
    Start,
    /// Work is done.
    Complete,
    /// It is turned down.
    Reject,
    /// It is taken up again.
    Reopen,
}

/// What a step leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// To this status.
    To(Status),
    /// It is there already; nothing is to be done.
    Already,
    /// It cannot be taken from here.
    Impossible,
}

/// What a step leads to from a status.
pub const fn next(status: Status, step: Step) -> Next {
    use Status::{Completed, InProgress, Pending, Rejected};
    match (step, status) {
        (Step::Start, Pending) => Next::To(InProgress),
        (Step::Complete, Pending | InProgress) => Next::To(Completed),
        (Step::Reject, Pending | InProgress) => Next::To(Rejected),
        (Step::Reopen, Completed | Rejected) => Next::To(Pending),
        (Step::Start, InProgress)
        | (Step::Complete, Completed)
        | (Step::Reject, Rejected)
        | (Step::Reopen, Pending | InProgress) => Next::Already,
        (Step::Start, Completed | Rejected) | (Step::Complete, Rejected) | (Step::Reject, Completed) => {
            Next::Impossible
        }
    }
}

/// What the plan says about more hours than are on hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overage {
    /// They come out of what is left of the balance, credit line included where the plan has one; never beyond it.
    Draw,
    /// The customer must agree first.
    Ask,
}

/// What staff who want more hours do by the customer's plan: whether there are enough, and whether nobody has estimated the
/// work before. Drawing on what is not there is refused by the ledger.
pub const fn raising(policy: Option<OverageRule>, (reaches, is_estimate): (bool, bool)) -> Overage {
    match policy {
        Some(OverageRule::Ask) => Overage::Ask,
        Some(OverageRule::Block | OverageRule::Credit) if reaches || !is_estimate => Overage::Draw,
        None if reaches => Overage::Draw,
        _ => Overage::Ask,
    }
}

/// What becomes of a wish for hours: what is put on hold now, and what the customer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// Seconds on hold.
    pub hold: i64,
    /// Seconds in all that the customer must agree to first.
    pub asked: Option<i64>,
}

/// Where the plan says that the customer is asked, no more goes on hold than they agreed to; the rest waits for their
/// word. `agreed` is what is theirs to give without being asked again.
pub fn agree(overage: Overage, wanted: i64, agreed: i64) -> Agreed {
    if overage == Overage::Ask && wanted > agreed {
        Agreed { hold: agreed.max(0), asked: Some(wanted) }
    } else {
        Agreed { hold: wanted, asked: None }
    }
}

/// How hours that were used come out of a ticket's holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// What is captured of each hold, in their order.
    pub captures: Vec<i64>,
    /// What no hold covers.
    pub extra: i64,
}

/// Takes `used` out of the holds, the earliest first.
pub fn settle(open: &[i64], used: i64) -> Settlement {
    let mut rest = used;
    let captures = open
        .iter()
        .map(|held| {
            let taken = rest.min(*held);
            rest -= taken;
            taken
        })
        .collect();
    Settlement { captures, extra: rest }
}

/// Time that was written down, and whether any was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worked {
    /// Nobody wrote anything down.
    Nothing,
    /// So many billable seconds.
    Seconds(i64),
}

/// The hours that a completion means when it does not say: the billable time that was written down and not captured
/// before; where nobody writes time down, what was agreed.
pub fn used_by_default(worked: Worked, captured_before: i64, held: i64) -> i64 {
    match worked {
        Worked::Nothing => held,
        Worked::Seconds(seconds) => (seconds - captured_before).max(0),
    }
}

/// What worked seconds count as where work is billed by so many minutes: what is begun counts whole.
pub fn counts_as(seconds: i64, minutes: i16) -> i64 {
    let step = i64::from(minutes.max(1)) * 60;
    seconds.div_euclid(step) * step + if seconds.rem_euclid(step) > 0 { step } else { 0 }
}

/// What of a hold of `open` seconds is given back so that `give` come back in all; the latest holds first.
pub fn give_back(open: &[i64], give: i64) -> Vec<i64> {
    let mut rest = give;
    let mut parts: Vec<i64> = open
        .iter()
        .rev()
        .map(|held| {
            let part = rest.min(*held);
            rest -= part;
            part
        })
        .collect();
    parts.reverse();
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_closed_ticket_is_only_reopened() {
        for status in [Status::Completed, Status::Rejected] {
            assert_eq!(next(status, Step::Start), Next::Impossible);
            assert_eq!(next(status, Step::Reopen), Next::To(Status::Pending));
        }
        assert_eq!(next(Status::Completed, Step::Reject), Next::Impossible);
        assert_eq!(next(Status::Rejected, Step::Complete), Next::Impossible);
    }

    #[test]
    fn a_step_taken_twice_is_taken_once() {
        for (status, step) in [(Status::Pending, Step::Start), (Status::Pending, Step::Reject)] {
            let Next::To(after) = next(status, step) else { panic!("{status} {step:?}") };
            assert_eq!(next(after, step), Next::Already);
        }
    }

    #[test]
    fn nothing_goes_on_hold_that_the_customer_was_to_be_asked_for() {
        assert_eq!(agree(Overage::Draw, 8, 1), Agreed { hold: 8, asked: None });
        assert_eq!(agree(Overage::Ask, 8, 1), Agreed { hold: 1, asked: Some(8) });
        assert_eq!(agree(Overage::Ask, 8, -2), Agreed { hold: 0, asked: Some(8) });
        assert_eq!(agree(Overage::Ask, 1, 1), Agreed { hold: 1, asked: None });
    }

    #[test]
    fn more_hours_are_held_where_there_are_enough_and_else_asked_for_or_refused_as_the_plan_says() {
        for estimate in [true, false] {
            assert_eq!(raising(Some(OverageRule::Ask), (true, estimate)), Overage::Ask);
            assert_eq!(raising(Some(OverageRule::Block), (true, estimate)), Overage::Draw);
            assert_eq!(raising(None, (false, estimate)), Overage::Ask);
        }
        assert_eq!(raising(Some(OverageRule::Block), (false, false)), Overage::Draw, "and the ledger refuses it");
        assert_eq!(raising(Some(OverageRule::Credit), (false, true)), Overage::Ask);
    }

    #[test]
    fn what_a_completion_means_when_it_does_not_say() {
        assert_eq!(used_by_default(Worked::Nothing, 0, 7200), 7200);
        assert_eq!(used_by_default(Worked::Seconds(5400), 0, 7200), 5400);
        assert_eq!(used_by_default(Worked::Seconds(5400), 3600, 7200), 1800);
        assert_eq!(used_by_default(Worked::Seconds(0), 3600, 7200), 0);
    }

    #[test]
    fn work_that_is_begun_counts_as_a_whole_increment() {
        assert_eq!([1, 60, 61, 2747].map(|seconds| counts_as(seconds, 1)), [60, 60, 120, 2760]);
        assert_eq!([1, 900, 901].map(|seconds| counts_as(seconds, 15)), [900, 900, 1800]);
        assert_eq!(counts_as(360, 6), 360);
    }

    proptest! {
        #[test]
        fn what_is_used_is_captured_or_extra(open in prop::collection::vec(1i64..100_000, 0..5), used in 0i64..500_000) {
            let settled = settle(&open, used);
            prop_assert_eq!(settled.captures.iter().sum::<i64>() + settled.extra, used);
            prop_assert!(settled.captures.iter().zip(&open).all(|(taken, held)| 0 <= *taken && taken <= held));
            prop_assert!(settled.extra == 0 || settled.captures == open);
        }

        #[test]
        fn what_is_given_back_is_what_was_asked(open in prop::collection::vec(1i64..100_000, 1..5), share in 0i64..=100) {
            let give = open.iter().sum::<i64>() * share / 100;
            let parts = give_back(&open, give);
            prop_assert_eq!(parts.iter().sum::<i64>(), give);
            prop_assert!(parts.iter().zip(&open).all(|(part, held)| 0 <= *part && part <= held));
        }
    }
}
