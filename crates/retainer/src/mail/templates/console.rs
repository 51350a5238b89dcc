//! The pages of templates: all kinds, and one kind with what it says, how that looks, what it may say, and its versions.

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use kernel::Permission;
use kernel::id::MailTemplateId;
use maud::{Markup, html};
use runtime::http::{At, Paging};

use super::write::wrong_with;
use super::{MailKind, MailPreview, Saved, Template, TemplateVersion, Variable, VariableHolds};
use super::{bring_back, draft, find, go_back, save};
use crate::App;
use crate::doors::{PageHalt, Visitor};
use crate::mail::console::{FRAME, in_frame};
use crate::pages::parts::{Head, Input, Tone, once, table, tag, time, wrong};
use crate::pages::{Form, Room, Shell, again, shell};

const HOME: &str = "/settings/mail-templates";

pub(in crate::mail) fn routes() -> Router<App> {
    Router::new()
        .route("/{organization}/settings/mail-templates", get(get_list))
        .route("/{organization}/settings/mail-templates/{mail_kind}", get(get_one).post(post_one))
        .route("/{organization}/settings/mail-templates/{mail_kind}/mail", get(get_mail))
        .route("/{organization}/settings/mail-templates/{mail_kind}/draft-removal", post(post_draft_removal))
        .route("/{organization}/settings/mail-templates/{mail_kind}/as-it-comes", post(post_as_it_comes))
        .route("/{organization}/settings/mail-templates/{mail_kind}/versions/{template}", post(post_version))
}

async fn get_list(visitor: Visitor) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    let templates = find::list(&tx).await?;
    let rows: Vec<Markup> = templates.iter().map(|template| row(&visitor, template)).collect();
    let heads = [Head::Text("Mail"), Head::Wide("Who gets it"), Head::Text("What it says"), Head::Wide("Since")];
    let frame = Shell { visitor: &visitor, room: Room::Settings, title: "Mail templates", actions: html! {} };
    Ok(shell(
        &frame,
        &html! {
            p.lead { "What your mails say. Each comes with words of its own; you may write others, look at them first, and go back at any time." }
            (table("Mail templates", &heads, &rows))
            p.soft { "Mails about the end of the organization always say the same, so that nobody can make them say less." }
            p { a href=(visitor.path("/settings")) { "All settings" } }
        },
    ))
}

fn row(visitor: &Visitor, template: &Template) -> Markup {
    let newest = template.newest.as_ref();
    html! {
        tr {
            td { a href=(visitor.path(&format!("{HOME}/{}", template.kind))) { (template.label) } }
            td.wide.soft { (template.when) }
            td { (stands(template)) }
            td.wide { @if let Some(newest) = newest { (time(visitor, newest.created_at)) " " span.soft { "by " (newest.made_by) } } }
        }
    }
}

/// Whose words a mail says, and whether they failed.
fn stands(template: &Template) -> Markup {
    let failed = template.own && template.newest.as_ref().is_some_and(|newest| newest.failed_at.is_some());
    html! {
        @if template.own { "Yours, version " (template.version()) } @else { span.soft { "As it comes" } }
        @if failed { " " (tag(Tone::Red, "failed")) }
    }
}

/// What the page of a kind shows.
struct Shown {
    template: Template,
    versions: Vec<TemplateVersion>,
    preview: Option<MailPreview>,
    is_draft: bool,
}

/// The words that are on the page: those that are being written, else those that are said.
async fn gather(visitor: &Visitor, kind: MailKind) -> Result<(Shown, Form), PageHalt> {
    let tx = visitor.read().await?;
    let (versions, draft) =
        tokio::try_join!(find::versions(&tx, kind, Paging { after: None, limit: Some(100) }), draft::find(&tx, kind))?;
    let template = Template::of(kind, versions.items.first().cloned());
    let is_draft = draft.is_some();
    let (subject, body) =
        draft.map_or_else(|| (template.subject.clone(), template.body.clone()), |draft| (draft.subject, draft.body));
    let mut form = Form::blank().with("version", template.version().to_string());
    for (name, wrong) in ["subject", "body"].into_iter().zip(wrong_with(kind, (&subject, &body))) {
        if let Some(wrong) = wrong {
            form.refuse(name, wrong.to_string());
        }
    }
    let preview = match form.is_good() {
        true => Some(find::preview(&tx, kind, (&subject, &body), &visitor.app().public_url).await?),
        false => None,
    };
    let form = form.with("subject", subject).with("body", body);
    Ok((Shown { template, versions: versions.items, preview, is_draft }, form))
}

async fn get_one(visitor: Visitor, At(kind): At<MailKind>) -> Result<Markup, PageHalt> {
    let (shown, form) = gather(&visitor, kind).await?;
    Ok(page(&visitor, &form, &shown))
}

async fn post_one(visitor: Visitor, At(kind): At<MailKind>, mut form: Form) -> Result<Response, PageHalt> {
    visitor.require(Permission::SettingsWrite)?;
    let here = format!("{HOME}/{kind}");
    let (subject, body) = (form.value("subject").to_owned(), form.value("body").to_owned());
    let tx = visitor.write_once(&form).await?;
    let outcome = if form.value("do") == "preview" {
        draft::keep(&tx, kind, &subject, &body).await.map(|()| (format!("{here}#preview"), ""))
    } else {
        let seen = form.value("version").parse().ok();
        save(&tx, Saved { kind, subject, body, seen }).await.map(|_| (here, "Saved. The next mail says it."))
    };
    match outcome {
        Ok((to, said)) => tx.finish(&to, said).await,
        Err(error) => {
            drop(tx);
            form.refused(error)?;
            let (shown, _) = gather(&visitor, kind).await?;
            Ok(again(&page(&visitor, &form, &Shown { preview: None, is_draft: false, ..shown })))
        }
    }
}

async fn post_draft_removal(visitor: Visitor, At(kind): At<MailKind>, form: Form) -> Result<Response, PageHalt> {
    let tx = visitor.write_once(&form).await?;
    draft::forget(&tx, kind).await?;
    tx.finish(&format!("{HOME}/{kind}"), "What was not saved is gone.").await
}

async fn post_as_it_comes(visitor: Visitor, At(kind): At<MailKind>, form: Form) -> Result<Response, PageHalt> {
    let tx = visitor.write_once(&form).await?;
    go_back(&tx, kind, form.value("version").parse().ok()).await?;
    tx.finish(&format!("{HOME}/{kind}"), "The mail is as it comes again.").await
}

async fn post_version(visitor: Visitor, At(template): At<MailTemplateId>, form: Form) -> Result<Response, PageHalt> {
    let tx = visitor.write_once(&form).await?;
    let made = bring_back(&tx, template, form.value("version").parse().ok()).await?;
    let from = made.from_version.unwrap_or(made.version);
    tx.finish(&format!("{HOME}/{}", made.kind), &format!("Version {from} is back, as version {}.", made.version)).await
}

/// The mail on the page, for the frames: what is being written, else what is said.
async fn get_mail(visitor: Visitor, At(kind): At<MailKind>) -> Result<Response, PageHalt> {
    let (shown, form) = gather(&visitor, kind).await?;
    let said = || format!("{} {}", form.error("subject").unwrap_or_default(), form.error("body").unwrap_or_default());
    Ok(in_frame(shown.preview.map_or_else(said, |preview| preview.html)))
}

fn page(visitor: &Visitor, form: &Form, shown: &Shown) -> Markup {
    let template = &shown.template;
    let here = visitor.path(&format!("{HOME}/{}", template.kind));
    let actions = html! {
        @if template.own {
            form.inline method="post" action={ (here) "/as-it-comes" } data-confirm="Let this mail be as it comes again? Your words stay among the versions." {
                (once(&Form::blank()))
                input type="hidden" name="version" value=(template.version());
                button type="submit" { "As it comes again" }
            }
        }
    };
    let frame = Shell { visitor, room: Room::Settings, title: template.label, actions };
    shell(
        &frame,
        &html! {
            p.soft { a href=(visitor.path(HOME)) { "Mail templates" } " · " (template.when) " · " (stands(template)) }
            @if let Some(newest) = template.newest.as_ref().filter(|newest| template.own && newest.failed_at.is_some()) {
                p.wrong role="alert" {
                    "Version " (newest.version) " could not be filled in: " (newest.failure.as_deref().unwrap_or_default())
                    " Mails that it fails for go out as they come."
                }
            }
            div.template {
                div { (writing(&here, form, shown)) }
                aside { (variables(&template.variables)) }
            }
            @if let Some(preview) = &shown.preview { (looks(&here, preview, shown.is_draft)) }
            (versions(visitor, &here, shown))
        },
    )
}

fn writing(here: &str, form: &Form, shown: &Shown) -> Markup {
    html! {
        @if shown.is_draft {
            form.inline.notice method="post" action={ (here) "/draft-removal" } {
                (once(&Form::blank()))
                span { "You have not saved this yet; mails say what they said before. " }
                button.quiet type="submit" { "Drop it" }
            }
        }
        form method="post" action=(here) {
            (wrong(form)) (once(form))
            input type="hidden" name="version" value=(form.value("version"));
            (Input::text(form, "subject", "Subject"))
            (Input::area(form, "body", "Body").hint("An empty line ends a paragraph. It is plain text: the HTML is made of it."))
            p.submit {
                button.go type="submit" name="do" value="save" { "Save" }
                " " button type="submit" name="do" value="preview" { "Look at it first" }
            }
        }
    }
}

fn variables(all: &[Variable]) -> Markup {
    let rows: Vec<Markup> = all
        .iter()
        .map(|variable| {
            let code = match variable.form {
                VariableHolds::Words | VariableHolds::Balance => format!("{{{{ {} }}}}", variable.name),
                VariableHolds::Address => format!("{{{{ {}|button(\"Open\") }}}}", variable.name),
            };
            html! {
                tr {
                    td { code { (code) } @if variable.required { " " (tag(Tone::Plain, "needed")) } }
                    td { (variable.says) @if variable.form != VariableHolds::Address { " " span.soft { "“" (variable.example) "”" } } }
                }
            }
        })
        .collect();
    html! {
        h2 { "What it may say" }
        (table("Variables", &[Head::Text("Write"), Head::Text("For")], &rows))
        details.soft {
            summary { "Conditions, headings, buttons" }
            p { code { "{% if title %} … {% elif title == \"Roof\" %} … {% else %} … {% endif %}" } " chooses; " code { "not" } ", " code { "and" } " and " code { "or" } " join." }
            p { code { "{{ title|heading(\"New: \") }}" } " makes a heading, with words before it." }
            p { code { "{{ link|button(\"Open \", number) }}" } " makes a button; in plain text the address stands below what it is called." }
            p { code { "{{ title|upper }}" } ", " code { "{{ title|lower }}" } " and " code { "{{ details|default(\"nothing\") }}" } " change words. There is nothing else: no loops, no calculations, no HTML." }
        }
    }
}

/// The mail as it would look, with the examples filled in.
fn looks(here: &str, preview: &MailPreview, is_draft: bool) -> Markup {
    let frame = |class: &str, title: &str| {
        html! {
            figure.(class) {
                figcaption { (title) }
                iframe.mail title={ "The mail " (title) } src={ (here) "/mail" }
                    sandbox=(FRAME) {}
            }
        }
    };
    html! {
        h2 #preview { @if is_draft { "How it would look" } @else { "How it looks" } }
        p { span.soft { "Subject: " } b { (preview.subject) } span.soft { " – with the examples above for what it may say." } }
        div.previews { (frame("wide", "on a wide screen")) (frame("slim", "on a phone")) }
        details open[is_draft] { summary { "As plain text" } pre { (preview.text) } }
    }
}

fn versions(visitor: &Visitor, here: &str, shown: &Shown) -> Markup {
    let newest = shown.template.version();
    let rows: Vec<Markup> =
        shown.versions.iter().map(|version| version_row(visitor, (here, newest), version)).collect();
    html! {
        @if !rows.is_empty() {
            h2 { "Versions" }
            p.soft { "None is ever changed: bringing one back makes a new one." }
            (table("Versions", &[Head::Text("Version"), Head::Text("Words"), Head::Wide("When and who"), Head::Actions], &rows))
        }
    }
}

fn version_row(visitor: &Visitor, (here, newest): (&str, i32), version: &TemplateVersion) -> Markup {
    let words = version.subject.as_deref().zip(version.body.as_deref());
    html! {
        tr {
            td { (version.version) @if version.version == newest { " " (tag(Tone::Good, "in use")) } @if version.failed_at.is_some() { " " (tag(Tone::Red, "failed")) } }
            td {
                @match words {
                    Some((subject, body)) => {
                        details { summary { (subject) } pre { (body) } }
                        @if let Some(from) = version.from_version { span.soft { "The words of version " (from) " again" } }
                    },
                    None => span.soft { "As it comes" },
                }
                span.narrow { (time(visitor, version.created_at)) " by " (version.made_by) }
            }
            td.wide { (time(visitor, version.created_at)) " " span.soft { "by " (version.made_by) } }
            td.n {
                @if words.is_some() && version.version != newest {
                    form.inline method="post" action={ (here) "/versions/" (version.id) } data-confirm={ "Let this mail say what version " (version.version) " says?" } {
                        (once(&Form::blank()))
                        input type="hidden" name="version" value=(newest);
                        button.quiet type="submit" { "Bring back" }
                    }
                }
            }
        }
    }
}
