//! Saving a template, bringing an older one back, going back to what comes with the program: each is a new version.

use kernel::Permission;
use kernel::id::{Id, MailTemplateId};
use runtime::{Change, Error, OnConstraint, Tx, sql};

use super::write::wrong_with;
use super::{MailKind, Template, TemplateVersion, draft, find};

runtime::refusals! {
    /// Why a template is not saved.
    pub enum SaveRefused {
        /// The subject is none.
        WrongSubject { what: String } => Invalid, "mail_template.wrong_subject", "{what}", at "/subject";
        /// The body is none.
        WrongBody { what: String } => Invalid, "mail_template.wrong_body", "{what}", at "/body";
        /// It says what is said already.
        Same => Conflict, "mail_template.same", "The mail says this already.";
        /// Somebody saved another meanwhile.
        Stale { version: i32 } => Stale, "mail_template.stale", "Somebody saved version {version} meanwhile. Look at it first.";
        /// What it names is as it comes.
        AsItComes { version: i32 } => Conflict, "mail_template.as_it_comes", "In version {version} the mail was as it comes; go back to that instead.";
    }
}

/// What is to be saved.
#[derive(Debug, Clone)]
pub struct Saved {
    /// Of which kind.
    pub kind: MailKind,
    /// The subject.
    pub subject: String,
    /// The body.
    pub body: String,
    /// The version that whoever saves has seen; none saves over whatever there is.
    pub seen: Option<i32>,
}

/// Refuses what is no template of a kind.
pub(super) fn refuse_wrong(kind: MailKind, words: (&str, &str)) -> Result<(), Error> {
    match wrong_with(kind, words) {
        [Some(wrong), _] => Err(SaveRefused::WrongSubject { what: wrong.to_string() }.into()),
        [None, Some(wrong)] => Err(SaveRefused::WrongBody { what: wrong.to_string() }.into()),
        [None, None] => Ok(()),
    }
}

/// Line ends as everybody writes them, and nothing around.
pub(super) fn tidy(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

/// Saves the organization's own words for a kind as a new version.
///
/// # Errors
/// [`SaveRefused`], `permission.missing`, or a fault.
pub async fn save(tx: &Tx, wanted: Saved) -> Result<TemplateVersion, Error> {
    tx.require(Permission::SettingsWrite)?;
    let Saved { kind, subject, body, seen } = wanted;
    let (subject, body) = (tidy(&subject), tidy(&body));
    refuse_wrong(kind, (&subject, &body))?;
    let present = unless_stale(tx, kind, seen).await?;
    if present.own && (&present.subject, &present.body) == (&subject, &body) {
        return Err(SaveRefused::Same.into());
    }
    add(tx, &present, ("mail_template.saved", None), Some((&subject, &body))).await
}

/// Brings an older version's words back, as a new version.
///
/// # Errors
/// [`SaveRefused`], [`find::FindRefused`], `permission.missing`, or a fault.
pub async fn bring_back(tx: &Tx, version: MailTemplateId, seen: Option<i32>) -> Result<TemplateVersion, Error> {
    let older = find::version(tx, version).await?;
    let version = older.version;
    let (Some(subject), Some(body)) = (older.subject, older.body) else {
        return Err(SaveRefused::AsItComes { version }.into());
    };
    // What was a template then may be none now.
    refuse_wrong(older.kind, (&subject, &body))?;
    let present = unless_stale(tx, older.kind, seen).await?;
    if present.own && (&present.subject, &present.body) == (&subject, &body) {
        return Err(SaveRefused::Same.into());
    }
    add(tx, &present, ("mail_template.brought_back", Some(version)), Some((&subject, &body))).await
}

/// Goes back to what comes with the program, as a new version. Where the mail is as it comes, that changes nothing.
///
/// # Errors
/// [`SaveRefused`], `permission.missing`, or a fault.
pub async fn go_back(tx: &Tx, kind: MailKind, seen: Option<i32>) -> Result<Template, Error> {
    tx.require(Permission::SettingsWrite)?;
    let present = unless_stale(tx, kind, seen).await?;
    if !present.own {
        return Ok(present);
    }
    let made = add(tx, &present, ("mail_template.as_it_comes", None), None).await?;
    Ok(Template::of(kind, Some(made)))
}

async fn unless_stale(tx: &Tx, kind: MailKind, seen: Option<i32>) -> Result<Template, Error> {
    let present = find::get(tx, kind).await?;
    let version = present.version();
    if seen.is_some_and(|seen| seen != version) { Err(SaveRefused::Stale { version }.into()) } else { Ok(present) }
}

async fn add(
    tx: &Tx,
    present: &Template,
    (action, from): (&'static str, Option<i32>),
    words: Option<(&str, &str)>,
) -> Result<TemplateVersion, Error> {
    let (id, kind, version) = (tx.new_id::<MailTemplateId>(), present.kind, present.version() + 1);
    let (subject, body) = words.unzip();
    tx.execute(
        sql!(
            "insert into mail_templates (organization_id, id, kind, version, subject, body, from_version, made_by_user_id,
                    made_by_name, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ),
        &[
            tx.org(),
            id.as_uuid(),
            &kind.word(),
            &version,
            &subject,
            &body,
            &from,
            &tx.actor().user().map(Id::uuid),
            &tx.actor().name,
            &tx.now(),
        ],
    )
    .await
    .on_constraint("mail_templates_version", SaveRefused::Stale { version })?;
    draft::forget(tx, kind).await?;
    let before = present.own.then_some((&present.subject, &present.body));
    let said = |version: i32, words: Option<(&str, &str)>| {
        let (subject, body) = words.unzip();
        serde_json::json!({"kind": kind, "version": version, "subject": subject, "body": body})
    };
    let mut after = said(version, words);
    if let (Some(from), Some(after)) = (from, after.as_object_mut()) {
        after.insert("from_version".to_owned(), from.into());
    }
    tx.record(
        Change::new(action, "mail_template", id)
            .before(said(present.version(), before.map(|(subject, body)| (subject.as_str(), body.as_str()))))
            .after(after),
    );
    find::version(tx, id).await
}
