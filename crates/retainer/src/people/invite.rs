//! Inviting somebody, and calling it off.

use jiff::SignedDuration;
use kernel::id::{CustomerId, Id, InvitationId, OrganizationId};
use kernel::text::Name;
use kernel::{Actor, Email, Permission, Role};
use runtime::secret::Token;
use runtime::tx::Access;
use runtime::{Change, Columns, Error, OnConstraint, Tx, sql};

use super::AddMemberRefused;
use super::mails::{self, About};
use super::rules::may_give;
use crate::{App, customers, organizations};

/// How long an invitation is good.
pub(super) const LIFE: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Somebody who shall be asked to join.
#[derive(Debug, Clone)]
pub struct Invite {
    /// Their address.
    pub email: Email,
    /// Their name, if it is known.
    pub name: Option<Name>,
    /// What they shall be.
    pub role: Role,
    /// Whom they shall act for; given exactly for the role customer.
    pub customer: Option<CustomerId>,
}

runtime::refusals! {
    /// Why somebody is not invited.
    pub enum InviteRefused {
        /// They are invited already.
        AlreadyInvited { email: Email } => Conflict, "invitation.already_open", "{email} is invited already. Send the invitation again, or revoke it first.", at "/email";
        /// The role is above the inviter's own.
        TooHigh { role: Role } => Forbidden, "people.role_too_high", "Only an owner may make somebody {role}.", at "/role";
        /// A customer's user is invited from the customer.
        NoCustomer => Invalid, "invitation.no_customer", "Invite customers from the customer they act for.", at "/role";
        /// There is no such open invitation.
        NotFound => NotFound, "invitation.not_found", "There is no such open invitation.";
        /// The customer was put away.
        CustomerArchived => Conflict, "invitation.customer_archived", "This customer is archived. Bring it back first.";
        /// There is no such customer.
        UnknownCustomer => NotFound, "customer.not_found", "There is no such customer.";
    }
}

/// The permission that inviting to a role takes.
pub(super) const fn permission(role: Role) -> Permission {
    if matches!(role, Role::Customer) { Permission::CustomersWrite } else { Permission::PeopleWrite }
}

/// Invites somebody by mail.
///
/// # Errors
/// [`InviteRefused`], [`AddMemberRefused`], `permission.missing`, or a fault.
pub async fn invite(tx: &Tx, app: &App, input: Invite) -> Result<InvitationId, Error> {
    let (email, role) = (input.email.clone(), input.role);
    let (invitation, token) = write(tx, input).await?;
    mail(tx, app, (&email, role), &token).await?;
    Ok(invitation)
}

/// An invitation that the operator of the installation hands over.
#[derive(Debug, Clone, serde::Serialize)]
pub struct IssuedInvitation {
    /// Where it leads.
    pub organization: String,
    /// The link; whoever opens it joins.
    pub link: String,
    /// Until when it is good.
    pub expires_at: jiff::Timestamp,
    /// Whether an earlier link to the same address is no longer good.
    pub replaces: bool,
}

/// Invites somebody without a mail, for the operator of the installation: for an organization in which nobody is who could
/// do it. Whoever was invited already is invited anew, because a link that is lost cannot be shown again.
///
/// # Errors
/// As of [`invite`].
pub async fn issue_invitation(
    app: &App,
    organization: OrganizationId,
    input: Invite,
) -> Result<IssuedInvitation, Error> {
    let tx = app.begin(organization, Actor::system("retainer user invite"), Access::Write).await?;
    let own = organizations::find::own(&tx).await?;
    own.require_open()?;
    let open = open_to(&tx, &input.email).await?;
    if let Some(open) = open {
        revoke_invitation(&tx, open).await?;
    }
    let (_, token) = write(&tx, input).await?;
    let expires_at = expiry(&tx);
    tx.commit().await?;
    let link = app.url(&format!("/{}/invitations/{}", own.slug, token.reveal()));
    Ok(IssuedInvitation { organization: own.slug, link, expires_at, replaces: open.is_some() })
}

async fn write(tx: &Tx, input: Invite) -> Result<(InvitationId, Token), Error> {
    tx.require(permission(input.role))?;
    if !may_give(tx.actor().role(), input.role) {
        return Err(InviteRefused::TooHigh { role: input.role }.into());
    }
    if (input.role == Role::Customer) != input.customer.is_some() {
        return Err(InviteRefused::NoCustomer.into());
    }
    refuse_archived(tx, input.customer).await?;
    refuse_member(tx, &input.email).await?;
    let (invitation, token) = (tx.new_id::<InvitationId>(), Token::new("ri"));
    let invited_by = tx.actor().user().map(Id::uuid);
    tx.execute(
        sql!(
            "insert into invitations (organization_id, id, email, email_folded, name, role, customer_id, token_hash,
                    invited_by, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ),
        &[
            tx.org(),
            invitation.as_uuid(),
            &input.email.as_str(),
            &input.email.folded(),
            &input.name.as_ref().map(Name::as_str),
            &input.role.word(),
            &input.customer.map(Id::uuid),
            &token.hash(),
            &invited_by,
            &tx.now(),
            &expiry(tx),
        ],
    )
    .await
    .on_constraint("invitations_one_open", InviteRefused::AlreadyInvited { email: input.email.clone() })
    .on_constraint("invitations_organization_id_customer_id_fkey", InviteRefused::UnknownCustomer)?;
    tx.record(Change::new("invitation.sent", "invitation", invitation).after(serde_json::json!({
        "email": input.email, "role": input.role, "customer": input.customer,
    })));
    Ok((invitation, token))
}

/// Refuses users for a customer that was put away.
pub(super) async fn refuse_archived(tx: &Tx, customer: Option<CustomerId>) -> Result<(), Error> {
    let Some(customer) = customer else { return Ok(()) };
    match customers::find::get(tx, customer).await?.archived_at {
        Some(_) => Err(InviteRefused::CustomerArchived.into()),
        None => Ok(()),
    }
}

fn expiry(tx: &Tx) -> jiff::Timestamp {
    tx.now().checked_add(LIFE).unwrap_or(tx.now())
}

async fn refuse_member(tx: &Tx, email: &Email) -> Result<(), Error> {
    match super::known::member(tx, email).await? {
        Some(_) => Err(AddMemberRefused::AlreadyMember { email: email.clone() }.into()),
        None => Ok(()),
    }
}

/// The link alone lets nobody act as an existing user (that takes their password), so staff may pass it on when there is
/// no mail server; the mail names no user.
async fn mail(tx: &Tx, app: &App, (email, role): (&Email, Role), token: &Token) -> Result<(), Error> {
    let own = organizations::find::own(tx).await?;
    let link = app.url(&format!("/{}/invitations/{}", own.slug, token.reveal()));
    let about = About { organization: &own.name, to: email, user: None };
    let inviter = if tx.actor().user().is_some() { tx.actor().name.clone() } else { own.name.clone() };
    mails::invitation(tx, about, (role, &inviter), link).await
}

/// Sends an invitation once more, with a new link and a new week; the old link becomes useless. Answers to whom.
///
/// # Errors
/// [`InviteRefused`], `permission.missing`, or a fault.
pub async fn resend_invitation(tx: &Tx, app: &App, invitation: InvitationId) -> Result<Email, Error> {
    let (email, role) = open_invitation(tx, invitation).await?;
    let token = Token::new("ri");
    tx.execute(
        sql!("update invitations set token_hash = $3, expires_at = $4 where organization_id = $1 and id = $2"),
        &[tx.org(), invitation.as_uuid(), &token.hash(), &expiry(tx)],
    )
    .await?;
    mail(tx, app, (&email, role), &token).await?;
    tx.record(Change::new("invitation.resent", "invitation", invitation));
    Ok(email)
}

/// Calls an invitation off; its link becomes useless.
///
/// # Errors
/// [`InviteRefused`], `permission.missing`, or a fault.
pub async fn revoke_invitation(tx: &Tx, invitation: InvitationId) -> Result<(), Error> {
    open_invitation(tx, invitation).await?;
    tx.execute(
        sql!("update invitations set revoked_at = $3 where organization_id = $1 and id = $2"),
        &[tx.org(), invitation.as_uuid(), &tx.now()],
    )
    .await?;
    tx.record(Change::new("invitation.revoked", "invitation", invitation));
    Ok(())
}

/// The invitation to an address that nobody has accepted or revoked.
async fn open_to(tx: &Tx, email: &Email) -> Result<Option<InvitationId>, Error> {
    let row = tx
        .optional(
            sql!(
                "select id from invitations
                 where organization_id = $1 and email_folded = $2 and accepted_at is null and revoked_at is null"
            ),
            &[tx.org(), &email.folded()],
        )
        .await?;
    Ok(row.map(|row| row.id("id")))
}

/// An invitation that nobody has accepted or revoked, locked, if the actor may deal with it.
async fn open_invitation(tx: &Tx, invitation: InvitationId) -> Result<(Email, Role), Error> {
    tx.require(Permission::PeopleRead)?;
    let row = tx
        .optional(
            sql!(
                "select email, role from invitations
                 where organization_id = $1 and id = $2 and accepted_at is null and revoked_at is null for update"
            ),
            &[tx.org(), invitation.as_uuid()],
        )
        .await?
        .ok_or(InviteRefused::NotFound)?;
    let role = row.word("role")?;
    tx.require(permission(role))?;
    if !may_give(tx.actor().role(), role) {
        return Err(InviteRefused::TooHigh { role }.into());
    }
    Ok((row.word("email")?, role))
}
