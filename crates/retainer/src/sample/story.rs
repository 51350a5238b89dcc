//! What happens in the sample's year.

use kernel::id::{InvoiceId, PaymentId};
use kernel::{Actor, Currency, Role};
use runtime::Error;

use super::cast::{BUYERS, STAFF};
use super::desk::{Case, Step};
use super::teller::{DAY, HOUR, Patron, Teller, Telling, actor, text};
use super::{Told, making};
use crate::organizations::{self, Zone};
use crate::people::{AddMember, add_member, confirm};
use crate::{App, customers, jobs, notifications, tickets};

/// Something that is going to happen.
#[derive(Debug)]
pub(super) enum Act {
    /// A day begins.
    Dawn,
    /// A customer comes, by its place in the cast.
    Arrive(usize),
    /// An invoice is paid.
    Pay(InvoiceId),
    /// Some of a payment goes back.
    Refund(PaymentId),
    /// A customer buys hours.
    TopUp(usize),
    /// A customer asks for something.
    Open(usize),
    /// A case goes on.
    Case(Case, Step),
    /// A customer leaves.
    Leave(usize),
    /// A customer takes a break, or comes back from it.
    Rest(usize),
    /// Two tickets turn out to be one.
    Merge,
    /// A member of staff reads what they were told.
    Read(usize),
    /// A customer's user does.
    ReadAsPatron(usize),
}

/// Tells the whole story, from where the clock stands to the present day.
pub(super) async fn tell(app: &App, telling: Telling, watch: &(dyn Fn(Told) + Sync)) -> Result<(), Error> {
    let (organization, end) = (telling.organization, telling.end);
    let mut teller = Teller::new(app, telling);
    teller.found().await?;
    teller.fill_shelf().await?;
    teller.say_how_to_pay().await?;
    teller.foresee_the_year(end.as_second());
    let days = teller.remaining() / DAY;
    while let Some(act) = teller.next() {
        watch(Told { day: days - teller.remaining() / DAY, days });
        teller.play(act).await?;
    }
    app.clock.set(end);
    jobs::tick_in(app, organization).await
}

impl Teller<Act> {
    async fn play(&mut self, act: Act) -> Result<(), Error> {
        match act {
            Act::Dawn => self.dawn().await,
            Act::Arrive(place) => self.arrive(place).await,
            Act::Pay(invoice) => self.pay(invoice).await,
            Act::Refund(payment) => self.refund(payment).await,
            Act::TopUp(patron) => self.top_up(patron).await,
            Act::Open(patron) => self.open_ticket(patron).await,
            Act::Case(case, step) => self.step(&case, step).await,
            Act::Leave(patron) => self.leave(patron).await,
            Act::Rest(patron) => self.rest(patron).await,
            Act::Merge => self.merge().await,
            Act::Read(member) => self.read(&self.staff[member].clone()).await,
            Act::ReadAsPatron(patron) => self.read(&self.patrons[patron].user.clone()).await,
        }
    }

    /// The organization with its staff.
    async fn found(&mut self) -> Result<(), Error> {
        let tx = self.begin(&Actor::system("sample")).await?;
        let zone: Zone = text("America/New_York")?;
        let input = organizations::Create {
            slug: text(&self.telling.slug)?,
            name: text(self.telling.name())?,
            zone,
            currency: Currency::USD,
            is_sample: true,
        };
        organizations::create(&tx, input).await?;
        making::begin(&tx, self.telling.making_ends_at).await?;
        for member in STAFF {
            let password = self.telling.password.clone();
            let (email, name) = (self.telling.address(member.email)?, text(member.name)?);
            let input = AddMember { email, name, role: member.role, customer: None, password };
            let added = add_member(&tx, input).await?;
            confirm(&tx, added.user).await?;
            self.staff.push(actor(&added, member.name, member.role, None));
        }
        tx.commit().await
    }

    /// What is certain from the beginning: days, and who comes and goes.
    fn foresee_the_year(&mut self, end: i64) {
        let begin = self.now();
        let days = (end - begin) / DAY;
        // Three days ago, which no weekend fills, they all read what they were told; what came since is new.
        for member in 0..STAFF.len() {
            self.plan(end - 3 * DAY, Act::Read(member));
        }
        for day in 0..=days {
            // Six in the morning in New York, more or less.
            self.plan((begin / DAY + day) * DAY + 11 * HOUR, Act::Dawn);
        }
        for (place, buyer) in BUYERS.iter().enumerate() {
            let place_in_year = i64::try_from(place).unwrap_or(0);
            let day = match buyer.plan {
                // They pay every day, so a few weeks of them are enough to see.
                "Daily" => days - self.dice.between(20, 45),
                _ => place_in_year * (days - 60) / 40,
            };
            let arrives = begin + day * DAY + self.dice.between(14 * HOUR, 21 * HOUR);
            self.plan(arrives, Act::Arrive(place));
        }
    }

    /// A customer comes, with somebody who uses the portal, and takes a plan.
    async fn arrive(&mut self, place: usize) -> Result<(), Error> {
        let buyer = &BUYERS[place];
        let tx = self.begin(&self.office_hand()).await?;
        let notes = format!("Came to us for the {} plan. Ask for {}.", buyer.plan, buyer.contact);
        let input = customers::Add {
            name: text(buyer.name)?,
            email: Some(self.telling.address(buyer.email)?),
            notes: Some(text(&notes)?),
            tags: vec![text(buyer.tag)?],
        };
        let customer = customers::add(&tx, input).await?;
        let user = AddMember {
            email: self.telling.address(buyer.email)?,
            name: text(buyer.contact)?,
            role: Role::Customer,
            customer: Some(customer),
            password: self.telling.password.clone(),
        };
        let added = add_member(&tx, user).await?;
        confirm(&tx, added.user).await?;
        tx.commit().await?;
        let user = actor(&added, buyer.contact, Role::Customer, Some(customer));
        self.patrons.push(Patron { customer, user, plan: buyer.plan, is_active: true, subscription: None });
        let patron = self.patrons.len() - 1;
        self.subscribe(patron).await?;
        self.plan(self.now() + self.remaining() - 3 * DAY, Act::ReadAsPatron(patron));
        let stays = self.now() + self.dice.between(70, 200) * DAY;
        match patron {
            5 | 11 | 17 | 23 => self.plan(stays, Act::Leave(patron)),
            8 | 14 => self.plan(stays, Act::Rest(patron)),
            // On holiday at the present day.
            20 => self.plan(self.now() + self.remaining() - 6 * DAY, Act::Rest(patron)),
            _ => {}
        }
        Ok(())
    }

    /// What the clock brings, who has to pay, and who will ask for something today.
    async fn dawn(&mut self) -> Result<(), Error> {
        jobs::tick_in(&self.app, self.telling.organization).await?;
        self.expect_payments().await?;
        // The first of January 1970 was a Thursday.
        if (self.now() / DAY + 3) % 7 >= 5 {
            return Ok(());
        }
        for patron in 0..self.patrons.len() {
            let chance = match self.patrons[patron].plan {
                "Pro" => 230,
                "Daily" => 120,
                "Standard" => 130,
                _ => 80,
            };
            // The desk of the present day is full.
            let chance = if self.remaining() < 5 * DAY { chance * 3 } else { chance };
            if self.patrons[patron].is_active && self.dice.happens(chance) {
                let at = self.office(0);
                self.plan(at, Act::Open(patron));
            }
        }
        for member in 0..self.staff.len() {
            if self.dice.happens(120) {
                let at = self.office(0);
                self.plan(at, Act::Read(member));
            }
        }
        if self.dice.happens(40) {
            let at = self.office(0);
            self.plan(at, Act::Merge);
        }
        Ok(())
    }

    /// A customer asks a second time for what is being worked on; staff make one ticket of the two.
    async fn merge(&mut self) -> Result<(), Error> {
        let tx = self.begin(&self.staff[2]).await?;
        let status = Some(tickets::Status::InProgress.into());
        let wanted = tickets::find::Wanted { status, ..tickets::find::Wanted::default() };
        let open = tickets::find::list(&tx, &wanted, runtime::http::Paging::default()).await?;
        drop(tx);
        let Some(first) = open.items.first() else { return Ok(()) };
        let asker = self.patrons.iter().find(|patron| patron.customer == first.customer);
        let Some(Patron { customer, user, .. }) = asker else { return Ok(()) };
        let asked = tickets::Open {
            customer: Some(*customer),
            title: text(&format!("Again: {}", first.title))?,
            details: Some(text("Did this reach you? I am not sure that it was sent.")?),
            priority: first.priority,
            hours: kernel::quantity::Hours::of_seconds(0),
            files: Vec::new(),
        };
        let tx = self.begin(user).await?;
        let second = tickets::open(&tx, asked).await?;
        tx.commit().await?;
        let tx = self.begin(&self.staff[2]).await?;
        tickets::merge(&tx, &tickets::Seen { number: second.id, version: None }, &first.id).await?;
        tx.commit().await
    }

    /// Somebody reads what they were told.
    async fn read(&self, reader: &Actor) -> Result<(), Error> {
        let tx = self.begin(reader).await?;
        notifications::read_all(&tx).await?;
        tx.commit().await
    }
}
