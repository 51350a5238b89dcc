//! The page of the audit trail.

use axum::Router;
use axum::routing::get;
use kernel::Role;
use maud::{Markup, html};
use runtime::http::{Cursor, Page, Paging};
use serde_json::Value;

use super::AuditEntry;
use super::find::{self, Wanted};
use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{Empty, Head, Input, empty, filters, instant, pager, table};
use crate::pages::{Form, Room, Shell, shell};

/// The pages of audit.
pub fn routes() -> Router<App> {
    Router::new().route("/{organization}/audit", get(get_audit))
}

async fn get_audit(visitor: Visitor, mut form: Form) -> Result<Markup, PageHalt> {
    let wanted = Wanted {
        subject: form.read_optional("subject"),
        actor: form.read_optional("actor"),
        action: form.read_optional("action"),
        from: day(&visitor, &mut form, "from"),
        // The last day is wanted with all its hours.
        to: day(&visitor, &mut form, "to").and_then(|at| at.checked_add(jiff::SignedDuration::from_hours(24)).ok()),
    };
    let paging = Paging { after: form.read_optional::<Cursor>("after"), limit: Some(50) };
    let tx = visitor.read().await?;
    let page = find::list(&tx, &wanted, paging).await?;
    Ok(list_page(&visitor, &form, &page))
}

/// The beginning of a day in the reader's zone.
fn day(visitor: &Visitor, form: &mut Form, name: &str) -> Option<jiff::Timestamp> {
    let date: jiff::civil::Date = form.read_optional(name)?;
    date.to_zoned(visitor.zone().clone()).ok().map(|begin| begin.timestamp())
}

fn list_page(visitor: &Visitor, form: &Form, page: &Page<AuditEntry>) -> Markup {
    let path = visitor.path("/audit");
    let rows: Vec<Markup> = page.items.iter().map(|entry| row(visitor, entry)).collect();
    let heads =
        [Head::Text("What"), Head::Text("Who"), Head::Wide("Before"), Head::Wide("After"), Head::Number("When")];
    let frame = Shell { visitor, room: Room::Audit, title: "Audit", actions: html! {} };
    let fields = html! {
        (Input::search(form, "action", "Action"))
        (Input::search(form, "subject", "Id of the thing"))
        (Input::search(form, "actor", "Id of the user"))
        (Input::date(form, "from", "From").optional())
        (Input::date(form, "to", "To").optional())
    };
    shell(
        &frame,
        &html! {
            (filters(&path, &fields))
            @if rows.is_empty() {
                (empty(Empty {
                    title: "Nothing here",
                    text: "Every change that anybody makes is kept here for ever: who, when, from where, before and after.",
                    action: Some((&path, "Show everything")),
                }))
            } @else {
                (table("Audit trail", &heads, &rows))
                (pager(&path, form, page.next))
            }
        },
    )
}

fn row(visitor: &Visitor, entry: &AuditEntry) -> Markup {
    let same = visitor.path(&format!("/audit?subject={}", entry.subject));
    let role = entry.actor_role.as_deref().and_then(|word| word.parse::<Role>().ok());
    html! {
        tr {
            td {
                a href=(same) title={ "All of " (entry.subject) } { (entry.action) }
                @if entry.subject_kind == "ticket" {
                    br; a.soft href=(visitor.path(&format!("/tickets/{}", entry.subject))) { "Open the ticket" }
                }
            }
            td {
                (entry.actor_name)
                @if let Some(role) = role { br; span.soft { (role) @if let Some(address) = &entry.address { " from " (address) } } }
            }
            td.wide { (state(entry.before.as_ref())) }
            td.wide { (state(entry.after.as_ref())) }
            td.n { (instant(visitor, entry.at)) }
        }
    }
}

/// A state, field by field.
fn state(state: Option<&Value>) -> Markup {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "–".to_owned(),
        other => other.to_string(),
    };
    html! {
        @match state {
            None => { span.soft { "–" } }
            Some(Value::Object(fields)) => {
                @for (name, value) in fields { div { span.soft { (name.replace('_', " ")) ": " } (text(value)) } }
            }
            Some(other) => { (text(other)) }
        }
    }
}
