//! Where units come from in the model, and how lots end other than by being spent.

use super::account::{Account, Atoms, Ended, Entry, HoldState, Kind, Lot, Micros, Rollover, Source, State, Terms};
use super::{Done, Refused};

impl Lot {
    /// Whether units of it that are spent from now on are owed.
    pub fn owes_when_spent(&self) -> bool {
        matches!(self.ended, Some(Ended::Voided | Ended::Carried))
    }
}

impl Account {
    /// Adds a lot, or finds the one that the same source has opened already.
    pub fn grant(&mut self, terms: &Terms) -> Result<Done, Refused> {
        self.check_terms(terms)?;
        let place = self.open_lot(terms.clone(), None);
        self.reseat();
        Ok(Done { lot: Some(self.lots[place].seq), ..Done::default() })
    }

    fn check_terms(&self, terms: &Terms) -> Result<(), Refused> {
        let Some(ends) = terms.expires_at else { return Ok(()) };
        if ends <= self.moment.now {
            return Err(Refused::AlreadyExpired);
        }
        let rolls_to = terms.rollover.and_then(|rollover| rollover.expires_at);
        if ends <= terms.effective_at || rolls_to.is_some_and(|rolled| rolled <= ends) {
            return Err(Refused::InvalidPeriod);
        }
        Ok(())
    }

    /// Ends a lot early and rolls what is unheld.
    pub fn rollover(&mut self, place: usize, rollover: Rollover) -> Result<Done, Refused> {
        if rollover.expires_at.is_some_and(|at| at <= self.moment.now) {
            return Err(Refused::AlreadyExpired);
        }
        self.check_alive(place)?;
        if !self.lots[place].activated || self.lots[place].terms.source == Source::CreditLine {
            return Err(Refused::NotApplicable);
        }
        let rolled = self.roll(place, rollover);
        self.reseat();
        Ok(Done { lot: rolled.map(|place| self.lots[place].seq), ..Done::default() })
    }

    /// Takes a lot back, and what was rolled or given back out of it; how it ends says what becomes of spent units.
    pub fn void(&mut self, place: usize, spent: Ended) -> Result<Done, Refused> {
        if self.lots[place].ended.is_some_and(Ended::is_void) {
            return Err(Refused::LotEnded);
        }
        let mut chain = vec![self.lots[place].seq];
        let mut charged = 0;
        // Successors are always younger, so one pass in order of age finds the whole chain.
        for place in place..self.lots.len() {
            let lot = &self.lots[place];
            let moved = matches!(lot.terms.source, Source::Rollover | Source::RefundGrace);
            let of_chain = lot.predecessor.is_some_and(|old| chain.contains(&old)) && moved;
            if of_chain {
                chain.push(lot.seq);
            }
            if chain.contains(&lot.seq) {
                charged += self.void_one(place, spent);
            }
        }
        self.reseat();
        Ok(Done { moved: charged, ..Done::default() })
    }

    fn void_one(&mut self, place: usize, how: Ended) -> Atoms {
        let before = self.lots[place].ended;
        if before.is_some_and(Ended::is_void) {
            return 0;
        }
        self.drop_free(place, Kind::Void);
        self.end_lot(place, how);
        let lot = &self.lots[place];
        if how != Ended::Voided || lot.terms.unlimited || before == Some(Ended::Carried) {
            return 0;
        }
        let repaid = |entry: &&Entry| entry.lot == Some(lot.seq) && entry.kind == Kind::RepayDebt;
        let repaid: Atoms = self.entries.iter().filter(repaid).map(|entry| entry.quantity).sum();
        let spent = lot.consumed + repaid;
        if spent > 0 {
            self.post(Kind::ChargeDebt, Some(place), None, spent);
        }
        spent
    }

    /// Replaces a lot by a better plan's, less what was granted so far; or adds the new one beside it.
    pub fn upgrade(&mut self, place: usize, terms: &Terms, stack: bool) -> Result<Done, Refused> {
        let place = self.standing_plan(place)?;
        self.check_terms(terms)?;
        let seq = self.lots[place].seq;
        let mut terms = terms.clone();
        let series = (!stack).then(|| self.replace(place, &mut terms));
        let opened = self.open_lot(terms, Some(seq));
        self.lots[opened].series = series;
        self.reseat();
        Ok(Done { lot: Some(self.lots[opened].seq), ..Done::default() })
    }

    /// The plan that a better one builds on: where its payment was given back, the one whose place it took.
    fn standing_plan(&self, place: usize) -> Result<usize, Refused> {
        let mut found = place;
        while self.lots[found].ended.is_some_and(Ended::is_void) {
            let lot = &self.lots[found];
            let moved = matches!(lot.terms.source, Source::Rollover | Source::RefundGrace);
            let before = lot.predecessor.filter(|_| !moved).ok_or(Refused::LotEnded)?;
            found = self.place_of_lot(before);
        }
        match self.lots[found].ended {
            None | Some(Ended::Expired | Ended::Rolled) => Ok(found),
            Some(Ended::Upgraded) if found != place => Ok(found),
            Some(_) => Err(Refused::LotEnded),
        }
    }

    /// Ends what lives of the plans of a period and moves what is left of it on under the new terms, in lots of its own;
    /// seats stay in the lots in which members hold them. Takes what was granted so far, and not taken back, off the new
    /// terms; returns the series.
    fn replace(&mut self, place: usize, terms: &mut Terms) -> i64 {
        let whole = terms.clone();
        let series = self.lots[place].series.unwrap_or(self.lots[place].seq);
        let of_series = |lot: &&Lot| lot.seq == series || lot.series == Some(series);
        let granted = self.lots.iter().filter(of_series).filter(|lot| !lot.ended.is_some_and(Ended::is_void));
        let granted = granted.filter(|lot| lot.seq == series || lot.terms.source != Source::Rollover);
        let granted: Atoms = granted.map(|lot| lot.terms.amount).sum();
        let living: Vec<usize> = (0..self.lots.len())
            .filter(|place| of_series(&&self.lots[*place]) && self.lots[*place].ended.is_none())
            .collect();
        terms.amount = if whole.unlimited { 0 } else { (whole.amount - granted).max(0) };
        let mut too_much = if whole.unlimited { 0 } else { (granted - whole.amount).max(0) };
        let free: Atoms = living.iter().map(|place| self.lots[*place].free()).sum();
        let mut rest = (free - too_much).max(0);
        if let Some(rollover) = &mut terms.rollover {
            rollover.cap = rollover.cap.min(terms.amount);
        }
        let own_cap = terms.rollover.map_or(0, |rollover| rollover.cap);
        for place in living {
            let gone = too_much.min(self.lots[place].free());
            too_much -= gone;
            if gone > 0 {
                self.post(Kind::Void, Some(place), None, gone);
            }
            let moved = self.lots[place].free();
            rest -= moved;
            if self.seats {
                continue;
            }
            self.drop_free(place, Kind::RollOut);
            self.end_lot(place, Ended::Upgraded);
            if moved == 0 {
                continue;
            }
            let old = self.lots[place].clone();
            let cap = |rollover: Rollover| moved.min((rollover.cap - own_cap - rest).max(0));
            let terms = Terms {
                source: Source::Rollover,
                source_ref: format!("rollover/lot:{}", old.seq),
                promotional: old.terms.promotional,
                priority: (whole.priority - 5).max(0),
                amount: moved,
                unlimited: false,
                effective_at: self.moment.at,
                rollover: whole.rollover.map(|rollover| Rollover { cap: cap(rollover), ..rollover }),
                ..whole.clone()
            };
            let opened = self.open_lot(terms, Some(old.seq));
            self.lots[opened].series = Some(series);
        }
        series
    }

    /// Ends a credit line; its overage is billed, carried as debt, or forgiven.
    pub fn close_credit(&mut self, place: usize, overage: Ended) -> Result<Done, Refused> {
        let lot = &self.lots[place];
        if lot.terms.source != Source::CreditLine {
            return Err(Refused::NotApplicable);
        }
        if lot.ended.is_some_and(|ended| ended != Ended::Expired) {
            return Err(Refused::LotEnded);
        }
        let (spent, unlimited) = (lot.consumed, lot.terms.unlimited);
        self.drop_free(place, Kind::Expire);
        self.end_lot(place, overage);
        if overage == Ended::Carried && spent > 0 && !unlimited {
            self.post(Kind::ChargeDebt, Some(place), None, spent);
        }
        self.reseat();
        Ok(Done { moved: spent, ..Done::default() })
    }

    /// Moves the open holds of one lot to another, the longest-held first.
    pub fn rehome(&mut self, from: usize, to: usize, deadline: Option<Micros>) -> Result<Done, Refused> {
        if from == to {
            return Err(Refused::NotFound);
        }
        if !self.lots[to].alive() {
            return Err(Refused::LotEnded);
        }
        let (mut moved, mut stranded) = (0, 0);
        for hold in 0..self.holds.len() {
            let open_parts = self.holds[hold].parts.iter().position(|part| part.lot == self.lots[from].seq);
            let Some(part) = open_parts.filter(|_| self.holds[hold].state == HoldState::Open) else { continue };
            let open = self.holds[hold].parts[part].open();
            let take = if !self.lots[to].applies(&self.holds[hold].facts) {
                0
            } else if self.lots[to].terms.unlimited {
                open
            } else {
                open.min(self.lots[to].free())
            };
            if take > 0 {
                self.move_part(hold, part, to, take);
                moved += take;
            }
            stranded += open - take;
        }
        if stranded > 0 && deadline.is_none() {
            return Err(Refused::Short);
        }
        self.over_limit_until = deadline.filter(|_| stranded > 0);
        self.reseat();
        Ok(Done { moved, ..Done::default() })
    }

    /// Stops new spending; time stands still too where the plan says so.
    pub fn freeze(&mut self, time_paused: bool) -> Result<Done, Refused> {
        if self.state != State::Open {
            return Err(Refused::Frozen);
        }
        self.post(Kind::Freeze, None, None, i64::from(time_paused));
        self.state = State::Frozen { since: self.moment.now, time_paused };
        Ok(Done::default())
    }

    /// Lets spending in again; lots get back the time that stood still.
    pub fn unfreeze(&mut self) -> Result<Done, Refused> {
        let State::Frozen { since, time_paused } = self.state else { return Err(Refused::NotFrozen) };
        let now = self.moment.now;
        for place in 0..self.lots.len() {
            let lot = &mut self.lots[place];
            let span = now - since.max(lot.created_at);
            let Some(ends) = lot.terms.expires_at else { continue };
            if !time_paused || span <= 0 || lot.ended.is_some() {
                continue;
            }
            lot.terms.expires_at = Some(ends + span);
            if let Some(rollover) = &mut lot.terms.rollover {
                rollover.expires_at = rollover.expires_at.map(|at| at + span);
            }
            self.post(Kind::Extend, Some(place), None, span);
        }
        self.post(Kind::Unfreeze, None, None, 0);
        self.state = State::Open;
        let key = self.moment.key.clone();
        self.settle(&key, now);
        Ok(Done::default())
    }

    fn check_alive(&self, place: usize) -> Result<(), Refused> {
        if self.lots[place].ended.is_some() { Err(Refused::LotEnded) } else { Ok(()) }
    }

    /// The position of a lot that is known to exist.
    pub fn place_of_lot(&self, seq: i64) -> usize {
        self.lots.partition_point(|lot| lot.seq < seq)
    }
}
