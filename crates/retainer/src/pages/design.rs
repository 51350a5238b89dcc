//! Every part of the pages in every state, light and dark side by side. The demo serves it at `/design`; an installation
//! does not, because the word may be an organization's.

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use kernel::{Currency, Money, Quantity};
use maud::{Markup, html};

use super::icons::ICONS;
use super::parts::{
    self, Audience, Balance, Bars, Chart, Dot, Empty, Head, Input, Item, Select, Series, Tone, dot, icon, tag,
};
use super::{Form, bare_showing};
use crate::App;

/// The page of the parts, for the demo.
pub fn routes() -> Router<App> {
    Router::new().route("/design", get(async || page()))
}

/// The page.
pub fn page() -> Markup {
    bare_showing(
        "Design",
        &html! {
            h1 { "Design" }
            p.lead { "Every part of the pages in every state. Left as by day, right as by night." }
            div.schemes {
                @for (class, prefix) in [("scheme light", "light"), ("scheme dark", "dark")] {
                    div class=(class) { (parts_in(prefix)) }
                }
            }
        },
    )
}

/// All parts; `prefix` keeps the ids of the two columns apart.
fn parts_in(prefix: &str) -> Markup {
    html! {
        h2 { "Letters" } (letters())
        h2 { "Buttons" } (buttons())
        h2 { "Fields" } (fields(prefix))
        h2 { "States and tags" } (marks())
        h2 { "The balance bar" } (bars())
        h2 { "Ways within a place" }
        nav.states aria-label={ "Money, " (prefix) } { a href="/design" aria-current="page" { "Overview" } a href="/design" { "Invoices" } a href="/design" { "Subscriptions" } }
        h2 { "A list" } (list())
        nav.pager aria-label={ "Pages, " (prefix) } { a.btn rel="next" href="/design" { "Older" } }
        h2 { "What is ticked" } (ticked(prefix))
        h2 { "What needs somebody" } (needs())
        h2 { "Facts" }
        (parts::defs(&[("Customer", html! { "Nørgaard & Søn" }), ("Plan", html! { "Standard" }), ("Next period", html! { "1 December" })]))
        h2 { "Charts" } (charts())
        h2 { "Conversation" } (talk(prefix))
        h2 { "Files" } (files())
        h2 { "Notices" } (notices())
        h2 { "A question" }
        dialog open aria-label={ "A question, " (prefix) } {
            h2 { "Revoke this link? Whoever has it sees nothing any more." }
            p.submit { button type="button" { "Cancel" } button.danger type="button" { "Revoke" } }
        }
        h2 { "Nothing yet" }
        (parts::empty(Empty { title: "No tickets yet", text: "A ticket is a piece of work somebody asks for.", action: Some(("/design", "Open the first ticket")) }))
        h2 { "Folded away" }
        details.drawer { summary { "Reject" } p { "What it needs is asked here." } }
        details.drawer open { summary { "Complete" } p { "What it needs is asked here." } }
        h2 { "Icons" }
        p { @for (name, _) in ICONS { span title=(name) { (icon(name)) } " " } }
    }
}

fn letters() -> Markup {
    html! {
        p.big { "32 Figures" }
        h1 { "24 Page titles" }
        p.mark { "18 The wordmark" }
        p.lead { "15 What a page begins with, and everything on a phone" }
        p { "13 Work. " a href="/design" { "A link" } ", " b { "what matters" } ", " span.soft { "what matters less" } ", " code { "TKT-20261118-141502-0317" } }
        p.hint { "12 Hints, heads of columns and " kbd { "g t" } }
    }
}

fn buttons() -> Markup {
    html! {
        p.actions {
            button.go type="button" { "The one action" }
            button type="button" { "Another" }
            button.danger type="button" { "Destruction" }
            button type="button" disabled { "Not now" }
            a.btn href="/design" { (icon("plus")) "A way" }
        }
    }
}

fn fields(prefix: &str) -> Markup {
    let name = |field: &str| format!("{prefix}-{field}");
    let (title, hours, wrong, word, choice, box_name) =
        (name("title"), name("hours"), name("wrong"), name("password"), name("priority"), name("billable"));
    let mut form = Form::blank()
        .with(&title, "The roof leaks")
        .with(&hours, "2:30")
        .with(&wrong, "1:75")
        .with(&choice, "High")
        .with(&box_name, "true");
    form.refuse(&wrong, "Write it as 2:30 or 2.5.");
    let choices: Vec<_> = ["Low", "Medium", "High"].map(|word| (word.to_owned(), word.to_owned())).into();
    html! {
        (Input::text(&form, &title, "Title"))
        div.row {
            (Input::decimal(&form, &hours, "Hours").optional().hint("As 2:30 or 2.5."))
            (Input::decimal(&form, &wrong, "Hours that are wrong"))
        }
        (Input::password(&form, &word, "Password"))
        (Select { form: &form, name: &choice, label: "Priority", choices: &choices })
        (parts::check(&form, &box_name, "Counts towards what the customer pays"))
        (parts::submit("Open the ticket"))
    }
}

fn marks() -> Markup {
    let dots = [
        (Dot::New, "Pending"),
        (Dot::Waiting, "Waiting"),
        (Dot::Open, "In progress"),
        (Dot::Done, "Completed"),
        (Dot::Off, "Rejected"),
        (Dot::Failed, "Overdue"),
    ];
    let tags = [(Tone::Plain, "report"), (Tone::Good, "good"), (Tone::Amber, "High"), (Tone::Red, "Urgent")];
    html! {
        p { @for (kind, word) in dots { (dot(kind, word)) "  " } }
        p { @for (tone, word) in tags { (tag(tone, word)) " " } }
    }
}

fn bars() -> Markup {
    let bar = |used: i64, held: i64, left: i64| {
        let hours = |minutes: i64| Quantity::seconds(minutes * 60);
        parts::balance(&Balance {
            used: hours(used),
            held: hours(held),
            left: hours(left),
            why: Some("/design"),
            words: parts::ALLOWANCE,
        })
    };
    html! { (bar(90, 90, 420)) (bar(0, 0, 600)) (bar(590, 0, 10)) (bar(660, 0, -60)) (bar(0, 0, 0)) }
}

fn list() -> Markup {
    let rows = [
        ("Nightly report stops at 02:00", Dot::Open, "In progress", 180),
        ("Second language", Dot::New, "Pending", 360),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(title, kind, word, minutes)| {
            html! { tr { td { a href="/design" { (title) } " " (tag(Tone::Plain, "report")) } td { (dot(kind, word)) } td.n { (parts::hours(Quantity::seconds(minutes * 60))) } } }
        })
        .collect();
    parts::table("Tickets", &[Head::Text("Ticket"), Head::Text("Status"), Head::Number("Held, h")], &rows)
}

/// Rows that are chosen, and the bar that says what is done with them.
fn ticked(prefix: &str) -> Markup {
    let form = Form::blank();
    let row = |title: &str, kind, word| {
        html! { tr { td.tick { label { input type="checkbox" checked aria-label={ "Choose " (title) ", " (prefix) }; } } td { a href="/design" { (title) } } td { (dot(kind, word)) } } }
    };
    let rows =
        [row("Nightly report stops at 02:00", Dot::Open, "In progress"), row("Second language", Dot::New, "Pending")];
    let (deed, word) = (format!("{prefix}-deed"), format!("{prefix}-word"));
    html! {
        table.list {
            caption.heard { "Tickets that are ticked" }
            tbody { @for row in &rows { (row) } }
        }
        div {
            form.bulk method="get" action="/design" aria-label={ "What is done with those that are ticked, " (prefix) } {
                div.deeds {
                    p.ticked { span { "2 tickets" } button.plain type="button" { "None" } }
                    fieldset {
                        legend.heard { "What is to be done" }
                        @for (value, label) in [("assign", "Assign"), ("tag", "Tag"), ("start", "Start work"), ("reject", "Reject")] {
                            span.choice {
                                input type="radio" id={ (deed) "-" (value) } name="deed" value=(value) checked[value == "tag"];
                                label for={ (deed) "-" (value) } { (label) }
                            }
                        }
                    }
                    div.for-tag { (Input::text(&form, &word, "Tag").optional()) }
                    button.go.do type="button" { span.for-tag { "Tag them" } }
                }
            }
        }
    }
}

fn files() -> Markup {
    let file = |name: &str, size: &str| {
        html! { li { a href="/design" { (icon("file")) (name) } " " span.soft { (size) } " " button.quiet type="button" aria-label={ "Take away " (name) } { "Take away" } } }
    };
    html! { ul.attached aria-label="Files" { (file("report-2026-11.pdf", "184 kB")) (file("log.txt", "2 kB")) li { span.soft { "A file that was removed" } } } }
}

fn needs() -> Markup {
    html! {
        table.list.need {
            caption.heard { "What needs somebody" }
            tbody {
                tr.late { td { "Overdue 12 days" } td { a href="/design" { b { "Okafor Studio" } } " " span.soft { "INV-2026-0031" } } td.n { (parts::money(Money::new(400_000, Currency::USD))) } }
                tr { td { "Out of hours" } td { a href="/design" { b { "Marta Kowalska" } } " and two open tickets" } td.n { a.btn href="/design" { "Sell a top-up" } } }
            }
        }
    }
}

fn charts() -> Markup {
    let months = ["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"];
    let columns = || months.map(|month| (month.to_owned(), format!("{month} 2026"), Some("/design".to_owned()))).into();
    let said = |value: i64| Money::new(value, Currency::USD).to_string();
    let counted = |value: i64| value.to_string();
    html! {
        (parts::chart(&Chart {
            title: "Revenue is up 12 % on October.", asks: Some(("12 %", "/design")), bars: Bars::Beside, unit: "USD", per: 100, columns: columns(), said: &said, goes_on: true,
            series: vec![Series { name: "Revenue", values: vec![1_204_000, 1_450_000, 1_391_000, 1_720_000, 1_647_300, 1_845_000] }],
        }))
        (parts::chart(&Chart {
            title: "More tickets were completed than opened in each of the last three months.", asks: None, bars: Bars::Lines, unit: "tickets", per: 1,
            columns: columns(), said: &counted, goes_on: true,
            series: vec![
                Series { name: "Opened", values: vec![31, 44, 52, 47, 41, 38] },
                Series { name: "Completed", values: vec![28, 39, 41, 55, 48, 40] },
            ],
        }))
    }
}

fn talk(prefix: &str) -> Markup {
    let item = |author, note, text: &str, audience, number: u8| Item {
        author,
        note,
        at: Timestamp::UNIX_EPOCH,
        text: html! { (text) },
        audience,
        anchor: format!("{prefix}-said-{number}"),
    };
    let items = [
        item("Jana Brandt", "Brightside Dental", "The report has been empty since Monday.", Audience::Everybody, 1),
        item("Amir", "", "The change of clocks moved the job into the backup's window.", Audience::Staff, 2),
        item("Amir", "1:30 h", "Found it. Tonight’s run will tell.", Audience::Everybody, 3),
    ];
    parts::conversation(&items, &|_| html! { "Wednesday 14:15" })
}

fn notices() -> Markup {
    html! {
        p.flash { "The ticket is open; 3:00 h are on hold." }
        p.notice { a href="/design" { "Invoice INV-2026-0017" } " is overdue since 8 March." }
        p.wrong { "This needs 48:00 h, and only 2:43 h are left." }
    }
}
