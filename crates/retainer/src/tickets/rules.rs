//! What follows from what, without a database.

use std::collections::BTreeMap;

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

/// The least that is written down as work, in seconds: whoever stops a timer sooner has started it by mistake.
pub const LEAST: i64 = 60;

/// What the entries of a ticket count as together: the seconds of all that are rounded up by the same increment are, as one
/// sum, and what is not rounded counts as it is.
pub fn billable(entries: impl IntoIterator<Item = (i64, Option<i16>)>) -> i64 {
    let mut sums = BTreeMap::<Option<i16>, i64>::new();
    for (seconds, increment) in entries {
        *sums.entry(increment).or_default() += seconds;
    }
    sums.into_iter().map(|(increment, sum)| increment.map_or(sum, |minutes| counts_as(sum, minutes))).sum()
}

/// What work on a ticket does to its hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Seconds of billable work that are not yet used for good.
    pub worked: i64,
    /// What of the hold they leave.
    pub held: i64,
    /// How much more than is on hold they are.
    pub over: i64,
}

/// How a ticket stands: billable seconds in all, those of them that are used for good, and the seconds on hold.
pub fn standing(billable: i64, used: i64, held: i64) -> Standing {
    let worked = (billable - used).max(0);
    Standing { worked, held: (held - worked).max(0), over: (worked - held).max(0) }
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

    #[test]
    fn entries_of_a_ticket_are_rounded_up_together() {
        assert_eq!(billable([(420, Some(15)), (180, Some(15))]), 900);
        assert_eq!(billable([(420, Some(15)), (420, None), (61, Some(1))]), 900 + 420 + 120);
        assert_eq!(billable([]), 0);
    }

    #[test]
    fn work_beyond_the_hold_is_over_the_estimate() {
        assert_eq!(standing(5400, 0, 10800), Standing { worked: 5400, held: 5400, over: 0 });
        assert_eq!(standing(42300, 0, 36000), Standing { worked: 42300, held: 0, over: 6300 });
        assert_eq!(standing(3600, 7200, 1800), Standing { worked: 0, held: 1800, over: 0 });
    }

    proptest! {
        #[test]
        fn a_ticket_is_rounded_up_once_however_its_work_was_written_down(
            parts in prop::collection::vec(60i64..30_000, 1..12),
            minutes in prop::sample::select(vec![1i16, 6, 10, 15, 30]),
        ) {
            let sum: i64 = parts.iter().sum();
            let whole = billable(parts.iter().map(|part| (*part, Some(minutes))));
            prop_assert_eq!(whole, billable([(sum, Some(minutes))]), "it does not matter in how many entries");
            prop_assert_eq!(whole, billable(parts.iter().rev().map(|part| (*part, Some(minutes)))), "nor in which order");
            prop_assert_eq!(whole % (i64::from(minutes) * 60), 0);
            prop_assert!((sum..sum + i64::from(minutes) * 60).contains(&whole), "{} became {}", sum, whole);
            let each: i64 = parts.iter().map(|part| counts_as(*part, minutes)).sum();
            prop_assert!(whole <= each, "never more than when each entry was rounded");
            let more = billable(parts.iter().chain([&60]).map(|part| (*part, Some(minutes))));
            prop_assert!(more >= whole, "more work never counts less");
        }

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
