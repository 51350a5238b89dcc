//! Fields of forms: a label, a control, and what is wrong with it beside it.

use maud::{Markup, Render, html};

use crate::pages::Form;

/// A labelled input that shows what was typed and what is wrong with it.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    form: &'a Form,
    name: &'a str,
    label: &'a str,
    kind: &'a str,
    hint: Option<&'a str>,
    autocomplete: Option<&'a str>,
    list: Option<&'a str>,
    rows: u8,
    is_optional: bool,
    has_stand_in: bool,
    is_first: bool,
}

impl<'a> Input<'a> {
    /// A single line.
    pub const fn text(form: &'a Form, name: &'a str, label: &'a str) -> Self {
        Self {
            form,
            name,
            label,
            kind: "text",
            hint: None,
            autocomplete: None,
            list: None,
            rows: 0,
            is_optional: false,
            has_stand_in: false,
            is_first: false,
        }
    }

    /// An e-mail address.
    pub const fn email(form: &'a Form, name: &'a str, label: &'a str) -> Self {
        Self { kind: "email", ..Self::text(form, name, label) }
    }

    /// A password; what was typed is never shown again.
    pub const fn password(form: &'a Form, name: &'a str, label: &'a str) -> Self {
        Self { kind: "password", ..Self::text(form, name, label) }
    }

    /// Something to search for.
    pub const fn search(form: &'a Form, name: &'a str, label: &'a str) -> Self {
        Self { kind: "search", is_optional: true, ..Self::text(form, name, label) }
    }

    /// A day of the calendar.
    pub const fn date(form: &'a Form, name: &'a str, label: &'a str) -> Self {
        Self { kind: "date", ..Self::text(form, name, label) }
    }

    /// A decimal number: hours, an amount of money.
    pub const fn decimal(form: &'a Form, name: &'a str, label: &'a str) -> Self {
        Self { kind: "decimal", ..Self::text(form, name, label) }
    }

    /// A text of several lines.
    pub const fn area(form: &'a Form, name: &'a str, label: &'a str) -> Self {
        Self { rows: 5, ..Self::text(form, name, label) }
    }

    /// May be left empty.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// May be left empty where another field of the form is not, which only whoever reads the form can tell.
    #[must_use]
    pub const fn or_another(mut self) -> Self {
        self.has_stand_in = true;
        self
    }

    /// Has the focus when the page opens: one comes for this form alone.
    #[must_use]
    pub const fn first(mut self) -> Self {
        self.is_first = true;
        self
    }

    /// With a sentence below that helps to fill it in.
    #[must_use]
    pub const fn hint(mut self, hint: &'a str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// With what browsers may fill in, such as `current-password`.
    #[must_use]
    pub const fn autocomplete(mut self, what: &'a str) -> Self {
        self.autocomplete = Some(what);
        self
    }

    /// With proposals from a list of the page, such as [`zones`].
    #[must_use]
    pub const fn suggest(mut self, list: &'a str) -> Self {
        self.list = Some(list);
        self
    }

    fn control(&self, described: Option<&str>, value: &str) -> Markup {
        let invalid = self.form.error(self.name).map(|_| "true");
        let is_needed = !self.is_optional && !self.has_stand_in;
        let (kind, mode) = if self.kind == "decimal" { ("text", Some("decimal")) } else { (self.kind, None) };
        html! {
            @if self.rows > 0 {
                textarea id=(self.name) name=(self.name) rows=(self.rows) required[is_needed] autofocus[invalid.is_some()]
                    aria-invalid=[invalid] aria-describedby=[described] { "\n" (value) }
            } @else {
                input id=(self.name) name=(self.name) type=(kind) value=(value) inputmode=[mode] required[is_needed]
                    autofocus[invalid.is_some() || self.is_first] autocomplete=(self.autocomplete.unwrap_or("off")) list=[self.list] aria-invalid=[invalid] aria-describedby=[described];
            }
        }
    }
}

impl Render for Input<'_> {
    fn render(&self) -> Markup {
        let error = self.form.error(self.name);
        let id = format!("{}-note", self.name);
        let described = (error.is_some() || self.hint.is_some()).then_some(id.as_str());
        let value = if self.kind == "password" { "" } else { self.form.value(self.name) };
        html! {
            div.field .number[self.kind == "decimal"] {
                label for=(self.name) { (self.label) @if self.is_optional && self.kind != "search" { span.soft { " optional" } } }
                (self.control(described, value))
                (note(described, error, self.hint))
            }
        }
    }
}

/// The line below a field: what is wrong with it, else what helps to fill it in.
fn note(id: Option<&str>, error: Option<&str>, hint: Option<&str>) -> Markup {
    html! {
        @if let Some(id) = id {
            @if let Some(error) = error { p.error id=(id) { (error) } }
            @else if let Some(hint) = hint { p.hint id=(id) { (hint) } }
        }
    }
}

/// A choice from a list.
#[derive(Debug, Clone, Copy)]
pub struct Select<'a> {
    /// The form it belongs to.
    pub form: &'a Form,
    /// The name in the form.
    pub name: &'a str,
    /// What the person reads.
    pub label: &'a str,
    /// Value and wording of each choice.
    pub choices: &'a [(String, String)],
}

impl<'a> Select<'a> {
    /// With a part of the page, by its id, that is fetched anew for what is chosen.
    pub const fn followed_by(self, part: &'a str) -> Followed<'a> {
        Followed { select: self, part }
    }

    fn with(&self, follows: Option<&str>) -> Markup {
        let error = self.form.error(self.name);
        let id = format!("{}-note", self.name);
        let described = error.map(|_| id.as_str());
        let chosen = self.form.value(self.name);
        html! {
            div.field {
                label for=(self.name) { (self.label) }
                select id=(self.name) name=(self.name) data-follows=[follows] aria-invalid=[error.map(|_| "true")] aria-describedby=[described]
                    autofocus[error.is_some()] {
                    @for (value, wording) in self.choices {
                        option value=(value) selected[value == chosen] { (wording) }
                    }
                }
                (note(described, error, None))
            }
        }
    }
}

impl Render for Select<'_> {
    fn render(&self) -> Markup {
        self.with(None)
    }
}

/// A choice that a part of the page follows.
#[derive(Debug, Clone, Copy)]
pub struct Followed<'a> {
    select: Select<'a>,
    part: &'a str,
}

impl Render for Followed<'_> {
    fn render(&self) -> Markup {
        self.select.with(Some(self.part))
    }
}

/// A box to tick; its value is `true`.
pub fn check(form: &Form, name: &str, label: &str) -> Markup {
    html! {
        div.field.tick {
            input id=(name) name=(name) type="checkbox" value="true" checked[form.is_ticked(name)];
            label for=(name) { (label) }
            @if let Some(error) = form.error(name) { p.error { (error) } }
        }
    }
}

/// The time zones that there are, for [`Input::suggest`] with `zones`.
pub fn zones() -> Markup {
    let mut names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    // `Area/Place`, not the old short names.
    names.retain(|name| {
        name == "UTC" || (name.contains('/') && !name.starts_with("Etc/") && !name.starts_with("SystemV"))
    });
    names.sort_unstable();
    html! { datalist #zones { @for name in &names { option value=(name) {} } } }
}

/// The currencies that there are, for [`Input::suggest`] with `currencies`.
pub fn currencies() -> Markup {
    html! { datalist #currencies { @for code in kernel::money::CODES { option value=(code) {} } } }
}

/// The hidden key that makes sending the form twice do its work once; [`crate::Visitor::write_once`] reads it.
pub fn once(form: &Form) -> Markup {
    html! { input type="hidden" name="once" value=(form.key()); }
}

/// The button that sends the form.
pub fn submit(label: &str) -> Markup {
    html! { p.submit { button.go type="submit" { (label) } } }
}

/// What is wrong with the form as a whole, above its fields.
pub fn wrong(form: &Form) -> Markup {
    html! { @if let Some(text) = form.error("") { p.wrong role="alert" { (text) } } }
}
