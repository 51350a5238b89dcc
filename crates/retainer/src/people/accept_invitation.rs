//! Accepting an invitation: with a new password, or as somebody who has an account and proves it.

use kernel::id::{CustomerId, Id, InvitationId};
use kernel::text::Name;
use kernel::{Actor, ActorKind, Email, Role};
use runtime::secret::hash;
use runtime::tx::Access;
use runtime::{Columns, Error, Tx, sql};

use super::known::{self, Known, Place, Presented, check_password};
use super::links::{self, LinkPurpose, LinkRefused};
use super::password::{self, Password, PasswordError, Verdict};
use super::sign_in::{Opening, SignInRefused, SignedIn, open_session};
use super::verify_email::{LinkUsed, ask_to_verify, count};
use super::{AddMember, add_member, limit, second_factor};
use crate::{App, organizations};

/// Somebody who says yes.
#[derive(Debug, Clone)]
pub struct Accept {
    /// Their name; an existing user keeps theirs.
    pub name: Option<Name>,
    /// The password that a new user chooses, or that of an existing user.
    pub password: String,
    /// The code of an existing user who has set that up.
    pub code: Option<String>,
    /// The session that is opened for them.
    pub opening: Opening,
}

/// What the person who holds the link is told.
#[derive(Debug, Clone)]
pub struct Offer {
    invitation: InvitationId,
    /// The invited address.
    pub email: Email,
    /// The name that the inviter gave.
    pub name: Option<String>,
    /// What they shall be.
    pub role: Role,
    customer: Option<CustomerId>,
    known: Option<Known>,
}

impl Offer {
    /// Whether the address has an account already, so that its password is asked for.
    pub const fn has_account(&self) -> bool {
        self.known.is_some()
    }

    /// Whether that account asks for a code.
    pub fn needs_code(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.needs_code)
    }
}

runtime::refusals! {
    /// Why an invitation is not accepted.
    pub enum AcceptRefused {
        /// The account's password is another.
        WrongPassword => Invalid, "invitation.wrong_password", "There is an account with this address, and this is not its password.", at "/password";
        /// The new password cannot be one.
        BadPassword { why: PasswordError } => Invalid, "invitation.bad_password", "The password {why}.", at "/password";
        /// A new user needs a name.
        NoName => Invalid, "invitation.no_name", "Say what your name is.", at "/name";
    }
}

/// What a link offers.
///
/// # Errors
/// [`LinkRefused`], [`super::LimitRefused`], or a fault.
pub async fn look_at_invitation(app: &App, used: &LinkUsed) -> Result<Offer, Error> {
    limit::check(app, &limit::bad_tokens(used.address)).await?;
    let tx = app.begin(used.organization, Actor::anonymous(used.address), Access::Read).await?;
    match look(&tx, &used.token).await {
        Ok(offer) => Ok(offer),
        Err(error) => {
            drop(tx);
            count(app, used, error).await
        }
    }
}

async fn look(tx: &Tx, token: &str) -> Result<Offer, Error> {
    organizations::find::own(tx).await?.require_open()?;
    let row = tx
        .optional(
            sql!(
                "select id, email, name, role, customer_id from invitations
                 where organization_id = $1 and token_hash = $2 and accepted_at is null and revoked_at is null
                   and expires_at > $3"
            ),
            &[tx.org(), &hash(token), &tx.now()],
        )
        .await?
        .ok_or(LinkRefused::Useless)?;
    let email: Email = row.word("email")?;
    Ok(Offer {
        invitation: row.id("id"),
        known: known::anywhere(tx, &email).await?,
        email,
        name: row.get("name"),
        role: row.word("role")?,
        customer: row.id_or_none("customer_id"),
    })
}

/// Makes the invited person a member and signs them in. The commit is left to the door.
///
/// # Errors
/// [`AcceptRefused`], [`LinkRefused`], [`SignInRefused`] for the code, [`super::LimitRefused`], or a fault.
pub async fn accept_invitation(app: &App, used: &LinkUsed, input: Accept) -> Result<(Tx, SignedIn), Error> {
    let offer = look_at_invitation(app, used).await?;
    let member = prove(app, used, &offer, &input).await?;
    let name = format!("{}, invited", offer.email);
    let actor = Actor { kind: ActorKind::System, name, address: used.address };
    if offer.needs_code() {
        // Taken before the code is looked at, or codes sent all at once would not be limited.
        limit::take(app, &limit::failures(&offer.email, used.address)).await?;
    }
    let tx = app.begin(used.organization, actor, Access::Write).await?;
    let signed_in = join(&tx, app, (&offer, member), &input).await?;
    Ok((tx, signed_in))
}

/// Checks the password of an existing user, or takes that of a new one.
async fn prove(app: &App, used: &LinkUsed, offer: &Offer, input: &Accept) -> Result<AddMember, Error> {
    let (name, password) = match &offer.known {
        Some(known) => {
            let presented =
                Presented { email: offer.email.clone(), password: input.password.clone(), address: used.address };
            if check_password(app, &presented, known.hash.clone()).await? == Verdict::Wrong {
                return Err(AcceptRefused::WrongPassword.into());
            }
            (known.name.parse().map_err(|_| AcceptRefused::NoName)?, None)
        }
        None => {
            let chosen = input.password.parse::<Password>().map_err(|why| AcceptRefused::BadPassword { why })?;
            let given = offer.name.as_deref().and_then(|name| name.parse().ok());
            let name = input.name.clone().or(given).ok_or(AcceptRefused::NoName)?;
            (name, Some(password::hash(chosen).await?))
        }
    };
    Ok(AddMember { email: offer.email.clone(), name, role: offer.role, customer: offer.customer, password })
}

async fn join(tx: &Tx, app: &App, (offer, member): (&Offer, AddMember), input: &Accept) -> Result<SignedIn, Error> {
    let taken = tx
        .execute(
            sql!(
                "update invitations set accepted_at = $3
                 where organization_id = $1 and id = $2 and accepted_at is null and revoked_at is null and expires_at > $3"
            ),
            &[tx.org(), offer.invitation.as_uuid(), &tx.now()],
        )
        .await?;
    if taken == 0 {
        return Err(LinkRefused::Useless.into());
    }
    let (name, email) = (member.name.to_string(), member.email.clone());
    let added = add_member(tx, member).await?;
    // An account that came to be since the link was looked at has not been proved.
    if added.new_user == offer.has_account() {
        return Err(LinkRefused::Useless.into());
    }
    tx.see_user(added.user).await?;
    if offer.needs_code() {
        let code = input.code.as_deref().ok_or(SignInRefused::CodeNeeded)?;
        if !second_factor::accept(tx, &app.key, added.user, code).await? {
            return Err(SignInRefused::CodeWrong.into());
        }
    }
    if added.new_user {
        // The link proves nothing: whoever invited could read it.
        ask_to_verify(tx, app, added.user, &email).await?;
    } else {
        // Where they belonged before, an owner may have read a link that would now reach further.
        links::spoil(tx, added.user, LinkPurpose::ResetPassword).await?;
    }
    let known = Known { user: added.user, name, email, hash: None, needs_code: false };
    let place = Place { membership: added.membership, role: offer.role, customer: offer.customer };
    open_session(tx, (&known, place), &input.opening).await
}
