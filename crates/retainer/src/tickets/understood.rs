//! Understanding what somebody typed who looks for tickets: words, a running number, a customer's name, and what narrows down.
//! The list and the search understand the same.

use kernel::id::{CustomerId, MembershipId};
use kernel::text::Title;
use kernel::{ActorKind, Permission};
use runtime::http::Paging;
use runtime::{Error, Tx};

use super::Assigned;
use super::find::{Meant, Wanted};
use super::sought::Sought;
use crate::customers::{self, Customer};

/// What was understood.
#[derive(Debug, Clone, Default)]
pub struct Understood {
    /// The tickets that are wanted.
    pub wanted: Wanted,
    /// The customer that was named to narrow it down.
    pub called: Option<Customer>,
    /// What was not understood, or names nobody, each as a sentence.
    pub misread: Vec<String>,
    /// Whether what is left would find more than what was asked for.
    pub is_in_vain: bool,
}

/// What is of so many of the customers that fit, the newest first, is meant as well; of more it would only be noise.
const CLOSEST: u16 = 3;

/// Understands a line.
///
/// # Errors
/// A fault.
pub async fn understand(tx: &Tx, asked: &Sought) -> Result<Understood, Error> {
    let mut understood = Understood { misread: asked.misread.clone(), ..Understood::default() };
    let text: Option<Title> = match asked.words.as_str() {
        "" => None,
        words => match words.parse() {
            Ok(text) => Some(text),
            Err(error) => return Ok(understood.in_vain(format!("What is looked for {error}."))),
        },
    };
    if let Some(name) = &asked.customer {
        let Some(customer) = customers_called(tx, name.parse().ok(), 1).await?.pop() else {
            return Ok(understood.in_vain(format!("No customer is called \"{name}\".")));
        };
        understood.called = Some(customer);
    }
    understood.wanted = Wanted {
        status: asked.status,
        customer: understood.called.as_ref().map(|customer| customer.id),
        assignee: if asked.is_free {
            Some(Assigned::Nobody)
        } else if asked.mine {
            member(tx).map(Assigned::To)
        } else {
            None
        },
        tag: asked.tag.clone(),
        priority: asked.priority,
        text,
        meant: None,
    };
    Ok(understood)
}

impl Understood {
    fn in_vain(mut self, sentence: String) -> Self {
        self.misread.push(sentence);
        Self { is_in_vain: true, ..self }
    }
}

/// What a list is narrowed down to where its words are a line like that; what its filters say stands where the line does not
/// say otherwise. The sentences are what was not understood: then the words are looked for as they are.
///
/// # Errors
/// A fault.
pub async fn narrowed(tx: &Tx, filters: Wanted) -> Result<(Wanted, Vec<String>), Error> {
    let Some(line) = filters.text.as_ref().map(|text| Sought::read(text.as_str())) else {
        return Ok((filters, Vec::new()));
    };
    let Understood { wanted, misread, .. } = understand(tx, &line).await?;
    if !misread.is_empty() {
        return Ok((filters, misread));
    }
    let called =
        if line.is_of_tickets() { Vec::new() } else { customers_called(tx, wanted.text.clone(), CLOSEST).await? };
    let customers: Vec<CustomerId> = called.iter().map(|customer| customer.id).collect();
    let meant = wanted.text.as_ref().map(|_| Meant { running: line.running(), customers });
    let both = Wanted {
        status: wanted.status.or(filters.status),
        customer: wanted.customer.or(filters.customer),
        assignee: wanted.assignee.or(filters.assignee),
        tag: wanted.tag.or(filters.tag),
        priority: wanted.priority.or(filters.priority),
        text: wanted.text,
        meant,
    };
    Ok((both, Vec::new()))
}

fn member(tx: &Tx) -> Option<MembershipId> {
    match tx.actor().kind {
        ActorKind::User { membership, .. } => Some(membership),
        _ => None,
    }
}

/// Living customers with a text in their name or address; none for whoever may not read customers.
async fn customers_called(tx: &Tx, search: Option<Title>, most: u16) -> Result<Vec<Customer>, Error> {
    if search.is_none() || tx.require(Permission::CustomersRead).is_err() {
        return Ok(Vec::new());
    }
    let paging = Paging { after: None, limit: Some(most) };
    let wanted = customers::find::Wanted { search, paging, ..Default::default() };
    Ok(customers::find::list(tx, &wanted).await?.items)
}
