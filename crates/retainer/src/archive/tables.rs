//! Which tables an archive holds, in which order, asked of the catalog: a new tenant table is taken without anybody
//! thinking of it.

use std::collections::{BTreeMap, BTreeSet};

use runtime::{Error, sql};
use tokio_postgres::Client;

/// Tables with rows of an organization that do not go along, and why.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("balance_links", "links to the old address; new ones are made and sent"),
    ("contract_logins", "logins of this installation's own PostgreSQL; they are granted anew"),
    ("exports", "an archive of this very organization, which a new one replaces"),
    ("idempotency_keys", "answers that clients of the old address may ask for again, for thirty days"),
    ("live_changes", "what whoever has a page open at the old address is told; a day old at most"),
    ("live_counts", "they number the changes"),
    ("loose_files", "files that belong to nothing; they are swept where they lie"),
    ("organization_slugs", "the directory is written anew from the organization's own word"),
    ("samples", "a sample is an organization of its own, and a new one is made in a minute"),
    ("secret_links", "links to the old address that are good for minutes or days; a new one is asked for"),
    ("sessions", "browsers and programs signed in at the old address; people sign in anew"),
];

/// A table as it is archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns but for those that PostgreSQL computes, in their order.
    pub columns: Vec<Column>,
    /// The columns that name another row of the same table.
    pub own: Vec<String>,
}

/// A column of an archived table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as PostgreSQL writes it.
    pub kind: String,
    /// Whether a sequence of the installation gives its values.
    pub counted: bool,
    /// Whether it names a person.
    pub person: bool,
}

impl Column {
    /// Whether it holds JSON, whose null is not SQL's.
    pub fn is_json(&self) -> bool {
        self.kind == "jsonb"
    }
}

impl Table {
    /// The names of its columns.
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// Whether it has a column of this name that holds text.
    pub fn has_text(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name && column.kind == "text")
    }
}

/// A foreign key between two tables.
struct Key {
    from: String,
    to: String,
    columns: Vec<String>,
}

/// All tables with rows of organizations, each after those that it refers to.
///
/// # Errors
/// A fault of the database, or when tables refer to each other in a circle.
pub async fn all(client: &Client) -> Result<Vec<Table>, Error> {
    let keys = keys(client).await?;
    let mut tables = columns(client, sql!(
        "select c.relname::text as table, a.attname::text as column, format_type(a.atttypid, a.atttypmod) as kind,
                a.attidentity <> '' as counted
         from pg_class c
         join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
           and exists (select from pg_attribute k where k.attrelid = c.oid and k.attname = 'organization_id' and not k.attisdropped)
         order by c.relname, a.attnum"
    ))
    .await?;
    for key in &keys {
        let Some(table) = tables.get_mut(&key.from) else { continue };
        if key.from == key.to {
            table.own.extend(key.columns.iter().cloned());
        }
        if key.to == "users" {
            for column in table.columns.iter_mut().filter(|column| key.columns.contains(&column.name)) {
                column.person = true;
            }
        }
    }
    // No key says so, because the trail outlives whoever is in it.
    for column in tables.get_mut("audit_entries").into_iter().flat_map(|table| &mut table.columns) {
        column.person |= column.name == "actor_user_id";
    }
    in_order(tables, &keys)
}

/// The tables of an archive.
///
/// # Errors
/// As of [`all`].
pub async fn archived(client: &Client) -> Result<Vec<Table>, Error> {
    let mut tables = all(client).await?;
    tables.retain(|table| LEFT_OUT.iter().all(|(name, _)| *name != table.name));
    Ok(tables)
}

/// The people's own tables, which belong to no organization.
///
/// # Errors
/// A fault of the database.
pub async fn of_people(client: &Client) -> Result<Vec<Table>, Error> {
    let mut tables = columns(
        client,
        sql!(
            "select c.relname::text as table, a.attname::text as column, format_type(a.atttypid, a.atttypmod) as kind,
                    a.attidentity <> '' as counted
             from pg_class c
             join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
             where c.relnamespace = 'public'::regnamespace and c.relname in ('users', 'recovery_codes')
             order by c.relname, a.attnum"
        ),
    )
    .await?;
    Ok(["users", "recovery_codes"].iter().filter_map(|name| tables.remove(*name)).collect())
}

async fn columns(client: &Client, query: &str) -> Result<BTreeMap<String, Table>, Error> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for row in client.query(query, &[]).await? {
        let name: String = row.get("table");
        let table = tables.entry(name.clone()).or_insert_with(|| Table { name, columns: Vec::new(), own: Vec::new() });
        table.columns.push(Column {
            name: row.get("column"),
            kind: row.get("kind"),
            counted: row.get("counted"),
            person: false,
        });
    }
    Ok(tables)
}

async fn keys(client: &Client) -> Result<Vec<Key>, Error> {
    let rows = client
        .query(
            sql!(
                "select c.relname::text as from, o.relname::text as to, array(
                        select a.attname::text from unnest(f.conkey) k
                        join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k
                        where a.attname <> 'organization_id') as columns
                 from pg_constraint f join pg_class c on c.oid = f.conrelid join pg_class o on o.oid = f.confrelid
                 where f.contype = 'f' and f.connamespace = 'public'::regnamespace
                 order by c.relname, f.conname"
            ),
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| Key { from: row.get("from"), to: row.get("to"), columns: row.get("columns") }).collect())
}

/// Sorts tables so that each stands after those that it refers to; among equals, by name.
fn in_order(mut tables: BTreeMap<String, Table>, keys: &[Key]) -> Result<Vec<Table>, Error> {
    let mut waits: BTreeMap<String, BTreeSet<String>> =
        tables.keys().map(|name| (name.clone(), BTreeSet::new())).collect();
    for key in keys {
        // Whoever refers to a person stands after what makes the person belong here, so that memberships can go last.
        let to = if key.to == "users" { "memberships" } else { key.to.as_str() };
        if to != key.from && tables.contains_key(to) {
            waits.entry(key.from.clone()).or_default().insert(to.to_owned());
        }
    }
    let mut sorted = Vec::new();
    while !tables.is_empty() {
        let ready = tables.keys().find(|name| waits.get(*name).is_none_or(BTreeSet::is_empty)).cloned();
        let Some(ready) = ready else {
            let left: Vec<&String> = tables.keys().collect();
            return Err(Error::internal(format!("these tables refer to each other in a circle: {left:?}")));
        };
        for waiting in waits.values_mut() {
            waiting.remove(&ready);
        }
        sorted.extend(tables.remove(&ready));
    }
    Ok(sorted)
}
