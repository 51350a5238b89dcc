//! Customers of the cast: with a user for the portal and hours to spend.

use kernel::id::{CustomerId, OrganizationId};
use kernel::text::Name;
use kernel::{Actor as Who, Email, Quantity, Role};
use retainer::customers;
use retainer::ledger::{Amount, Grant, Key, Owner, Source, SourceKind, Terms, grant};
use retainer::people::{AddMember, add_member, password};
use runtime::tx::Access;

use crate::{PASSWORD, TestApp};

impl TestApp {
    /// A customer of an organization, whose portal user has the same name and address.
    ///
    /// # Panics
    /// When they cannot be added.
    pub async fn customer(&self, organization: OrganizationId, name: &str, email: &str) -> CustomerId {
        let hashed = password::hash(PASSWORD.parse().expect("a password")).await.expect("a hash");
        let (name, email) = (name.parse::<Name>().expect("a name"), email.parse::<Email>().expect("an address"));
        let tx = self.server.app.begin(organization, Who::system("test"), Access::Write).await.expect("a transaction");
        let input = customers::Add { name: name.clone(), email: Some(email.clone()), notes: None, tags: Vec::new() };
        let customer = customers::add(&tx, input).await.expect("a customer");
        let input = AddMember { email, name, role: Role::Customer, customer: Some(customer), password: Some(hashed) };
        add_member(&tx, input).await.expect("a portal user");
        tx.commit().await.expect("a commit");
        customer
    }

    /// Gives a customer hours, once for each `reference`.
    ///
    /// # Panics
    /// When they cannot be granted.
    pub async fn grant_hours(&self, organization: OrganizationId, customer: CustomerId, hours: i64, reference: &str) {
        let tx = self.server.app.begin(organization, Who::system("test"), Access::Write).await.expect("a transaction");
        let source = Source { kind: SourceKind::TopUp, reference: reference.to_owned() };
        let input = Grant {
            owner: Owner::Customer(customer),
            terms: Terms::new(Amount::Limited(Quantity::hours(hours)), source),
            key: Key::new(format!("test:{reference}")),
        };
        grant(&tx, input).await.expect("a grant");
        tx.commit().await.expect("a commit");
    }
}
