//! The page of the audit trail.

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::get;
use kernel::Role;
use kernel::id::UserId;
use maud::{Markup, html};
use runtime::http::{Cursor, Page, Paging};

use super::changes::changes;
use super::find::{self, Named, Wanted};
use super::{AuditEntry, words};
use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{Empty, Head, Input, Select, actor, empty, filters, instant, pager, table};
use crate::pages::{Form, Room, Shell, shell};

/// The pages of audit.
pub fn routes() -> Router<App> {
    Router::new().route("/{organization}/audit", get(get_audit))
}

async fn get_audit(visitor: Visitor, mut form: Form) -> Result<Markup, PageHalt> {
    let chosen = |form: &mut Form, name| if form.value(name).is_empty() { None } else { form.choose(name, "a member") };
    let (from, to) = form.read_days(visitor.zone());
    let wanted = Wanted {
        subject: form.read_optional("subject"),
        actor: chosen(&mut form, "actor"),
        action: form.read_optional("action"),
        from,
        to,
    };
    let paging = Paging { after: form.read_optional::<Cursor>("after"), limit: Some(50) };
    let tx = visitor.read().await?;
    let (page, members) = tokio::try_join!(find::list(&tx, &wanted, paging), find::members(&tx))?;
    let names = find::names(&tx, &page.items).await?;
    Ok(list_page(&visitor, &form, &Shown { page, members, names }))
}

/// What the page shows.
struct Shown {
    page: Page<AuditEntry>,
    members: Vec<(UserId, String)>,
    names: BTreeMap<String, Named>,
}

fn list_page(visitor: &Visitor, form: &Form, shown: &Shown) -> Markup {
    let path = visitor.path("/audit");
    let rows: Vec<Markup> = shown.page.items.iter().map(|entry| row(visitor, entry, &shown.names)).collect();
    let heads = [Head::Text("What happened"), Head::Wide("As and from"), Head::Number("When")];
    let frame = Shell { visitor, room: Room::Audit, title: "Audit", actions: html! {} };
    shell(
        &frame,
        &html! {
            (filters(&path, form, &fields(&form.plain(), &shown.members)))
            @if rows.is_empty() {
                (empty(Empty {
                    title: "Nothing here",
                    text: "Every change that anybody makes is kept here for ever: who, when, from where, before and after.",
                    action: Some((&path, "Show everything")),
                }))
            } @else {
                (table("Audit trail", &heads, &rows))
            }
            (pager(&path, form, shown.page.next))
        },
    )
}

fn fields(form: &Form, members: &[(UserId, String)]) -> Markup {
    let any = |words: &str| (String::new(), words.to_owned());
    let mut kinds = vec![any("Everything")];
    kinds.extend(words::KINDS.iter().map(|(kind, label)| ((*kind).to_owned(), (*label).to_owned())));
    // An action that a link names is a choice like others.
    let action = form.value("action");
    if !action.is_empty() && kinds.iter().all(|(kind, _)| kind != action) {
        kinds.push((action.to_owned(), action.replace(['.', '_'], " ")));
    }
    let mut people = vec![any("Anybody")];
    people.extend(members.iter().map(|(user, name)| (user.to_string(), name.clone())));
    html! {
        (Select { form, name: "action", label: "About", choices: &kinds })
        (Select { form, name: "actor", label: "By", choices: &people })
        (Input::date(form, "from", "From").optional())
        (Input::date(form, "to", "To").optional())
        @if !form.value("subject").is_empty() { (Input::search(form, "subject", "Of one thing")) }
    }
}

fn row(visitor: &Visitor, entry: &AuditEntry, names: &BTreeMap<String, Named>) -> Markup {
    let same = visitor.path(&format!("/audit?subject={}", entry.subject));
    let role = entry.actor_role.as_deref().and_then(|word| word.parse::<Role>().ok());
    let named = names.get(&entry.subject);
    let by_itself = actor(&entry.actor_name) != entry.actor_name;
    let is_own = named.is_some_and(|named| named.name == entry.actor_name);
    html! {
        tr {
            td {
                @if by_itself { b { "By itself" } ", Retainer " } @else { b { (entry.actor_name) } " " }
                (words::deed(&entry.action)) " "
                @match named {
                    _ if matches!(entry.subject_kind.as_str(), "session") => {}
                    Some(_) if is_own => "themselves",
                    Some(Named { name, path: Some(path) }) => a href=(visitor.path(path)) { (name) },
                    Some(Named { name, path: None }) => (name),
                    None => span.soft { (entry.subject_kind.replace('_', " ")) },
                }
                @if let Some(point) = words::point(entry) { " " (point) }
                " "
                details.more-of {
                    summary { "more" }
                    (changes(visitor, entry))
                    p.soft { "For programs: " code { (entry.action) } ". " a href=(same) { "All that happened to this " (entry.subject_kind.replace('_', " ")) } }
                }
            }
            td.wide.soft {
                @if let Some(role) = role { (role) @if let Some(address) = &entry.address { " from " (address) } }
                @else if entry.actor_kind != "system" { (entry.actor_kind) }
            }
            td.n { (instant(visitor, entry.at)) }
        }
    }
}
