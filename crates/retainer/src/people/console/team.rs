//! The team page: members, invitations, roles.

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use kernel::id::{InvitationId, MembershipId};
use kernel::{Email, Permission, Role};
use maud::{Markup, html};
use runtime::http::{At, Paging};
use runtime::{Error, Tx};

use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::mail;
use crate::pages::parts::{Head, Input, Select, Tone, cards, date, defs, once, pager, submit, tag, wrong};
use crate::pages::{Form, Room, Shell, again, shell, way};
use crate::people::find::{self, Side};
use crate::people::rules::may_give;
use crate::people::{
    Invitation, Invite, Member, change_role, invite, remove_member, resend_invitation, revoke_invitation,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/team", get(get_team))
        .route("/{organization}/team/invitations", post(post_invitation))
        .route("/{organization}/team/invitations/{invitation}/resend", post(post_resend))
        .route("/{organization}/team/invitations/{invitation}/revoke", post(post_revoke))
        .route("/{organization}/team/{member}/role", post(post_role))
        .route("/{organization}/team/{member}/remove", post(post_remove))
}

async fn get_team(visitor: Visitor, form: Form) -> Result<Markup, PageHalt> {
    team_page(&visitor, &form).await
}

/// Where a role stands in the table: who may do most comes first.
fn place(role: Role) -> usize {
    Role::ALL.iter().position(|known| *known == role).unwrap_or(usize::MAX)
}

/// What each role may do, in a line.
fn roles_explained() -> Markup {
    let roles = [
        (Role::Owner, "everything, the organization's settings and its owners included"),
        (Role::Admin, "everything but making owners"),
        (Role::Developer, "works on tickets and serves customers"),
        (Role::Member, "works on tickets"),
        (Role::Analyst, "reads, and changes nothing"),
    ];
    let facts: Vec<(&str, Markup)> = roles.iter().map(|(role, may)| (role.word(), html! { (may) })).collect();
    html! { details { summary { "What may each role do?" } (defs(&facts)) } }
}

/// Whether the mail of an invitation leaves, and what to do where it cannot.
///
/// # Errors
/// A fault.
pub(crate) async fn sent(visitor: &Visitor, tx: &Tx, to: &Email, words: &str) -> Result<String, Error> {
    if visitor.app().smtp.is_some() {
        return Ok(format!("{words} The mail is on its way."));
    }
    let mail = if visitor.may(Permission::MailRead) { mail::find::invitation_to(tx, to).await? } else { None };
    Ok(match mail {
        Some(mail) => format!(
            "{words} No mail server is set up: open {}, and hand its link over yourself.",
            way("the mail", &format!("/outbox/{mail}"))
        ),
        None => format!(
            "{words} No mail server is set up: somebody who may read the outbox finds the mail there, with its link."
        ),
    })
}

/// The roles that the visitor may give to staff.
fn roles(visitor: &Visitor) -> Vec<(String, String)> {
    let given = Role::ALL.iter().filter(|role| role.is_staff() && may_give(Some(visitor.role()), **role));
    given.rev().map(|role| (role.to_string(), role.to_string())).collect()
}

async fn team_page(visitor: &Visitor, form: &Form) -> Result<Markup, PageHalt> {
    let form = &mut form.clone();
    let tx = visitor.read().await?;
    let paging = Paging { after: form.read_optional("after"), limit: Some(100) };
    let members = find::members(&tx, Side::Staff, paging).await?;
    let invitations = find::invitations(&tx, None, Paging { after: None, limit: Some(100) }).await?;
    let may = visitor.may(Permission::PeopleWrite);
    let mut sorted: Vec<&Member> = members.items.iter().collect();
    sorted.sort_by_key(|member| (place(member.role), member.name.to_lowercase()));
    let is_last_owner =
        members.next.is_none() && sorted.iter().filter(|member| member.role == Role::Owner).count() == 1;
    let rows: Vec<Markup> = sorted
        .into_iter()
        .map(|member| member_row(visitor, member, !(is_last_owner && member.role == Role::Owner)))
        .collect();
    let form =
        &if form.value("role").is_empty() { form.clone().with("role", Role::Member.word()) } else { form.clone() };
    let open: Vec<Markup> = invitations.items.iter().map(|invitation| invitation_row(visitor, invitation)).collect();
    let frame = Shell { visitor, room: Room::Team, title: "Team", actions: html! {} };
    let heads = [Head::Text("Name"), Head::Wide("E-mail"), Head::Text("Role"), Head::Wide("Since"), Head::Actions];
    Ok(shell(
        &frame,
        &html! {
            (cards("Members", &heads, &rows))
            (pager(&visitor.path("/team"), form, members.next))
            @if !open.is_empty() {
                h2 { "Invited" }
                (cards("Invitations", &[Head::Text("E-mail"), Head::Text("Role"), Head::Wide("Good until"), Head::Actions], &open))
            }
            @if may {
                section {
                    h2 { "Invite somebody" }
                    form method="post" action=(visitor.path("/team/invitations")) {
                        (wrong(form)) (once(form))
                        (Input::email(form, "email", "E-mail"))
                        (Input::text(form, "name", "Name").optional())
                        (Select { form, name: "role", label: "Role", choices: &roles(visitor) })
                        (submit("Invite"))
                    }
                }
            }
            (roles_explained())
        },
    ))
}

/// A member; one who must stay, as the last owner, is offered nothing that would be refused.
fn member_row(visitor: &Visitor, member: &Member, may_go: bool) -> Markup {
    let may = may_go && visitor.may(Permission::PeopleWrite) && may_give(Some(visitor.role()), member.role);
    let base = visitor.path(&format!("/team/{}", member.id));
    html! { tr {
        td { (member.name) " " @if member.second_factor { (tag(Tone::Plain, "authenticator app")) } }
        td.wide.address { (member.email) }
        td { (member.role) }
        td.wide { (date(visitor, member.created_at)) }
        td.n { @if may { (change(visitor, member, &base)) } }
    } }
}

/// What may be changed about a member, folded away: one seldom does.
fn change(visitor: &Visitor, member: &Member, base: &str) -> Markup {
    html! {
        details.fold {
            summary aria-label={ "Change " (member.name) } { "Change" }
            div.folded {
                form.inline method="post" action={ (base) "/role" } {
                    select name="role" aria-label={ "Role of " (member.name) } {
                        @for (value, wording) in roles(visitor) { option value=(value) selected[value == member.role.word()] { (wording) } }
                    }
                    input type="hidden" name="version" value=(member.version);
                    button { "Change the role" }
                }
                form.inline method="post" action={ (base) "/remove" } {
                    button.danger data-confirm={ "Remove " (member.name) "?" } { "Remove" }
                }
            }
        }
    }
}

fn invitation_row(visitor: &Visitor, invitation: &Invitation) -> Markup {
    let base = visitor.path(&format!("/team/invitations/{}", invitation.id));
    let may = visitor.may(Permission::PeopleWrite) && may_give(Some(visitor.role()), invitation.role);
    html! { tr {
        td { (invitation.email) }
        td { (invitation.role) }
        td.wide { (date(visitor, invitation.expires_at)) }
        td.n { @if may {
            form.inline method="post" action={ (base) "/resend" } { button { "Send again" } } " "
            form.inline method="post" action={ (base) "/revoke" } { button.danger { "Revoke" } }
        } }
    } }
}

async fn post_invitation(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    visitor.require(Permission::PeopleWrite)?;
    let (email, name, role) = (form.read::<Email>("email"), form.read_optional("name"), form.read("role"));
    let (Some(email), Some(role), true) = (email, role, form.is_good()) else {
        return Ok(again(&team_page(&visitor, &form).await?));
    };
    let tx = visitor.write_once(&form).await?;
    match invite(&tx, visitor.app(), Invite { email: email.clone(), name, role, customer: None }).await {
        Ok(_) => {
            let said = sent(&visitor, &tx, &email, "They are invited.").await?;
            tx.finish("/team", &said).await
        }
        Err(error) => {
            drop(tx);
            form.refused(error)?;
            Ok(again(&team_page(&visitor, &form).await?))
        }
    }
}

async fn post_resend(visitor: Visitor, At(invitation): At<InvitationId>) -> Result<Response, PageHalt> {
    let tx = visitor.write().await?;
    let email = resend_invitation(&tx, visitor.app(), invitation).await?;
    let said = sent(&visitor, &tx, &email, "They are invited once more; the old link is useless now.").await?;
    tx.commit().await?;
    Ok(visitor.go("/team", &said))
}

async fn post_revoke(visitor: Visitor, At(invitation): At<InvitationId>) -> Result<Response, PageHalt> {
    let tx = visitor.write().await?;
    revoke_invitation(&tx, invitation).await?;
    tx.commit().await?;
    Ok(visitor.go("/team", "The invitation is called off."))
}

async fn post_role(visitor: Visitor, At(member): At<MembershipId>, mut form: Form) -> Result<Response, PageHalt> {
    let (role, seen) = (form.read::<Role>("role"), form.read_optional::<i64>("version"));
    let Some(role) = role else { return Ok(again(&team_page(&visitor, &form).await?)) };
    let tx = visitor.write().await?;
    match change_role(&tx, member, role, seen).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(visitor.go("/team", "The role is changed."))
        }
        Err(error) => {
            drop(tx);
            Ok(visitor.go("/team", &sentence(error)?))
        }
    }
}

async fn post_remove(visitor: Visitor, At(member): At<MembershipId>) -> Result<Response, PageHalt> {
    let tx = visitor.write().await?;
    match remove_member(&tx, member).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(visitor.go("/team", "They no longer belong to the organization."))
        }
        Err(error) => {
            drop(tx);
            Ok(visitor.go("/team", &sentence(error)?))
        }
    }
}

/// What a button's refusal says on the page it came from.
fn sentence(error: runtime::Error) -> Result<String, PageHalt> {
    match error.code() {
        Some("member.last_owner" | "member.stale" | "member.other_side") => Ok(error.to_string()),
        _ => Err(error.into()),
    }
}
