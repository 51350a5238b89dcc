//! Entering one's sample organization without signing in again.

use kernel::id::UserId;
use kernel::{Permission, Role};
use runtime::{Error, Tx};

use super::find::{SampleRefused, SampleState, sample};
use super::making;
use crate::App;
use crate::people::{self, AddMember, Opening, SignedIn, open_door};

/// Opens a session in the organization's sample for whoever is signed in here; all who may order one own it. The word in its addresses, and
/// the session.
///
/// # Errors
/// [`SampleRefused`], `permission.missing`, or a fault.
pub async fn enter(app: &App, tx: &Tx, user: UserId, opening: &Opening) -> Result<(String, SignedIn), Error> {
    tx.require(Permission::SettingsWrite)?;
    let sample = sample(tx).await?.ok_or(SampleRefused::None)?;
    let (SampleState::Ready, Some(made), Some(slug)) = (sample.state, sample.made, sample.slug) else {
        return Err(SampleRefused::NotReady.into());
    };
    if let Some(signed_in) = open_door(app, made, user, opening).await? {
        return Ok((slug, signed_in));
    }
    // Another owner ordered it: it is theirs as well.
    let (email, name) = people::find::owner(tx, user).await?.ok_or(SampleRefused::None)?;
    let owner = AddMember { email, name, role: Role::Owner, customer: None, password: None };
    making::add_owner(app, made, owner).await?;
    Ok((slug, open_door(app, made, user, opening).await?.ok_or(SampleRefused::None)?))
}
