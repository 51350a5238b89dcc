//! Making a link.

use jiff::{SignedDuration, Timestamp};
use kernel::Permission;
use kernel::id::{BalanceLinkId, CustomerId, Id};
use kernel::text::Title;
use runtime::secret::Token;
use runtime::{Change, Error, Tx, sql};
use serde_json::json;

use super::BalanceLink;
use crate::customers;

/// The most links to a balance that open at a time.
const MOST: i64 = 20;
/// The longest that a link with an end may last.
const LONGEST_DAYS: u16 = 3_650;

/// A link to be made.
#[derive(Debug, Clone)]
pub struct Make {
    /// To whose balance.
    pub customer: CustomerId,
    /// What for.
    pub label: Title,
    /// For how many days; for ever without.
    pub days: Option<u16>,
}

runtime::refusals! {
    /// Why no link was made.
    pub enum MakeRefused {
        /// The customer is archived or forgotten.
        Archived => Conflict, "balance_link.archived", "This customer is archived. Bring it back first.";
        /// There are many already.
        TooMany { most: i64 } => Conflict, "balance_link.too_many", "There are {most} links to this balance already. Revoke some first.";
        /// It would end before it begins, or lasts too long.
        BadDays { most: u16 } => Invalid, "balance_link.bad_days", "A link lasts for 1 to {most} days, or until it is revoked.", at "/days";
    }
}

/// Makes a link, and tells what stands in it: that is not kept.
///
/// # Errors
/// [`MakeRefused`], `customer.not_found`, `permission.missing`, or a fault.
pub async fn make(tx: &Tx, wanted: Make) -> Result<(BalanceLink, Token), Error> {
    require_may_share(tx)?;
    let customer = customers::keep(tx, wanted.customer).await?;
    if customer.archived_at.is_some() {
        return Err(MakeRefused::Archived.into());
    }
    require_room(tx, wanted.customer).await?;
    let expires_at = wanted.days.map(|days| end(tx.now(), days)).transpose()?;
    let token = Token::new("bl");
    let link = BalanceLink {
        id: tx.new_id::<BalanceLinkId>(),
        customer: wanted.customer,
        label: wanted.label.to_string(),
        made_by: tx.actor().name.clone(),
        created_at: tx.now(),
        expires_at,
        revoked_at: None,
        uses: 0,
        last_used_at: None,
    };
    let user = tx.actor().user().map(Id::uuid);
    let own_name = if user.is_none() { Some(link.made_by.as_str()) } else { None };
    tx.execute(
        sql!(
            "insert into balance_links (organization_id, id, customer_id, token_hash, label, made_by_user_id, made_by_name,
                    created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        &[
            tx.org(),
            link.id.as_uuid(),
            link.customer.as_uuid(),
            &token.hash(),
            &link.label,
            &user,
            &own_name,
            &link.created_at,
            &link.expires_at,
        ],
    )
    .await?;
    tx.record(
        Change::new("balance_link.made", "customer", wanted.customer)
            .after(json!({"link": link.id, "label": link.label, "expires_at": link.expires_at})),
    );
    Ok((link, token))
}

/// Staff who may change customers share anybody's balance; a customer's users their own.
pub(super) fn require_may_share(tx: &Tx) -> Result<(), Error> {
    tx.require(Permission::LedgerRead)?;
    if tx.only_customer().is_some() { Ok(()) } else { tx.require(Permission::CustomersWrite) }
}

async fn require_room(tx: &Tx, customer: CustomerId) -> Result<(), Error> {
    let row = tx
        .one(
            sql!(
                "select count(*) as links from balance_links
                 where organization_id = $1 and customer_id = $2 and revoked_at is null
                   and (expires_at is null or expires_at > $3)"
            ),
            &[tx.org(), customer.as_uuid(), &tx.now()],
        )
        .await?;
    if row.get::<_, i64>("links") >= MOST { Err(MakeRefused::TooMany { most: MOST }.into()) } else { Ok(()) }
}

fn end(now: Timestamp, days: u16) -> Result<Timestamp, Error> {
    if !(1..=LONGEST_DAYS).contains(&days) {
        return Err(MakeRefused::BadDays { most: LONGEST_DAYS }.into());
    }
    let end = now.checked_add(SignedDuration::from_hours(24 * i64::from(days)));
    end.map_err(|_| MakeRefused::BadDays { most: LONGEST_DAYS }.into())
}
