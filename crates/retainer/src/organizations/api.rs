//! The organization on the API: its settings.

use kernel::text::{Body as Text, Name};
use kernel::{Currency, Permission};
use runtime::http::{Body, Halt, Reply};
use runtime::{Error, Tx};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Change, DaysToPay, Organization, SignUpMode, TimeIncrement, Zone, change, find};
use crate::App;
use crate::doors::Door;

/// The API routes of organizations.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_organization, patch_organization))
}

/// The organization's settings.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
struct Settings {
    /// Its id.
    id: kernel::id::OrganizationId,
    /// The word in its addresses.
    slug: String,
    /// Its name.
    name: String,
    /// Its zone: what a day and a month are.
    time_zone: Zone,
    /// What its prices are in.
    currency: Currency,
    /// Who may become a customer.
    sign_up: SignUpMode,
    /// How many days a customer has to pay an invoice.
    days_to_pay: DaysToPay,
    /// By how many minutes work is rounded up when it is written down: what a time entry counts as.
    time_increment: TimeIncrement,
    /// How customers pay, as their invoices say it.
    payment_instructions: Option<String>,
    /// When everything in it is deleted; null unless an owner asked for that.
    closes_at: Option<jiff::Timestamp>,
    /// The version for `If-Match`.
    version: i64,
}

impl Settings {
    fn of(organization: Organization) -> Self {
        let Organization { id, slug, name, zone, currency, sign_up, .. } = organization;
        let Organization { days_to_pay, time_increment, payment_instructions, closes_at, version, .. } = organization;
        Self {
            id,
            slug,
            name,
            time_zone: zone,
            currency,
            sign_up,
            days_to_pay,
            time_increment,
            payment_instructions,
            closes_at,
            version,
        }
    }
}

/// What shall be different; what is left out stays.
#[derive(Debug, Clone, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SettingsChange {
    /// Its name.
    #[serde(default)]
    name: Option<Name>,
    /// Its zone.
    #[serde(default)]
    time_zone: Option<Zone>,
    /// What its prices are in; only while nothing is sold.
    #[serde(default)]
    currency: Option<Currency>,
    /// Who may become a customer.
    #[serde(default)]
    sign_up: Option<SignUpMode>,
    /// How many days a customer has to pay what is billed from now on.
    #[serde(default)]
    days_to_pay: Option<DaysToPay>,
    /// By how many minutes work is rounded up that is written down from now on.
    #[serde(default)]
    time_increment: Option<TimeIncrement>,
    /// How customers pay; null takes it away.
    #[serde(default, deserialize_with = "runtime::http::given")]
    #[schema(value_type = Option<Text>)]
    payment_instructions: Option<Option<Text>>,
}

async fn view(tx: &Tx) -> Result<Reply, Error> {
    let settings = Settings::of(find::own(tx).await?);
    Ok(Reply::ok(&settings)?.version(settings.version))
}

/// The organization that the token belongs to.
#[utoipa::path(get, path = "/organization", tag = "Organization", responses((status = 200, body = Settings)))]
async fn get_organization(door: Door) -> Result<Reply, Halt> {
    let tx = door.read().await?;
    Ok(view(&tx).await?)
}

/// Change the organization's settings.
#[utoipa::path(patch, path = "/organization", tag = "Organization", request_body = SettingsChange,
    responses((status = 200, body = Settings)))]
async fn patch_organization(door: Door, body: Body<SettingsChange>) -> Result<Reply, Halt> {
    let tx = door.write(&body.hash).await?;
    tx.require(Permission::SettingsWrite)?;
    let SettingsChange { name, time_zone, currency, sign_up, .. } = body.input;
    let SettingsChange { days_to_pay, time_increment, payment_instructions, .. } = body.input;
    let wanted = Change { name, zone: time_zone, currency, sign_up, days_to_pay, time_increment, payment_instructions };
    change(&tx, wanted, door.expected_version()).await?;
    let reply = view(&tx).await?;
    tx.finish(reply).await
}
