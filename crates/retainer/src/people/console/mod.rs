//! The pages of people: signing in and out; below, the doors for whoever is not signed in, one's account, the team.

mod account;
mod entrance;
mod team;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::{StatusCode, header};
use kernel::Actor;
use kernel::id::OrganizationId;
use maud::{Markup, html};
use runtime::http::Segments;
use runtime::tx::Access;

use crate::App;
use crate::doors::cookies::set_session;
use crate::doors::{Caller, PageHalt, Visitor, kept};
use crate::organizations::{self, Slug};
use crate::pages::parts::{Input, submit, wrong};
use crate::pages::{self, Form, again, bare};
use crate::people::{
    LinkRefused, Opening, SessionKind, SignIn, SignInRefused, SignedIn, ask_for_code, rules, sign_in,
    sign_in_with_code, sign_out,
};

pub(crate) use team::sent;

/// The pages of people.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/sign-in", get(get_sign_in).post(post_sign_in))
        .route("/{organization}/sign-in/code", post(post_code))
        .route("/{organization}/sign-out", post(post_sign_out))
        .merge(entrance::routes())
        .merge(account::routes())
        .merge(team::routes())
}

/// How a browser's session is opened.
pub(crate) fn opening(caller: &Caller) -> Opening {
    let label = rules::device(caller.agent.as_deref().unwrap_or_default());
    Opening { kind: SessionKind::Browser, label, address: caller.address, agent: caller.agent.clone() }
}

/// The answer to whoever is in: the cookie, and on to where they wanted.
fn enter(app: &App, slug: &str, signed_in: &SignedIn, to: &str) -> Response {
    let cookie = set_session(app, slug, signed_in.token.reveal());
    ([(header::SET_COOKIE, cookie)], Redirect::to(&destination(slug, to))).into_response()
}

/// The same for a form of the sign-in pages, which may carry what somebody typed before their session ended.
fn enter_from(app: &App, slug: &str, signed_in: &SignedIn, form: &Form) -> Response {
    if form.value("kept").is_empty() {
        return enter(app, slug, signed_in, form.value("to"));
    }
    let cookie = set_session(app, slug, signed_in.token.reveal());
    ([(header::SET_COOKIE, cookie)], kept::go_on(slug)).into_response()
}

/// The sign-in page for somebody whose session has ended, with what they had sent, sealed.
///
/// # Errors
/// A fault.
pub(crate) async fn sign_in_again(app: &App, slug: &str, to: &str, kept: &str) -> Result<Response, PageHalt> {
    let form = Form::blank().with("to", to).with("kept", kept);
    Ok((StatusCode::FORBIDDEN, sign_in_page(&house(app, slug).await?, &form)).into_response())
}

/// Takes a refusal into the form, the one that is only a wrong password or code included.
fn refused(form: &mut Form, error: runtime::Error) -> Result<(), PageHalt> {
    if error.refused::<SignInRefused>().is_some() {
        form.refuse("", error.to_string());
        return Ok(());
    }
    Ok(form.refused(error)?)
}

async fn get_sign_in(
    State(app): State<App>,
    visitor: Result<Visitor, PageHalt>,
    Segments(slug): Segments<String>,
    wanted: Form,
) -> Result<Response, PageHalt> {
    if visitor.is_ok() {
        return Ok(Redirect::to(&destination(&slug, wanted.value("to"))).into_response());
    }
    // What they sent is lost, where they come too late.
    let late = if wanted.value("late") == "true" { "true" } else { "" };
    let form = Form::blank().with("to", wanted.value("to")).with("late", late);
    Ok(sign_in_page(&house(&app, &slug).await?, &form).into_response())
}

async fn post_sign_in(
    State(app): State<App>,
    caller: Caller,
    Segments(slug): Segments<String>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let organization = find(&app, &slug).await?;
    let Some(email) = form.read("email") else { return Ok(again(&sign_in_page(&house(&app, &slug).await?, &form))) };
    let password = form.value("password").to_owned();
    let input = SignIn { organization, email, password, code: None, place: opening(&caller) };
    let error = match sign_in(&app, input.clone()).await {
        Ok((tx, signed_in)) => {
            tx.commit().await?;
            return Ok(enter_from(&app, &slug, &signed_in, &form));
        }
        Err(error) => error,
    };
    if error.refused() == Some(&SignInRefused::CodeNeeded) {
        let token = ask_for_code(&app, &input).await?;
        let form = onward(&form).with("token", token.reveal());
        return Ok(code_page(&house(&app, &slug).await?, &form).into_response());
    }
    refused(&mut form, error)?;
    Ok(again(&sign_in_page(&house(&app, &slug).await?, &form)))
}

async fn post_code(
    State(app): State<App>,
    caller: Caller,
    Segments(slug): Segments<String>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    let organization = find(&app, &slug).await?;
    let (token, code) = (form.value("token").to_owned(), form.value("code").to_owned());
    match sign_in_with_code(&app, organization, &token, &code, opening(&caller)).await {
        Ok(signed_in) => Ok(enter_from(&app, &slug, &signed_in, &form)),
        Err(error) if error.refused::<LinkRefused>().is_some() => {
            let mut form = onward(&form);
            form.refuse("", "That took too long. Sign in once more.");
            Ok(again(&sign_in_page(&house(&app, &slug).await?, &form)))
        }
        Err(error) => {
            refused(&mut form, error)?;
            Ok(again(&code_page(&house(&app, &slug).await?, &form)))
        }
    }
}

/// Only addresses of the organization itself, so that a link cannot send people elsewhere after signing in.
fn destination(slug: &str, to: &str) -> String {
    let home = format!("/{slug}");
    let inside = to.strip_prefix(&home).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    // What is no visible ASCII cannot stand in a header, and the answer must not fail once the session is open.
    let plain = to.bytes().all(|byte| byte.is_ascii_graphic());
    if inside && plain && !to.contains("//") && !to.contains('\\') { to.to_owned() } else { home }
}

/// The organization whose door somebody stands at.
struct House {
    id: OrganizationId,
    slug: String,
    name: String,
}

/// Like [`find`], with what the page says it is.
async fn house(app: &App, slug: &str) -> Result<House, PageHalt> {
    let id = find(app, slug).await?;
    let tx = app.begin(id, Actor::anonymous(None), Access::Read).await?;
    Ok(House { id, slug: slug.to_owned(), name: organizations::find::own(&tx).await?.name })
}

async fn find(app: &App, slug: &str) -> Result<OrganizationId, PageHalt> {
    let slug: Slug = slug.parse().map_err(|_| pages::nothing_here())?;
    Ok(organizations::find::by_slug(app, &slug).await?.ok_or_else(pages::nothing_here)?)
}

async fn post_sign_out(visitor: Visitor) -> Result<Response, PageHalt> {
    let tx = visitor.write().await?;
    sign_out(&tx, visitor.session()).await?;
    tx.commit().await?;
    let cookie = set_session(visitor.app(), visitor.slug(), "");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&visitor.path("/sign-in"))).into_response())
}

fn sign_in_page(house: &House, form: &Form) -> Markup {
    let slug = house.slug.as_str();
    bare(
        "Sign in",
        Some(&house.name),
        &html! {
            h1 { "Sign in" }
            @if !form.value("kept").is_empty() {
                p.notice role="status" { "Your session had ended, so what you wrote was not sent. It is kept: sign in, and it is in its form again." }
            }
            @if form.is_ticked("late") {
                p.notice role="status" { "You were not signed in any more, so what you sent did not arrive. It may still stand on the page before this one: go back to it, copy it, and sign in." }
            }
            form method="post" action={ "/" (slug) "/sign-in" } {
                (wrong(form))
                (carried(form))
                (Input::email(form, "email", "E-mail").autocomplete("username").first())
                (Input::password(form, "password", "Password").autocomplete("current-password"))
                (submit("Sign in"))
            }
            p.soft {
                a href={ "/" (slug) "/reset" } { "Forgotten your password?" } " · "
                a href={ "/" (slug) "/sign-up" } { "Become a customer" }
            }
        },
    )
}

/// What goes along through the pages of signing in.
fn onward(form: &Form) -> Form {
    Form::blank().with("to", form.value("to")).with("kept", form.value("kept"))
}

fn carried(form: &Form) -> Markup {
    html! {
        input type="hidden" name="to" value=(form.value("to"));
        @if !form.value("kept").is_empty() { input type="hidden" name="kept" value=(form.value("kept")); }
    }
}

fn code_page(house: &House, form: &Form) -> Markup {
    let slug = house.slug.as_str();
    bare(
        "Your code",
        Some(&house.name),
        &html! {
            h1 { "Your code" }
            form method="post" action={ "/" (slug) "/sign-in/code" } {
                (wrong(form))
                (carried(form))
                input type="hidden" name="token" value=(form.value("token"));
                (Input::text(form, "code", "Code").autocomplete("one-time-code")
                    .hint("The six digits that your authenticator app shows, or one of your recovery codes."))
                (submit("Sign in"))
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_never_leads_out_of_the_organization() {
        assert_eq!(destination("acme", "/acme/tickets/TKT-1"), "/acme/tickets/TKT-1");
        for elsewhere in [
            "https://evil.example",
            "//evil.example",
            "/acmeco",
            "/acme//evil.example",
            "/acme/\\evil",
            "",
            "/acme/\nx",
            "/acme/\u{e9}",
        ] {
            assert_eq!(destination("acme", elsewhere), "/acme", "{elsewhere}");
        }
    }
}
