//! Money in the sample: plans are bought, periods paid, hours topped up.

use std::collections::HashMap;

use kernel::Quantity;
use kernel::id::{InvoiceId, PlanId};
use kernel::text::{Reason, Title};
use runtime::Error;
use runtime::http::Paging;

use super::story::Act;
use super::teller::{DAY, HOUR, Teller, text};
use crate::billing::{self, GiveBack, PaidFor, Pay, Payment, TopUp};
use crate::invoices::{self, Invoice, InvoiceStage, InvoiceState};
use crate::organizations;
use crate::plans;
use crate::subscriptions::{self, CancelAt, Start};

/// What the shop sells, by name.
#[derive(Debug, Default)]
pub(super) struct Shelf(HashMap<String, PlanId>);

impl Shelf {
    fn plan(&self, name: &str) -> Result<PlanId, Error> {
        self.0.get(name).copied().ok_or_else(|| Error::internal(format!("the sample's shelf has no {name}")))
    }
}

impl Teller<Act> {
    /// Puts the four plans on the shelf.
    pub(super) async fn fill_shelf(&mut self) -> Result<(), Error> {
        let tx = self.begin(&self.staff[0]).await?;
        for plan in plans::preset_consulting(&tx).await? {
            let plan = plans::find::get(&tx, plan).await?;
            self.shelf.0.insert(plan.name.to_string(), plan.id);
        }
        tx.commit().await
    }

    /// Says on invoices how customers pay.
    pub(super) async fn say_how_to_pay(&mut self) -> Result<(), Error> {
        let how = text("By transfer to First Invented Bank, account 1234 5678, naming the number of the invoice.")?;
        let change = organizations::Change { payment_instructions: Some(Some(how)), ..Default::default() };
        let tx = self.begin(&self.staff[0]).await?;
        organizations::change(&tx, change, None).await?;
        tx.commit().await
    }

    /// A customer takes their plan.
    pub(super) async fn subscribe(&mut self, patron: usize) -> Result<(), Error> {
        let plan = self.shelf.plan(self.patrons[patron].plan)?;
        let customer = self.patrons[patron].customer;
        let tx = self.begin(&self.office_hand()).await?;
        let started = subscriptions::start(&tx, Start { customer, plan }).await?;
        tx.commit().await?;
        self.patrons[patron].subscription = Some(started.subscription);
        if let Some(invoice) = started.invoice {
            self.known_invoices.insert(invoice);
            let at = self.now() + self.dice.between(HOUR / 4, 6 * HOUR);
            self.plan(at, Act::Pay(invoice));
        }
        Ok(())
    }

    /// Whoever got an invoice pays it after a while; a few forget it for a month.
    pub(super) async fn expect_payments(&mut self) -> Result<(), Error> {
        let tx = self.begin(&self.office_hand()).await?;
        let paging = Paging { after: None, limit: Some(100) };
        let wanted = invoices::find::Wanted { state: Some(InvoiceStage::Open), paging, ..Default::default() };
        let open = invoices::find::list(&tx, wanted).await?;
        drop(tx);
        for invoice in open.items {
            if !self.known_invoices.insert(invoice.id) {
                continue;
            }
            // Of the last weeks' bills some are overdue at the present day; daily plans would stand still at once.
            let chance = if self.remaining() < 33 * DAY && !self.pays_daily(&invoice) { 150 } else { 12 };
            let is_forgotten = self.dice.happens(chance);
            let at = self.now() + if is_forgotten { 33 * DAY } else { self.patience(&invoice) };
            self.plan(at, Act::Pay(invoice.id));
        }
        Ok(())
    }

    fn pays_daily(&self, invoice: &Invoice) -> bool {
        self.patrons.iter().any(|patron| patron.customer == invoice.customer && patron.plan == "Daily")
    }

    /// How long the payer takes.
    fn patience(&mut self, invoice: &Invoice) -> i64 {
        if self.pays_daily(invoice) { self.dice.between(HOUR, 5 * HOUR) } else { self.dice.between(4 * HOUR, 5 * DAY) }
    }

    /// The money is there.
    pub(super) async fn pay(&mut self, invoice: InvoiceId) -> Result<(), Error> {
        let tx = self.begin(&self.office_hand()).await?;
        let invoice = invoices::find::get(&tx, invoice).await?;
        if invoice.state != InvoiceState::Open {
            return Ok(());
        }
        let reference: Title = text(&format!("Bank transfer {:06}", self.dice.between(1, 999_999)))?;
        let paid = Pay {
            for_what: PaidFor::Invoice(invoice.id),
            amount: invoice.total,
            received_at: None,
            reference: Some(reference),
        };
        let payment = billing::pay(&tx, paid).await?;
        tx.commit().await?;
        if self.dice.happens(5) {
            let at = self.now() + self.dice.between(DAY, 4 * DAY);
            self.plan(at, Act::Refund(payment));
        }
        Ok(())
    }

    /// Hours are bought on top.
    pub(super) async fn top_up(&mut self, patron: usize) -> Result<(), Error> {
        let hours = if self.patrons[patron].plan == "Pro" { 20 } else { self.dice.between(1, 4) };
        let input = TopUp {
            customer: self.patrons[patron].customer,
            quantity: Quantity::hours(hours),
            price: None,
            expires_at: None,
            payment: Payment::Now,
        };
        let tx = self.begin(&self.office_hand()).await?;
        match billing::sell_top_up(&tx, input).await {
            Ok(_) => tx.commit().await,
            // Without a living plan there is no price to take; they let it be.
            Err(Error::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A part of a payment goes back.
    pub(super) async fn refund(&mut self, payment: kernel::id::PaymentId) -> Result<(), Error> {
        let reason: Reason = text("We were closed for two days of this period; agreed by telephone.")?;
        let tx = self.begin(&self.staff[0]).await?;
        let amount = Some(kernel::Money::new(25_00, kernel::Currency::USD));
        billing::refund(&tx, GiveBack { payment, amount, reason, seen_left: None }).await?;
        tx.commit().await
    }

    /// A customer leaves at the end of what they paid.
    pub(super) async fn leave(&mut self, patron: usize) -> Result<(), Error> {
        let Some(subscription) = self.patrons[patron].subscription else { return Ok(()) };
        let reason: Reason = text("The project is finished. They were content and may come back.")?;
        let tx = self.begin(&self.office_hand()).await?;
        match subscriptions::cancel(&tx, subscription, CancelAt::PeriodEnd, Some(reason)).await {
            // It has ended meanwhile.
            Err(Error::Refused(_)) => return Ok(()),
            done => drop(done?),
        }
        tx.commit().await?;
        self.patrons[patron].is_active = false;
        Ok(())
    }

    /// A customer takes a break, and comes back.
    pub(super) async fn rest(&mut self, patron: usize) -> Result<(), Error> {
        let Some(subscription) = self.patrons[patron].subscription else { return Ok(()) };
        let tx = self.begin(&self.office_hand()).await?;
        let (reason, goes): (Reason, bool) = (text("Company holidays.")?, self.patrons[patron].is_active);
        let done = if goes {
            subscriptions::pause(&tx, subscription, Some(reason)).await
        } else {
            subscriptions::resume(&tx, subscription).await
        };
        match done {
            // Whoever is late with a payment takes no break.
            Err(Error::Refused(_)) => return Ok(()),
            done => drop(done?),
        }
        if goes {
            let at = self.now() + 16 * DAY;
            self.plan(at, Act::Rest(patron));
        }
        tx.commit().await?;
        self.patrons[patron].is_active = !self.patrons[patron].is_active;
        Ok(())
    }
}
