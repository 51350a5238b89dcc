//! One's own account: profile, password, authenticator app, sessions.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kernel::id::SessionId;
use kernel::text::Name;
use maud::{Markup, PreEscaped, html};
use runtime::Error;
use runtime::http::At;

use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::organizations::{self, Zone};
use crate::pages::parts::{Head, Input, icon, once, submit, table, tag, time, wrong};
use crate::pages::{Form, Room, Shell, again, parts, shell};
use crate::people::find::{self, Me};
use crate::people::second_factor::{self, SetUp};
use crate::people::{
    Again, ChangeProfile, SecondFactorRefused, change_password, change_profile, knows_password, limit_codes,
    limit_verification, revoke_session, send_verification,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/profile", get(get_profile).post(post_profile))
        .route("/{organization}/profile/password", get(get_password).post(post_password))
        .route("/{organization}/profile/verification", post(post_verification))
        .route("/{organization}/profile/second-factor", get(get_second_factor).post(post_second_factor))
        .route("/{organization}/profile/second-factor/confirmation", post(post_confirmation))
        .route("/{organization}/profile/second-factor/removal", post(post_removal))
        .route("/{organization}/profile/sessions/{session}/end", post(post_end))
}

fn frame<'a>(visitor: &'a Visitor, title: &'a str) -> Shell<'a> {
    Shell { visitor, room: Room::Profile, title, actions: html! {} }
}

async fn me(visitor: &Visitor) -> Result<Me, Error> {
    find::me(&visitor.read().await?).await
}

async fn get_profile(visitor: Visitor) -> Result<Markup, PageHalt> {
    let me = me(&visitor).await?;
    let form = Form::blank().with("name", &*me.name).with("time_zone", me.time_zone.clone().unwrap_or_default());
    profile_page(&visitor, &me, &form).await
}

async fn post_profile(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    let (name, zone) = (form.read::<Name>("name"), form.read_optional::<Zone>("time_zone"));
    if !form.is_good() {
        let me = me(&visitor).await?;
        return Ok(again(&profile_page(&visitor, &me, &form).await?));
    }
    let tx = visitor.write_once(&form).await?;
    change_profile(&tx, ChangeProfile { name, zone: Some(zone) }).await?;
    let answer = tx.finish("/profile", "Your profile is saved.").await?;
    Ok(answer)
}

async fn profile_page(visitor: &Visitor, me: &Me, form: &Form) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let sessions = find::sessions(&tx, visitor.session()).await?;
    let rows: Vec<Markup> = sessions
        .items
        .iter()
        .map(|session| {
            html! { tr {
                td { (session.label) " " @if session.current { (tag(parts::Tone::Plain, "this one")) } }
                td.wide { (session.address.as_deref().unwrap_or("")) }
                td { (time(visitor, session.last_seen_at)) }
                td.n {
                    @if session.current {
                        form.inline method="post" action=(visitor.path("/sign-out")) { button { "Sign out" } }
                    } @else {
                        form.inline method="post" action=(visitor.path(&format!("/profile/sessions/{}/end", session.id))) {
                            button { "End" }
                        }
                    }
                }
            } }
        })
        .collect();
    Ok(shell(
        &frame(visitor, "Profile"),
        &html! {
            section {
                form method="post" action=(visitor.path("/profile")) {
                    (wrong(form)) (once(form))
                    (Input::text(form, "name", "Name").autocomplete("name"))
                    (Input::text(form, "time_zone", "Time zone").optional().suggest("zones").hint("Such as Europe/Stockholm. Left empty, the organization's."))
                    (parts::zones())
                    (submit("Save"))
                }
            }
            section {
                h2 { "Signing in" }
                p { (me.email) " " @if me.email_verified { (tag(parts::Tone::Plain, "confirmed")) } @else { (tag(parts::Tone::Plain, "not confirmed")) } }
                @if !me.email_verified && visitor.app().smtp.is_none() {
                    p.soft { "No mail server is set up here. The people who run the server can vouch for your address." }
                } @else if !me.email_verified {
                    form.inline method="post" action=(visitor.path("/profile/verification")) { button { "Send the confirming mail again" } }
                }
                p { a href=(visitor.path("/profile/password")) { "Change the password" } }
                p { a href=(visitor.path("/profile/second-factor")) {
                    @if me.second_factor { "Remove the authenticator app" } @else { "Set up an authenticator app" }
                } }
                @if me.organizations.len() > 1 {
                    p.soft { "You also belong to: "
                        @for slug in me.organizations.iter().filter(|slug| **slug != me.organization) { a href={ "/" (slug) } { (slug) } " " }
                    }
                }
            }
            section {
                h2 { "Where you are signed in" }
                (table("Sessions", &[Head::Text("Session"), Head::Wide("From"), Head::Text("Last used"), Head::Actions], &rows))
            }
        },
    ))
}

async fn post_verification(visitor: Visitor) -> Result<Response, PageHalt> {
    let me = me(&visitor).await?;
    limit_verification(visitor.app(), &me, visitor.actor().address).await?;
    let tx = visitor.write().await?;
    send_verification(&tx, visitor.app(), &me).await?;
    tx.commit().await?;
    let words = if visitor.app().smtp.is_some() {
        "The mail is on its way."
    } else {
        "No mail server is set up, so the mail cannot leave. Ask the people who run the server: they can vouch for your address."
    };
    Ok(visitor.go("/profile", words))
}

async fn post_end(visitor: Visitor, At(session): At<SessionId>) -> Result<Response, PageHalt> {
    let tx = visitor.write().await?;
    revoke_session(&tx, session).await?;
    tx.commit().await?;
    Ok(visitor.go("/profile", "The session has ended."))
}

async fn get_password(visitor: Visitor) -> Result<Markup, PageHalt> {
    Ok(password_page(&visitor, &Form::blank()))
}

/// Who asks, with the password they typed.
async fn typed(visitor: &Visitor, password: &str) -> Result<(Me, Again), Error> {
    Again::of(&visitor.read().await?, password.to_owned()).await
}

async fn post_password(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    let Some(new) = form.read("new") else { return Ok(again(&password_page(&visitor, &form))) };
    let (me, typed) = typed(&visitor, form.value("current")).await?;
    match change_password(visitor.app(), &typed, visitor.session(), &me, new).await {
        Ok(()) => Ok(visitor.go("/profile", "Your password is changed; you are signed out everywhere else.")),
        Err(error) => {
            form.refused(error)?;
            Ok(again(&password_page(&visitor, &form)))
        }
    }
}

fn password_page(visitor: &Visitor, form: &Form) -> Markup {
    shell(
        &frame(visitor, "Change the password"),
        &html! {
            form method="post" action=(visitor.path("/profile/password")) {
                (wrong(form))
                (Input::password(form, "current", "Present password").autocomplete("current-password"))
                (Input::password(form, "new", "New password").autocomplete("new-password").hint("At least 10 characters."))
                (submit("Change"))
            }
        },
    )
}

async fn get_second_factor(visitor: Visitor) -> Result<Markup, PageHalt> {
    let me = me(&visitor).await?;
    Ok(second_factor_page(&visitor, &me, &Form::blank()))
}

/// What is needed before an authenticator app can be set up.
fn first_confirm(visitor: &Visitor, me: &Me) -> Markup {
    shell(
        &frame(visitor, "Authenticator app"),
        &html! {
            p { "An authenticator app can be set up when " b { (me.email) } " is confirmed as yours." }
            @if visitor.app().smtp.is_some() {
                p { "Open the link in the mail that you were sent." }
                form.inline method="post" action=(visitor.path("/profile/verification")) { button { "Send the confirming mail again" } }
            } @else {
                p { "No mail server is set up here, so no mail can confirm it. Ask the people who run the server: they can vouch for your address." }
            }
            p { a href=(visitor.path("/profile")) { "Back to the profile" } }
        },
    )
}

fn second_factor_page(visitor: &Visitor, me: &Me, form: &Form) -> Markup {
    if !me.second_factor && !me.email_verified {
        return first_confirm(visitor, me);
    }
    let (path, text, label) = if me.second_factor {
        (
            "/profile/second-factor/removal",
            "An authenticator app is set up. Removing it makes the password enough again.",
            "Remove it",
        )
    } else {
        (
            "/profile/second-factor",
            "With an authenticator app on your phone, nobody gets in with your password alone.",
            "Begin",
        )
    };
    shell(
        &frame(visitor, "Authenticator app"),
        &html! {
            p { (text) }
            form method="post" action=(visitor.path(path)) {
                (wrong(form))
                (Input::password(form, "password", "Your password").autocomplete("current-password"))
                (submit(label))
            }
        },
    )
}

async fn checked(visitor: &Visitor, form: &mut Form) -> Result<Option<Me>, PageHalt> {
    let (me, typed) = typed(visitor, form.value("password")).await?;
    match knows_password(visitor.app(), &typed).await {
        Ok(true) => return Ok(Some(me)),
        Ok(false) => form.refused(SecondFactorRefused::WrongPassword.into())?,
        Err(error) => form.refused(error)?,
    }
    Ok(None)
}

async fn post_second_factor(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    let Some(me) = checked(&visitor, &mut form).await? else {
        let me = me(&visitor).await?;
        return Ok(again(&second_factor_page(&visitor, &me, &form)));
    };
    let tx = visitor.write().await?;
    let own = organizations::find::own(&tx).await?;
    let set_up = second_factor::begin(&tx, &visitor.app().key, &me, &own.name).await?;
    tx.commit().await?;
    Ok(confirmation_page(&visitor, Some(&set_up), &Form::blank()).into_response())
}

fn confirmation_page(visitor: &Visitor, set_up: Option<&SetUp>, form: &Form) -> Markup {
    shell(
        &frame(visitor, "Authenticator app"),
        &html! {
            @if let Some(set_up) = set_up {
                p { "Scan this with your authenticator app. If the app is on this phone, open it from here, or type the secret into it." }
                p { a.btn href=(set_up.url) { "Open the authenticator app" } }
                div.qr { (PreEscaped(&set_up.qr)) }
                p { code.pick { (in_fours(&set_up.secret)) } " " button.scripted type="button" data-copy=(set_up.secret) { (icon("copy")) span { "Copy the secret" } } }
            } @else {
                p { "Look into your authenticator app once more." }
            }
            form method="post" action=(visitor.path("/profile/second-factor/confirmation")) {
                (wrong(form))
                (Input::text(form, "code", "The code it shows").autocomplete("one-time-code"))
                (submit("Confirm"))
            }
            p.soft { a href=(visitor.path("/profile/second-factor")) { "Begin anew" } }
        },
    )
}

/// A secret in groups of four, as people type it; apps leave the spaces out.
fn in_fours(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

async fn post_confirmation(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    let me = me(&visitor).await?;
    limit_codes(visitor.app(), &me, visitor.actor().address).await?;
    let tx = visitor.write().await?;
    let code: String = form.value("code").chars().filter(|letter| !letter.is_whitespace()).collect();
    match second_factor::confirm(&tx, &visitor.app().key, me.user, &code).await {
        Ok(codes) => {
            tx.commit().await?;
            Ok(codes_page(&visitor, &codes).into_response())
        }
        Err(error) => {
            drop(tx);
            form.refused(error)?;
            let tx = visitor.read().await?;
            let own = organizations::find::own(&tx).await?;
            let set_up = second_factor::begun(&tx, &visitor.app().key, &me, &own.name).await?;
            Ok(again(&confirmation_page(&visitor, set_up.as_ref(), &form)))
        }
    }
}

fn codes_page(visitor: &Visitor, codes: &[String]) -> Markup {
    shell(
        &frame(visitor, "Recovery codes"),
        &html! {
            p { "From now on a code is asked for when you sign in. Keep these for the day your phone is gone: each is good once, and they are shown only now." }
            pre { @for code in codes { (code) "\n" } }
            p { a.btn download="retainer-recovery-codes.txt" href={ "data:text/plain;charset=utf-8," (codes.join("%0A")) "%0A" } { "Download as a text file" } }
            p { a.btn.go href=(visitor.path("/profile")) { "I have kept them" } }
        },
    )
}

async fn post_removal(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    let Some(me) = checked(&visitor, &mut form).await? else {
        let me = me(&visitor).await?;
        return Ok(again(&second_factor_page(&visitor, &me, &form)));
    };
    let tx = visitor.write().await?;
    second_factor::remove(&tx, me.user).await?;
    tx.commit().await?;
    Ok(visitor.go("/profile", "The authenticator app is removed."))
}
