//! The line icons: one sprite that stands in every page, on a grid of sixteen, drawn with the colour of the words beside.

use maud::{Markup, html};

/// Name and path of each.
pub(crate) const ICONS: &[(&str, &str)] = &[
    ("today", "M2.5 4.6l1.3 1.3L6 3.5M2.5 10.6l1.3 1.3L6 9.5M8.5 4.8h5M8.5 10.8h5"),
    (
        "tickets",
        "M2 5.5a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v1a1.5 1.5 0 0 0 0 3v1a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1v-1a1.5 1.5 0 0 0 0-3zM10 5.4v.8M10 7.6v.8M10 9.8v.8",
    ),
    (
        "customers",
        "M3 13.5v-10L8.5 2v11.5M8.5 5.5l4.5 1.5v6.5M2 13.5h12M5.2 5.5h1M5.2 8h1M5.2 10.5h1M10.6 9.2h.6M10.6 11.2h.6",
    ),
    ("money", "M2 4h12v8H2zM8 9.7a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4zM4.2 8h.2M11.6 8h.2"),
    ("reports", "M2.5 13.5h11M4.5 11V8M8 11V3M11.5 11V6"),
    ("plans", "M8 2.5l6 3-6 3-6-3zM2.5 8.3L8 11l5.5-2.7M2.5 10.8L8 13.5l5.5-2.7"),
    (
        "team",
        "M6 7.4A2.2 2.2 0 1 0 6 3a2.2 2.2 0 0 0 0 4.4zM2 13c.3-2.2 1.9-3.3 4-3.3s3.7 1.1 4 3.3M10.6 3.2a2.2 2.2 0 0 1 0 4M12 9.9c1.2.5 1.8 1.6 2 3.1",
    ),
    ("mail", "M2 4h12v8.5H2zM2.4 4.5L8 9l5.6-4.5"),
    ("audit", "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6"),
    (
        "settings",
        "M2.5 5h6M11.5 5h2M2.5 11h2M7.5 11h6M10 6.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM6 12.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z",
    ),
    ("bell", "M4 11V7.5a4 4 0 0 1 8 0V11l1 1H3zM7 14h2"),
    ("person", "M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8zM3 13.5c.4-2.4 2.4-3.6 5-3.6s4.6 1.2 5 3.6"),
    ("home", "M2.5 7.5L8 2.8l5.5 4.7M4 6.6v6.9h8V6.6"),
    ("balance", "M2 5.5h12v5H2zM6.5 5.5v5M9 5.5v5"),
    ("invoice", "M4 2h8v12l-2-1.2-2 1.2-2-1.2L4 14zM6 5.5h4M6 8.5h4"),
    ("menu", "M2.5 4.5h11M2.5 8h11M2.5 11.5h11"),
    ("out", "M6.5 2.5h-4v11h4M10.5 5l3 3-3 3M13.5 8h-7"),
    ("filter", "M2.5 4.5h11M4.5 8h7M6.5 11.5h3"),
    ("search", "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.2 3.2"),
    ("code", "M5.5 4.5L2 8l3.5 3.5M10.5 4.5L14 8l-3.5 3.5"),
    ("file", "M4 2h5l3 3v9H4zM9 2v3h3M6 8.5h4M6 11h4"),
    ("lock", "M4 7h8v6.5H4zM5.5 7V5a2.5 2.5 0 0 1 5 0v2"),
    ("copy", "M6 5.5h7v8H6zM3.5 10.5v-8h7"),
    ("plus", "M8 3v10M3 8h10"),
    ("back", "M9.5 3.5L5 8l4.5 4.5"),
];

/// The sprite, and the hatching of the balance bar, to be referred to by id.
pub(crate) fn symbols() -> Markup {
    html! {
        svg.symbols width="0" height="0" aria-hidden="true" {
            defs {
                pattern #held patternUnits="userSpaceOnUse" width="6" height="6" patternTransform="rotate(45)" {
                    rect.ground width="6" height="6" {}
                    rect.line width="3" height="6" {}
                }
            }
            @for (name, path) in ICONS { symbol id={ "icon-" (name) } viewBox="0 0 16 16" { path d=(path) {} } }
        }
    }
}
