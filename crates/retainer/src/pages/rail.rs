//! The ways to the rooms of the house: the console's rail and the portal's head, and on the phone what becomes of them.

use kernel::Permission;
use maud::{Markup, html};

use super::parts::{icon, initials, once, up_to};
use super::{Form, MOST_UNREAD, Room, Shell};

/// A way: where it leads, what it is called, its icon, and who sees it.
struct Way {
    room: Room,
    below: &'static str,
    word: &'static str,
    icon: &'static str,
    permission: Option<Permission>,
}

const fn way(room: Room, below: &'static str, word: &'static str, icon: &'static str) -> Way {
    Way { room, below, word, icon, permission: None }
}

const fn only(permission: Permission, way: Way) -> Way {
    Way { permission: Some(permission), ..way }
}

const WORK: &[Way] = &[
    way(Room::Today, "", "Today", "today"),
    only(Permission::TicketsRead, way(Room::Tickets, "/tickets", "Tickets", "tickets")),
    only(Permission::CustomersRead, way(Room::Customers, "/customers", "Customers", "customers")),
    only(Permission::BillingRead, way(Room::Money, "/money", "Money", "money")),
    only(Permission::ReportsRead, way(Room::Reports, "/reports", "Reports", "reports")),
];

const SETUP: &[Way] = &[
    only(Permission::PlansRead, way(Room::Plans, "/plans", "Plans", "plans")),
    only(Permission::PeopleRead, way(Room::Team, "/team", "Team", "team")),
    only(Permission::MailRead, way(Room::Mail, "/outbox", "Mail", "mail")),
    only(Permission::AuditRead, way(Room::Audit, "/audit", "Audit", "audit")),
    only(Permission::SettingsWrite, way(Room::Settings, "/settings", "Settings", "settings")),
];

const PORTAL: &[Way] = &[
    way(Room::Today, "", "Home", "home"),
    way(Room::Balance, "/balance", "Balance", "balance"),
    way(Room::Tickets, "/tickets", "Tickets", "tickets"),
    way(Room::Money, "/invoices", "Invoices", "invoice"),
    way(Room::Plans, "/plan", "Plan", "plans"),
];

const SEARCH: Way = way(Room::Search, "/search", "Search", "search");
const BELL: Way = way(Room::Notifications, "/notifications", "Notifications", "bell");
const PROFILE: Way = way(Room::Profile, "/profile", "Profile", "person");

/// What stands left of a page of the console, and above one of the portal.
pub(super) fn rail(page: &Shell<'_>) -> Markup {
    let visitor = page.visitor;
    let frame = visitor.frame();
    let is_staff = visitor.is_staff();
    html! {
        nav.rail aria-label="Main" {
            @if is_staff { button.menu type="button" popovertarget="rooms" { (icon("menu")) span.heard { "Menu" } } }
            a.mark href=(visitor.path("")) {
                @if is_staff { "Retainer" span.org { (frame.organization) } } @else { (frame.organization) }
            }
            @if frame.is_sample {
                p.sample { @if is_staff && visitor.may(Permission::SettingsWrite) { a href=(visitor.path("/settings/sample")) { "Sample data" } } @else { "Sample data" } }
            }
            @if is_staff { (running(page)) (console(page)) } @else { (portal(page)) }
        }
    }
}

/// The timer that runs, wherever one is: on which ticket, for how long, and the button that stops it.
fn running(page: &Shell<'_>) -> Markup {
    let visitor = page.visitor;
    let timer = visitor.frame().timer.as_ref();
    html! {
        div #running data-hears="ticket.changed" .running[timer.is_some()] {
            @if let Some((ticket, since)) = timer {
                @let minutes = visitor.now().duration_since(*since).as_mins().max(0);
                @let to = visitor.path(&format!("/tickets/{ticket}"));
                a href=(to) title={ "Your timer runs on " (ticket) } {
                    (icon("audit")) span { span.heard { "Your timer runs on " (ticket) ": " } span.number { (short(ticket)) " " } time data-since=(since) { (minutes / 60) ":" (format!("{:02}", minutes % 60)) } }
                }
                form.inline method="post" action={ (to) "/timer-stop" } {
                    (once(&Form::blank())) button type="submit" title="Stop the timer" { "Stop" }
                }
            }
        }
    }
}

/// The part of a ticket's number that people say.
fn short(number: &str) -> &str {
    number.rsplit('-').next().unwrap_or(number)
}

fn console(page: &Shell<'_>) -> Markup {
    html! {
        div.rooms #rooms popover="auto" {
            (link(page, &SEARCH, ""))
            (ways(page, WORK))
            @if SETUP.iter().any(|way| may_see(page, way)) { h2 { "Set-up" } (ways(page, SETUP)) }
            h2 { "You" }
            (link(page, &BELL, ""))
            (link(page, &PROFILE, ""))
            a href="/api" { (icon("code")) span { "API" } }
            (out(page))
        }
        (bell(page))
    }
}

fn portal(page: &Shell<'_>) -> Markup {
    html! {
        div.rooms {
            (ways(page, PORTAL))
            (link(page, &SEARCH, "own first"))
            (link(page, &BELL, "bell"))
            (link(page, &PROFILE, "own"))
        }
        a.bell href=(page.visitor.path("/search")) { (icon("search")) span.heard { "Search" } }
        (bell(page))
        a.bell href=(page.visitor.path("/profile")) { (icon("person")) span.heard { "Your profile" } }
        (out(page))
    }
}

/// The bell of a phone, where the link with the word is folded away.
fn bell(page: &Shell<'_>) -> Markup {
    let unread = page.visitor.frame().unread;
    html! {
        a.bell #bell data-hears="notifications.changed" href=(page.visitor.path("/notifications")) {
            (icon("bell")) span.heard { "What is new" }
            @if unread > 0 { span.count { (up_to(unread, MOST_UNREAD)) } span.heard { " unread" } }
        }
    }
}

fn out(page: &Shell<'_>) -> Markup {
    let visitor = page.visitor;
    html! {
        form.out method="post" action=(visitor.path("/sign-out")) {
            @if visitor.is_staff() {
                span.face.own aria-hidden="true" { (initials(visitor.name())) }
                a.me href=(visitor.path("/profile")) title=(visitor.name()) { (visitor.name()) }
            }
            button type="submit" title="Sign out" { (icon("out")) span.heard { "Sign out" } }
        }
    }
}

fn may_see(page: &Shell<'_>, way: &Way) -> bool {
    way.permission.is_none_or(|permission| page.visitor.may(permission))
}

fn ways(page: &Shell<'_>, ways: &[Way]) -> Markup {
    html! { @for way in ways.iter().filter(|way| may_see(page, way)) { (link(page, way, "")) } }
}

fn link(page: &Shell<'_>, way: &Way, class: &str) -> Markup {
    let (id, hears) = match way.room {
        Room::Notifications => (Some("unread"), Some("notifications.changed")),
        Room::Tickets if page.visitor.is_staff() => (Some("waiting"), Some("ticket.changed")),
        Room::Money if page.visitor.is_staff() => (Some("overdue"), Some("invoice.changed, payment.changed")),
        _ => (None, None),
    };
    html! {
        a id=[id] data-hears=[hears] class=[(!class.is_empty()).then_some(class)] href=(page.visitor.path(way.below))
            aria-current=[(way.room == page.room).then_some("page")] {
            (icon(way.icon)) span { (way.word) } (count(page, way.room))
        }
    }
}

/// How much waits in a room, where that helps to decide whether to go there.
fn count(page: &Shell<'_>, room: Room) -> Markup {
    let frame = page.visitor.frame();
    let (count, needs, heard) = match room {
        Room::Tickets if page.visitor.is_staff() => (frame.waiting, false, " waiting"),
        Room::Money if page.visitor.is_staff() => (frame.overdue, true, " overdue"),
        Room::Notifications => (frame.unread, true, " unread"),
        _ => (0, false, ""),
    };
    html! { @if count > 0 { span.count.needs[needs] { (up_to(count, MOST_UNREAD)) span.heard { (heard) } } } }
}
