//! Who is writing on a ticket just now. It is told and not kept: nothing is written to a table, and whoever was not there
//! when it was said has missed nothing.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use kernel::id::{Id, OrganizationId, SessionId, UserId};
use kernel::{Actor, Permission};
use runtime::seal::{self, Purpose};
use runtime::{Error, sql};
use uuid::Uuid;

use crate::App;

/// The channel on which servers tell each other.
pub const CHANNEL: &str = "retainer_writing";
/// How far apart the notes of one session are at the least.
const APART: Duration = Duration::from_secs(2);
/// How long it is remembered that a session said something.
const REMEMBERED: Duration = Duration::from_mins(1);
/// A note that is older than this was kept back by somebody and is said again.
const LASTS: SignedDuration = SignedDuration::from_secs(30);

/// That somebody writes, or has stopped.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Writing {
    organization: Uuid,
    /// The ticket, by its number.
    pub ticket: String,
    user: Uuid,
    /// Their name.
    pub name: String,
    /// Whether they are of the seller's side.
    pub is_staff: bool,
    /// Whether they have stopped.
    pub ends: bool,
    at: Timestamp,
}

impl Writing {
    /// Whose organization's ticket it is.
    pub(super) fn organization(&self) -> OrganizationId {
        OrganizationId::from_uuid(self.organization)
    }

    /// Who writes.
    pub(super) fn user(&self) -> UserId {
        UserId::from_uuid(self.user)
    }

    /// Whether somebody is told: other staff who read tickets, and never customers.
    pub fn is_told_to(&self, actor: &Actor) -> bool {
        actor.customer().is_none()
            && actor.may(Permission::TicketsRead)
            && actor.user().is_some_and(|user| user != self.user())
    }
}

/// When sessions said something last.
pub(super) type Lately = HashMap<SessionId, Last>;

/// What a session said last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Last {
    at: Instant,
    /// Whether it was that its person writes.
    writes: bool,
}

/// Takes note that a session says something: that its person writes, not so soon after it did before; that they have
/// stopped, once.
pub(super) fn may_say(lately: &mut Lately, session: SessionId, (ends, now): (bool, Instant)) -> bool {
    lately.retain(|_, last| now.duration_since(last.at) < REMEMBERED);
    match lately.get_mut(&session) {
        Some(last) if ends => std::mem::take(&mut last.writes),
        None if ends => false,
        Some(last) if now.duration_since(last.at) < APART => false,
        _ => {
            lately.insert(session, Last { at: now, writes: true });
            true
        }
    }
}

/// Somebody who writes.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// Where.
    pub organization: OrganizationId,
    /// In which session.
    pub session: SessionId,
    /// Who.
    pub actor: &'a Actor,
}

/// Tells all servers that somebody writes on a ticket, or has stopped. The caller has made sure that they may see it. What is
/// said is sealed, because whoever may connect to the database can hear it, and could say something.
///
/// # Errors
/// A fault.
pub async fn say(app: &App, writer: Writer<'_>, ticket: &str, ends: bool) -> Result<(), Error> {
    let Some(user) = writer.actor.user() else { return Ok(()) };
    if !app.live.may_say(writer.session, ends) {
        return Ok(());
    }
    let writing = Writing {
        organization: writer.organization.uuid(),
        ticket: ticket.to_owned(),
        user: user.uuid(),
        name: writer.actor.name.clone(),
        is_staff: writer.actor.customer().is_none(),
        ends,
        at: app.clock.now(),
    };
    let sealed = seal::seal(&app.key, PURPOSE, &serde_json::to_vec(&writing)?)?;
    let client = app.db.client().await?;
    client.execute(NOTIFY, &[&CHANNEL, &hex::encode(sealed)]).await?;
    Ok(())
}

const NOTIFY: &str = sql!("select pg_notify($1, $2)");

/// All servers of an installation open it.
const PURPOSE: Purpose<'static> = Purpose { what: "writing", whose: Uuid::nil() };

/// What another server, or this one, said. None where it was said by somebody else, or long ago.
pub(super) fn heard(app: &App, payload: &str) -> Option<Writing> {
    let opened = seal::open(&app.key, PURPOSE, &hex::decode(payload).ok()?).ok()?;
    let writing: Writing = serde_json::from_slice(&opened).ok()?;
    (app.clock.now().duration_since(writing.at).abs() <= LASTS).then_some(writing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::id::{CustomerId, MembershipId};
    use kernel::{ActorKind, Role};

    fn actor(user: u128, role: Role, customer: Option<u128>) -> Actor {
        let kind = ActorKind::User {
            user: UserId::from_uuid(Uuid::from_u128(user)),
            membership: MembershipId::from_uuid(Uuid::from_u128(user)),
            role,
            customer: customer.map(|id| CustomerId::from_uuid(Uuid::from_u128(id))),
        };
        Actor { kind, name: String::new(), address: None }
    }

    #[test]
    fn only_other_staff_are_told_who_writes() {
        let writing = Writing {
            organization: Uuid::from_u128(1),
            ticket: "T".to_owned(),
            user: Uuid::from_u128(1),
            name: "Amir".to_owned(),
            is_staff: true,
            ends: false,
            at: Timestamp::UNIX_EPOCH,
        };
        assert!(
            writing.is_told_to(&actor(2, Role::Member, None)) && writing.is_told_to(&actor(2, Role::Analyst, None))
        );
        assert!(!writing.is_told_to(&actor(1, Role::Member, None)), "nobody is told of themselves");
        assert!(!writing.is_told_to(&actor(2, Role::Customer, Some(7))));
        assert!(!writing.is_told_to(&Actor::anonymous(None)));
    }

    #[test]
    fn a_session_is_heard_once_in_a_while() {
        let (mut lately, now) = (Lately::new(), Instant::now());
        let (one, two) = (SessionId::from_uuid(Uuid::from_u128(1)), SessionId::from_uuid(Uuid::from_u128(2)));
        assert!(!may_say(&mut lately, one, (true, now)), "nobody stops who has not begun");
        assert!(may_say(&mut lately, one, (false, now)) && may_say(&mut lately, two, (false, now)));
        assert!(!may_say(&mut lately, one, (false, now + APART / 2)));
        assert!(may_say(&mut lately, one, (true, now + APART / 2)), "that they have stopped is said at once");
        assert!(!may_say(&mut lately, one, (true, now + APART / 2)), "and once");
        assert!(may_say(&mut lately, one, (false, now + APART)));
    }
}
