//! Entering one's sample organization without signing in again.

use kernel::Permission;
use kernel::id::UserId;
use runtime::{Error, Tx};

use super::find::{SampleRefused, SampleState, sample};
use crate::App;
use crate::people::{Opening, SignedIn, open_door};

/// Opens a session in the organization's sample for whoever is signed in here and owns it; the word in its addresses, and
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
    let signed_in = open_door(app, made, user, opening).await?;
    Ok((slug, signed_in.ok_or(SampleRefused::None)?))
}
