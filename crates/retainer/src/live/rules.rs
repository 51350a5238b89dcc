//! Who hears of what.

use kernel::id::{CustomerId, Id, InvoiceId, PaymentId, PlanId, SubscriptionId};
use kernel::{Actor, Permission};
use runtime::Change;
use runtime::live::{Hearers, Live};

use super::Told;

/// Whether somebody hears of a change: the same who would be shown the thing if they asked for it.
pub fn hears(actor: &Actor, told: &Told) -> bool {
    if told.user.is_some() {
        return told.user == actor.user();
    }
    let Some(permission) = needed(&told.what) else { return false };
    let is_theirs = actor.customer().is_none_or(|own| told.customer == Some(own));
    actor.may(permission) && is_theirs
}

/// What staff hear of a change in the audit trail. Of tickets and notifications the verbs tell themselves, because customers
/// hear of them too.
pub fn heard_of(change: &Change) -> Option<Live> {
    let (what, subject) = match change.subject_kind {
        "customer" => ("customer.changed", CustomerId::from_uuid(change.subject).to_string()),
        "invoice" => ("invoice.changed", InvoiceId::from_uuid(change.subject).to_string()),
        "payment" => ("payment.changed", PaymentId::from_uuid(change.subject).to_string()),
        "plan" => ("plan.changed", PlanId::from_uuid(change.subject).to_string()),
        "subscription" => ("subscription.changed", SubscriptionId::from_uuid(change.subject).to_string()),
        _ => return None,
    };
    Some(Live { what, subject, hearers: Hearers::Staff })
}

/// What one must be allowed to see to hear of a change; none for what nobody hears of.
fn needed(what: &str) -> Option<Permission> {
    match what.split_once('.')?.0 {
        "ticket" => Some(Permission::TicketsRead),
        "customer" => Some(Permission::CustomersRead),
        "plan" => Some(Permission::PlansRead),
        "invoice" | "payment" | "subscription" => Some(Permission::BillingRead),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::id::{MembershipId, UserId};
    use kernel::{ActorKind, Role};
    use uuid::Uuid;

    fn actor(user: u128, role: Role, customer: Option<u128>) -> Actor {
        let kind = ActorKind::User {
            user: UserId::from_uuid(Uuid::from_u128(user)),
            membership: MembershipId::from_uuid(Uuid::from_u128(user)),
            role,
            customer: customer.map(|id| CustomerId::from_uuid(Uuid::from_u128(id))),
        };
        Actor { kind, name: String::new(), address: None }
    }

    fn told(what: &str, customer: Option<u128>, user: Option<u128>) -> Told {
        Told {
            number: 1,
            what: what.to_owned(),
            subject: String::new(),
            customer: customer.map(|id| CustomerId::from_uuid(Uuid::from_u128(id))),
            user: user.map(|id| UserId::from_uuid(Uuid::from_u128(id))),
        }
    }

    #[test]
    fn a_customer_hears_of_their_own_tickets_and_of_nothing_internal() {
        let (staff, cleo) = (actor(1, Role::Member, None), actor(2, Role::Customer, Some(7)));
        let of = |customer| told("ticket.changed", customer, None);
        assert!(hears(&cleo, &of(Some(7))) && !hears(&cleo, &of(Some(8))) && !hears(&cleo, &of(None)));
        assert!(hears(&staff, &of(Some(7))) && hears(&staff, &of(None)));
        assert!(!hears(&Actor::anonymous(None), &of(None)) && !hears(&Actor::anonymous(None), &of(Some(7))));
    }

    #[test]
    fn what_is_one_persons_is_nobody_elses() {
        let (owner, cleo) = (actor(1, Role::Owner, None), actor(2, Role::Customer, Some(7)));
        let own = told("notifications.changed", None, Some(2));
        assert!(hears(&cleo, &own) && !hears(&owner, &own) && !hears(&Actor::anonymous(None), &own));
    }

    #[test]
    fn money_is_heard_of_by_staff_who_may_see_money() {
        let bill = told("invoice.changed", None, None);
        let (member, analyst) = (actor(1, Role::Member, None), actor(1, Role::Analyst, None));
        assert!(hears(&analyst, &bill) && !hears(&member, &bill) && !hears(&actor(2, Role::Customer, Some(7)), &bill));
        let plan = told("plan.changed", None, None);
        assert!(
            hears(&member, &plan) && !hears(&actor(2, Role::Customer, Some(7)), &plan),
            "the catalogue's work is staff's"
        );
    }

    #[test]
    fn nobody_hears_of_what_no_rule_speaks_of() {
        let owner = actor(1, Role::Owner, None);
        assert!(!hears(&owner, &told("secret.changed", None, None)) && !hears(&owner, &told("ticket", None, None)));
    }
}
