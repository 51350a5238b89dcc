//! The start page of whoever works tickets and runs no office: what is theirs comes first, then what anybody may take, then what
//! others have.

use kernel::actor::ActorKind;
use kernel::id::MembershipId;
use kernel::{Permission, Role};
use maud::{Markup, html};
use runtime::http::Paging;
use runtime::{Error, Tx};

use super::console::{Today, in_work, needs, rest};
use crate::doors::Visitor;
use crate::tickets::{self, Status, Ticket};

/// How many tickets of one's own are shown; whoever has more finds them in the list.
const SHOWN: u16 = 25;

/// Who comes first on the page, if somebody does.
pub(super) fn me(visitor: &Visitor) -> Option<MembershipId> {
    match visitor.actor().kind {
        ActorKind::User { membership, role: Role::Developer | Role::Member, .. } => Some(membership),
        _ => None,
    }
}

/// The open tickets that are assigned to somebody, the most pressing first; none where nobody comes first.
pub(super) async fn assigned(tx: &Tx, me: Option<MembershipId>) -> Result<Vec<Ticket>, Error> {
    let Some(me) = me else { return Ok(Vec::new()) };
    let open = tickets::listing::Stage::Open;
    let wanted = tickets::find::Wanted { status: Some(open), assignee: Some(me.into()), ..Default::default() };
    let paging = Paging { after: None, limit: Some(SHOWN) };
    Ok(tickets::listing::in_order(tx, &wanted, tickets::listing::Order::Priority, paging).await?.items)
}

/// Whether a ticket is theirs who look, and need not be told so.
pub(super) fn is_mine(visitor: &Visitor, ticket: &Ticket) -> bool {
    me(visitor).is_some_and(|me| ticket.assignee == Some(me))
}

/// The page's three parts.
pub(super) fn parts_of(visitor: &Visitor, today: Today, me: MembershipId) -> Markup {
    let more = rest(visitor, &today);
    let full = today.mine.len() >= usize::from(SHOWN);
    let all = visitor.path(&format!("/tickets?status=open&sort=priority&assignee={me}"));
    let [mine, anybodys, others] = parted(today, me);
    html! {
        h2 { "Yours" }
        @if is_empty(&mine) {
            p.soft {
                "No open ticket is assigned to you."
                @if !anybodys.new.is_empty() && visitor.may(Permission::TicketsWork) { " Take one that is nobody’s yet." }
            }
        }
        (part(visitor, &mine))
        @if full { p.more { a href=(all) { "All that is assigned to you" } } }
        @if !is_empty(&anybodys) { h2 { "Anybody’s" } (part(visitor, &anybodys)) }
        @if !is_empty(&others) { h2 { "With others" } (part(visitor, &others)) }
        (more)
    }
}

fn is_empty(today: &Today) -> bool {
    today.is_quiet() && today.in_work.is_empty()
}

fn part(visitor: &Visitor, today: &Today) -> Markup {
    html! {
        @if !today.is_quiet() { (needs(visitor, today)) }
        @if !today.in_work.is_empty() {
            @if !today.is_quiet() { h3 { "In work" } }
            (in_work(visitor, today))
        }
    }
}

/// What is somebody's, what is anybody's, and what others have.
fn parted(today: Today, me: MembershipId) -> [Today; 3] {
    let Today { mine, new, in_work, over, overdue, low, worked, .. } = today;
    let (mine_in_work, mine_new): (Vec<_>, Vec<_>) =
        mine.into_iter().partition(|ticket| ticket.status == Status::InProgress);
    let not_mine = |ticket: &Ticket| ticket.assignee != Some(me);
    let (nobodys, others_new): (Vec<_>, Vec<_>) =
        new.into_iter().filter(not_mine).partition(|ticket| ticket.assignee.is_none());
    let (free_in_work, others_in_work): (Vec<_>, Vec<_>) =
        in_work.into_iter().filter(not_mine).partition(|ticket| ticket.assignee.is_none());
    let (mine_over, over): (Vec<_>, Vec<_>) = over.into_iter().partition(|over| over.assignee == Some(me));
    let (free_over, others_over): (Vec<_>, Vec<_>) = over.into_iter().partition(|over| over.assignee.is_none());
    [
        Today { new: mine_new, in_work: mine_in_work, over: mine_over, worked: worked.clone(), ..Today::default() },
        Today {
            new: nobodys,
            in_work: free_in_work,
            over: free_over,
            overdue,
            low,
            worked: worked.clone(),
            ..Today::default()
        },
        Today { new: others_new, in_work: others_in_work, over: others_over, worked, ..Today::default() },
    ]
}
