//! What time does to an account, and what becomes of units whose lot has ended.

use super::account::{
    Account, Ended, Hold, HoldState, Kind, Lot, Micros, Moment, Part, Rollover, Source, State, Terms,
};

/// Two weeks, for whoever has more seats in use than paid.
const OVER_LIMIT_SPAN: Micros = 336 * 3600 * 1_000_000;
const HOUR: Micros = 3_600_000_000;

/// Why units come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GiveBack {
    /// The business failed the customer, not the other way round.
    pub vendor_fault: bool,
    /// The units had been captured.
    pub captured: bool,
    /// How long units live on whose lot has ended.
    pub grace_days: i64,
}

impl GiveBack {
    /// Held units that come back through nobody's fault.
    pub const NOBODY: Self = Self { vendor_fault: false, captured: false, grace_days: 30 };
}

impl Account {
    /// Begins an operation: applies everything that is due, in the order of the events' own times.
    pub fn settle(&mut self, key: &str, now: Micros) {
        self.moment = Moment { key: key.to_owned(), at: now, now };
        while let Some((at, rank, place)) = self.next_due(now) {
            self.moment.at = at;
            match rank {
                1 => self.release_parts(place, None, Kind::Timeout, GiveBack::NOBODY),
                2 => self.expire_lot(place),
                _ => {
                    self.lots[place].activated = true;
                    self.post(Kind::Activate, Some(place), None, self.lots[place].remaining);
                    self.join(place);
                }
            }
            self.reseat();
        }
        self.moment.at = now;
    }

    fn next_due(&self, now: Micros) -> Option<(Micros, u8, usize)> {
        if matches!(self.state, State::Frozen { time_paused: true, .. }) {
            return None;
        }
        let holds = self.holds.iter().enumerate().filter(|(_, hold)| hold.state == HoldState::Open);
        let timeouts = holds.filter_map(|(place, hold)| hold.expires_at.map(|at| (at, 1, hold.seq, place)));
        let lots = self.lots.iter().enumerate().filter(|(_, lot)| lot.ended.is_none());
        let turns = lots.filter_map(|(place, lot)| {
            if lot.activated {
                lot.terms.expires_at.map(|at| (at, 2, lot.seq, place))
            } else {
                Some((lot.terms.effective_at, 3, lot.seq, place))
            }
        });
        timeouts.chain(turns).filter(|due| due.0 <= now).min().map(|(at, rank, _, place)| (at, rank, place))
    }

    /// Opens a lot and lets it pay what the account owes.
    pub fn open_lot(&mut self, terms: Terms, predecessor: Option<i64>) -> usize {
        let place = self.lots.len();
        let activated = terms.effective_at <= self.moment.at;
        let amount = terms.amount;
        let seq = self.last_seq + 1;
        let created_at = self.moment.now;
        let lot = Lot {
            seq,
            terms,
            remaining: 0,
            held: 0,
            consumed: 0,
            activated,
            ended: None,
            predecessor,
            series: None,
            created_at,
        };
        self.lots.push(lot);
        self.post(Kind::Grant, Some(place), None, amount);
        if activated {
            self.join(place);
        }
        place
    }

    fn join(&mut self, place: usize) {
        let lot = &self.lots[place];
        let moved = matches!(lot.terms.source, Source::CreditLine | Source::Rollover | Source::RefundGrace);
        if lot.terms.unlimited {
            self.unlimited = true;
        } else if !moved {
            let pays = self.debt.min(lot.remaining);
            if pays > 0 {
                self.post(Kind::RepayDebt, Some(place), None, pays);
            }
        }
    }

    /// Marks a lot as ended; what is unheld must be gone already.
    pub fn end_lot(&mut self, place: usize, ended: Ended) {
        self.lots[place].ended = Some(ended);
        self.unlimited = self.lots.iter().any(|lot| lot.terms.unlimited && lot.alive());
    }

    fn expire_lot(&mut self, place: usize) {
        match self.lots[place].terms.rollover {
            Some(rollover) => drop(self.roll(place, rollover)),
            None => {
                self.drop_free(place, Kind::Expire);
                self.end_lot(place, Ended::Expired);
            }
        }
    }

    /// Writes off what nobody holds of a lot.
    pub fn drop_free(&mut self, place: usize, kind: Kind) {
        let free = self.lots[place].free();
        if free > 0 {
            self.post(kind, Some(place), None, free);
        }
    }

    /// Rolls what is unheld up to the cap, writes off the rest.
    pub fn roll(&mut self, place: usize, rollover: Rollover) -> Option<usize> {
        let rolled = self.lots[place].free().min(rollover.cap);
        if rolled > 0 {
            self.post(Kind::RollOut, Some(place), None, rolled);
        }
        self.drop_free(place, Kind::Expire);
        self.end_lot(place, Ended::Rolled);
        if rolled == 0 {
            return None;
        }
        let old = &self.lots[place];
        let seq = old.seq;
        let terms = Terms {
            source: Source::Rollover,
            source_ref: format!("rollover/lot:{seq}"),
            amount: rolled,
            priority: (old.terms.priority - 5).max(0),
            effective_at: self.moment.at,
            expires_at: rollover.expires_at,
            rollover: None,
            ..old.terms.clone()
        };
        Some(self.open_lot(terms, Some(seq)))
    }

    /// Gives back what a hold still has, latest allocation first.
    pub fn release_parts(&mut self, hold: usize, amount: Option<i64>, kind: Kind, why: GiveBack) {
        let mut rest = amount.unwrap_or_else(|| self.holds[hold].open());
        self.holds[hold].released += rest;
        if self.holds[hold].open() == 0 {
            self.holds[hold].state = match kind {
                Kind::Timeout => HoldState::Expired,
                _ if self.holds[hold].captured > 0 => HoldState::Captured,
                _ => HoldState::Released,
            };
        }
        for part in (0..self.holds[hold].parts.len()).rev() {
            let take = rest.min(self.holds[hold].parts[part].open());
            if take == 0 {
                continue;
            }
            rest -= take;
            let lot = self.place_of_lot(self.holds[hold].parts[part].lot);
            self.post(kind, Some(lot), Some(hold), take);
            self.holds[hold].parts[part].released += take;
            self.give_back(hold, lot, take, why);
        }
    }

    /// Units came back to a lot; if it has ended they may not stay there.
    pub fn give_back(&mut self, hold: usize, place: usize, quantity: i64, why: GiveBack) {
        let lot = &self.lots[place];
        let (Some(ended), false) = (lot.ended, lot.terms.unlimited) else { return };
        let credit = lot.terms.source == Source::CreditLine;
        let mut rest = quantity;
        if why.captured && matches!(ended, Ended::Voided | Ended::Carried) {
            let pays = self.debt.min(rest);
            if pays > 0 {
                self.post(Kind::RepayDebt, Some(place), None, pays);
                rest -= pays;
            }
        }
        if rest == 0 {
            return;
        }
        let grace = match ended {
            Ended::Upgraded => true,
            Ended::Expired | Ended::Rolled => why.vendor_fault && !credit,
            Ended::Voided | Ended::VoidedBilled | Ended::Carried | Ended::Billed => why.vendor_fault && why.captured,
            Ended::VoidedForgiven | Ended::Forgiven => false,
        };
        if grace {
            self.post(Kind::GraceOut, Some(place), None, rest);
            let old = &self.lots[place];
            let terms = Terms {
                source: Source::RefundGrace,
                source_ref: format!("refund_grace/{}:{}:{}", self.moment.key, old.seq, self.holds[hold].seq),
                amount: rest,
                effective_at: self.moment.at,
                expires_at: Some(self.moment.at + why.grace_days * 24 * HOUR),
                rollover: None,
                ..old.terms.clone()
            };
            let seq = old.seq;
            self.open_lot(terms, Some(seq));
        } else {
            let void = ended == Ended::VoidedForgiven || (ended.is_void() && !why.captured);
            self.post(if void { Kind::Void } else { Kind::Expire }, Some(place), None, rest);
        }
    }

    /// Seats renew by themselves: what is held of an ended lot moves to a living one, the longest-held first.
    pub fn reseat(&mut self) {
        if !self.seats {
            return;
        }
        let mut stranded = 0;
        for hold in 0..self.holds.len() {
            if self.holds[hold].state != HoldState::Open {
                continue;
            }
            for part in 0..self.holds[hold].parts.len() {
                let from = self.place_of_lot(self.holds[hold].parts[part].lot);
                if self.lots[from].ended.is_none() {
                    continue;
                }
                for to in self.burn_order(&self.holds[hold].facts) {
                    let open = self.holds[hold].parts[part].open();
                    let take = if self.lots[to].terms.unlimited { open } else { open.min(self.lots[to].free()) };
                    if take > 0 {
                        self.move_part(hold, part, to, take);
                    }
                }
                stranded += self.holds[hold].parts[part].open();
            }
        }
        self.over_limit_until =
            (stranded > 0).then(|| self.over_limit_until.unwrap_or(self.moment.at + OVER_LIMIT_SPAN));
    }

    /// Moves an open part of a hold to another lot.
    pub fn move_part(&mut self, hold: usize, part: usize, to: usize, quantity: i64) {
        let from = self.place_of_lot(self.holds[hold].parts[part].lot);
        self.post(Kind::RehomeOut, Some(from), Some(hold), quantity);
        self.post(Kind::RehomeIn, Some(to), Some(hold), quantity);
        self.holds[hold].parts[part].amount -= quantity;
        add_part(&mut self.holds[hold], self.lots[to].seq, quantity, 0);
        match self.lots[from].ended {
            Some(ended) if ended.is_void() => self.drop_free(from, Kind::Void),
            Some(_) => self.drop_free(from, Kind::Expire),
            None => {}
        }
    }
}

/// Adds to a hold's share of a lot.
pub fn add_part(hold: &mut Hold, lot: i64, amount: i64, captured: i64) {
    match hold.parts.iter_mut().find(|part| part.lot == lot) {
        Some(part) => {
            part.amount += amount;
            part.captured += captured;
        }
        None => hold.parts.push(Part { lot, amount, captured, released: 0, refunded: 0 }),
    }
}
