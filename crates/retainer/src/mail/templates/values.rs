//! What a mail is filled in with.

use kernel::Quantity;

use super::kind::{MailKind, Said, VariableHolds};
use crate::mail::render::Bar;

/// The values of one mail: those that its verb told, and those that are the same for all of its group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    /// What kind of mail.
    pub(super) kind: MailKind,
    words: Vec<(&'static str, String)>,
    /// The customer's balances, each drawn as a bar.
    pub(super) balances: Vec<Bar>,
}

impl Values {
    /// Of a mail that `organization` sends.
    pub fn new(said: impl Into<Said>, organization: &str) -> Self {
        let Said { kind, mut words } = said.into();
        words.push(("organization", organization.to_owned()));
        Self { kind, words, balances: Vec::new() }
    }

    /// Who gets it.
    #[must_use]
    pub fn person(mut self, name: &str) -> Self {
        self.words.push(("person", name.to_owned()));
        self
    }

    /// Where its button leads.
    #[must_use]
    pub fn link(mut self, address: String) -> Self {
        self.words.push(("link", address));
        self
    }

    /// What the customer has.
    #[must_use]
    pub fn balances(mut self, bars: Vec<Bar>) -> Self {
        self.balances = bars;
        self
    }

    /// The examples that the kind declares.
    pub fn example(kind: MailKind) -> Self {
        let hours = Quantity::seconds;
        let words = kind
            .variables()
            .into_iter()
            .filter(|variable| variable.form != VariableHolds::Balance)
            .map(|variable| (variable.name, variable.example.to_owned()))
            .collect();
        let is_shown = kind.variables().iter().any(|variable| variable.form == VariableHolds::Balance);
        let bar = Bar { used: hours(19_800), held: hours(5_400), left: hours(10_800) };
        Self { kind, words, balances: if is_shown { vec![bar] } else { Vec::new() } }
    }

    /// In whose name the examples are.
    pub(super) fn set_organization(&mut self, name: &str) {
        for (_, word) in self.words.iter_mut().filter(|(known, _)| *known == "organization") {
            name.clone_into(word);
        }
    }

    /// A value; nothing where none was told.
    pub(super) fn word(&self, name: &str) -> &str {
        self.words.iter().find(|(known, _)| *known == name).map_or("", |(_, word)| word)
    }
}

#[cfg(test)]
impl Values {
    pub(super) fn set(&mut self, name: &str, word: &str) {
        let place = self.words.iter_mut().find(|(known, _)| *known == name).expect(name);
        word.clone_into(&mut place.1);
    }

    /// The bytes of the longest value.
    pub(super) fn longest(&self) -> usize {
        self.words.iter().map(|(_, word)| word.len()).max().unwrap_or_default()
    }
}
