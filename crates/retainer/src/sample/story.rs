//! What happens in the sample's year.

use jiff::Timestamp;
use kernel::id::{CustomerId, OrganizationId};
use kernel::{Actor, Currency, Role};
use runtime::Error;
use runtime::tx::Access;

use super::cast::{BUYERS, Buyer, STAFF};
use super::{PASSWORD, SLUG};
use crate::App;
use crate::customers;
use crate::organizations::{self, Zone};
use crate::people::password::{self, Hashed};
use crate::people::{AddMember, add_member};

/// Tells the whole year, up to `end`.
pub(super) async fn tell(app: &App, end: Timestamp) -> Result<(), Error> {
    let organization: OrganizationId = app.ids.next();
    // Everybody has the same password, and hashing it eighty times would take longer than the rest.
    let hashed = password::hash(text(PASSWORD)?).await?;
    found(app, organization, &hashed).await?;
    for (place, buyer) in BUYERS.iter().enumerate() {
        arrive(app, organization, buyer, &hashed).await?;
        // They arrive one after the other over three quarters of the year.
        let step =
            (end.as_second() - app.clock.now().as_second()) / i64::try_from(BUYERS.len() - place + 12).unwrap_or(1);
        app.clock.set(Timestamp::from_second(app.clock.now().as_second() + step).unwrap_or(end));
    }
    Ok(())
}

/// Reads a text of the cast as what it is meant to be; a failure is a mistake in the story.
fn text<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|error| Error::internal(format!("the sample's {text:?} {error}")))
}

fn storyteller() -> Actor {
    Actor::system("sample")
}

async fn found(app: &App, organization: OrganizationId, hashed: &Hashed) -> Result<(), Error> {
    let tx = app.begin(organization, storyteller(), Access::Write).await?;
    let zone: Zone = text("America/New_York")?;
    let input = organizations::Create {
        slug: text(SLUG)?,
        name: text("LeverAI Consulting")?,
        zone,
        currency: Currency::USD,
        is_sample: true,
    };
    organizations::create(&tx, input).await?;
    for member in STAFF {
        let password = Some(hashed.clone());
        let (email, name) = (text(member.email)?, text(member.name)?);
        add_member(&tx, AddMember { email, name, role: member.role, customer: None, password }).await?;
    }
    tx.commit().await
}

async fn arrive(app: &App, organization: OrganizationId, buyer: &Buyer, hashed: &Hashed) -> Result<CustomerId, Error> {
    let tx = app.begin(organization, storyteller(), Access::Write).await?;
    let input = customers::Add {
        name: text(buyer.name)?,
        email: Some(text(buyer.email)?),
        notes: Some(text(&format!("Came to us for the {} plan. Ask for {}.", buyer.plan, buyer.contact))?),
        tags: vec![text(buyer.tag)?],
    };
    let customer = customers::add(&tx, input).await?;
    let user = AddMember {
        email: text(buyer.email)?,
        name: text(buyer.contact)?,
        role: Role::Customer,
        customer: Some(customer),
        password: Some(hashed.clone()),
    };
    add_member(&tx, user).await?;
    tx.commit().await?;
    Ok(customer)
}
