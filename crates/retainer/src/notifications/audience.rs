//! Who is to be told.

use kernel::Email;
use kernel::id::{CustomerId, Id, MembershipId, UserId};
use runtime::{Columns, Error, Tx, sql};

use super::Kind;

/// Whom something concerns. The actor is always left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Audience {
    /// The member who is assigned.
    pub assignee: Option<MembershipId>,
    /// The customer whose users are told.
    pub customer: Option<CustomerId>,
    /// Why everybody who works tickets is told, if they are.
    pub workers: Option<&'static str>,
}

/// Somebody who is to be told.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: Email,
    /// Why.
    pub reason: String,
    /// Whether they want it on the page.
    pub in_app: bool,
    /// Whether they want it by mail.
    pub mail: bool,
    /// The organization's slug, for links.
    pub slug: String,
    /// Its name.
    pub organization: String,
}

/// The people of an audience with what they prefer for a kind. Who said nothing gets mail only of what is theirs: a ticket
/// that nobody has taken yet would otherwise mail everybody.
///
/// # Errors
/// A fault.
pub async fn audience(tx: &Tx, kind: Kind, of: Audience) -> Result<Vec<Recipient>, Error> {
    let actor = tx.actor().user().map(Id::uuid);
    let (assignee, customer) = (of.assignee.map(Id::uuid), of.customer.map(Id::uuid));
    let rows = tx
        .rows(
            sql!(
                "select m.user_id, u.name, u.email, o.slug, o.name as organization, coalesce(a.enabled, true) as in_app,
                        coalesce(c.enabled, m.id is not distinct from $4 or m.customer_id is not null) as mail,
                        case when m.id = $4 then 'because you are assigned'
                             when m.customer_id is not null then $7
                             else $6 end as reason
                 from memberships m
                 join users u on u.id = m.user_id
                 join organizations o on o.organization_id = m.organization_id
                 left join notification_preferences a
                   on a.organization_id = m.organization_id and a.user_id = m.user_id and a.kind = $2 and a.channel = 'in_app'
                 left join notification_preferences c
                   on c.organization_id = m.organization_id and c.user_id = m.user_id and c.kind = $2 and c.channel = 'mail'
                 where m.organization_id = $1 and m.ended_at is null and m.user_id is distinct from $3::uuid
                   and u.anonymised_at is null
                   and (m.id = $4::uuid or m.customer_id = $5::uuid
                        or ($6::text is not null and m.role in ('owner', 'admin', 'developer', 'member')))
                 order by m.created_at, m.id"
            ),
            &[tx.org(), &kind.word(), &actor, &assignee, &customer, &of.workers, &kind.customers_reason()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Recipient {
                user: row.id("user_id"),
                name: row.get("name"),
                email: row.word("email")?,
                reason: row.get("reason"),
                in_app: row.get("in_app"),
                mail: row.get("mail"),
                slug: row.get("slug"),
                organization: row.get("organization"),
            })
        })
        .collect()
}
