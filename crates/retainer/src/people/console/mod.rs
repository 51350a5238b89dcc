//! The pages of signing in and out.

use axum::Form;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::{StatusCode, header};
use maud::{Markup, html};
use runtime::http::Peer;

use crate::people::{Opening, SessionKind, SignIn, SignInRefused, sign_in, sign_out};
use crate::App;
use crate::doors::page::set_cookie;
use crate::doors::{PageHalt, Visitor};
use crate::organizations::{self, Slug};
use crate::pages::parts::{Field, field};
use crate::pages::{self, bare};

/// The pages of people.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/sign-in", get(get_sign_in).post(post_sign_in))
        .route("/{organization}/sign-out", post(post_sign_out))
}

#[derive(Debug, Default, serde::Deserialize)]
struct Wanted {
    #[serde(default)]
    to: String,
}

#[derive(Debug, serde::Deserialize)]
struct SignInForm {
    email: String,
    password: String,
    #[serde(default)]
    to: String,
}

async fn get_sign_in(
    State(app): State<App>,
    Path(organization): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, PageHalt> {
    find(&app, &organization).await?;
    Ok(sign_in_page(&organization, "", &wanted.to, None))
}

async fn post_sign_in(
    State(app): State<App>,
    axum::Extension(Peer(address)): axum::Extension<Peer>,
    Path(slug): Path<String>,
    Form(form): Form<SignInForm>,
) -> Result<Response, PageHalt> {
    let organization = find(&app, &slug).await?;
    let refused = |text: &str| {
        (StatusCode::UNPROCESSABLE_ENTITY, sign_in_page(&slug, &form.email, &form.to, Some(text))).into_response()
    };
    let email = match form.email.parse() {
        Ok(email) => email,
        Err(error) => return Ok(refused(&format!("The address {error}."))),
    };
    let (kind, label) = (SessionKind::Browser, "Browser".to_owned());
    let input = SignIn { organization, email, password: form.password.clone(), code: None, place: Opening { kind, label, address } };
    match sign_in(&app, input).await {
        Ok(signed_in) => {
            let cookie = set_cookie(&app, &slug, signed_in.token.reveal());
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&destination(&slug, &form.to))).into_response())
        }
        Err(error) => match error.refused::<SignInRefused>() {
            Some(_) => Ok(refused(&error.to_string())),
            None => Err(error.into()),
        },
    }
}

/// Only addresses of the organization itself, so that a link cannot send people elsewhere after signing in.
fn destination(slug: &str, to: &str) -> String {
    let home = format!("/{slug}");
    let inside = to.strip_prefix(&home).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if inside && !to.contains("//") && !to.contains('\\') { to.to_owned() } else { home }
}

async fn find(app: &App, slug: &str) -> Result<kernel::id::OrganizationId, PageHalt> {
    let slug: Slug = slug.parse().map_err(|_| pages::nothing_here())?;
    Ok(organizations::find::by_slug(app, &slug).await?.ok_or_else(pages::nothing_here)?)
}

async fn post_sign_out(visitor: Visitor) -> Result<Response, PageHalt> {
    let tx = visitor.write().await?;
    sign_out(&tx, visitor.session()).await?;
    tx.commit().await?;
    visitor.app().sessions.forget();
    let cookie = set_cookie(visitor.app(), visitor.slug(), "");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&format!("/{}/sign-in", visitor.slug()))).into_response())
}

fn sign_in_page(slug: &str, email: &str, to: &str, error: Option<&str>) -> Markup {
    bare(
        "Sign in",
        None,
        &html! {
            h1 { "Sign in" }
            form method="post" action={ "/" (slug) "/sign-in" } {
                @if let Some(error) = error { p.error role="alert" { (error) } }
                input type="hidden" name="to" value=(to);
                (field(Field { name: "email", label: "E-mail", kind: "email", value: email, error: None, autocomplete: "username" }))
                (field(Field { name: "password", label: "Password", kind: "password", value: "", error: None, autocomplete: "current-password" }))
                button.go type="submit" { "Sign in" }
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
        for elsewhere in
            ["https://evil.example", "//evil.example", "/acmeco", "/acme//evil.example", "/acme/\\evil", ""]
        {
            assert_eq!(destination("acme", elsewhere), "/acme", "{elsewhere}");
        }
    }
}
