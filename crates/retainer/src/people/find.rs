//! Reading people.

use kernel::id::{CustomerId, Id, InvitationId, MembershipId, SessionId, UserId};
use kernel::text::Name;
use kernel::{Email, Permission, Role};
use runtime::http::{Cursor, Page, Paging};
use runtime::{Columns, Error, Tx, sql};

use super::team::{Invitation, Member, SignedInPlace};
use super::{InviteRefused, MemberRefused};

/// The actor's own profile.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Me {
    /// The user.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their address.
    #[schema(value_type = String)]
    pub email: Email,
    /// What they are in this organization.
    pub role: Role,
    /// Whom they act for, in the portal.
    pub customer: Option<CustomerId>,
    /// Their zone; the organization's without.
    pub time_zone: Option<String>,
    /// Whether the address has been verified.
    pub email_verified: bool,
    /// Whether a code is asked for at sign-in.
    pub second_factor: bool,
    /// The organization's slug.
    pub organization: String,
    /// The slugs of all organizations that the person belongs to, this one included.
    pub organizations: Vec<String>,
}

/// The address and name of an owner of the organization; none when they are none, or none any more.
///
/// # Errors
/// A fault.
pub async fn owner(tx: &Tx, user: UserId) -> Result<Option<(Email, Name)>, Error> {
    let row = tx
        .optional(
            sql!(
                "select u.email, u.name from users u join memberships m on m.user_id = u.id and m.ended_at is null
                 where m.organization_id = $1 and u.id = $2 and m.role = 'owner'"
            ),
            &[tx.org(), user.as_uuid()],
        )
        .await?;
    row.map(|row| Ok((row.word("email")?, row.word("name")?))).transpose()
}

/// Who the actor is.
///
/// # Errors
/// A fault.
pub async fn me(tx: &Tx) -> Result<Me, Error> {
    let user = tx.actor().user().map(Id::uuid);
    let row = tx
        .one(
            sql!(
                "select u.id, u.name, u.email, u.time_zone, u.email_verified_at, m.role, m.customer_id, o.slug,
                        u.totp_confirmed_at is not null as second_factor,
                        array(
                            select d.slug from memberships e
                            join organization_slugs d on d.organization_id = e.organization_id
                            where e.user_id = u.id and e.ended_at is null order by d.slug
                        ) as organizations
                 from users u
                 join memberships m on m.user_id = u.id and m.ended_at is null
                 join organizations o on o.organization_id = m.organization_id
                 where m.organization_id = $1 and u.id = $2"
            ),
            &[tx.org(), &user],
        )
        .await?;
    Ok(Me {
        user: row.id("id"),
        name: row.get("name"),
        email: row.word("email")?,
        role: row.word("role")?,
        customer: row.id_or_none("customer_id"),
        time_zone: row.get("time_zone"),
        email_verified: row.get::<_, Option<jiff::Timestamp>>("email_verified_at").is_some(),
        second_factor: row.get("second_factor"),
        organization: row.get("slug"),
        organizations: row.get("organizations"),
    })
}

/// Which members are wanted.
#[derive(Debug, Clone, Copy)]
pub enum Side {
    /// Those who work here.
    Staff,
    /// Those who act for a customer.
    Of(CustomerId),
}

/// A page of members, the newest first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn members(tx: &Tx, side: Side, paging: Paging) -> Result<Page<Member>, Error> {
    let customer = match side {
        Side::Staff => {
            tx.require(Permission::PeopleRead)?;
            None
        }
        Side::Of(customer) => {
            tx.require(Permission::CustomersRead)?;
            Some(customer.uuid())
        }
    };
    let (at, id) = paging.below();
    let rows = tx
        .rows(
            sql!(
                "select m.id, m.user_id, u.name, u.email, m.role, m.customer_id, m.created_at, m.version,
                        u.email_verified_at is not null as email_verified,
                        u.totp_confirmed_at is not null as second_factor
                 from memberships m
                 join users u on u.id = m.user_id
                 where m.organization_id = $1 and m.ended_at is null and m.customer_id is not distinct from $2::uuid
                   and (m.created_at, m.id) < ($3, $4)
                 order by m.created_at desc, m.id desc limit $5"
            ),
            &[tx.org(), &customer, &at, &id, &paging.ask()],
        )
        .await?;
    let members = rows.iter().map(Member::of_row).collect::<Result<_, _>>()?;
    Ok(Page::of(members, paging, |member: &Member| Cursor::new(member.created_at, member.id.uuid())))
}

/// One living member.
///
/// # Errors
/// [`MemberRefused::NotFound`], `permission.missing`, or a fault.
pub async fn member(tx: &Tx, member: MembershipId) -> Result<Member, Error> {
    tx.require(Permission::PeopleRead)?;
    let row = tx
        .optional(
            sql!(
                "select m.id, m.user_id, u.name, u.email, m.role, m.customer_id, m.created_at, m.version,
                        u.email_verified_at is not null as email_verified,
                        u.totp_confirmed_at is not null as second_factor
                 from memberships m
                 join users u on u.id = m.user_id
                 where m.organization_id = $1 and m.id = $2 and m.ended_at is null"
            ),
            &[tx.org(), member.as_uuid()],
        )
        .await?;
    row.as_ref().map(Member::of_row).transpose()?.ok_or_else(|| MemberRefused::NotFound.into())
}

/// A page of the open invitations, the newest first.
///
/// # Errors
/// `permission.missing`, or a fault.
pub async fn invitations(tx: &Tx, side: Option<CustomerId>, paging: Paging) -> Result<Page<Invitation>, Error> {
    tx.require(Permission::PeopleRead)?;
    let (at, id) = paging.below();
    let rows = tx
        .rows(
            sql!(
                "select id, email, name, role, customer_id, created_at, expires_at from invitations
                 where organization_id = $1 and accepted_at is null and revoked_at is null
                   and ($2::uuid is null or customer_id = $2)
                   and (created_at, id) < ($3, $4)
                 order by created_at desc, id desc limit $5"
            ),
            &[tx.org(), &side.map(Id::uuid), &at, &id, &paging.ask()],
        )
        .await?;
    let invitations = rows.iter().map(Invitation::of_row).collect::<Result<_, _>>()?;
    Ok(Page::of(invitations, paging, |invitation: &Invitation| {
        Cursor::new(invitation.created_at, invitation.id.uuid())
    }))
}

/// One open invitation.
///
/// # Errors
/// [`InviteRefused::NotFound`], `permission.missing`, or a fault.
pub async fn invitation(tx: &Tx, invitation: InvitationId) -> Result<Invitation, Error> {
    tx.require(Permission::PeopleRead)?;
    let row = tx
        .optional(
            sql!(
                "select id, email, name, role, customer_id, created_at, expires_at from invitations
                 where organization_id = $1 and id = $2 and accepted_at is null and revoked_at is null"
            ),
            &[tx.org(), invitation.as_uuid()],
        )
        .await?;
    row.as_ref().map(Invitation::of_row).transpose()?.ok_or_else(|| InviteRefused::NotFound.into())
}

/// The actor's living sessions in this organization, the last used first.
///
/// # Errors
/// A fault.
pub async fn sessions(tx: &Tx, current: SessionId) -> Result<Page<SignedInPlace>, Error> {
    let user = tx.actor().user().map(Id::uuid);
    let rows = tx
        .rows(
            sql!(
                "select id, kind, label, address, created_at, last_seen_at, expires_at from sessions
                 where organization_id = $1 and user_id = $2 and revoked_at is null and expires_at > $3
                 order by last_seen_at desc, id desc limit 500"
            ),
            &[tx.org(), &user, &tx.now()],
        )
        .await?;
    Ok(Page { items: rows.iter().map(|row| SignedInPlace::of_row(row, current)).collect(), next: None })
}
