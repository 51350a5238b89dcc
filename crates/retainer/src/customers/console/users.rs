//! Who may sign in for a customer: staff see them on the customer's page, invite one, remove one.

use axum::response::Response;
use http::StatusCode;
use kernel::id::{CustomerId, InvitationId, MembershipId};
use kernel::{Email, Permission, Role};
use maud::{Markup, html};
use runtime::http::{At, Paging, Segments};
use runtime::{Error, Tx};

use super::{one, staff_only};
use crate::customers::overview::{PortalUser, portal_users};
use crate::customers::{Customer, find};
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{Input, date, once};
use crate::pages::{Form, nothing_here};
use crate::people::console::sent;
use crate::people::{self, Invitation, Invite, invite, remove_member, revoke_invitation};

/// Who is in, and who is asked.
pub(super) struct Portal {
    users: Vec<PortalUser>,
    invited: Vec<Invitation>,
}

pub(super) async fn load(tx: &Tx, customer: CustomerId) -> Result<Portal, Error> {
    let paging = Paging { after: None, limit: Some(100) };
    let (users, invited) =
        tokio::try_join!(portal_users(tx, customer), people::find::invitations(tx, Some(customer), paging))?;
    Ok(Portal { users, invited: invited.items })
}

pub(super) fn section(visitor: &Visitor, customer: &Customer, portal: &Portal, form: &Form) -> Markup {
    let base = visitor.path(&format!("/customers/{}", customer.id));
    let may = visitor.may(Permission::CustomersWrite);
    let blank = Form::blank();
    html! {
        h2 { "Portal" }
        @if portal.users.is_empty() && portal.invited.is_empty() {
            p.soft { "Nobody can sign in for this customer yet." }
        } @else {
            ul.people {
                @for user in &portal.users {
                    li {
                        (user.name) br; span.soft { (user.email) ", since " (date(visitor, user.since)) }
                        @if may {
                            form.inline method="post" action={ (base) "/users/" (user.member) "/remove" } data-confirm={ "Remove " (user.name) "?" } {
                                (once(&blank)) " " button.danger aria-label={ "Remove " (user.name) } { "Remove" }
                            }
                        }
                    }
                }
                @for invitation in &portal.invited {
                    li {
                        (invitation.email) br; span.soft { "invited, until " (date(visitor, invitation.expires_at)) }
                        @if may {
                            form.inline method="post" action={ (base) "/invitations/" (invitation.id) "/revoke" } {
                                (once(&blank)) " " button.danger aria-label={ "Revoke the invitation of " (invitation.email) } { "Revoke" }
                            }
                        }
                    }
                }
            }
        }
        @if may && customer.archived_at.is_none() {
            details open[form.error("user_email").is_some() || form.error("user_name").is_some()] {
                summary { "Invite somebody" }
                form method="post" action={ (base) "/users" } {
                    (once(form))
                    (Input::email(form, "user_email", "E-mail"))
                    (Input::text(form, "user_name", "Name").optional())
                    p.submit { button type="submit" { "Invite to the portal" } }
                    p.hint { "They get a mail with a link, and see this customer's balance, tickets and invoices." }
                }
            }
        }
    }
}

pub(super) async fn post_user(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    visitor.require(Permission::CustomersWrite)?;
    let (email, name) = (form.read::<Email>("user_email"), form.read_optional("user_name"));
    let (Some(email), true) = (email, form.is_good()) else {
        let page = one::page(&visitor, customer, &form).await?;
        return Ok(axum::response::IntoResponse::into_response((StatusCode::UNPROCESSABLE_ENTITY, page)));
    };
    let tx = visitor.write_once(&form).await?;
    find::get(&tx, customer).await?;
    let input = Invite { email: email.clone(), name, role: Role::Customer, customer: Some(customer) };
    match invite(&tx, visitor.app(), input).await {
        Ok(_) => {
            let said = sent(&visitor, &tx, &email, "They are invited.").await?;
            tx.finish(&format!("/customers/{customer}"), &said).await
        }
        Err(error) => {
            drop(tx);
            one::refused(&visitor, customer, &mut form, error).await
        }
    }
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Member {
    customer: String,
    member: String,
}

pub(super) async fn post_remove(
    visitor: Visitor,
    Segments(address): Segments<Member>,
    form: Form,
) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    let customer: CustomerId = address.customer.parse().map_err(|_| nothing_here())?;
    let member: MembershipId = address.member.parse().map_err(|_| nothing_here())?;
    let tx = visitor.write_once(&form).await?;
    // Only the customer's own: staff are removed on the team's page.
    if !portal_users(&tx, customer).await?.iter().any(|user| user.member == member) {
        return Err(nothing_here().into());
    }
    remove_member(&tx, member).await?;
    tx.finish(&format!("/customers/{customer}"), "They can no longer sign in for this customer.").await
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Invited {
    customer: String,
    invitation: String,
}

pub(super) async fn post_revoke(
    visitor: Visitor,
    Segments(address): Segments<Invited>,
    form: Form,
) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    let customer: CustomerId = address.customer.parse().map_err(|_| nothing_here())?;
    let invitation: InvitationId = address.invitation.parse().map_err(|_| nothing_here())?;
    let tx = visitor.write_once(&form).await?;
    if people::find::invitation(&tx, invitation).await?.customer != Some(customer) {
        return Err(nothing_here().into());
    }
    revoke_invitation(&tx, invitation).await?;
    tx.finish(&format!("/customers/{customer}"), "The invitation is called off.").await
}
