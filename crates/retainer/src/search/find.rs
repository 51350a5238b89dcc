//! Looking in everything that somebody may read.

use kernel::Permission;
use kernel::id::CustomerId;
use kernel::text::Title;
use runtime::http::Paging;
use runtime::{Error, Tx};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::customers::{self, Customer};
use crate::invoices::{self, Invoice};
use crate::tickets::sought::Sought;
use crate::tickets::understood::{Understood, understand};
use crate::tickets::{self, Ticket};

/// What was found, the newest of each kind first.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Tickets.
    pub tickets: Vec<Ticket>,
    /// Customers.
    pub customers: Vec<Customer>,
    /// Invoices, by their number.
    pub invoices: Vec<Invoice>,
    /// What was not understood, or names nobody, each as a sentence.
    pub misread: Vec<String>,
}

/// Finds what the actor may read; at most `most` of each kind.
///
/// # Errors
/// A fault.
pub async fn search(tx: &Tx, asked: &Sought, most: u16) -> Result<Found, Error> {
    let mut found = Found::default();
    if asked.is_empty() {
        found.misread.clone_from(&asked.misread);
        return Ok(found);
    }
    let some = Paging { after: None, limit: Some(most) };
    let Understood { wanted, called, misread, is_in_vain } = understand(tx, asked).await?;
    found.misread = misread;
    // Without what was not understood it would find everything.
    if is_in_vain {
        return Ok(found);
    }
    let text = wanted.text.clone();
    let only_tickets = asked.is_of_tickets();
    let tickets = async {
        match tx.require(Permission::TicketsRead) {
            Ok(()) => Ok(tickets::find::list(tx, &wanted, some).await?.items),
            Err(_) => Ok(Vec::new()),
        }
    };
    let customers = customers_called(tx, text.clone().filter(|_| !only_tickets), some);
    let invoices = async {
        match &text {
            Some(text) if !only_tickets && invoices::find::may_read(tx) => {
                let wanted = invoices::find::Wanted { number: Some(text), paging: some, ..Default::default() };
                Ok(invoices::find::list(tx, wanted).await?.items)
            }
            _ => Ok(Vec::new()),
        }
    };
    (found.tickets, found.customers, found.invoices) = tokio::try_join!(tickets, customers, invoices)?;
    begun_first(&mut found.customers, &asked.words);
    found.misread.extend(unfit(called.as_ref(), text.as_ref(), &found.tickets));
    if !only_tickets {
        also_meant(tx, asked.running(), &mut found, most).await?;
    }
    Ok(found)
}

/// Whoever says a customer's name looks for what is theirs as well; whoever says `0625` or `#0625` means that ticket.
async fn also_meant(tx: &Tx, running: Option<u32>, found: &mut Found, most: u16) -> Result<(), Error> {
    let customers: Vec<CustomerId> = found.customers.iter().take(CLOSEST).map(|customer| customer.id).collect();
    if customers.is_empty() && running.is_none() {
        return Ok(());
    }
    let tickets = async {
        match tx.require(Permission::TicketsRead) {
            Ok(()) => tickets::listing::meant(tx, &customers, running, most).await,
            Err(_) => Ok(Vec::new()),
        }
    };
    let invoices = async {
        if customers.is_empty() || !invoices::find::may_read(tx) {
            return Ok(Vec::new());
        }
        invoices::find::of_customers(tx, &customers, most).await
    };
    let (tickets, invoices) = tokio::try_join!(tickets, invoices)?;
    let most = usize::from(most);
    // What was asked for by its number stands first, what only belongs to a customer stands last.
    let (exact, theirs): (Vec<_>, Vec<_>) =
        tickets.into_iter().partition(|ticket| running.is_some_and(|number| ends_with(ticket, number)));
    let known = std::mem::take(&mut found.tickets);
    for ticket in exact.into_iter().chain(known).chain(theirs) {
        if found.tickets.len() < most && found.tickets.iter().all(|other| other.id != ticket.id) {
            found.tickets.push(ticket);
        }
    }
    for invoice in invoices {
        if found.invoices.len() < most && found.invoices.iter().all(|other| other.id != invoice.id) {
            found.invoices.push(invoice);
        }
    }
    Ok(())
}

/// Whoever begins to type a name means who is called so.
fn begun_first(customers: &mut [Customer], words: &str) {
    let begun = folded(words);
    customers.sort_by_key(|customer| !folded(&customer.name).starts_with(&begun));
}

/// Which half of what was asked for did not fit, where a customer was named and nothing of theirs has the words.
fn unfit(called: Option<&Customer>, words: Option<&Title>, found: &[Ticket]) -> Option<String> {
    let (Customer { name, .. }, words) = called.zip(words).filter(|_| found.is_empty())?;
    Some(format!("{name} is a customer; none of their tickets has \"{words}\" in it."))
}

/// As people type it: without marks, and in small letters.
fn folded(text: &str) -> String {
    text.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).collect()
}

fn ends_with(ticket: &Ticket, running: u32) -> bool {
    ticket.id.as_str().rsplit('-').next().and_then(|part| part.parse().ok()) == Some(running)
}

/// What is of so many of the customers that fit, the newest first, is shown as well; of more it would only be noise.
const CLOSEST: usize = 3;

/// Living customers with a text in their name or address; none for whoever may not read customers.
async fn customers_called(tx: &Tx, search: Option<Title>, paging: Paging) -> Result<Vec<Customer>, Error> {
    if search.is_none() || tx.require(Permission::CustomersRead).is_err() {
        return Ok(Vec::new());
    }
    let wanted = customers::find::Wanted { search, paging, ..Default::default() };
    Ok(customers::find::list(tx, &wanted).await?.items)
}
