//! The frame of a page: rail, title, content.

use kernel::Permission;
use maud::{DOCTYPE, Markup, html};

use super::parts::up_to;
use super::{MOST_UNREAD, assets};
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
    let visitor = page.visitor;
    let class = if visitor.is_staff() { "app" } else { "app portal" };
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("{} · {}", page.title, visitor.frame().organization)))
            body data-home=(visitor.path("")) data-live=(visitor.frame().live) {
                (symbols())
                a.skip href="#main" { "Skip to the content" }
                div class=(class) {
                    (rail(page))
                    main #main {
                        header.title { h1 { (page.title) } span.space {} div.actions { (page.actions) } }
                        (closing(visitor))
                        @if let Some(sentence) = visitor.flash() { p.flash role="status" { (sentence) } }
                        (content)
                    }
                }
            }
        }
    }
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

/// A link of the rail: where it leads, what it is called, and who sees it.
struct Link(Room, &'static str, &'static str, Option<Permission>);

const WORK: &[Link] = &[
    Link(Room::Today, "", "Today", None),
    Link(Room::Tickets, "/tickets", "Tickets", Some(Permission::TicketsRead)),
    Link(Room::Customers, "/customers", "Customers", Some(Permission::CustomersRead)),
    Link(Room::Money, "/money", "Money", Some(Permission::BillingRead)),
    Link(Room::Reports, "/reports", "Reports", Some(Permission::ReportsRead)),
];

const SETUP: &[Link] = &[
    Link(Room::Plans, "/plans", "Plans", Some(Permission::PlansRead)),
    Link(Room::Team, "/team", "Team", Some(Permission::PeopleRead)),
    Link(Room::Mail, "/outbox", "Mail", Some(Permission::MailRead)),
    Link(Room::Audit, "/audit", "Audit", Some(Permission::AuditRead)),
    Link(Room::Settings, "/settings", "Settings", Some(Permission::SettingsWrite)),
];

const PORTAL: &[Link] = &[
    Link(Room::Today, "", "Home", None),
    Link(Room::Balance, "/balance", "Balance", None),
    Link(Room::Tickets, "/tickets", "Tickets", None),
    Link(Room::Money, "/invoices", "Invoices", None),
    Link(Room::Plans, "/plan", "Plan", None),
];

const OWN: &[Link] = &[
    Link(Room::Notifications, "/notifications", "Notifications", None),
    Link(Room::Profile, "/profile", "Profile", None),
];

fn rail(page: &Shell<'_>) -> Markup {
    let visitor = page.visitor;
    let frame = visitor.frame();
    html! {
        nav.rail aria-label="Main" {
            a.mark href=(visitor.path("")) {
                @if visitor.is_staff() { "Retainer" span.org { (frame.organization) } } @else { (frame.organization) }
            }
            @if frame.is_sample { p.sample { "Sample data" } }
            div.rooms {
                @if visitor.is_staff() {
                    (links(page, WORK))
                    @if SETUP.iter().any(|link| may_see(page, link)) { h2 { "Set-up" } (links(page, SETUP)) }
                    h2 { "You" }
                } @else {
                    (links(page, PORTAL))
                }
                (links(page, OWN))
            }
            a.api href="/api" { "API" }
            form.out method="post" action=(visitor.path("/sign-out")) {
                span { (visitor.name()) }
                button type="submit" { "Sign out" }
            }
        }
    }
}

fn may_see(page: &Shell<'_>, link: &Link) -> bool {
    link.3.is_none_or(|permission| page.visitor.may(permission))
}

fn links(page: &Shell<'_>, links: &[Link]) -> Markup {
    let unread = page.visitor.frame().unread;
    html! {
        @for link in links.iter().filter(|link| may_see(page, link)) {
            @let counts = link.0 == Room::Notifications;
            a id=[counts.then_some("unread")] href=(page.visitor.path(link.1)) data-hears=[counts.then_some("notifications.changed")]
                aria-current=[(link.0 == page.room).then_some("page")] {
                (link.2)
                @if counts && unread > 0 { b { (up_to(unread, MOST_UNREAD)) span.heard { " unread" } } }
            }
        }
    }
}

/// The line icons and the hatching of the balance bar, to be referred to by id.
fn symbols() -> Markup {
    html! {
        svg.symbols width="0" height="0" aria-hidden="true" {
            defs {
                pattern #held patternUnits="userSpaceOnUse" width="6" height="6" patternTransform="rotate(45)" {
                    rect.ground width="6" height="6" {}
                    rect.line width="3" height="6" {}
                }
            }
            symbol id="icon-lock" viewBox="0 0 16 16" { path d="M4 7h8v6.5H4zM5.5 7V5a2.5 2.5 0 0 1 5 0v2" {} }
            symbol id="icon-copy" viewBox="0 0 16 16" { path d="M6 5.5h7v8H6zM3.5 10.5v-8h7" {} }
            symbol id="icon-bell" viewBox="0 0 16 16" { path d="M4 11V7.5a4 4 0 0 1 8 0V11l1 1H3zM7 14h2" {} }
            symbol id="icon-plus" viewBox="0 0 16 16" { path d="M8 3v10M3 8h10" {} }
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

/// A wide page outside the frame: something to read.
pub fn bare_wide(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("{title} · Retainer")))
            body.bare.reading { main #main { p.mark { "Retainer" } (content) } }
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
