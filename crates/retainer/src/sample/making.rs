//! What tells an organization that is still being invented from one that lives.

use jiff::Timestamp;
use kernel::Actor;
use kernel::id::OrganizationId;
use runtime::tx::Access;
use runtime::{Error, Tx, sql};

use crate::App;
use crate::people::{AddMember, add_member};

/// Who acts.
pub(super) fn actor() -> Actor {
    Actor::system("sample")
}

/// Marks the transaction's organization as in the making until an instant. One beside real organizations takes no sign-ups.
pub(super) async fn begin(tx: &Tx, until: Option<Timestamp>) -> Result<(), Error> {
    let mark = sql!(
        "update organizations set making_ends_at = $2, sign_up = case when $2::timestamptz is null then sign_up else 'invitation' end
         where organization_id = $1 and id = $1"
    );
    tx.execute(mark, &[tx.org(), &until]).await.map(drop)
}

/// Whether there is anything of a sample.
pub(super) async fn is_there(app: &App, made: OrganizationId) -> Result<bool, Error> {
    let tx = app.begin(made, actor(), Access::Read).await?;
    let there = sql!("select id from organizations where organization_id = $1 and id = $1");
    Ok(tx.optional(there, &[tx.org()]).await?.is_some())
}

/// Gives the making more time, unless it is over.
pub(super) async fn prolong(app: &App, made: OrganizationId, until: Timestamp) -> Result<(), Error> {
    let tx = app.begin(made, actor(), Access::Write).await?;
    let mark = sql!(
        "update organizations set making_ends_at = $2
         where organization_id = $1 and id = $1 and making_ends_at is not null and removal_begun_at is null"
    );
    tx.execute(mark, &[tx.org(), &until]).await?;
    tx.commit().await
}

/// Makes somebody an owner of a sample that is there.
pub(super) async fn add_owner(app: &App, made: OrganizationId, owner: AddMember) -> Result<(), Error> {
    let tx = app.begin(made, actor(), Access::Write).await?;
    add_member(&tx, owner).await?;
    tx.commit().await
}

/// Hands the organization over to its owner: from here on it lives.
pub(super) async fn end(app: &App, made: OrganizationId, owner: AddMember) -> Result<(), Error> {
    let tx = app.begin(made, actor(), Access::Write).await?;
    add_member(&tx, owner).await?;
    begin(&tx, None).await?;
    tx.commit().await
}

/// Ends a sample now, however far it is; nothing but a sample.
pub(super) async fn close(app: &App, made: OrganizationId) -> Result<(), Error> {
    let tx = app.begin(made, actor(), Access::Write).await?;
    let mark = sql!(
        "update organizations set closing_since = $2, closes_at = $2
         where organization_id = $1 and id = $1 and is_sample and (closes_at is null or closes_at > $2)"
    );
    tx.execute(mark, &[tx.org(), &tx.now()]).await?;
    tx.commit().await
}
