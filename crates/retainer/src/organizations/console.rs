//! The pages of the organization: its settings.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use kernel::Permission;
use maud::{Markup, html};
use runtime::{Error, Tx};

use super::change::is_sold;
use super::{Change, TimeIncrement, change, find};
use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::files::{spoken, usage};
use crate::pages::parts::{Input, Select, currencies, once, submit, wrong, zones};
use crate::pages::{Form, Room, Shell, again, shell};

/// The pages of organizations.
pub fn routes() -> Router<App> {
    Router::new().route("/{organization}/settings", get(get_settings).post(post_settings))
}

async fn get_settings(visitor: Visitor) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    tx.require(Permission::SettingsWrite)?;
    let own = find::own(&tx).await?;
    let around = around(&tx).await?;
    let form = Form::blank()
        .with("name", own.name)
        .with("time_zone", own.zone.name())
        .with("currency", own.currency.to_string())
        .with("sign_up", own.sign_up.word())
        .with("days_to_pay", own.days_to_pay.to_string())
        .with("time_increment", own.time_increment.to_string())
        .with("payment_instructions", own.payment_instructions.unwrap_or_default())
        .with("version", own.version.to_string());
    Ok(page(&visitor, &form, around))
}

async fn post_settings(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    visitor.require(Permission::SettingsWrite)?;
    let around = around(&visitor.read().await?).await?;
    let input = Change {
        name: form.read("name"),
        zone: form.read("time_zone"),
        currency: if around.currency == Changing::Free { form.read("currency") } else { None },
        sign_up: form.read("sign_up"),
        days_to_pay: form.read("days_to_pay"),
        time_increment: form.read_optional("time_increment"),
        payment_instructions: Some(form.read_optional("payment_instructions")),
    };
    let seen = form.read_optional::<i64>("version");
    if !form.is_good() {
        return Ok(again(&page(&visitor, &form, around)));
    }
    let tx = visitor.write_once(&form).await?;
    match change(&tx, input, seen).await {
        Ok(()) => tx.finish("/settings", "The settings are saved.").await,
        Err(error) => {
            form.refused(error)?;
            Ok(again(&page(&visitor, &form, around)))
        }
    }
}

/// Whether the currency may still be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changing {
    Free,
    Bound,
}

/// What the page shows beside the form.
#[derive(Debug, Clone, Copy)]
struct Around {
    currency: Changing,
    /// How many files are kept, and how many bytes they have.
    files: (i64, i64),
}

fn increment_label(increment: TimeIncrement) -> String {
    match increment.minutes() {
        1 => "the minute".to_owned(),
        15 => "15 minutes, a quarter of an hour".to_owned(),
        30 => "30 minutes, half an hour".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

async fn around(tx: &Tx) -> Result<Around, Error> {
    let (is_sold, files) = tokio::try_join!(is_sold(tx), usage(tx))?;
    Ok(Around { currency: if is_sold { Changing::Bound } else { Changing::Free }, files })
}

fn page(visitor: &Visitor, form: &Form, Around { currency, files: (files, bytes) }: Around) -> Markup {
    let frame = Shell { visitor, room: Room::Settings, title: "Settings", actions: html! {} };
    let sign_up = [
        ("open".to_owned(), "Anybody may sign up in the portal".to_owned()),
        ("invitation".to_owned(), "Only whoever is invited".to_owned()),
    ];
    let increments = TimeIncrement::ALL.map(|it| (it.to_string(), increment_label(it)));
    shell(
        &frame,
        &html! {
            form method="post" action=(visitor.path("/settings")) {
                (wrong(form)) (once(form))
                input type="hidden" name="version" value=(form.value("version"));
                (Input::text(form, "name", "Name").autocomplete("organization"))
                (Input::text(form, "time_zone", "Time zone").suggest("zones").hint("Such as Europe/Stockholm. It decides when a day and a month begin."))
                (zones())
                @if currency == Changing::Free {
                    (Input::text(form, "currency", "Currency").suggest("currencies")
                        .hint("Three letters, such as USD. It can be changed until something is sold."))
                    (currencies())
                } @else {
                    div.field { b { "Currency" } span { (form.value("currency")) }
                        p.hint { "It stays: what was sold is written in it." } }
                    input type="hidden" name="currency" value=(form.value("currency"));
                }
                (Input::text(form, "days_to_pay", "Days to pay").hint("How long a customer has to pay an invoice, 1 to 365 days. It counts for invoices written from now on."))
                (Input::area(form, "payment_instructions", "How customers pay").optional()
                    .hint("Such as your bank account. It stands on invoices that are not paid, and in their mails."))
                (Select { form, name: "time_increment", label: "Work is billed by", choices: &increments })
                p.hint { "Time that is written down from now on counts rounded up to this, entry by entry. How long it took stays on the entry; hours that somebody types to complete a ticket are taken as they are." }
                (Select { form, name: "sign_up", label: "New customers", choices: &sign_up })
                (submit("Save"))
            }
            @if form.value("sign_up") == "open" {
                p.soft {
                    "Customers sign up at "
                    a href=(visitor.path("/sign-up")) { (visitor.app().url(&visitor.path("/sign-up"))) }
                }
            }
            h2 { "Mail" }
            p { a href=(visitor.path("/settings/mail-templates")) { "Mail templates" } span.soft { ": what your mails say" } }
            h2 { "Files" }
            p.soft { (files) " on tickets, " (spoken(u64::try_from(bytes).unwrap_or(0))) " of "
                (spoken(visitor.app().file_limits.organization)) ". A file may have " (spoken(visitor.app().file_limits.file)) "." }
            h2 { "Everything" }
            p { a href=(visitor.path("/settings/export")) { "Export everything" } span.soft { ": all that this organization knows, in one file" } }
            p { a href=(visitor.path("/settings/imports")) { "What was imported" } span.soft { ": rows of an older system, and what became of them" } }
            p { a href=(visitor.path("/settings/sample")) { "Sample organization" }
                span.soft { @if visitor.frame().is_sample { ": this is one" } @else { ": an invented business to look around in" } } }
            @if !visitor.frame().is_sample { p { a href=(visitor.path("/settings/deletion")) { "Delete the organization" } span.soft { ", in thirty days" } } }
        },
    )
}
