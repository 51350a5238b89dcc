//! Reading how far an organization's sample is.

use jiff::{SignedDuration, Timestamp};
use kernel::Permission;
use kernel::id::{Id, OrganizationId};
use runtime::{Columns, Error, Tx, sql};
use tokio_postgres::Row;

use crate::App;

kernel::words! {
    /// How a sample stands.
    SampleState, "state" {
        /// There is none.
        None = "none",
        /// It will be made as soon as a server gets to it.
        Ordered = "ordered",
        /// It is being made.
        Making = "making",
        /// It may be entered.
        Ready = "ready",
        /// It could not be made.
        Failed = "failed",
        /// It is being removed, or is gone.
        Discarded = "discarded",
    }
}

/// The sample that an organization ordered.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Sample {
    /// How it stands.
    pub state: SampleState,
    /// How many days of its story are told.
    pub day: i32,
    /// Of how many; 0 before it is known.
    pub days: i32,
    /// The word in its addresses, once it is ready.
    pub slug: Option<String>,
    /// Whether nothing was heard of its making for a while, as when the server that made it ended: discard it and order another.
    pub is_cut_off: bool,
    /// When it was ordered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ordered_at: Option<Timestamp>,
    /// The organization that it is.
    #[serde(skip)]
    pub made: Option<OrganizationId>,
}

runtime::refusals! {
    /// Why there is nothing to see or enter.
    pub enum SampleRefused {
        /// None was ordered.
        None => NotFound, "sample.none", "There is no sample organization. Order one first.";
        /// It is not there yet.
        NotReady => Conflict, "sample.not_ready", "The sample organization is still being made. Wait a moment.";
    }
}

/// After how long without a word a making counts as cut off.
const SILENCE: SignedDuration = SignedDuration::from_secs(120);

impl Sample {
    /// What there is where none was ordered.
    pub const NONE: Self =
        Self { state: SampleState::None, day: 0, days: 0, slug: None, is_cut_off: false, ordered_at: None, made: None };

    fn of_row(row: &Row, now: Timestamp) -> Result<Self, Error> {
        let state: SampleState = row.word("state")?;
        let told_at: Timestamp = row.get("told_at");
        let works = matches!(state, SampleState::Ordered | SampleState::Making);
        Ok(Self {
            state,
            day: row.get("day"),
            days: row.get("days"),
            slug: row.get::<_, Option<String>>("slug").filter(|_| state == SampleState::Ready),
            is_cut_off: works && now.duration_since(told_at) > SILENCE,
            ordered_at: Some(row.get("ordered_at")),
            made: row.id_or_none("made_id"),
        })
    }
}

/// The organization's sample, discarded ones included; none where none was ever ordered.
pub(super) async fn latest(tx: &Tx) -> Result<Option<Sample>, Error> {
    let row = tx
        .optional(
            sql!("select state, made_id, slug, ordered_at, day, days, told_at from samples where organization_id = $1"),
            &[tx.org()],
        )
        .await?;
    row.map(|row| Sample::of_row(&row, tx.now())).transpose()
}

/// Whoever ordered a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) slug: String,
    pub(super) name: String,
}

/// The organization to which a sample belongs; none where it is nobody's, as the demo's.
pub(super) async fn home_of(app: &App, made: OrganizationId) -> Result<Option<Home>, Error> {
    let operator = app.db.operator().await?;
    let query = sql!(
        "select distinct o.slug, o.name from samples s join organizations o on o.organization_id = s.organization_id
         where s.made_id = $1"
    );
    let statement = operator.prepare_cached(query).await?;
    let row = operator.query_opt(&statement, &[made.as_uuid()]).await?;
    Ok(row.map(|row| Home { slug: row.get("slug"), name: row.get("name") }))
}

/// The organization's sample.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn sample(tx: &Tx) -> Result<Option<Sample>, Error> {
    tx.require(Permission::SettingsWrite)?;
    Ok(latest(tx).await?.filter(|sample| sample.state != SampleState::Discarded))
}
