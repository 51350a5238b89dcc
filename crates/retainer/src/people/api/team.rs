//! The team on the API: members, invitations, and the users of customers.

use kernel::id::{CustomerId, InvitationId, MembershipId};
use kernel::text::Name;
use kernel::{Email, Permission, Role};
use runtime::http::{At, Body, Cursor, Halt, NoBody, Page, Paging, Query, Reply};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::App;
use crate::customers;
use crate::doors::Door;
use crate::people::find::{self, Side};
use crate::people::password::{self, Password};
use crate::people::{
    AddMember, Invitation, Invite, Member, add_customer_user, change_role, invite, remove_member, resend_invitation,
    revoke_invitation,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_members))
        .routes(routes!(get_member, patch_member, delete_member))
        .routes(routes!(get_invitations, post_invitation))
        .routes(routes!(get_invitation, delete_invitation))
        .routes(routes!(post_resending))
        .routes(routes!(get_customer_users, post_customer_user))
}

/// Which page is wanted.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PageWanted {
    /// The `next` of the page before.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// The most items, 1 to 100; 25 without.
    #[serde(default)]
    limit: Option<u16>,
}

impl PageWanted {
    const fn paging(&self) -> Paging {
        Paging { after: self.after, limit: self.limit }
    }
}

/// What a member shall be.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberChange {
    /// The role.
    role: Role,
}

/// Somebody to be invited to the team.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInvitation {
    /// Their address.
    email: Email,
    /// Their name, if it is known.
    #[serde(default)]
    name: Option<Name>,
    /// What they shall be.
    role: Role,
}

/// Somebody who shall act for a customer in the portal.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCustomerUser {
    /// Their address.
    email: Email,
    /// Their name.
    name: Name,
    /// A first password. Without it, or when the address has an account already, they are invited by mail.
    #[serde(default)]
    password: Option<Password>,
}

/// What became of a wish for a user.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct CustomerUser {
    /// The user, when they could be added at once.
    member: Option<Member>,
    /// The invitation, when they have to accept one.
    invitation: Option<Invitation>,
}

/// List the members, the newest first.
#[utoipa::path(get, path = "/members", tag = "People", params(PageWanted), responses((status = 200, body = Page<Member>)))]
async fn get_members(door: Door, Query(wanted): Query<PageWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&find::members(&tx, Side::Staff, wanted.paging()).await?)?)
}

/// One member.
#[utoipa::path(get, path = "/members/{member}", tag = "People", params(("member" = MembershipId, Path)),
    responses((status = 200, body = Member)))]
async fn get_member(door: Door, At(member): At<MembershipId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    let member = find::member(&tx, member).await?;
    Ok(Reply::ok(&member)?.version(member.version))
}

/// Make a member something else.
#[utoipa::path(patch, path = "/members/{member}", tag = "People", params(("member" = MembershipId, Path)),
    request_body = MemberChange, responses((status = 200, body = Member)))]
async fn patch_member(door: Door, At(member): At<MembershipId>, body: Body<MemberChange>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    change_role(&tx, member, body.input.role, door.expected_version()).await?;
    let view = find::member(&tx, member).await?;
    let reply = Reply::ok(&view)?.version(view.version);
    let reply = tx.finish(reply).await?;
    Ok(reply)
}

/// Remove a member, or leave.
#[utoipa::path(delete, path = "/members/{member}", tag = "People", params(("member" = MembershipId, Path)),
    responses((status = 204)))]
async fn delete_member(door: Door, At(member): At<MembershipId>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    remove_member(&tx, member).await?;
    let reply = tx.finish(Reply::nothing()).await?;
    Ok(reply)
}

/// List the open invitations, the newest first.
#[utoipa::path(get, path = "/invitations", tag = "People", params(PageWanted),
    responses((status = 200, body = Page<Invitation>)))]
async fn get_invitations(door: Door, Query(wanted): Query<PageWanted>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&find::invitations(&tx, None, wanted.paging()).await?)?)
}

/// One open invitation.
#[utoipa::path(get, path = "/invitations/{invitation}", tag = "People", params(("invitation" = InvitationId, Path)),
    responses((status = 200, body = Invitation)))]
async fn get_invitation(door: Door, At(invitation): At<InvitationId>) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(Reply::ok(&find::invitation(&tx, invitation).await?)?)
}

/// Invite somebody to the team by mail.
#[utoipa::path(post, path = "/invitations", tag = "People", request_body = NewInvitation,
    responses((status = 201, body = Invitation)))]
async fn post_invitation(door: Door, body: Body<NewInvitation>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    let NewInvitation { email, name, role } = body.input;
    let invitation = invite(&tx, door.app(), Invite { email, name, role, customer: None }).await?;
    let view = find::invitation(&tx, invitation).await?;
    tx.finish(Reply::created(format!("/api/v1/invitations/{invitation}"), &view)?).await
}

/// Send an invitation once more; the old link becomes useless.
#[utoipa::path(post, path = "/invitations/{invitation}/resending", tag = "People",
    params(("invitation" = InvitationId, Path)), responses((status = 204)))]
async fn post_resending(door: Door, At(invitation): At<InvitationId>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    resend_invitation(&tx, door.app(), invitation).await?;
    tx.finish(Reply::nothing()).await
}

/// Call an invitation off.
#[utoipa::path(delete, path = "/invitations/{invitation}", tag = "People",
    params(("invitation" = InvitationId, Path)), responses((status = 204)))]
async fn delete_invitation(door: Door, At(invitation): At<InvitationId>, body: NoBody) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    revoke_invitation(&tx, invitation).await?;
    tx.finish(Reply::nothing()).await
}

/// List a customer's users, the newest first.
#[utoipa::path(get, path = "/customers/{customer}/users", tag = "People", params(("customer" = CustomerId, Path), PageWanted),
    responses((status = 200, body = Page<Member>)))]
async fn get_customer_users(
    door: Door,
    At(customer): At<CustomerId>,
    Query(wanted): Query<PageWanted>,
) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    tx.require(Permission::CustomersRead)?;
    customers::find::get(&tx, customer).await?;
    Ok(Reply::ok(&find::members(&tx, Side::Of(customer), wanted.paging()).await?)?)
}

/// Give a customer a user in the portal: at once with a first password, else by invitation.
#[utoipa::path(post, path = "/customers/{customer}/users", tag = "People", params(("customer" = CustomerId, Path)),
    request_body = NewCustomerUser, responses((status = 201, body = CustomerUser)))]
async fn post_customer_user(
    door: Door,
    At(customer): At<CustomerId>,
    body: Body<NewCustomerUser>,
) -> Result<Reply, Halt> {
    let NewCustomerUser { email, name, password } = body.input;
    let password = match password {
        Some(password) => Some(password::hash(password).await?),
        None => None,
    };
    let tx = door.write(&body.hash).await?;
    customers::find::get(&tx, customer).await?;
    let input = AddMember { email, name, role: Role::Customer, customer: Some(customer), password };
    let outcome = add_customer_user(&tx, door.app(), input).await?;
    let (location, view) = match outcome {
        crate::people::UserOutcome::Added(member) => {
            let member = find::member(&tx, member).await?;
            let location = format!("/api/v1/members/{}", member.id);
            (location, CustomerUser { member: Some(member), invitation: None })
        }
        crate::people::UserOutcome::Invited(invitation) => {
            let invitation = find::invitation(&tx, invitation).await?;
            let location = format!("/api/v1/invitations/{}", invitation.id);
            (location, CustomerUser { member: None, invitation: Some(invitation) })
        }
    };
    tx.finish(Reply::created(location, &view)?).await
}
