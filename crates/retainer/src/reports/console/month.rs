//! The rows behind a month's figures.

use maud::{Markup, html};
use runtime::Tx;
use runtime::http::Paging;

use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{self, Head, date, hours, hours_sign, instant, money};
use crate::pages::{Form, Room, Shell, nothing_here, shell};
use crate::reports::months::{Month, named, present};
use crate::reports::rows::{
    Came, HoursOf, HoursOfMonth, MOST_CUSTOMERS, Moved, TicketOf, hours_of, moved, moved_in_all, tickets_in_all,
    tickets_of,
};

kernel::words! {
    /// Which rows of a month.
    Rows, "rows" {
        /// What was paid and given back.
        Revenue = "revenue",
        /// Whose hours moved.
        Hours = "hours",
        /// Tickets that were opened.
        Tickets = "tickets",
        /// Tickets that were completed.
        Completed = "completed",
    }
}

/// How many rows a page has.
const SHOWN: u16 = 100;

/// The page; without a month it is the present one, without a word for the rows it is what was paid.
pub(super) async fn get_month(visitor: Visitor, mut form: Form) -> Result<Markup, PageHalt> {
    let tx = visitor.read().await?;
    tx.require(kernel::Permission::ReportsRead)?;
    let rows = form.read_optional::<Rows>("rows").unwrap_or(Rows::Revenue);
    let month = match named(&tx, form.value("of")).await? {
        Some(month) => month,
        // A month that was mistyped is not silently another.
        None if !form.value("of").is_empty() => return Err(nothing_here().into()),
        None => present(&tx).await?,
    };
    let paging = Paging { after: form.read_optional("after"), limit: Some(SHOWN) };
    let name = month.first.strftime("%B %Y").to_string();
    let content = listed(&visitor, &tx, (month, rows, paging), &form).await?;
    let frame = Shell { visitor: &visitor, room: Room::Reports, title: &name, actions: html! {} };
    Ok(shell(&frame, &html! { (ways(&visitor, month, rows)) (content) }))
}

fn path(visitor: &Visitor, month: Month, rows: Rows) -> String {
    visitor.path(&format!("/reports/month?of={}&rows={rows}", month.first.strftime("%Y-%m")))
}

fn ways(visitor: &Visitor, month: Month, here: Rows) -> Markup {
    let ways = [
        (Rows::Revenue, "Payments"),
        (Rows::Hours, "Hours"),
        (Rows::Tickets, "Tickets opened"),
        (Rows::Completed, "Tickets completed"),
    ];
    html! {
        nav.states aria-label="Figures of the month" {
            @for (rows, word) in ways {
                a href=(path(visitor, month, rows)) aria-current=[(rows == here).then_some("page")] { (word) }
            }
        }
    }
}

async fn listed(
    visitor: &Visitor,
    tx: &Tx,
    (month, rows, paging): (Month, Rows, Paging),
    form: &Form,
) -> Result<Markup, PageHalt> {
    let here = visitor.path("/reports/month");
    let none = |what: &str| html! { p.soft { (what) } };
    Ok(match rows {
        Rows::Revenue => {
            let (page, sums) = tokio::try_join!(moved(tx, month, paging), moved_in_all(tx, month))?;
            html! { (together(&html! { @for (place, sum) in sums.iter().enumerate() { @if place > 0 { " and " } b { (money(*sum)) } } " received less given back" }))
            @if page.items.is_empty() { (none("Nothing was paid in this month.")) } @else { (payments(visitor, &page.items)) } (parts::pager(&here, form, page.next)) }
        }
        Rows::Hours => {
            let found = hours_of(tx, month).await?;
            html! { @if found.lines.is_empty() { (none("No hours were sold, used or lost in this month.")) } @else { (by_customer(visitor, month, &found)) } }
        }
        Rows::Tickets | Rows::Completed => {
            let came = if rows == Rows::Tickets { Came::Opened } else { Came::Completed };
            let (page, (count, used)) =
                tokio::try_join!(tickets_of(tx, month, came, paging), tickets_in_all(tx, month, came))?;
            html! { (together(&html! { b { (count) } @if count == 1 { " ticket" } @else { " tickets" } ", " b { (hours_sign(used)) } " used on them so far" }))
            @if page.items.is_empty() { (none("None in this month.")) } @else { (tickets(visitor, came, &page.items)) } (parts::pager(&here, form, page.next)) }
        }
    })
}

/// What the month's bar of the chart says.
fn together(sum: &Markup) -> Markup {
    html! { p.together { "Together " (sum) } }
}

fn payments(visitor: &Visitor, items: &[Moved]) -> Markup {
    let row = |item: &Moved| {
        html! {
            tr {
                td { a href=(visitor.path(&format!("/invoices/{}", item.invoice))) { (item.invoice) } @if item.amount.minor < 0 { " " span.soft { "given back" } } }
                td { (item.customer) }
                td.wide { (date(visitor, item.at)) }
                td.n { (money(item.amount)) }
            }
        }
    };
    let heads = [Head::Text("Invoice"), Head::Text("Customer"), Head::Wide("When"), Head::Number("Amount")];
    parts::table("Payments and refunds", &heads, &items.iter().map(row).collect::<Vec<_>>())
}

fn by_customer(visitor: &Visitor, month: Month, found: &HoursOfMonth) -> Markup {
    let lines = &found.lines;
    let last = month.first.last_of_month();
    let row = |line: &HoursOf| {
        let statement = format!("/customers/{}/statement?from={}&to={last}", line.customer, month.first);
        html! {
            tr {
                td { a href=(visitor.path(&statement)) { (line.name) } }
                td.n { (hours(line.sold)) }
                td.n { (hours(line.used)) }
                td.n { (hours(line.expired)) }
            }
        }
    };
    let heads = [Head::Text("Customer"), Head::Number("Sold h"), Head::Number("Used h"), Head::Number("Expired h")];
    let is_cut = i64::try_from(lines.len()).is_ok_and(|count| count >= MOST_CUSTOMERS);
    let sum = html! {
        tr.sum { td { "Together" } td.n { (hours(found.sold)) } td.n { (hours(found.used)) } td.n { (hours(found.expired)) } }
    };
    let rows: Vec<Markup> = std::iter::once(sum).chain(lines.iter().map(row)).collect();
    html! {
        p.soft { "Each leads to the customer’s statement of the month." @if is_cut { " These are the " (MOST_CUSTOMERS) " who used most." } }
        (parts::table("Hours by customer", &heads, &rows))
    }
}

fn tickets(visitor: &Visitor, came: Came, items: &[TicketOf]) -> Markup {
    let row = |item: &TicketOf| {
        html! {
            tr {
                td { a href=(visitor.path(&format!("/tickets/{}", item.number))) { (item.title) } }
                td { (item.customer) }
                td.n { (hours(item.used)) }
                td.n.wide { (instant(visitor, item.at)) }
            }
        }
    };
    let when = if came == Came::Opened { "Opened" } else { "Completed" };
    let heads = [Head::Text("Ticket"), Head::Text("Customer"), Head::Number("Used h"), Head::WideNumber(when)];
    parts::table("Tickets of the month", &heads, &items.iter().map(row).collect::<Vec<_>>())
}
