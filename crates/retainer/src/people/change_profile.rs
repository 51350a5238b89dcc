//! Changing one's own name and zone.

use kernel::id::Id;
use kernel::text::Name;
use runtime::{Change, Error, Tx, sql};

use super::find;
use crate::organizations::Zone;

/// What shall be different about the actor.
#[derive(Debug, Clone, Default)]
pub struct ChangeProfile {
    /// The name; without, it stays.
    pub name: Option<Name>,
    /// The zone; without, it stays; with nothing in it, the organization's.
    pub zone: Option<Option<Zone>>,
}

/// Changes the actor's profile, in all organizations, for a person is one person.
///
/// # Errors
/// A fault.
pub async fn change_profile(tx: &Tx, input: ChangeProfile) -> Result<(), Error> {
    let before = find::me(tx).await?;
    let name = input.name.map_or_else(|| before.name.clone(), Name::into_string);
    let zone = match &input.zone {
        None => before.time_zone.clone(),
        Some(zone) => zone.as_ref().map(|zone| zone.name().to_owned()),
    };
    if name == before.name && zone == before.time_zone {
        return Ok(());
    }
    tx.execute(
        sql!("update users set name = $2, time_zone = $3, version = version + 1 where id = $1"),
        &[before.user.as_uuid(), &name, &zone],
    )
    .await?;
    tx.record(
        Change::new("user.changed", "user", before.user)
            .before(serde_json::json!({"name": before.name, "time_zone": before.time_zone}))
            .after(serde_json::json!({"name": name, "time_zone": zone})),
    );
    Ok(())
}
