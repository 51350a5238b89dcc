//! Forgetting who the users of a customer were.

use kernel::Email;
use kernel::id::{CustomerId, Id, InvitationId, UserId};
use runtime::{Change, Columns, Error, Tx, sql};

/// Calls off the open invitations of a customer, so that nobody gets in by one afterwards.
pub(super) async fn revoke_invitations(tx: &Tx, customer: CustomerId) -> Result<(), Error> {
    let revoked = tx
        .rows(
            sql!(
                "update invitations set revoked_at = $3
                 where organization_id = $1 and customer_id = $2 and accepted_at is null and revoked_at is null
                 returning id"
            ),
            &[tx.org(), customer.as_uuid(), &tx.now()],
        )
        .await?;
    for row in revoked {
        tx.record(Change::new("invitation.revoked", "invitation", row.id::<InvitationId>("id")));
    }
    Ok(())
}

/// Ends the links that show its balance, and forgets what they were for.
async fn revoke_links(tx: &Tx, customer: CustomerId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "update balance_links set revoked_at = coalesce(revoked_at, $3), label = ''
             where organization_id = $1 and customer_id = $2"
        ),
        &[tx.org(), customer.as_uuid(), &tx.now()],
    )
    .await
    .map(drop)
}

/// Removes the saved views of its tickets: their names may say who it was.
async fn forget_views(tx: &Tx, customer: CustomerId) -> Result<(), Error> {
    tx.execute(
        sql!("delete from ticket_views where organization_id = $1 and customer_id = $2"),
        &[tx.org(), customer.as_uuid()],
    )
    .await
    .map(drop)
}

/// Ends the memberships of an anonymised customer and forgets who its users were, unless they belong to somebody else
/// as well: then they stay who they are there. What they were sent is emptied.
pub(super) async fn forget_users(tx: &Tx, customer: CustomerId, email: Option<&Email>) -> Result<(), Error> {
    revoke_invitations(tx, customer).await?;
    revoke_links(tx, customer).await?;
    forget_views(tx, customer).await?;
    let users = tx
        .rows(
            sql!(
                "select distinct u.id, u.email_folded from memberships m
                 join users u on u.id = m.user_id
                 where m.organization_id = $1 and m.customer_id = $2"
            ),
            &[tx.org(), customer.as_uuid()],
        )
        .await?;
    let invited = tx
        .rows(
            sql!("select email_folded from invitations where organization_id = $1 and customer_id = $2"),
            &[tx.org(), customer.as_uuid()],
        )
        .await?;
    let mut addresses: Vec<String> = users.iter().chain(&invited).map(|row| row.get("email_folded")).collect();
    addresses.extend(email.map(Email::folded));
    end_memberships(tx, customer).await?;
    let users: Vec<UserId> = users.iter().map(|row| row.id("id")).collect();
    for user in &users {
        forget_user(tx, *user).await?;
    }
    tx.see_actor().await?;
    empty_invitations(tx, customer).await?;
    empty_mails(tx, &users, &addresses).await?;
    tx.rows(sql!("select redact_customer($1, $2)"), &[customer.as_uuid(), &addresses]).await?;
    Ok(())
}

async fn end_memberships(tx: &Tx, customer: CustomerId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "update memberships set ended_at = $3, version = version + 1
             where organization_id = $1 and customer_id = $2 and ended_at is null"
        ),
        &[tx.org(), customer.as_uuid(), &tx.now()],
    )
    .await?;
    tx.execute(
        sql!(
            "update sessions set revoked_at = coalesce(revoked_at, $3), label = '', address = null, user_agent = null
             where organization_id = $1 and membership_id in (
                 select id from memberships where organization_id = $1 and customer_id = $2)"
        ),
        &[tx.org(), customer.as_uuid(), &tx.now()],
    )
    .await
    .map(drop)
}

/// Forgets a person who belongs nowhere any more.
async fn forget_user(tx: &Tx, user: UserId) -> Result<(), Error> {
    tx.see_user(user).await?;
    let row = tx.one(sql!("select forget_person($1, $2)"), &[user.as_uuid(), &tx.now()]).await?;
    if row.get(0) {
        tx.record(Change::new("user.anonymised", "user", user));
    }
    Ok(())
}

async fn empty_invitations(tx: &Tx, customer: CustomerId) -> Result<(), Error> {
    tx.execute(
        sql!(
            "update invitations set email = 'former@anonymised.invalid', email_folded = 'former@anonymised.invalid',
                    name = null
             where organization_id = $1 and customer_id = $2"
        ),
        &[tx.org(), customer.as_uuid()],
    )
    .await
    .map(drop)
}

/// Empties what was written to them; what was not sent yet never is.
async fn empty_mails(tx: &Tx, users: &[UserId], addresses: &[String]) -> Result<(), Error> {
    let users: Vec<uuid::Uuid> = users.iter().map(|user| user.uuid()).collect();
    tx.execute(
        sql!(
            "update mails set to_email = 'former@anonymised.invalid', subject = '', text = '', html = '', reason = '',
                    last_error = null, state = case state when 'sent' then state else 'failed' end
             where organization_id = $1 and (to_user_id = any ($2) or lower(to_email) = any ($3))"
        ),
        &[tx.org(), &users, &addresses],
    )
    .await?;
    tx.execute(
        sql!(
            "update notifications set title = '', text = '', actor_name = '', read_at = coalesce(read_at, $3)
             where organization_id = $1 and user_id = any ($2)"
        ),
        &[tx.org(), &users, &tx.now()],
    )
    .await
    .map(drop)
}
