//! Spending in the model: holds, captures, releases, refunds.

use super::account::{Account, Atoms, Hold, HoldState, Kind, Lot, Micros, Source, State};
use super::time::{GiveBack, add_part};
use super::{Done, Refused, Subject};

/// What decides the burn order: credit lines last, then priority, expiry, promotional before paid, start, age.
pub fn burn_key(lot: &Lot) -> (bool, i16, Micros, bool, Micros, i64) {
    let terms = &lot.terms;
    let credit = terms.source == Source::CreditLine;
    let expires = terms.expires_at.unwrap_or(Micros::MAX);
    (credit, terms.priority, expires, !terms.promotional, terms.effective_at, lot.seq)
}

impl Account {
    /// The living lots that these facts may draw on, in burn order.
    pub fn burn_order(&self, facts: &[(String, String)]) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.lots.len())
            .filter(|place| {
                let lot = &self.lots[*place];
                lot.alive() && (lot.terms.unlimited || lot.free() > 0) && lot.applies(facts)
            })
            .collect();
        places.sort_by_key(|place| burn_key(&self.lots[*place]));
        places
    }

    /// Takes an amount out of the lots; how much of it came from credit lines.
    pub fn take(&mut self, kind: Kind, hold: Option<usize>, amount: Atoms) -> Result<Atoms, Refused> {
        let mut rest = amount;
        let mut credit = 0;
        let facts = hold.map_or_else(Vec::new, |hold| self.holds[hold].facts.clone());
        for place in self.burn_order(&facts) {
            let lot = &self.lots[place];
            let take = if lot.terms.unlimited { rest } else { rest.min(lot.free()) };
            if take == 0 {
                continue;
            }
            rest -= take;
            if lot.terms.source == Source::CreditLine && !lot.terms.unlimited {
                credit += take;
            }
            self.post(kind, Some(place), hold, take);
            if let Some(hold) = hold {
                let captured = if kind == Kind::Consume { take } else { 0 };
                let lot = self.lots[place].seq;
                add_part(&mut self.holds[hold], lot, take, captured);
            }
        }
        if rest > 0 { Err(Refused::NotApplicable) } else { Ok(credit) }
    }

    /// Whether an amount may be taken at all.
    pub fn check_spend(&self, amount: Atoms) -> Result<(), Refused> {
        if self.state != State::Open {
            Err(Refused::Frozen)
        } else if !self.unlimited && self.spendable() < amount {
            Err(Refused::Short)
        } else {
            Ok(())
        }
    }

    /// Holds an amount for a subject, or consumes it at once.
    pub fn draw(&mut self, subject: &Subject, amount: Atoms, kind: Kind) -> Result<Done, Refused> {
        self.check_spend(amount)?;
        let name = &subject.name;
        let held = self.holds.iter().any(|hold| hold.state == HoldState::Open && hold.subject == *name);
        let captured = if kind == Kind::Consume { amount } else { 0 };
        if held && captured == 0 {
            return Err(Refused::SubjectAlreadyHeld);
        }
        let place = self.holds.len();
        let seq = self.last_seq + 1;
        self.holds.push(Hold {
            seq,
            subject: name.clone(),
            facts: subject.facts.clone(),
            amount,
            captured,
            released: 0,
            state: if captured == amount { HoldState::Captured } else { HoldState::Open },
            expires_at: if captured == 0 { subject.expires_at } else { None },
            parts: Vec::new(),
        });
        let credit = self.take(kind, Some(place), amount)?;
        Ok(Done { hold: Some(seq), credit, ..Done::default() })
    }

    fn capture_parts(&mut self, hold: usize, amount: Atoms) -> Atoms {
        let mut rest = amount;
        let mut credit = 0;
        for part in 0..self.holds[hold].parts.len() {
            let take = rest.min(self.holds[hold].parts[part].open());
            if take == 0 {
                continue;
            }
            rest -= take;
            let lot = self.place_of_lot(self.holds[hold].parts[part].lot);
            self.post(Kind::Capture, Some(lot), Some(hold), take);
            self.holds[hold].parts[part].captured += take;
            if self.lots[lot].owes_when_spent() {
                self.post(Kind::ChargeDebt, Some(lot), None, take);
            }
            if self.lots[lot].terms.source == Source::CreditLine {
                credit += take;
            }
        }
        self.holds[hold].captured += amount;
        if self.holds[hold].open() == 0 {
            self.holds[hold].state = HoldState::Captured;
        }
        credit
    }

    /// Captures a part of a hold or all of it; a final capture releases the rest.
    pub fn capture(&mut self, hold: usize, amount: Atoms, last: bool) -> Result<Done, Refused> {
        self.check_open(hold)?;
        if amount > self.holds[hold].open() {
            return Err(Refused::ExceedsHold);
        }
        let credit = self.capture_parts(hold, amount);
        if last && self.holds[hold].open() > 0 {
            self.release_parts(hold, None, Kind::Release, GiveBack::NOBODY);
        }
        self.reseat();
        Ok(Done { credit, ..Done::default() })
    }

    /// Captures all of a hold and more than it had.
    pub fn capture_more(&mut self, hold: usize, extra: Atoms) -> Result<Done, Refused> {
        self.check_open(hold)?;
        let credit = self.capture_parts(hold, self.holds[hold].open());
        self.check_spend(extra)?;
        self.holds[hold].amount += extra;
        self.holds[hold].captured += extra;
        let credit = credit + self.take(Kind::Consume, Some(hold), extra)?;
        self.reseat();
        Ok(Done { credit, ..Done::default() })
    }

    /// Gives back held units.
    pub fn release(&mut self, hold: usize, amount: Option<Atoms>, why: GiveBack) -> Result<Done, Refused> {
        self.check_open(hold)?;
        let open = self.holds[hold].open();
        let released = amount.unwrap_or(open);
        if released > open {
            return Err(Refused::ExceedsHold);
        }
        self.release_parts(hold, amount, Kind::Release, why);
        self.reseat();
        Ok(Done { moved: released, ..Done::default() })
    }

    /// Enlarges a hold, or gives back a part of it.
    pub fn adjust_hold(&mut self, hold: usize, delta: Atoms, why: GiveBack) -> Result<Done, Refused> {
        if delta < 0 {
            return self.release(hold, Some(-delta), why).map(|_| Done::default());
        }
        self.check_open(hold)?;
        self.check_spend(delta)?;
        self.holds[hold].amount += delta;
        let credit = self.take(Kind::Hold, Some(hold), delta)?;
        self.reseat();
        Ok(Done { credit, ..Done::default() })
    }

    /// Gives back captured units, latest lot first.
    pub fn refund(&mut self, hold: usize, amount: Option<Atoms>, why: GiveBack) -> Result<Done, Refused> {
        let left: Atoms = self.holds[hold].parts.iter().map(|part| part.captured - part.refunded).sum();
        let amount = amount.unwrap_or(left);
        if amount > left || left == 0 {
            return Err(Refused::ExceedsCaptured);
        }
        let mut rest = amount;
        for part in (0..self.holds[hold].parts.len()).rev() {
            let spent = &self.holds[hold].parts[part];
            let take = rest.min(spent.captured - spent.refunded);
            if take == 0 {
                continue;
            }
            rest -= take;
            let lot = self.place_of_lot(spent.lot);
            self.post(Kind::Refund, Some(lot), Some(hold), take);
            self.holds[hold].parts[part].refunded += take;
            self.give_back(hold, lot, take, why);
        }
        Ok(Done { moved: amount, ..Done::default() })
    }

    fn check_open(&self, hold: usize) -> Result<(), Refused> {
        if self.holds[hold].state == HoldState::Open { Ok(()) } else { Err(Refused::HoldClosed) }
    }
}
