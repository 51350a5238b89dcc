//! Reading customers.

use kernel::Permission;
use kernel::id::{CustomerId, Id};
use kernel::text::{Tag, Title};
use runtime::http::{Cursor, Page, Paging};
use runtime::{Error, Tx, sql};

use super::Customer;

runtime::refusals! {
    /// Why a customer is not shown.
    pub enum FindRefused {
        /// There is none, or it is another organization's or another customer's business.
        NotFound => NotFound, "customer.not_found", "There is no such customer.";
    }
}

/// One customer. A customer's own users see only theirs, without what staff noted about it.
///
/// # Errors
/// [`FindRefused`], or a fault.
pub async fn get(tx: &Tx, customer: CustomerId) -> Result<Customer, Error> {
    let own = tx.only_customer();
    if own.is_none() {
        tx.require(Permission::CustomersRead)?;
    }
    let row = tx
        .optional(
            sql!(
                "select id, name, email, notes, tags, created_at, archived_at, anonymised_at, version from customers
                 where organization_id = $1 and id = $2 and ($3::uuid is null or id = $3)"
            ),
            &[tx.org(), customer.as_uuid(), &own],
        )
        .await?;
    let mut customer = row.as_ref().map(Customer::of_row).transpose()?.ok_or(FindRefused::NotFound)?;
    if own.is_some() {
        customer.notes = None;
        customer.tags = Vec::new();
    }
    Ok(customer)
}

/// Which customers to list.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// A part of the name or the address, of theirs or of whoever signs in for them, or a tag.
    pub search: Option<Title>,
    /// A tag they all have.
    pub tag: Option<Tag>,
    /// Whether the archived ones are wanted instead of the living.
    pub archived: Archived,
    /// Which page.
    pub paging: Paging,
}

/// Living customers, archived ones, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Archived {
    /// Those that are served.
    #[default]
    Living,
    /// Those that were put away.
    Archived,
    /// All of them.
    Both,
}

impl Archived {
    /// Whether they must be archived; none where it does not matter.
    pub(super) const fn must(self) -> Option<bool> {
        match self {
            Self::Living => Some(false),
            Self::Archived => Some(true),
            Self::Both => None,
        }
    }
}

/// Customers, the newest first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn list(tx: &Tx, wanted: &Wanted) -> Result<Page<Customer>, Error> {
    tx.require(Permission::CustomersRead)?;
    let (at, id) = wanted.paging.below();
    let search = wanted.search.as_ref().map(|text| text.as_str().to_lowercase());
    let rows = tx
        .rows(
            sql!(
                "select id, name, email, notes, tags, created_at, archived_at, anonymised_at, version from customers
                 where organization_id = $1 and ($2::bool is null or (archived_at is not null) = $2)
                   and ($3::text is null or id in (select customers_called($1, $3)))
                   and ($4::text is null or $4 = any (tags))
                   and (created_at, id) < ($5, $6)
                 order by created_at desc, id desc limit $7"
            ),
            &[
                tx.org(),
                &wanted.archived.must(),
                &search,
                &wanted.tag.as_ref().map(Tag::as_str),
                &at,
                &id,
                &wanted.paging.ask(),
            ],
        )
        .await?;
    let items = rows.iter().map(Customer::of_row).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(items, wanted.paging, |it| Cursor::new(it.created_at, it.id.uuid())))
}
