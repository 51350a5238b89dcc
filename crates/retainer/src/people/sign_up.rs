//! A stranger becomes a customer with a user.

use kernel::id::{CustomerId, OrganizationId, UserId};
use kernel::text::Name;
use kernel::{Actor, ActorKind, Email, Role};
use runtime::tx::Access;
use runtime::{Error, Tx};

use super::known::{self, Presented, check_password};
use super::password::{self, Hashed, Password, Verdict};
use super::verify_email::ask_to_verify;
use super::{AddMember, add_member, limit};
use crate::customers;
use crate::organizations::SignUpMode;
use crate::{App, organizations};

/// Somebody who wants to be a customer.
#[derive(Debug, Clone)]
pub struct SignUp {
    /// Of whom.
    pub organization: OrganizationId,
    /// Their name.
    pub name: Name,
    /// Their address.
    pub email: Email,
    /// The password they chose; that of their account, if they have one at another organization.
    pub password: Password,
    /// Where they are.
    pub address: Option<std::net::IpAddr>,
}

/// Who they are now.
#[derive(Debug, Clone, Copy, serde::Serialize, utoipa::ToSchema)]
pub struct SignedUp {
    /// The user.
    pub user: UserId,
    /// The customer.
    pub customer: CustomerId,
}

runtime::refusals! {
    /// Why somebody is not signed up.
    pub enum SignUpRefused {
        /// The organization takes customers by invitation only.
        Closed => Forbidden, "sign_up.closed", "This organization takes customers by invitation only. Ask it for one.";
        /// The address is known here, or belongs to an account with another password.
        Taken => Conflict, "sign_up.taken", "This address is known already. Sign in, ask for a new password, or ask the organization for an invitation.", at "/email";
    }
}

/// Makes a customer with a user and sends the mail that confirms the address. Somebody who has an account at another
/// organization proves it with its password and keeps it. A customer that staff have entered is never handed to whoever
/// types its address: that takes an invitation. The commit is left to the door.
///
/// # Errors
/// [`SignUpRefused`], [`super::LimitRefused`], or a fault.
pub async fn sign_up(app: &App, input: SignUp) -> Result<(Tx, SignedUp), Error> {
    limit::take(app, &limit::sign_ups(input.address)).await?;
    let tx = app.begin(input.organization, Actor::anonymous(input.address), Access::Read).await?;
    let own = organizations::find::own(&tx).await?;
    own.require_open()?;
    if own.sign_up == SignUpMode::Invitation {
        return Err(SignUpRefused::Closed.into());
    }
    let existing = known::anywhere(&tx, &input.email).await?;
    drop(tx);
    let password = match existing {
        None => Some(password::hash(input.password.clone()).await?),
        Some(known) => {
            prove(app, &input, known.hash.filter(|_| !known.needs_code)).await?;
            None
        }
    };
    let actor = Actor { kind: ActorKind::System, name: format!("{}, signing up", input.email), address: input.address };
    let tx = app.begin(input.organization, actor, Access::Write).await?;
    let signed_up = add(&tx, &input, password).await?;
    ask_to_verify(&tx, app, signed_up.user, &input.email).await?;
    Ok((tx, signed_up))
}

async fn prove(app: &App, input: &SignUp, stored: Option<Hashed>) -> Result<(), Error> {
    let password = input.password.reveal().to_owned();
    let presented = Presented { email: input.email.clone(), password, address: input.address };
    match check_password(app, &presented, stored).await? {
        Verdict::Wrong => Err(SignUpRefused::Taken.into()),
        _ => Ok(()),
    }
}

async fn add(tx: &Tx, input: &SignUp, password: Option<Hashed>) -> Result<SignedUp, Error> {
    let is_new = password.is_some();
    let customer =
        customers::Add { name: input.name.clone(), email: Some(input.email.clone()), notes: None, tags: Vec::new() };
    let customer = customers::add(tx, customer).await.map_err(taken)?;
    let member = AddMember {
        email: input.email.clone(),
        name: input.name.clone(),
        role: Role::Customer,
        customer: Some(customer),
        password,
    };
    let added = add_member(tx, member).await.map_err(taken)?;
    // An account that came to be since it was looked for has not been proved.
    if added.new_user != is_new {
        return Err(SignUpRefused::Taken.into());
    }
    Ok(SignedUp { user: added.user, customer })
}

/// That the address is a customer's or a member's already is said in one sentence for both.
fn taken(error: Error) -> Error {
    match error.code() {
        Some("customer.email_taken" | "people.already_member") => SignUpRefused::Taken.into(),
        _ => error,
    }
}
