//! The mails about accounts.

use jiff::SignedDuration;
use kernel::id::UserId;
use kernel::{Email, Role};
use maud::{Markup, html};

use super::links::LinkPurpose;
use crate::mail::render::{button, paragraph};
use crate::mail::{Letter, Secrecy, Stopping};

/// A mail with one link in it.
struct OneLink<'a> {
    kind: &'static str,
    to: &'a Email,
    user: Option<UserId>,
    subject: String,
    lead: String,
    label: &'static str,
    link: String,
    after: &'static str,
    reason: String,
    life: SignedDuration,
}

impl OneLink<'_> {
    fn letter(self) -> Letter {
        let body: Markup = html! { (paragraph(&self.lead)) (button(&self.link, self.label)) (paragraph(self.after)) };
        Letter {
            kind: self.kind,
            to: self.to.clone(),
            user: self.user,
            subject: self.subject,
            text: format!("{}\n\n{}\n\n{}", self.lead, self.link, self.after),
            html: body,
            reason: self.reason,
            secrecy: Secrecy::Secret,
            stopping: Stopping::Never,
            good_for: Some(self.life),
        }
    }
}

/// To whom and about which organization.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    /// The organization's name.
    pub(super) organization: &'a str,
    /// The address.
    pub(super) to: &'a Email,
    /// The person, if the link acts in their name without a further proof.
    pub(super) user: Option<UserId>,
}

/// Confirms an address.
pub(super) fn verify_email(about: About<'_>, link: String) -> Letter {
    let name = about.organization;
    OneLink {
        kind: "verify_email",
        to: about.to,
        user: about.user,
        subject: format!("Confirm your address for {name}"),
        lead: format!("Welcome to {name}. Please confirm that this is your e-mail address."),
        label: "Confirm the address",
        link,
        after: "The link is good for three days.",
        reason: format!(
            "You get this because this address was given for an account at {name}. If that was not you, ignore it."
        ),
        life: LinkPurpose::VerifyEmail.life(),
    }
    .letter()
}

/// Lets somebody choose a new password.
pub(super) fn reset_password(about: About<'_>, link: String) -> Letter {
    let name = about.organization;
    OneLink {
        kind: "reset_password",
        to: about.to,
        user: about.user,
        subject: format!("Choose a new password for {name}"),
        lead: "Somebody, probably you, asked for a new password for this address.".to_owned(),
        label: "Choose a new password",
        link,
        after: "The link is good for one hour and works once. If you did not ask for it, ignore this mail: nothing has changed.",
        reason: format!("You get this because a new password was asked for at {name}."),
        life: LinkPurpose::ResetPassword.life(),
    }
    .letter()
}

/// Invites somebody.
pub(super) fn invitation(about: About<'_>, role: Role, inviter: &str, link: String) -> Letter {
    let name = about.organization;
    let lead = if role == Role::Customer {
        format!("{inviter} invites you to the customer portal of {name}, where you see your balance and your tickets.")
    } else {
        format!("{inviter} invites you to work in {name} as {role}.")
    };
    OneLink {
        kind: "invitation",
        to: about.to,
        user: about.user,
        subject: format!("{inviter} invites you to {name}"),
        lead,
        label: "Accept the invitation",
        link,
        after: "The link is good for seven days.",
        reason: format!(
            "You get this because {inviter} of {name} gave your address. If that makes no sense to you, ignore it."
        ),
        life: super::invite::LIFE,
    }
    .letter()
}

/// Tells somebody that their password has changed.
pub(super) fn password_changed(about: About<'_>) -> Letter {
    let name = about.organization;
    let text = "Your password was changed just now, and you were signed out everywhere else. If that was not you, ask \
                for a new password at once and tell the people who run the account.";
    Letter {
        kind: "password_changed",
        to: about.to.clone(),
        user: about.user,
        subject: format!("Your password for {name} was changed"),
        text: text.to_owned(),
        html: paragraph(text),
        reason: format!("You get this because you have an account at {name}."),
        secrecy: Secrecy::Open,
        stopping: Stopping::Never,
        good_for: None,
    }
}
