//! What whoever has something open is told: that it changed, never what it says now.

use kernel::id::Id;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use crate::sql;
use crate::tx::Scope;

/// That a thing changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// What happened to what, `ticket.changed`.
    pub what: &'static str,
    /// The thing, as it is known in addresses.
    pub subject: String,
    /// Who may hear of it.
    pub hearers: Hearers,
}

/// Who may hear that a thing changed, of those who may see such things at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearers {
    /// One person.
    Person(Uuid),
    /// Staff, and the users of a customer.
    Customer(Uuid),
    /// Staff alone.
    Staff,
}

/// Writes down what changed. The row that counts is locked until the end of the transaction, so the numbers of an
/// organization become visible in their order: whoever has seen one misses none before it. For that reason this is the last
/// statement before the commit.
pub(crate) const WRITE: &str = sql!(
    "with counted as (
         insert into live_counts (organization_id, last) values ($1, $2)
         on conflict (organization_id) do update set last = live_counts.last + $2
         returning last
     )
     insert into live_changes (organization_id, number, at, what, subject, heard_by_customer, heard_by_user, for_staff)
     select $1, counted.last - $2 + c.place, $3, c.what, c.subject, c.customer, c.person, c.for_staff
     from counted, unnest($4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::boolean[])
         with ordinality as c (what, subject, customer, person, for_staff, place)"
);

pub(crate) async fn write(
    client: &Client,
    statement: &Statement,
    scope: &Scope,
    all: &[Live],
) -> Result<u64, tokio_postgres::Error> {
    let all: Vec<&Live> =
        all.iter().enumerate().filter(|(at, live)| !all[..*at].contains(live)).map(|(_, live)| live).collect();
    let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let what: Vec<&str> = all.iter().map(|live| live.what).collect();
    let subjects: Vec<&str> = all.iter().map(|live| live.subject.as_str()).collect();
    let customers: Vec<Option<Uuid>> = all.iter().map(|live| live.hearers.customer()).collect();
    let users: Vec<Option<Uuid>> = all.iter().map(|live| live.hearers.person()).collect();
    let for_staff: Vec<bool> = all.iter().map(|live| live.hearers.person().is_none()).collect();
    let params: &[&(dyn ToSql + Sync)] =
        &[scope.organization.as_uuid(), &count, &scope.now, &what, &subjects, &customers, &users, &for_staff];
    client.execute(statement, params).await
}

impl Hearers {
    const fn customer(self) -> Option<Uuid> {
        match self {
            Self::Customer(customer) => Some(customer),
            Self::Person(_) | Self::Staff => None,
        }
    }

    const fn person(self) -> Option<Uuid> {
        match self {
            Self::Person(user) => Some(user),
            Self::Customer(_) | Self::Staff => None,
        }
    }
}
