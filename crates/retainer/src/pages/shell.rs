//! The frame of a page: rail, title, content.

use maud::{DOCTYPE, Markup, html};

use super::assets;
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
    let slug = page.visitor.slug();
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(page.title))
            body {
                a.skip href="#main" { "Skip to the content" }
                div.app {
                    nav.rail aria-label="Main" {
                        a.mark href={ "/" (slug) } { "Retainer" }
                        (links(page))
                        form.out method="post" action={ "/" (slug) "/sign-out" } {
                            span { (page.visitor.name()) }
                            button type="submit" { "Sign out" }
                        }
                    }
                    main #main {
                        header.title { h1 { (page.title) } span.space {} (page.actions) }
                        (content)
                    }
                }
            }
        }
    }
}

fn links(page: &Shell<'_>) -> Markup {
    let slug = page.visitor.slug();
    let rooms: &[(Room, &str, &str)] = &[(Room::Today, "", "Today")];
    html! {
        @for (room, path, label) in rooms {
            a href={ "/" (slug) (path) } aria-current=[(*room == page.room).then_some("page")] { (label) }
        }
    }
}

/// A page outside the frame: sign-in, set-up, errors.
pub fn bare(title: &str, organization: Option<&str>, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body.bare {
                main #main {
                    p.mark { (organization.unwrap_or("Retainer")) }
                    (content)
                }
            }
        }
    }
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " · Retainer" }
            link rel="icon" href=(assets::url("icon.svg")) type="image/svg+xml";
            link rel="stylesheet" href=(assets::url("retainer.css"));
            script type="module" src=(assets::url("retainer.js")) {}
        }
    }
}
