//! Writing a mail: by the organization's own template where it has one, else as it comes.

use super::find::Own;
use super::guard::{LONGEST, Place, Wrong, judge};
use super::kind::MailKind;
use super::{Values, fill};

/// The most letters of a subject that was filled in.
const LONGEST_FILLED: usize = 400;

/// A mail as it was written.
#[derive(Debug, Clone)]
pub(in crate::mail) struct Written {
    /// The subject, one line.
    pub(in crate::mail) subject: String,
    /// The body as plain text.
    pub(in crate::mail) text: String,
    /// The body as HTML.
    pub(in crate::mail) html: maud::Markup,
    /// By which version of the organization's own template; none where it is as it comes.
    pub(in crate::mail) version: Option<i32>,
    /// Why it is as it comes although there is a template, if that is so.
    pub(in crate::mail) failure: Option<String>,
}

/// Writes a mail. A template of the organization's own that fails costs nobody their mail: it is written as it comes, and says
/// why.
pub(in crate::mail) fn write(own: Option<&Own>, values: &Values) -> Result<Written, runtime::Error> {
    let failure = match own {
        None => None,
        Some(own) => match judged(own, values).and_then(|()| by(values, (&own.subject, &own.body), fill::MOST)) {
            Ok(written) => return Ok(Written { version: Some(own.version), ..written }),
            Err(failure) => Some((own.version, failure)),
        },
    };
    let written = by(values, values.kind.built_in(), usize::MAX);
    let written = written.map_err(|error| runtime::Error::internal(format!("{} as it comes: {error}", values.kind)))?;
    let (version, failure) = failure.unzip();
    Ok(Written { version, failure, ..written })
}

/// What is stored is judged again: an archive brings templates along that no guard of ours has seen.
fn judged(own: &Own, values: &Values) -> Result<(), String> {
    let variables = values.kind.variables();
    judge(&own.subject, Place::Subject, &variables)
        .and_then(|()| judge(&own.body, Place::Body, &variables))
        .map_err(|wrong| wrong.to_string())
}

/// Fills a subject and a body in.
pub(super) fn by(values: &Values, (subject, body): (&str, &str), most: usize) -> Result<Written, String> {
    let said = |error: minijinja::Error| match error.kind() {
        minijinja::ErrorKind::WriteFailure => format!("It became longer than {most} bytes."),
        _ => format!("{}.", error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)),
    };
    let subject = fill::fill(subject, values, most).map_err(said)?;
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    if subject.is_empty() {
        return Err("The subject came to nothing.".to_owned());
    }
    let parts = fill::parts(&fill::fill(body, values, most).map_err(said)?);
    let text = fill::text(&parts, &values.balances);
    if text.trim().is_empty() {
        return Err("The mail came to nothing.".to_owned());
    }
    let html = fill::markup(&parts, &values.balances);
    let subject = subject.chars().take(LONGEST_FILLED).collect();
    Ok(Written { subject, text, html, version: None, failure: None })
}

/// What is wrong with a template of a kind: with its subject, with its body.
pub(super) fn wrong_with(kind: MailKind, (subject, body): (&str, &str)) -> [Option<Wrong>; 2] {
    let variables = kind.variables();
    let many_lines = subject.trim_end().contains('\n');
    let one_line = if many_lines { Err(at_start("A subject is one line.")) } else { Ok(()) };
    let wrong = [
        one_line.and_then(|()| judge(subject, Place::Subject, &variables)).err(),
        judge(body, Place::Body, &variables).err(),
    ];
    if wrong != [None, None] {
        return wrong;
    }
    match by(&Values::example(kind), (subject, body), fill::MOST) {
        Ok(_) => [None, None],
        Err(what) if what.starts_with("The subject") => [Some(at_start(&what)), None],
        Err(what) => [None, Some(at_start(&what))],
    }
}

fn at_start(what: &str) -> Wrong {
    Wrong { what: what.to_owned(), line: 1, column: 1 }
}

const _: () = assert!(LONGEST < fill::MOST);

#[cfg(test)]
mod tests {
    use super::super::kind::VariableHolds;
    use super::*;

    fn example(kind: MailKind) -> Written {
        write(None, &Values::example(kind)).expect("a mail")
    }

    #[test]
    fn every_kind_comes_with_a_template_that_its_declared_variables_fill() {
        for kind in MailKind::ALL.iter().copied() {
            let (subject, body) = kind.built_in();
            assert_eq!(wrong_with(kind, (subject, body)), [None, None], "{kind}");
            let written = example(kind);
            assert!(written.version.is_none() && written.failure.is_none());
            let html = written.html.into_string();
            for said in [&written.subject, &written.text, &html] {
                assert!(
                    !said.trim().is_empty() && !said.contains("{{") && !said.contains('\u{E000}'),
                    "{kind}: {said}"
                );
            }
            for variable in kind.variables() {
                let is_used = [subject, body].iter().any(|text| text.contains(variable.name));
                let is_shown = variable.form == VariableHolds::Words || is_used;
                assert!(is_shown, "{kind} has a link or a balance that it never shows: {}", variable.name);
                assert!(
                    !variable.example.is_empty() && variable.says.ends_with('.')
                        || variable.form == VariableHolds::Address,
                    "{kind}: {}",
                    variable.name
                );
            }
        }
    }

    #[test]
    fn every_declared_variable_can_be_said_and_says_its_example() {
        for kind in MailKind::ALL.iter().copied() {
            for variable in kind.variables() {
                let needed = "{{ link|button('Open') }}";
                let source = match variable.form {
                    VariableHolds::Words | VariableHolds::Balance => format!("{{{{ {} }}}} {needed}", variable.name),
                    VariableHolds::Address => needed.to_owned(),
                };
                let source = if kind == MailKind::PasswordChanged { source.replace(needed, "") } else { source };
                assert_eq!(wrong_with(kind, ("Hello", &source)), [None, None], "{kind}: {source}");
                let written = by(&Values::example(kind), ("Hello", &source), fill::MOST).expect("a mail");
                assert!(written.text.contains(variable.example), "{kind}: {} says {}", variable.name, written.text);
            }
        }
    }

    #[test]
    fn a_template_that_fails_is_told_of_and_the_mail_is_written_as_it_comes() {
        let kind = MailKind::TicketCommented;
        let mut values = Values::example(kind);
        values.set("message", &"long ".repeat(4_000));
        let own = |subject: &str, body: &str| Own { version: 3, subject: subject.to_owned(), body: body.to_owned() };
        let good = write(Some(&own("Hello", "{{ message }}")), &values).expect("a mail");
        assert_eq!((good.version, good.failure, good.subject.as_str()), (Some(3), None, "Hello"));
        for (broken, why) in [
            (own("Hello", &"{{ message }}".repeat(20)), "It became longer than"),
            (own("{% if not title %}x{% endif %}", "x"), "The subject came to nothing"),
            (own("Hello", "{{ no_longer_there }}"), "."),
            (own("Hello", "{{"), "."),
            (own("Hello", "https://evil.example/?{{ link }}"), "An address stands in a button"),
            (own("Hello", &format!("{{{{ {}title }}}}", "not ".repeat(4_000))), "too much between"),
        ] {
            let written = write(Some(&broken), &values).expect("a mail");
            assert_eq!(written.version, Some(3));
            assert!(written.failure.as_ref().is_some_and(|said| said.contains(why)), "{:?}", written.failure);
            assert!(written.subject.starts_with("Olga Ek: comment on") && written.text.contains("long long"));
        }
    }
}
