//! Setting an installation up.

use kernel::id::OrganizationId;
use kernel::text::Name;
use kernel::{Actor, Currency, Email, Role};
use runtime::secret::hash;
use runtime::tx::Access;
use runtime::{Error, Tx, sql};

use super::is_good;
use crate::App;
use crate::organizations::{self, Slug, Zone};
use crate::people::password::{self, Hashed, Password};
use crate::people::{AddMember, Opening, SignIn, SignedIn, add_member, confirm, limit, sign_in};
use crate::plans;

/// The first organization and its owner.
#[derive(Debug, Clone)]
pub struct SetUp {
    /// The organization's name.
    pub name: Name,
    /// The word in its addresses.
    pub slug: Slug,
    /// Its zone.
    pub zone: Zone,
    /// What its prices are in.
    pub currency: Currency,
    /// The owner's name.
    pub owner: Name,
    /// The owner's address.
    pub email: Email,
    /// The owner's password.
    pub password: Password,
    /// What is sold at first.
    pub catalogue: Catalogue,
}

/// What is sold at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Catalogue {
    /// Nothing yet.
    Empty,
    /// The four plans of a consulting shop.
    Consulting,
}

runtime::refusals! {
    /// Why nothing is set up.
    pub enum SetUpRefused {
        /// The link is not the newest, was used, or is too old.
        Useless => NotFound, "set_up.useless_link", "This set-up link is not good any more. Start the server again: it prints a new one, unless it is set up already.";
    }
}

/// Makes the organization and its owner, and signs the owner in.
///
/// # Errors
/// [`SetUpRefused`], `organization.slug_taken`, or a fault.
pub async fn set_up(app: &App, token: &str, input: SetUp, opening: Opening) -> Result<SignedIn, Error> {
    let limits = limit::bad_tokens(opening.address);
    limit::check(app, &limits).await?;
    // Looked at first, so that nobody makes the server hash passwords without a good link.
    if !is_good(app, token).await? {
        limit::take(app, &limits).await?;
        return Err(SetUpRefused::Useless.into());
    }
    let hashed = password::hash(input.password.clone()).await?;
    let organization: OrganizationId = app.ids.next();
    let actor = Actor { address: opening.address, ..Actor::system("set-up") };
    let tx = app.begin(organization, actor, Access::Write).await?;
    let (email, presented) = (input.email.clone(), input.password.reveal().to_owned());
    perform(&tx, token, input, hashed).await?;
    tx.commit().await?;
    let input = SignIn { organization, email, password: presented, code: None, place: opening };
    let (tx, signed_in) = sign_in(app, input).await?;
    tx.commit().await?;
    Ok(signed_in)
}

async fn perform(tx: &Tx, token: &str, input: SetUp, password: Hashed) -> Result<(), Error> {
    let used = tx
        .execute(
            sql!(
                "update installation set set_up_at = $2, setup_token_hash = null
                 where setup_token_hash = $1 and setup_expires_at > $2 and set_up_at is null
                   and not exists (select from organization_slugs)"
            ),
            &[&hash(token), &tx.now()],
        )
        .await?;
    if used == 0 {
        return Err(SetUpRefused::Useless.into());
    }
    let SetUp { name, slug, zone, currency, owner, email, password: _, catalogue } = input;
    organizations::create(tx, organizations::Create { slug, name, zone, currency, is_sample: false }).await?;
    let member = AddMember { email, name: owner, role: Role::Owner, customer: None, password: Some(password) };
    let added = add_member(tx, member).await?;
    // Whoever starts the server vouches for the address.
    confirm(tx, added.user).await?;
    if catalogue == Catalogue::Consulting {
        plans::preset_consulting(tx).await?;
    }
    Ok(())
}
