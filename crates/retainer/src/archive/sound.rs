//! What no export ever writes, although every single row of it is one: words that no installation knows, counters behind what
//! they have counted. Taken in, it would fail later, page by page and for somebody who knows nothing of an archive.

use kernel::Currency;
use kernel::id::Id;
use runtime::{Error, sql};
use tokio_postgres::Client;

use super::ArchiveRefused;
use super::manifest::Manifest;
use super::tables::Table;
use crate::organizations::Zone;

/// Columns whose words this program has to know, in whatever table.
struct Words {
    column: &'static str,
    what: &'static str,
    is_known: fn(&str) -> bool,
}

const WORDS: [Words; 2] = [
    Words { column: "time_zone", what: "time zone", is_known: is_zone },
    Words { column: "currency", what: "currency", is_known: |word| word.parse::<Currency>().is_ok() },
];

/// The most that a counter has ever come to: numbers have fifteen digits at most, and every next one is counted by itself.
const MOST_COUNTED: i64 = 10_000_000_000_000_000;

/// Whether this program knows a time zone.
pub(super) fn is_zone(word: &str) -> bool {
    word.parse::<Zone>().is_ok()
}

/// Refuses what came in and contradicts itself, while it can still be undone.
///
/// # Errors
/// [`ArchiveRefused`], or a fault.
pub(super) async fn sound(client: &Client, manifest: &Manifest, tables: &[Table]) -> Result<(), Error> {
    words(client, manifest, tables).await?;
    counted(client, manifest, TICKETS, "the numbers of tickets").await?;
    counted(client, manifest, INVOICES, "the numbers of bills").await
}

async fn words(client: &Client, manifest: &Manifest, tables: &[Table]) -> Result<(), Error> {
    let id = manifest.organization.id.uuid();
    for Words { column, what, is_known } in WORDS {
        // People are nobody's, and were looked at one by one.
        let with = tables.iter().filter(|table| table.name != "users" && table.has_text(column));
        for Table { name: table, .. } in with {
            let query = format!(
                "select distinct \"{column}\" from \"{table}\" where organization_id = '{id}' and \"{column}\" is not null"
            );
            for row in client.query(&query, &[]).await? {
                let word: String = row.get(0);
                if !is_known(&word) {
                    return Err(unknown(what, word));
                }
            }
        }
    }
    Ok(())
}

/// That a word of an archive is none.
pub(super) fn unknown(what: &'static str, word: String) -> Error {
    ArchiveRefused::UnknownWord { what, word }.into()
}

/// How far the organization's counter of tickets is, and how many were opened here. Imported ones have numbers of their own.
const TICKETS: &str = sql!(
    "select coalesce((select last from ticket_numbers where organization_id = $1), 0) as last, (
         select count(*) from tickets t
         where t.organization_id = $1 and not exists (
             select from external_refs r where r.organization_id = $1 and r.object_id = t.id)) as least"
);
/// How far each year's counter of bills is, and what the highest number of the year is that was given here.
const INVOICES: &str = sql!(
    "select coalesce(c.last, 0) as last, coalesce(given.least, 0) as least
     from (select last, year from invoice_counters where organization_id = $1) c
     full join (
         select substring(i.number from 5 for 4)::integer as year, max(substring(i.number from 10)::bigint) as least
         from invoices i
         where i.organization_id = $1 and i.number ~ '^INV-[0-9]{4}-[0-9]{4,18}$' and not exists (
             select from external_refs r where r.organization_id = $1 and r.object_id = i.id)
         group by 1) given on given.year = c.year"
);

async fn counted(client: &Client, manifest: &Manifest, query: &str, what: &'static str) -> Result<(), Error> {
    for row in client.query(query, &[manifest.organization.id.as_uuid()]).await? {
        let (last, least): (i64, i64) = (row.get("last"), row.get("least"));
        if last < least || last > MOST_COUNTED {
            return Err(ArchiveRefused::Miscounted { what, last, least }.into());
        }
    }
    Ok(())
}
