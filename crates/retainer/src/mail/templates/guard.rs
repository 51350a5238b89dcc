//! The guard: which texts of owners are templates at all. It is a list of what is allowed, held against the syntax tree
//! before anything is compiled; everything else is refused, with the place where it stands.
//!
//! A template says declared variables, passes them through one of our filters, and chooses between parts by `if`. There is
//! nothing in it that could make much of little: no loop, no assignment, no operator that joins or repeats, no macro, no
//! other file. So what it writes is at most as long as it is itself, with each variable as often as it stands there.
//!
//! An address is led to by a button and by nothing else. It may act in its reader's name at all organizations, so no owner
//! may put it beside words that would carry it somewhere else.

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, Filter, Spanned, Stmt, UnaryOpKind};
use minijinja::machinery::{Span, Token, parse, tokenize};

use super::fill::syntax;
use super::kind::{Variable, VariableHolds};

/// The most bytes of a template.
pub(super) const LONGEST: usize = 16 * 1024;
/// The most letters of a subject.
pub(super) const LONGEST_SUBJECT: usize = 1_000;
/// How deep its parts may lie within each other.
const DEEPEST: usize = 12;
/// The most words and signs between two brackets, and the most brackets: the parser goes deeper with each, and what is
/// deep enough overflows the stack, which ends the whole program.
const MOST_SIGNS: usize = 60;
const MOST_BRACKETS: usize = 400;
/// The most `if` and `elif`, for the same reason.
const MOST_CHOICES: usize = 60;
/// The filters that there are.
const FILTERS: &str = "upper, lower, default, heading and button";

/// Why a text is no template, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Line {line}, letter {column}: {what}")]
pub struct Wrong {
    /// What is wrong, in a sentence.
    pub what: String,
    /// In which line, from 1.
    pub line: u16,
    /// At which letter of it, from 1.
    pub column: u16,
}

/// What a text is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A line of words alone: lists show it to whoever may not read the mail.
    Subject,
    /// The mail itself.
    Body,
}

/// What an expression comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    Words,
    Address,
    Balance,
    /// Something drawn: a heading, a button.
    Drawn,
    /// Yes or no.
    Truth,
}

/// Judges whether a text is a template that may say `declared`.
///
/// # Errors
/// The first thing that is wrong with it.
pub(super) fn judge(source: &str, place: Place, declared: &[Variable]) -> Result<(), Wrong> {
    if source.len() > LONGEST {
        return Err(Wrong { what: format!("The text is longer than {LONGEST} bytes."), line: 1, column: 1 });
    }
    if place == Place::Subject && source.chars().count() > LONGEST_SUBJECT {
        return Err(Wrong { what: format!("A subject has at most {LONGEST_SUBJECT} letters."), line: 1, column: 1 });
    }
    refuse_deep(source)?;
    let parsed = parse(source, "text", syntax()).map_err(|error| {
        let start = error.range().map(|range| range.start);
        Wrong {
            what: spelled(error.detail().unwrap_or_default(), source),
            line: error.line().and_then(|line| u16::try_from(line).ok()).unwrap_or(1),
            column: start.map_or(1, |start| column(source, start)),
        }
    })?;
    let mut judge = Judge { source, place, declared, depth: 0, within_if: 0, surely: Vec::new() };
    judge.statement(&parsed)?;
    if place == Place::Body {
        let missing = declared.iter().find(|variable| variable.required && !judge.surely.contains(&variable.name));
        if let Some(Variable { name, .. }) = missing {
            let what = format!(
                "The mail is of no use without {name}. Write {{{{ {name}|button(\"Open\") }}}} where it stands in every \
                 case, not within an if."
            );
            return Err(Wrong { what, line: 1, column: 1 });
        }
    }
    Ok(())
}

/// Refuses what the parser would go too deep for. What cannot be read at all is left for the parser to say.
fn refuse_deep(source: &str) -> Result<(), Wrong> {
    let (mut signs, mut brackets, mut choices) = (0, 0, 0);
    for token in tokenize(source, false, syntax()) {
        let Ok((token, span)) = token else { return Ok(()) };
        let what = match token {
            Token::TemplateData(_) => continue,
            Token::VariableStart | Token::BlockStart => {
                (signs, brackets) = (0, brackets + 1);
                (brackets > MOST_BRACKETS).then(|| format!("There are more than {MOST_BRACKETS} brackets in it."))
            }
            Token::Ident("if" | "elif") => {
                choices += 1;
                (choices > MOST_CHOICES).then(|| format!("There are more than {MOST_CHOICES} conditions in it."))
            }
            _ => {
                signs += 1;
                (signs > MOST_SIGNS).then(|| "There is too much between these brackets.".to_owned())
            }
        };
        if let Some(what) = what {
            let start = usize::try_from(span.start_offset).unwrap_or(usize::MAX);
            return Err(Wrong { what, line: span.start_line.max(1), column: column(source, start) });
        }
    }
    Ok(())
}

/// What the parser says to programmers, and what is said to whoever writes a mail: what is missing, and what to write.
const SPELLED: &[(&str, &str)] = &[
    (
        "unexpected end of variable block",
        "Something is missing before }}. Write the name of a value there: {{ name }}.",
    ),
    ("unexpected end of block", "Something is missing before %}. Write {% if name %} … {% endif %}."),
    (
        "expected end of variable block",
        "What begins with {{ ends with }} right behind the name of a value and what is done with it: {{ name }} or {{ name|upper }}.",
    ),
    ("expected end of block", "What begins with {% ends with %}: write {% if name %} … {% endif %}."),
    ("end of string", "A quotation mark is missing: words between the brackets stand between two of them, \"Open\"."),
    ("end of comment", "A remark that begins with {# ends with #}."),
    ("end of raw block", "What begins with {% raw %} does not end. Take it away; a mail does not need it."),
    (
        "unexpected character",
        "This sign means nothing between the brackets. Write the name of a value there: {{ name }}.",
    ),
];

/// What the parser found, in an owner's words.
fn spelled(detail: &str, source: &str) -> String {
    if let Some(word) = detail.strip_prefix("unknown statement ") {
        return if matches!(word, "endif" | "else" | "elif") {
            format!("This {{% {word} %}} has no {{% if … %}} before it. Write one, or take it away.")
        } else {
            format!(
                "A mail knows no {{% {word} … %}}, only {{% if … %}}, {{% elif … %}}, {{% else %}} and {{% endif %}}. Take it away."
            )
        };
    }
    // All brackets are closed, so it is not one of them that the parser waited for.
    let is_closed = source.rsplit("{%").next().is_some_and(|last| last.contains("%}"));
    if detail.starts_with("unexpected end of input") && !detail.contains("variable block") && is_closed {
        return "What began with {% if … %} does not end. Write {% endif %} where it ends.".to_owned();
    }
    let told = SPELLED.iter().find(|(says, _)| detail.contains(says)).map(|(_, told)| *told);
    let other = "What stands between these brackets cannot be read. Write the name of a value, {{ name }}, or {% if name %} … {% endif %}.";
    told.unwrap_or(other).to_owned()
}

fn column(source: &str, at: usize) -> u16 {
    let before = source.get(..at).unwrap_or(source);
    let line = before.rsplit('\n').next().unwrap_or_default();
    u16::try_from(line.chars().count() + 1).unwrap_or(u16::MAX)
}

struct Judge<'a> {
    source: &'a str,
    place: Place,
    declared: &'a [Variable],
    depth: usize,
    within_if: usize,
    /// The variables that stand in the mail whatever the values are.
    surely: Vec<&'a str>,
}

impl Judge<'_> {
    fn wrong(&self, what: impl Into<String>, span: Span) -> Wrong {
        let start = usize::try_from(span.start_offset).unwrap_or(usize::MAX);
        Wrong { what: what.into(), line: span.start_line.max(1), column: column(self.source, start) }
    }

    fn all(&mut self, statements: &[Stmt<'_>]) -> Result<(), Wrong> {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &Stmt<'_>) -> Result<(), Wrong> {
        let span = match statement {
            Stmt::Template(template) => return self.all(&template.children),
            Stmt::EmitRaw(_) => return Ok(()),
            Stmt::EmitExpr(emitted) => return self.emitted(&emitted.expr),
            Stmt::IfCond(chosen) => {
                self.deeper(chosen.span())?;
                self.within_if += 1;
                self.expression(&chosen.expr)?;
                self.all(&chosen.true_body)?;
                self.all(&chosen.false_body)?;
                self.within_if -= 1;
                self.depth -= 1;
                return Ok(());
            }
            Stmt::ForLoop(other) => other.span(),
            Stmt::WithBlock(other) => other.span(),
            Stmt::Set(other) => other.span(),
            Stmt::SetBlock(other) => other.span(),
            Stmt::AutoEscape(other) => other.span(),
            Stmt::FilterBlock(other) => other.span(),
            Stmt::Do(other) => other.span(),
        };
        Err(self.wrong("Only {{ … }} and {% if … %} stand in a mail: no loops, assignments or blocks.", span))
    }

    /// What is written into the mail.
    fn emitted(&mut self, expression: &Expr<'_>) -> Result<(), Wrong> {
        let span = expression.span();
        let what = match (self.expression(expression)?, self.place) {
            (Comes::Words, _) => return Ok(()),
            (Comes::Balance | Comes::Drawn, Place::Body) => {
                if self.within_if == 0 {
                    self.surely.extend(self.names_of(expression));
                }
                return Ok(());
            }
            (Comes::Address, Place::Body) => "An address stands in a button: write {{ link|button(\"Open\") }}.",
            (Comes::Truth, _) => "This is a condition; it belongs into {% if … %}.",
            (_, Place::Subject) => "A subject is words alone.",
        };
        Err(self.wrong(what, span))
    }

    /// The variable that a drawn expression is about.
    fn names_of(&self, expression: &Expr<'_>) -> Option<&'static str> {
        match expression {
            Expr::Filter(filter) => self.names_of(filter.expr.as_ref()?),
            Expr::Var(variable) => self.declared.iter().map(|known| known.name).find(|name| *name == variable.id),
            _ => None,
        }
    }

    fn deeper(&mut self, span: Span) -> Result<(), Wrong> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(self.wrong("This lies too deep within other parts.", span)) } else { Ok(()) }
    }

    fn expression(&mut self, expression: &Expr<'_>) -> Result<Comes, Wrong> {
        let span = expression.span();
        self.deeper(span)?;
        let comes = match expression {
            Expr::Const(value) if value.value.as_str().is_some() => Comes::Words,
            Expr::Const(_) => return Err(self.wrong("Write words in quotes.", span)),
            Expr::Var(variable) => self.variable(variable.id, span)?,
            Expr::Filter(filter) => self.filter(filter)?,
            Expr::UnaryOp(operation) => match operation.op {
                UnaryOpKind::Not => self.expression(&operation.expr).map(|_| Comes::Truth)?,
                UnaryOpKind::Neg => return Err(self.wrong("Nothing is calculated in a mail.", span)),
            },
            Expr::BinOp(operation) => match operation.op {
                BinOpKind::Eq | BinOpKind::Ne => self.both_words([&operation.left, &operation.right])?,
                BinOpKind::ScAnd | BinOpKind::ScOr => {
                    self.expression(&operation.left)?;
                    self.expression(&operation.right)?;
                    Comes::Truth
                }
                _ => {
                    let what = "Nothing is joined or calculated in a mail; write the parts beside each other.";
                    return Err(self.wrong(what, span));
                }
            },
            Expr::Compare(compared) => {
                for operation in &compared.ops {
                    if !matches!(operation.op, CompareOpKind::Eq | CompareOpKind::Ne) {
                        return Err(self.wrong("Words are compared with == and != alone.", span));
                    }
                    self.both_words([&compared.expr, &operation.expr])?;
                }
                Comes::Truth
            }
            _ => return Err(self.wrong("Only variables, filters and conditions stand in a mail.", span)),
        };
        self.depth -= 1;
        Ok(comes)
    }

    fn both_words(&mut self, sides: [&Expr<'_>; 2]) -> Result<Comes, Wrong> {
        for side in sides {
            self.words(side)?;
        }
        Ok(Comes::Truth)
    }

    fn words(&mut self, expression: &Expr<'_>) -> Result<(), Wrong> {
        match self.expression(expression)? {
            Comes::Words => Ok(()),
            _ => Err(self.wrong("Only words stand here.", expression.span())),
        }
    }

    fn filter(&mut self, filter: &Spanned<Filter<'_>>) -> Result<Comes, Wrong> {
        let span = filter.span();
        let Some(value) = &filter.expr else { return Err(self.wrong("A filter follows a variable.", span)) };
        let arguments = filter.args.len();
        let comes = match (filter.name, arguments) {
            ("upper" | "lower", 0) | ("default", 1) => {
                self.words(value)?;
                Comes::Words
            }
            ("upper" | "lower" | "default", _) => {
                return Err(self
                    .wrong("upper and lower take nothing in brackets; default takes the words to say instead.", span));
            }
            ("heading", _) => {
                self.words(value)?;
                Comes::Drawn
            }
            ("button", 1..) => match self.expression(value)? {
                Comes::Address => Comes::Drawn,
                _ => return Err(self.wrong("A button leads to an address, such as link.", span)),
            },
            ("button", _) => return Err(self.wrong("Say what stands on the button: button(\"Open\").", span)),
            (name, _) => return Err(self.wrong(format!("There is no filter {name}; there are {FILTERS}."), span)),
        };
        for argument in &filter.args {
            match argument {
                CallArg::Pos(words) => self.words(words)?,
                _ => return Err(self.wrong("A filter takes words alone.", span)),
            }
        }
        Ok(comes)
    }

    fn variable(&self, name: &str, span: Span) -> Result<Comes, Wrong> {
        match self.declared.iter().find(|known| known.name == name).map(|known| known.form) {
            Some(VariableHolds::Words) => Ok(Comes::Words),
            Some(VariableHolds::Address) => Ok(Comes::Address),
            Some(VariableHolds::Balance) => Ok(Comes::Balance),
            None => {
                let known: Vec<&str> = self.declared.iter().map(|known| known.name).collect();
                let what = format!("There is no {name} in this mail; there are {}.", known.join(", "));
                Err(self.wrong(what, span))
            }
        }
    }
}

#[cfg(test)]
mod tests;
