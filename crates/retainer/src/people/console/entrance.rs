//! The pages for whoever is not signed in: signing up, and the links of mails. A link's page only shows a form: programs
//! that look into mails follow links, so following one changes nothing.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;
use maud::{Markup, html};
use runtime::http::Segments;

use super::{House, enter, house, opening, refused};
use crate::App;
use crate::doors::{Caller, PageHalt, flash};
use crate::pages::parts::{Input, submit, wrong};
use crate::pages::{Form, again, bare};
use crate::people::{
    Accept, LinkUsed, Offer, SignIn, SignUp, accept_invitation, look_at_invitation, look_at_reset,
    look_at_verification, request_reset, reset_password, sign_in, sign_up, verify_email,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/sign-up", get(get_sign_up).post(post_sign_up))
        .route("/{organization}/reset", get(get_reset).post(post_reset))
        .route("/{organization}/reset/{token}", get(get_new_password).post(post_new_password))
        .route("/{organization}/verify/{token}", get(get_verify).post(post_verify))
        .route("/{organization}/invitations/{token}", get(get_invitation).post(post_invitation))
}

async fn get_sign_up(State(app): State<App>, Segments(slug): Segments<String>) -> Result<Markup, PageHalt> {
    Ok(sign_up_page(&house(&app, &slug).await?, &Form::blank()))
}

async fn post_sign_up(
    State(app): State<App>,
    caller: Caller,
    Segments(slug): Segments<String>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let house = house(&app, &slug).await?;
    let organization = house.id;
    let (name, email, password) = (form.read("name"), form.read("email"), form.read("password"));
    let (Some(name), Some(email), Some(password)) = (name, email, password) else {
        return Ok(again(&sign_up_page(&house, &form)));
    };
    let presented = form.value("password").to_owned();
    let input = SignUp { organization, name, email, password, address: caller.address };
    let email = input.email.clone();
    match sign_up(&app, input).await {
        Ok((tx, _)) => {
            tx.commit().await?;
            let input = SignIn { organization, email, password: presented, code: None, place: opening(&caller) };
            let (tx, signed_in) = sign_in(&app, input).await?;
            tx.commit().await?;
            let welcome = if app.smtp.is_some() {
                "Welcome. A mail asks you to confirm your address; until then everything here works already."
            } else {
                "Welcome. Ask for something, or look at the plans."
            };
            let mut answer = enter(&app, &slug, &signed_in, "");
            if let Ok(cookie) = flash::set(&app, &slug, welcome).parse() {
                answer.headers_mut().append(header::SET_COOKIE, cookie);
            }
            Ok(answer)
        }
        Err(error) => {
            refused(&mut form, error)?;
            Ok(again(&sign_up_page(&house, &form)))
        }
    }
}

fn sign_up_page(house: &House, form: &Form) -> Markup {
    let slug = house.slug.as_str();
    bare(
        "Become a customer",
        Some(&house.name),
        &html! {
            h1 { "Become a customer" }
            form method="post" action={ "/" (slug) "/sign-up" } {
                (wrong(form))
                (Input::text(form, "name", "Your name").autocomplete("name"))
                (Input::email(form, "email", "E-mail").autocomplete("username"))
                (Input::password(form, "password", "Password").autocomplete("new-password").hint("At least 10 characters."))
                (submit("Sign up"))
            }
            p.soft { a href={ "/" (slug) "/sign-in" } { "I have an account" } }
        },
    )
}

async fn get_reset(State(app): State<App>, Segments(slug): Segments<String>) -> Result<Markup, PageHalt> {
    Ok(reset_page(&app, &house(&app, &slug).await?, &Form::blank()))
}

async fn post_reset(
    State(app): State<App>,
    caller: Caller,
    Segments(slug): Segments<String>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let house = house(&app, &slug).await?;
    let organization = house.id;
    let Some(email) = form.read("email") else { return Ok(again(&reset_page(&app, &house, &form))) };
    match request_reset(&app, organization, &email, caller.address).await {
        Ok(tx) => {
            tx.commit().await?;
            if app.smtp.is_none() {
                let text = "No mail server is set up here, so no mail reaches you. If there is an account with this address, a \
                            link to choose a new password waits with the owners for one hour: ask them for it. An owner asks \
                            the people who run the server.";
                let (to, label) = (format!("/{slug}/sign-in"), "Back to signing in");
                return Ok(note(&house, ("Ask an owner for the link", text), (&to, label)).into_response());
            }
            Ok(note(
                &house,
                (
                    "Look into your mail",
                    "If there is an account with this address, a link to choose a new password is on its way. It is good for \
                     one hour.",
                ),
                (&format!("/{slug}/sign-in"), "Back to signing in"),
            )
            .into_response())
        }
        Err(error) => {
            refused(&mut form, error)?;
            Ok(again(&reset_page(&app, &house, &form)))
        }
    }
}

fn reset_page(app: &App, house: &House, form: &Form) -> Markup {
    let slug = house.slug.as_str();
    bare(
        "A new password",
        Some(&house.name),
        &html! {
            h1 { "A new password" }
            @if app.smtp.is_some() { p.lead { "Say which address your account has; we send it a link." } }
            @else { p.lead { "No mail server is set up here. Say which address your account has; an owner hands you the link." } }
            form method="post" action={ "/" (slug) "/reset" } {
                (wrong(form))
                (Input::email(form, "email", "E-mail").autocomplete("username").first())
                (submit(if app.smtp.is_some() { "Send the link" } else { "Ask for the link" }))
            }
            p { a href={ "/" (slug) "/sign-in" } { "Back to signing in" } }
        },
    )
}

/// A page that says one thing and where to go on.
fn note(house: &House, (title, text): (&str, &str), (to, label): (&str, &str)) -> Markup {
    bare(title, Some(&house.name), &html! { h1 { (title) } p.lead { (text) } p { a.btn href=(to) { (label) } } })
}

async fn get_new_password(
    State(app): State<App>,
    caller: Caller,
    Segments((slug, token)): Segments<(String, String)>,
) -> Result<Markup, PageHalt> {
    let house = house(&app, &slug).await?;
    look_at_reset(&app, &LinkUsed { organization: house.id, token, address: caller.address }).await?;
    Ok(new_password_page(&house, &Form::blank()))
}

async fn post_new_password(
    State(app): State<App>,
    caller: Caller,
    Segments((slug, token)): Segments<(String, String)>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let house = house(&app, &slug).await?;
    let organization = house.id;
    let Some(password) = form.read("password") else { return Ok(again(&new_password_page(&house, &form))) };
    match reset_password(&app, &LinkUsed { organization, token, address: caller.address }, password).await {
        Ok(tx) => {
            tx.commit().await?;
            Ok(note(
                &house,
                ("Your password is new", "You have been signed out everywhere. Sign in with the new password."),
                (&format!("/{slug}/sign-in"), "Sign in"),
            )
            .into_response())
        }
        Err(error) => {
            refused(&mut form, error)?;
            Ok(again(&new_password_page(&house, &form)))
        }
    }
}

/// The form goes to the address it stands at, which holds the token.
fn new_password_page(house: &House, form: &Form) -> Markup {
    bare(
        "Choose a new password",
        Some(&house.name),
        &html! {
            h1 { "Choose a new password" }
            form method="post" {
                (wrong(form))
                (Input::password(form, "password", "New password").autocomplete("new-password").hint("At least 10 characters."))
                (submit("Save"))
            }
        },
    )
}

async fn get_verify(
    State(app): State<App>,
    caller: Caller,
    Segments((slug, token)): Segments<(String, String)>,
) -> Result<Markup, PageHalt> {
    let house = house(&app, &slug).await?;
    look_at_verification(&app, &LinkUsed { organization: house.id, token, address: caller.address }).await?;
    Ok(verify_page(&house, &Form::blank()))
}

async fn post_verify(
    State(app): State<App>,
    caller: Caller,
    Segments((slug, token)): Segments<(String, String)>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let house = house(&app, &slug).await?;
    let organization = house.id;
    match verify_email(&app, &LinkUsed { organization, token, address: caller.address }).await {
        Ok(tx) => {
            tx.commit().await?;
            let home = format!("/{slug}");
            Ok(note(&house, ("Thank you", "Your address is confirmed."), (&home, "Go on")).into_response())
        }
        Err(error) => {
            refused(&mut form, error)?;
            Ok(again(&verify_page(&house, &form)))
        }
    }
}

fn verify_page(house: &House, form: &Form) -> Markup {
    bare(
        "Confirm your address",
        Some(&house.name),
        &html! {
            h1 { "Confirm your address" }
            form method="post" {
                (wrong(form))
                (submit("Yes, this is my address"))
            }
        },
    )
}

async fn get_invitation(
    State(app): State<App>,
    caller: Caller,
    Segments((slug, token)): Segments<(String, String)>,
) -> Result<Markup, PageHalt> {
    let house = house(&app, &slug).await?;
    let organization = house.id;
    let offer = look_at_invitation(&app, &LinkUsed { organization, token, address: caller.address }).await?;
    let form = Form::blank().with("name", offer.name.clone().unwrap_or_default());
    Ok(invitation_page(&house, &offer, &form))
}

async fn post_invitation(
    State(app): State<App>,
    caller: Caller,
    Segments((slug, token)): Segments<(String, String)>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let house = house(&app, &slug).await?;
    let organization = house.id;
    let used = LinkUsed { organization, token, address: caller.address };
    let offer = look_at_invitation(&app, &used).await?;
    let name = if offer.has_account() { None } else { form.read("name") };
    if !form.is_good() {
        return Ok(again(&invitation_page(&house, &offer, &form)));
    }
    let code = Some(form.value("code").to_owned()).filter(|code| !code.trim().is_empty());
    let accept = Accept { name, password: form.value("password").to_owned(), code, opening: opening(&caller) };
    match accept_invitation(&app, &used, accept).await {
        Ok((tx, signed_in)) => {
            tx.commit().await?;
            Ok(enter(&app, &slug, &signed_in, ""))
        }
        Err(error) => {
            refused(&mut form, error)?;
            Ok(again(&invitation_page(&house, &offer, &form)))
        }
    }
}

fn invitation_page(house: &House, offer: &Offer, form: &Form) -> Markup {
    let slug = house.slug.as_str();
    bare(
        "Your invitation",
        Some(&house.name),
        &html! {
            h1 { "Your invitation" }
            p.lead {
                @if offer.role.is_staff() { "You are invited to " strong { (house.name) } " as " (offer.role) "." }
                @else { "You are invited to the customer portal of " strong { (house.name) } "." }
            }
            form method="post" {
                (wrong(form))
                p.soft { (offer.email) }
                @if offer.has_account() {
                    (Input::password(form, "password", "The password of your account").autocomplete("current-password")
                        .hint("There is an account with this address already; it gets the new place."))
                    @if offer.needs_code() {
                        (Input::text(form, "code", "Code").autocomplete("one-time-code").hint("Of your authenticator app."))
                    }
                } @else {
                    (Input::text(form, "name", "Your name").autocomplete("name"))
                    (Input::password(form, "password", "Choose a password").autocomplete("new-password").hint("At least 10 characters."))
                }
                (submit("Accept"))
            }
            @if offer.has_account() { p.soft { a href={ "/" (slug) "/reset" } { "Forgotten your password?" } } }
        },
    )
}
