//! The page of setting up.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::header;
use kernel::text::Name;
use maud::{Markup, html};
use runtime::Error;
use runtime::http::Segments;

use super::{Catalogue, SetUp, SetUpRefused, is_good, set_up};
use crate::App;
use crate::doors::cookies::set_session;
use crate::doors::{Caller, PageHalt};
use crate::organizations::Slug;
use crate::pages::parts::{Input, check, currencies, submit, wrong, zones};
use crate::pages::{Form, again, bare};
use crate::people::console::opening;

/// The pages of setting up.
pub fn routes() -> Router<App> {
    Router::new().route("/setup/{token}", get(get_set_up).post(post_set_up))
}

/// What the root of an installation shows that nobody has set up. The link itself is shown to nobody: who may set it up
/// reads what the server printed.
pub fn not_yet() -> Markup {
    bare(
        "Not set up yet",
        None,
        &html! {
            h1 { "Not set up yet" }
            p.lead { "This installation of Retainer runs, but there is no organization in it yet." }
            p {
                "When the server started it printed a link for setting it up. It works once and for an hour; look for it where \
                 the server's output goes (a terminal, " code { "journalctl" } ", " code { "docker logs" } "). Starting the \
                 server again prints a new one."
            }
        },
    )
}

async fn get_set_up(State(app): State<App>, Segments(token): Segments<String>) -> Result<Markup, PageHalt> {
    if !is_good(&app, &token).await? {
        return Err(Error::from(SetUpRefused::Useless).into());
    }
    let form = Form::blank().with("time_zone", "UTC").with("currency", "USD").with("plans", "true");
    Ok(page(&token, &form))
}

async fn post_set_up(
    State(app): State<App>,
    caller: Caller,
    Segments(token): Segments<String>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let Some(input) = read(&mut form) else { return Ok(again(&page(&token, &form))) };
    let slug = input.slug.to_string();
    match set_up(&app, &token, input, opening(&caller)).await {
        Ok(signed_in) => {
            let cookie = set_session(&app, &slug, signed_in.token.reveal());
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&format!("/{slug}"))).into_response())
        }
        Err(error) => {
            form.refused(error)?;
            Ok(again(&page(&token, &form)))
        }
    }
}

fn read(form: &mut Form) -> Option<SetUp> {
    let name: Option<Name> = form.read("name");
    let proposed = name.as_ref().and_then(|name| Slug::propose(name.as_str()));
    let slug = match form.read_optional::<Slug>("slug") {
        None if form.value("slug").trim().is_empty() => {
            if name.is_some() && proposed.is_none() {
                form.refuse(
                    "slug",
                    "No word can be made from this name. Choose one: small letters, digits and dashes.",
                );
            }
            proposed
        }
        given => given,
    };
    let code = form.value("currency").trim().to_uppercase();
    let currency = Form::blank().with("currency", code).read("currency");
    if currency.is_none() {
        form.refuse("currency", "Choose a currency of the list, such as USD.");
    }
    let zone = form.read("time_zone");
    let (owner, email, password) = (form.read("owner"), form.read("email"), form.read("password"));
    let catalogue = if form.is_ticked("plans") { Catalogue::Consulting } else { Catalogue::Empty };
    Some(SetUp {
        name: name?,
        slug: slug?,
        zone: zone?,
        currency: currency?,
        owner: owner?,
        email: email?,
        password: password?,
        catalogue,
    })
}

fn page(token: &str, form: &Form) -> Markup {
    bare(
        "Set up",
        None,
        &html! {
            h1 { "Set up Retainer" }
            p.lead { "One organization and its owner; everything can be changed later, except the word in the addresses, and the currency once something is sold." }
            form method="post" action={ "/setup/" (token) } {
                (wrong(form))
                h2 { "Your business" }
                (Input::text(form, "name", "Name").autocomplete("organization").first())
                (Input::text(form, "slug", "Word in the addresses").optional().hint("Left empty it is made from the name: Åsa & Söner AB becomes asa-soner-ab. It cannot be changed later."))
                (Input::text(form, "time_zone", "Time zone").suggest("zones").hint("Such as Europe/Stockholm."))
                (zones())
                (Input::text(form, "currency", "Currency").suggest("currencies").hint("Three letters, such as USD."))
                (currencies())
                (check(form, "plans", "Start with the consulting plans (Basic, Standard, Pro, Daily)"))
                p.hint { "They cost 50, 450, 4,000 and 50 in your currency; change the prices under Plans before you sell them." }
                h2 { "You" }
                (Input::text(form, "owner", "Your name").autocomplete("name"))
                (Input::email(form, "email", "E-mail").autocomplete("username"))
                (Input::password(form, "password", "Password").autocomplete("new-password").hint("At least 10 characters."))
                (submit("Set up and sign in"))
            }
        },
    )
}
