//! The frame of a page: rail, title, content.

use kernel::Permission;
use maud::{DOCTYPE, Markup, html};

use super::icons::symbols;
use super::parts::icon;
use super::rail::rail;
use super::{assets, call};
use crate::doors::Visitor;

/// Which room of the house a page is in; its link in the rail is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// What needs you now.
    Today,
    /// The tickets.
    Tickets,
    /// The customers.
    Customers,
    /// The catalogue.
    Plans,
    /// Subscriptions, invoices, payments.
    Money,
    /// The figures.
    Reports,
    /// The mail outbox.
    Mail,
    /// Members and invitations.
    Team,
    /// The audit trail.
    Audit,
    /// The organization's settings.
    Settings,
    /// What was looked for.
    Search,
    /// What one was told.
    Notifications,
    /// One's own profile.
    Profile,
    /// The portal's balance.
    Balance,
    /// None of them.
    Nowhere,
}

/// What the frame needs to know.
#[derive(Debug)]
pub struct Shell<'a> {
    /// Who looks.
    pub visitor: &'a Visitor,
    /// Where they are.
    pub room: Room,
    /// The page's title.
    pub title: &'a str,
    /// What stands beside the title: buttons.
    pub actions: Markup,
}

/// A page inside the frame.
pub fn shell(page: &Shell<'_>, content: &Markup) -> Markup {
    shell_with(page, &html! {}, content)
}

/// A page inside the frame, with something said beside its title: a number, a day.
pub fn shell_with(page: &Shell<'_>, beside: &Markup, content: &Markup) -> Markup {
    let visitor = page.visitor;
    let class = if visitor.is_staff() { "app" } else { "app portal" };
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("{} · {}", page.title, visitor.frame().organization)))
            body data-home=(visitor.path("")) data-live=(visitor.frame().live) data-person=[visitor.actor().user()] data-new=[creates(visitor)] {
                (symbols())
                a.skip href="#main" { "Skip to the content" }
                div class=(class) {
                    (rail(page))
                    main #main {
                        header.title {
                            (crumb(page))
                            div { h1 { (page.title) } @if !beside.0.is_empty() { span.beside { (beside) } } }
                            span.space {}
                            @if visitor.is_staff() {
                                button.keys.scripted type="button" data-palette title="Search, create or go somewhere" { kbd { "Ctrl K" } }
                            }
                            div.actions { (page.actions) }
                        }
                        (closing(visitor))
                        @if let Some(sentence) = visitor.flash() { p.flash { (said_with_way(visitor, sentence)) } }
                        div.content { (content) }
                        @if page.room != Room::Nowhere { (call::call(visitor)) }
                    }
                }
            }
        }
    }
}

/// Around a way in a sentence, and between its words and where it leads. Nothing that people write has control characters in
/// it, so that no name in a sentence becomes a link.
const WAY: char = '\u{1}';

/// A way in a sentence that the next page says: its words, and where it leads below the organization's address.
pub fn way(label: &str, below: &str) -> String {
    format!("{WAY}{label}{WAY}{below}{WAY}")
}

/// What the last page wanted said, with the [`way`] in it.
fn said_with_way(visitor: &Visitor, sentence: &str) -> Markup {
    match sentence.split(WAY).collect::<Vec<_>>()[..] {
        [before, label, below, after] => html! { (before) a href=(visitor.path(below)) { (label) } (after) },
        ref parts => html! { @for part in parts { (part) } },
    }
}

/// What whoever looks may create, for the palette: `ticket`, `ticket customer`.
fn creates(visitor: &Visitor) -> Option<&'static str> {
    match (visitor.may(Permission::TicketsOpen), visitor.is_staff() && visitor.may(Permission::CustomersWrite)) {
        (true, true) => Some("ticket customer"),
        (true, false) => Some("ticket"),
        _ => None,
    }
}

/// The way up: from one thing to the list that it is of, from what belongs to a thing to the thing.
fn crumb(page: &Shell<'_>) -> Markup {
    let visitor = page.visitor;
    let (below, word, thing) = match page.room {
        Room::Tickets => ("/tickets", "Tickets", "The ticket"),
        Room::Customers => ("/customers", "Customers", "The customer"),
        Room::Plans if visitor.is_staff() => ("/plans", "Plans", "The plan"),
        Room::Plans => ("/plan", "Plan", "Plan"),
        Room::Money => ("/invoices", "Invoices", "The invoice"),
        Room::Mail => ("/outbox", "Mail", "The mail"),
        Room::Reports => ("/reports", "Reports", "Reports"),
        Room::Balance => ("/balance", "Balance", "Balance"),
        Room::Settings => ("/settings", "Settings", "Settings"),
        Room::Profile => ("/profile", "Profile", "Profile"),
        Room::Notifications => ("/notifications", "Notifications", "Notifications"),
        Room::Today | Room::Team | Room::Audit | Room::Search | Room::Nowhere => return html! {},
    };
    let list = visitor.path(below);
    let parts: Vec<&str> = visitor.here().strip_prefix(&list).unwrap_or_default().split('/').skip(1).collect();
    let (to, word) = match parts.as_slice() {
        // A form that was refused stands at an address of its own, which is no page.
        [name, _, ..] if word != thing => (format!("{list}/{name}"), thing),
        [] if visitor.here() == list => return html! {},
        // A form of the list that came back to it.
        _ if page.title == word => return html! {},
        _ => (list, word),
    };
    html! { @if visitor.here().split('/').count() > 3 { p.crumb { a href=(to) { (icon("back")) (word) } } } }
}

/// Says on every page that the organization is being closed.
fn closing(visitor: &Visitor) -> Markup {
    let Some(closes_at) = visitor.frame().closes_at else { return html! {} };
    let day = closes_at.to_zoned(visitor.zone().clone()).strftime("%-d %B %Y at %H:%M").to_string();
    html! {
        p.wrong.closing role="alert" {
            (visitor.frame().organization) " is being closed. Everything in it is deleted on "
            time datetime=(closes_at) { (day) } ". Until then nothing can be changed. "
            @if visitor.may(Permission::SettingsWrite) {
                a href=(visitor.path("/settings/deletion")) { "Keep it" }
            }
        }
    }
}

/// A page outside the frame: sign-in, set-up, errors.
pub fn bare(title: &str, organization: Option<&str>, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("{title} · {}", organization.unwrap_or("Retainer"))))
            body.bare {
                (symbols())
                main #main {
                    p.mark { (organization.unwrap_or("Retainer")) }
                    (content)
                }
            }
        }
    }
}

/// A page outside the frame as wide as those inside it.
pub(super) fn bare_showing(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("{title} · Retainer")))
            body.bare.wide { (symbols()) main #main { p.mark { "Retainer" } (content) } }
        }
    }
}

/// A wide page outside the frame: something to read, of an organization where it is one's.
pub fn bare_wide(title: &str, organization: Option<&str>, content: &Markup) -> Markup {
    let house = organization.unwrap_or("Retainer");
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("{title} · {house}")))
            body.bare.reading { (symbols()) main #main { p.mark { (house) } (content) } }
        }
    }
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) }
            link rel="icon" href=(assets::url("icon.svg")) type="image/svg+xml";
            link rel="stylesheet" href=(assets::url("retainer.css"));
            script type="module" src=(assets::url("retainer.js")) {}
        }
    }
}
