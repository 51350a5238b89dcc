//! What imported subscriptions will be billed here, told before anybody lets them go on.

use std::collections::BTreeMap;

use anyhow::Context;
use futures_util::{StreamExt, pin_mut};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kernel::id::{CustomerId, Id, SubscriptionId};
use kernel::{Currency, Money, Period, Quantity, Unit};
use retainer::subscriptions::{self, SubscriptionState};

use super::{Dialect, Target, Told};

/// A subscription that runs and does not renew here, as it will when it is taken over now.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Upcoming {
    /// Its id here.
    pub subscription: String,
    /// Whose it is.
    pub customer: String,
    /// Their id here.
    pub customer_id: String,
    /// Its plan here.
    pub plan: String,
    /// When the first period begins that is billed here.
    #[serde(serialize_with = "as_text")]
    pub begins: Timestamp,
    /// What is billed then, such as `450.00 USD`.
    pub price: String,
    /// How often: `day`, `week`, `month`, `year`.
    pub period: String,
    /// What is granted then, such as `10.00`; none without a limit.
    pub allowance: Option<String>,
    /// How many days the period has that the source knows.
    pub source_days: Option<i64>,
    /// What the source allocates.
    pub source_allowance: Option<String>,
    /// What the source billed last for the subscription.
    pub source_price: Option<String>,
    /// How it stands now; once it goes on here it is active: Retainer bills nothing of what lies before, and tries nothing out.
    pub state: SubscriptionState,
    /// What the source calls that, such as `trial` or `past_due`.
    pub source_state: Option<String>,
    /// In what both differ: `allowance`, `price`, `period`, `state`.
    pub differs: Vec<&'static str>,
}

fn as_text<S: serde::Serializer>(at: &Timestamp, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(at)
}

/// The waiting subscriptions of a plan, in sum.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct PlanTerms {
    /// The plan.
    pub plan: String,
    /// What a period of it costs here.
    pub price: String,
    /// `day`, `week`, `month`, `year`.
    pub period: String,
    /// What a period of it grants here; none without a limit.
    pub allowance: Option<String>,
    /// How many subscriptions wait.
    pub subscriptions: u64,
    /// What a period of all of them costs here.
    pub total: String,
    /// Of them such to which the source allocates something else.
    pub other_allowance: u64,
    /// Of them such for which the source billed something else the last time.
    pub other_price: u64,
    /// Of them such whose period in the source is longer or shorter.
    pub other_period: u64,
    /// Of them such that are past due in the source, and active once they go on here.
    pub past_due: u64,
}

/// Tells each subscription that waits, where that is wanted, and returns their sum by plan.
pub(super) async fn look<D: Dialect>(
    target: &Target,
    now: Timestamp,
    each: Option<&mut (dyn FnMut(Told) -> anyhow::Result<()> + Send)>,
) -> anyhow::Result<Vec<PlanTerms>> {
    let zone = zone(target).await?;
    let query = include_str!("sql/upcoming.sql").replace("{terms}", D::TERMS);
    let rows = target.stream(&query).await?;
    pin_mut!(rows);
    let (mut plans, mut each) = (BTreeMap::<(String, i32), PlanTerms>::new(), each);
    while let Some(row) = rows.next().await {
        let row = row?;
        let currency: Currency = row.get::<_, &str>("currency").parse().ok().context("a currency")?;
        let unit: Unit = row.get::<_, &str>("unit_code").parse().ok().context("a unit")?;
        let period: Period = row.get::<_, &str>("period").parse().ok().context("a period")?;
        let price = Money::new(row.get("price_minor"), currency);
        let allowance = row.get::<_, Option<i64>>("quantity").map(|atoms| Quantity::new(atoms, unit).decimal());
        let [other_allowance, other_price]: [bool; 2] = [row.get("other_allowance"), row.get("other_price")];
        let [start, end]: [Option<Timestamp>; 2] = [row.get("starts_at"), row.get("ends_at")];
        let known = start.zip(end);
        let other_period = known.is_some_and(|(start, end)| !period.is_about(start, end));
        let named = PlanTerms {
            plan: row.get("plan"),
            price: with_currency(price),
            period: period.word().to_owned(),
            allowance: allowance.clone(),
            ..PlanTerms::default()
        };
        let plan = plans.entry((named.plan.clone(), row.get("number"))).or_insert(named);
        plan.subscriptions += 1;
        plan.other_allowance += u64::from(other_allowance);
        plan.other_price += u64::from(other_price);
        plan.other_period += u64::from(other_period);
        let state: SubscriptionState = row.get::<_, &str>("state").parse().ok().context("a state")?;
        let source_state: Option<String> = row.get("source_state");
        let other_state =
            state != SubscriptionState::Active || source_state.as_deref().is_some_and(|it| it != "active");
        plan.past_due += u64::from(state == SubscriptionState::PastDue);
        let count = i64::try_from(plan.subscriptions).context("a count")?;
        plan.total = with_currency(Money::new(price.minor.checked_mul(count).context("a sum of money")?, currency));
        let Some(each) = each.as_mut() else { continue };
        let Some(begins) = end.and_then(|end| subscriptions::next_start(period, end, &zone, now)) else { continue };
        let differs =
            [(other_allowance, "allowance"), (other_price, "price"), (other_period, "period"), (other_state, "state")];
        each(Told::Upcoming(Upcoming {
            subscription: SubscriptionId::from_uuid(row.get("id")).to_string(),
            customer_id: CustomerId::from_uuid(row.get("customer_id")).to_string(),
            state,
            source_state,
            source_days: known.map(|(start, end)| end.duration_since(start).as_hours() / 24),
            period: period.word().to_owned(),
            customer: row.get("customer"),
            plan: row.get("plan"),
            begins,
            price: with_currency(price),
            allowance,
            source_allowance: row.get("source_allowance"),
            source_price: row.get("source_price"),
            differs: differs.into_iter().filter(|(differs, _)| *differs).map(|(_, what)| what).collect(),
        }))?;
    }
    Ok(plans.into_values().collect())
}

fn with_currency(money: Money) -> String {
    format!("{} {}", money.decimal(), money.currency)
}

async fn zone(target: &Target) -> anyhow::Result<TimeZone> {
    let rows = target.rows("select time_zone from organizations where id = {org}", &[]).await?;
    let name: String = rows.first().context("the organization is gone")?.get(0);
    Ok(TimeZone::get(&name)?)
}
