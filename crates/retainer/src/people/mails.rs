//! The mails about accounts.

use jiff::SignedDuration;
use kernel::id::UserId;
use kernel::{Email, Role};
use runtime::{Error, Tx};

use super::links::LinkPurpose;
use crate::mail::templates::{
    Addressed, Invitation, MailKind, PasswordChanged, ResetPassword, Said, Values, VerifyEmail, post,
};
use crate::mail::{Secrecy, Stopping};

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

impl About<'_> {
    /// A mail with a link that acts in its reader's name.
    fn way_in(self, said: impl Into<Said>, link: String, (reason, life): (String, SignedDuration)) -> Addressed {
        Addressed {
            to: self.to.clone(),
            user: self.user,
            values: Values::new(said, self.organization).link(link),
            reason,
            secrecy: Secrecy::Secret,
            stopping: Stopping::Never,
            good_for: Some(life),
            about: None,
        }
    }
}

/// Confirms an address.
pub(super) async fn verify_email(tx: &Tx, about: About<'_>, link: String) -> Result<(), Error> {
    let reason = format!(
        "You get this because this address was given for an account at {}. If that was not you, ignore it.",
        about.organization
    );
    let mail = about.way_in(VerifyEmail {}, link, (reason, LinkPurpose::VerifyEmail.life()));
    post(tx, MailKind::VerifyEmail, vec![mail]).await
}

/// Lets somebody choose a new password.
pub(super) async fn reset_password(tx: &Tx, about: About<'_>, link: String) -> Result<(), Error> {
    let reason = format!("You get this because a new password was asked for at {}.", about.organization);
    let mail = about.way_in(ResetPassword {}, link, (reason, LinkPurpose::ResetPassword.life()));
    post(tx, MailKind::ResetPassword, vec![mail]).await
}

/// Invites somebody.
pub(super) async fn invitation(
    tx: &Tx,
    about: About<'_>,
    (role, inviter): (Role, &str),
    link: String,
) -> Result<(), Error> {
    let reason = format!(
        "You get this because {inviter} of {} gave your address. If that makes no sense to you, ignore it.",
        about.organization
    );
    let said = Invitation { inviter: inviter.to_owned(), role: role.to_string() };
    post(tx, MailKind::Invitation, vec![about.way_in(said, link, (reason, super::invite::LIFE))]).await
}

/// Tells somebody that their password has changed.
pub(super) async fn password_changed(tx: &Tx, about: About<'_>) -> Result<(), Error> {
    let mail = Addressed {
        to: about.to.clone(),
        user: about.user,
        values: Values::new(PasswordChanged {}, about.organization),
        reason: format!("You get this because you have an account at {}.", about.organization),
        secrecy: Secrecy::Open,
        stopping: Stopping::Never,
        good_for: None,
        about: None,
    };
    post(tx, MailKind::PasswordChanged, vec![mail]).await
}
