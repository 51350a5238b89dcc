//! Making a user a member of the organization.

use kernel::id::{CustomerId, Id, MembershipId, UserId};
use kernel::text::Name;
use kernel::{Email, Permission, Role};
use runtime::secret::Key;
use runtime::tx::keyed_hash;
use runtime::{Change, Columns, Error, OnConstraint, Tx, sql};

use super::password::Hashed;

/// Somebody who shall be something in the organization. The user is created when the address is new.
#[derive(Debug, Clone)]
pub struct AddMember {
    /// Their address.
    pub email: Email,
    /// Their name; an existing user keeps theirs.
    pub name: Name,
    /// What they become.
    pub role: Role,
    /// Whom they act for; given exactly for the role customer.
    pub customer: Option<CustomerId>,
    /// The password of a new user; an existing user keeps theirs.
    pub password: Option<Hashed>,
}

/// Who was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// The user.
    pub user: UserId,
    /// Their membership.
    pub membership: MembershipId,
    /// Whether the address was new to the installation.
    pub new_user: bool,
}

runtime::refusals! {
    /// Why somebody was not added.
    pub enum AddMemberRefused {
        /// They already are a member.
        AlreadyMember { email: Email } => Conflict, "people.already_member", "{email} already belongs to this organization.", at "/email";
    }
}

/// Adds a member.
///
/// # Errors
/// [`AddMemberRefused`], `permission.missing`, or a fault.
pub async fn add_member(tx: &Tx, input: AddMember) -> Result<Added, Error> {
    tx.require(if input.role == Role::Customer { Permission::CustomersWrite } else { Permission::PeopleWrite })?;
    let (user, new_user) = match find_user(tx, &input.email).await? {
        Some(user) => (user, false),
        None => (create_user(tx, &input).await?, true),
    };
    let membership = tx.new_id::<MembershipId>();
    let customer = input.customer.map(Id::uuid);
    tx.execute(
        sql!(
            "insert into memberships (organization_id, id, user_id, role, customer_id, created_at)
             values ($1, $2, $3, $4, $5, $6)"
        ),
        &[tx.org(), membership.as_uuid(), user.as_uuid(), &input.role.word(), &customer, &tx.now()],
    )
    .await
    .on_constraint("memberships_one_per_user", AddMemberRefused::AlreadyMember { email: input.email.clone() })?;
    tx.record(Change::new("member.added", "membership", membership).after(serde_json::json!({
        "user": user, "email": input.email, "role": input.role, "customer": input.customer,
    })));
    Ok(Added { user, membership, new_user })
}

/// What the keyed hashes of the directory are for.
const DIRECTORY: &str = "user directory";

/// The key of an address in the directory, which holds no addresses.
fn directory_key(tx: &Tx, email: &Email) -> Vec<u8> {
    tx.keyed_hash(DIRECTORY, &email.folded())
}

/// The same for importers, which write many people at once and have no transaction of this kind.
pub fn address_key(lookup: &Key, email: &Email) -> Vec<u8> {
    keyed_hash(lookup, DIRECTORY, &email.folded())
}

/// The user with an address, whatever organizations they belong to.
pub(super) async fn find_user(tx: &Tx, email: &Email) -> Result<Option<UserId>, Error> {
    let key = directory_key(tx, email);
    let row = tx.optional(sql!("select user_id from user_directory where email_hash = $1"), &[&key]).await?;
    Ok(row.map(|row| row.id("user_id")))
}

async fn create_user(tx: &Tx, input: &AddMember) -> Result<UserId, Error> {
    let user = tx.new_id::<UserId>();
    let hash = input.password.as_ref().map(|hashed| hashed.0.as_str());
    let taken = || AddMemberRefused::AlreadyMember { email: input.email.clone() };
    tx.execute(
        sql!(
            "insert into users (id, email, email_folded, name, password_hash, password_changed_at, created_at)
             values ($1, $2, $3, $4, $5, case when $5::text is null then null else $6::timestamptz end, $6)"
        ),
        &[user.as_uuid(), &input.email.as_str(), &input.email.folded(), &input.name.as_str(), &hash, &tx.now()],
    )
    .await
    .on_constraint("users_email_folded_key", taken())?;
    tx.execute(
        sql!("insert into user_directory (email_hash, user_id) values ($1, $2)"),
        &[&directory_key(tx, &input.email), user.as_uuid()],
    )
    .await
    .on_constraint("user_directory_pkey", taken())?;
    Ok(user)
}
