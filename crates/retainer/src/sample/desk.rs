//! Tickets in the sample: customers ask, staff work.

use kernel::id::MembershipId;
use kernel::quantity::Hours;
use kernel::text::{Body, Reason, Tag, Title};
use kernel::{Actor, ActorKind};
use runtime::{Error, Tx};

use super::story::Act;
use super::teller::{DAY, HOUR, Teller, text};
use super::words;
use crate::tickets::{self, Audience, Billing, LogTime, Open, Priority, Saying, Seen, TicketNumber};

/// A ticket that is being worked on.
#[derive(Debug, Clone)]
pub(super) struct Case {
    number: TicketNumber,
    patron: usize,
    /// Who works on it.
    worker: Actor,
    /// What is held, in seconds.
    seconds: i64,
}

/// Something that happens to a case.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Somebody takes it.
    Assign,
    /// They begin.
    Start,
    /// The customer says something.
    Ask,
    /// Staff say something.
    Answer,
    /// Staff note something among themselves.
    Note,
    /// Work is written down.
    Work,
    /// More hours are agreed.
    Grow,
    /// It is done.
    Complete,
    /// It is turned down.
    Reject,
    /// It was not done after all.
    Reopen,
}

/// Refusals that are part of life: hours run out, tickets are merged or closed by somebody else.
const USUAL: &[&str] = &[
    "ticket.not_enough_hours",
    "ticket.ask_first",
    "ticket.merged",
    "ticket.closed",
    "ticket.completed",
    "ledger.frozen",
];

/// The value, or nothing where a usual refusal came; any other is a mistake in the story.
fn if_granted<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.code().is_some_and(|code| USUAL.contains(&code)) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Teller<Act> {
    /// A customer asks for something, if their hours reach.
    pub(super) async fn open_ticket(&mut self, patron: usize) -> Result<(), Error> {
        let (title, details) = self.dice.pick(words::REQUESTS);
        let quarters = match self.patrons[patron].plan {
            "Pro" => self.dice.between(8, 60),
            "Standard" => self.dice.between(2, 14),
            _ => self.dice.between(1, 4),
        };
        let seconds = quarters * HOUR / 4;
        let input = Open {
            customer: Some(self.patrons[patron].customer),
            title: text::<Title>(title)?,
            details: Some(text::<Body>(details)?),
            priority: self.dice.pick(&[
                Priority::Low,
                Priority::Medium,
                Priority::Medium,
                Priority::High,
                Priority::Urgent,
            ]),
            hours: Hours::of_seconds(seconds),
            files: Vec::new(),
        };
        let tx = self.begin(&self.patrons[patron].user).await?;
        let Some(ticket) = if_granted(tickets::open(&tx, input).await)? else {
            drop(tx);
            // Out of hours: some buy more at once.
            if self.dice.happens(350) {
                let at = self.office(0);
                self.plan(at, Act::TopUp(patron));
            }
            return Ok(());
        };
        tx.commit().await?;
        let worker = 2 + usize::try_from(self.dice.between(0, 4)).unwrap_or(0);
        let case = Case { number: ticket.id, patron, worker: self.staff[worker].clone(), seconds };
        self.foresee(&case);
        Ok(())
    }

    /// Plans a case's whole life.
    fn foresee(&mut self, case: &Case) {
        let assigned = self.office(0);
        if self.dice.happens(60) {
            let at = self.office(1);
            return self.plan(at, Act::Case(case.clone(), Step::Reject));
        }
        self.plan(assigned, Act::Case(case.clone(), Step::Assign));
        let days = self.dice.between(0, 3);
        let started = self.office(days).max(assigned + HOUR / 2);
        self.plan(started, Act::Case(case.clone(), Step::Start));
        let mut at = started;
        let talk: &[Step] = &[Step::Ask, Step::Answer, Step::Answer, Step::Work, Step::Work, Step::Note];
        for _ in 0..self.dice.between(1, 4) {
            at += self.dice.between(HOUR / 2, DAY);
            let step = self.dice.pick(talk);
            self.plan(at, Act::Case(case.clone(), step));
        }
        if self.dice.happens(70) {
            self.plan(at + HOUR / 3, Act::Case(case.clone(), Step::Grow));
        }
        let done = at + self.dice.between(HOUR, 3 * DAY);
        self.plan(done, Act::Case(case.clone(), Step::Complete));
        if self.dice.happens(30) {
            self.plan(done + DAY, Act::Case(case.clone(), Step::Reopen));
            self.plan(done + 3 * DAY, Act::Case(case.clone(), Step::Complete));
        }
    }

    /// The next step of a case, unless it went another way meanwhile.
    pub(super) async fn step(&mut self, case: &Case, step: Step) -> Result<(), Error> {
        let taken = self.take(case, step).await;
        if taken.as_ref().is_err_and(|error| error.code() == Some("ledger.frozen")) {
            // The customer takes a break, and so does their work.
            let at = self.now() + 4 * DAY;
            self.plan(at, Act::Case(case.clone(), step));
            return Ok(());
        }
        if_granted(taken).map(drop)
    }

    async fn take(&mut self, case: &Case, step: Step) -> Result<(), Error> {
        let seen = Seen { number: case.number.clone(), version: None };
        let actor = if matches!(step, Step::Ask) { &self.patrons[case.patron].user } else { &case.worker };
        let tx = self.begin(actor).await?;
        match step {
            Step::Assign => {
                tickets::assign(&tx, &seen, membership(&case.worker)).await?;
                let tag: Tag = text(self.dice.pick(words::TAGS))?;
                tickets::tag(&tx, &seen, &[tag]).await?;
            }
            Step::Start => drop(tickets::start(&tx, &seen).await?),
            Step::Ask => self.say(&tx, &seen, (words::CUSTOMER_SAYS, Audience::Everybody)).await?,
            Step::Answer => self.say(&tx, &seen, (words::STAFF_SAYS, Audience::Everybody)).await?,
            Step::Note => self.say(&tx, &seen, (words::STAFF_NOTES, Audience::Staff)).await?,
            Step::Work => {
                let hours = whole_minutes(case.seconds * self.dice.between(2, 5) / 10);
                let note: Reason = text(self.dice.pick(words::WORK_NOTES))?;
                let entry = LogTime { hours, started_at: None, note: Some(note), billing: Billing::Billable };
                tickets::log_time(&tx, &seen, &entry).await?;
            }
            Step::Grow => {
                let why: Reason = text(self.dice.pick(words::CHANGES_OF_MIND))?;
                let wanted = whole_minutes(case.seconds + HOUR / 2);
                let approval = tickets::Approval::ByPlan;
                tickets::change_hours(&tx, &seen, &tickets::ChangeHours { wanted, reason: Some(why), approval })
                    .await?;
            }
            Step::Complete => {
                let used = whole_minutes(case.seconds * self.dice.between(60, 104) / 100);
                if if_granted(tickets::complete(&tx, &seen, Some(used)).await)?.is_none() {
                    drop(tx);
                    return self.complete_as_held(case, &seen).await;
                }
            }
            Step::Reject => {
                let why: Reason = text(self.dice.pick(words::REJECTIONS))?;
                tickets::reject(&tx, &seen, &why).await?;
            }
            Step::Reopen => {
                let why: Reason = text("It came back the next morning.")?;
                tickets::reopen(&tx, &seen, None, Some(&why)).await?;
            }
        }
        tx.commit().await
    }

    /// Where more was used than there is, the customer is not charged for it.
    async fn complete_as_held(&self, case: &Case, seen: &Seen) -> Result<(), Error> {
        let tx = self.begin(&case.worker).await?;
        let held = tickets::find::get(&tx, &seen.number).await?.hours_held;
        tickets::complete(&tx, seen, Some(held)).await?;
        tx.commit().await
    }

    async fn say(&mut self, tx: &Tx, seen: &Seen, (sayings, audience): (&[&str], Audience)) -> Result<(), Error> {
        let said: Body = text(self.dice.pick(sayings))?;
        tickets::comment(tx, seen, &Saying { message: &said, audience, files: &[] }).await.map(drop)
    }
}

fn membership(actor: &Actor) -> Option<MembershipId> {
    match actor.kind {
        ActorKind::User { membership, .. } => Some(membership),
        _ => None,
    }
}

/// At least five minutes, in whole ones.
fn whole_minutes(seconds: i64) -> Hours {
    Hours::of_seconds(seconds.max(300) / 60 * 60)
}
