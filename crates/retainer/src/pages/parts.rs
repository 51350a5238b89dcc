//! The parts that pages are made of.

use maud::{Markup, html};

/// A field of a form with its label and, beside it, what is wrong with it.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// The name in the form.
    pub name: &'a str,
    /// What the person reads.
    pub label: &'a str,
    /// The kind of input: text, email, password …
    pub kind: &'a str,
    /// What was typed before.
    pub value: &'a str,
    /// What is wrong with it.
    pub error: Option<&'a str>,
    /// What browsers may fill in, such as `current-password`.
    pub autocomplete: &'a str,
}

/// A labelled input.
pub fn field(field: Field<'_>) -> Markup {
    let error = field.error.map(|_| format!("{}-error", field.name));
    html! {
        div.field {
            label for=(field.name) { (field.label) }
            input id=(field.name) name=(field.name) type=(field.kind) value=(field.value) autocomplete=(field.autocomplete)
                aria-invalid=[field.error.map(|_| "true")] aria-describedby=[error.as_deref()] required;
            @if let (Some(text), Some(id)) = (field.error, &error) { p.error id=(id) { (text) } }
        }
    }
}
