//! Rules that hold for every table, asked of the migrated database itself.

use std::fmt::Write as _;

use testkit::{database, snapshot};
use tokio_postgres::Client;

/// Tables that do not belong to one organization, and why.
const SHARED: &[(&str, &str)] = &[
    (
        "contract_logins",
        "asked before the organization is known, and only by the owner; the application never reads it",
    ),
    ("deleted_organizations", "organizations that are gone; names nobody, and only the owner writes it"),
    ("installation", "one row: whether this installation was set up"),
    ("organization_slugs", "the directory asked before the organization is known"),
    ("rate_limits", "asked before anybody is known; keys are hashes"),
    ("recovery_codes", "a person's, like users; guarded by the policy \"own\""),
    ("schema_migrations", "which migrations have run; the application never reads it"),
    ("user_directory", "finds a user across organizations by a keyed hash"),
    ("users", "a person may belong to several organizations; rows are guarded by the policy \"own\""),
];

/// Tables whose rows are never changed or removed.
const APPEND_ONLY: &[&str] = &[
    "allowance_entries",
    "audit_entries",
    "invoice_lines",
    "payments",
    "plan_versions",
    "refunds",
    "subscription_changes",
    "ticket_events",
];

/// Functions that run with their owner's rights, and why.
const OWNERS_RIGHTS: &[(&str, &str)] = &[
    ("contract_dialect", "says which dialect a login reads, from a table that it may not read itself"),
    ("contract_organization_id", "says which organization a login reads, from a table that it may not read itself"),
    ("contract_people", "says who has a place in a login's organization, which no login may ask a table"),
    ("contract_staff", "says who works in a login's organization, which no login may ask a table"),
    ("enqueue_job", "puts a job into the queue, whose tables the application neither reads nor writes"),
    ("gather_statistics", "tells the planner of rows that an import has written, which only a table's owner may"),
    ("redact_customer", "takes an anonymised customer out of the trail, which the application may not change"),
];

async fn owner() -> Client {
    runtime::db::connect(&database::fresh().await.root).await.expect("a connection")
}

/// The first column of a query's rows, which must be none.
async fn none(client: &Client, rule: &str, query: &str) {
    let shared: Vec<&str> = SHARED.iter().map(|(name, _)| *name).collect();
    let rows = client.query(query, &[&shared]).await.unwrap_or_else(|error| panic!("{rule}: {error:?}"));
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(found.is_empty(), "{rule}: {found:#?}");
}

const TABLES: &str = "with tenant as (
    select c.oid, c.relname::text as name, c.relrowsecurity, c.relforcerowsecurity from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> all ($1)
)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_tenant_table_keeps_organizations_apart() {
    let client = owner().await;
    let rules = [
        (
            "the primary key begins with organization_id",
            "select name from tenant t where not exists (
                select from pg_index i join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
                where i.indrelid = t.oid and i.indisprimary and a.attname = 'organization_id' and a.attnotnull)",
        ),
        (
            "row-level security is enabled and forced",
            "select name from tenant t where not (t.relrowsecurity and t.relforcerowsecurity)",
        ),
        (
            "there are these policies, and no others",
            "select name from tenant t where (select array_agg(polname::text order by polname) from pg_policy p
                where p.polrelid = t.oid) is distinct from array['contract_reads', 'operator_reads', 'tenant']",
        ),
        (
            "the policy tenant asks for the organization when reading and when writing",
            "select name from tenant t join pg_policy p on p.polrelid = t.oid and p.polname = 'tenant'
             where p.polcmd <> '*' or pg_get_expr(p.polqual, t.oid) not like '%organization_id = %current_organization_id()%'
                or pg_get_expr(p.polwithcheck, t.oid) not like '%organization_id = %current_organization_id()%'",
        ),
        (
            "the policy tenant, which trusts a setting, is for the application and the owner alone",
            "select name from tenant t join pg_policy p on p.polrelid = t.oid and p.polname = 'tenant'
             join pg_class c on c.oid = t.oid
             where (select array_agg(r order by r) from unnest(p.polroles) r) is distinct from
                (select array_agg(r order by r) from unnest(array['retainer_app'::regrole::oid, c.relowner]) r)",
        ),
        (
            "what a contract reads is decided by the login's role",
            "select name from tenant t join pg_policy p on p.polrelid = t.oid and p.polname = 'contract_reads'
             where p.polcmd <> 'r' or p.polroles <> array[0::oid]
                or replace(pg_get_expr(p.polqual, t.oid),
                    'COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)', 'first') not in (
                    '((organization_id = contract_organization_id()) AND first)',
                    '((organization_id = contract_organization_id()) AND first AND (NOT internal))',
                    '((organization_id = contract_organization_id()) AND first AND (source = contract_dialect()) AND COALESCE((source = ANY (ARRAY[contract_dialect()])), false))')",
        ),
        (
            "a key into another tenant table takes the organization along",
            "select t.name || '.' || f.conname from tenant t join pg_constraint f on f.conrelid = t.oid and f.contype = 'f'
             join tenant other on other.oid = f.confrelid
             where not exists (
                select from unnest(f.conkey, f.confkey) as k(here, there)
                join pg_attribute a on a.attrelid = t.oid and a.attnum = k.here
                join pg_attribute b on b.attrelid = other.oid and b.attnum = k.there
                where a.attname = 'organization_id' and b.attname = 'organization_id')",
        ),
        (
            "a column that names another row has a foreign key or says why not",
            "select t.name || '.' || a.attname from tenant t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0
             where a.attname = 'customer_id' and not exists (
                select from pg_constraint f where f.conrelid = t.oid and f.contype = 'f' and a.attnum = any (f.conkey))",
        ),
    ];
    for (rule, query) in rules {
        none(&client, rule, &format!("{TABLES} {query}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_foreign_key_has_an_index() {
    let client = owner().await;
    // The organization alone needs none: organizations are never deleted, and every primary key begins with it.
    let query = "with fk as (
            select f.conrelid, f.conname, array(
                select a.attname::text from unnest(f.conkey) k join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k
                where a.attname <> 'organization_id') as columns
            from pg_constraint f where f.contype = 'f' and f.connamespace = 'public'::regnamespace)
         select conrelid::regclass::text || '.' || conname from fk
         where cardinality(columns) > 0 and $1::text[] is not null and not exists (
            select from pg_index i where i.indrelid = fk.conrelid and fk.columns <@ array(
                select a.attname::text from unnest(i.indkey[0:cardinality(fk.columns)]) k
                join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k))";
    none(&client, "a foreign key without an index", query).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instants_have_a_zone_and_amounts_are_exact() {
    let client = owner().await;
    let query = "select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and $1::text[] is not null
          and a.atttypid in ('timestamp'::regtype, 'timetz'::regtype, 'time'::regtype, 'float4'::regtype,
                             'float8'::regtype, 'money'::regtype, 'json'::regtype)";
    none(&client, "a type that loses something", query).await;
    let query = "select p.proname::text from pg_proc p
        where p.pronamespace = 'public'::regnamespace and $1::text[] is not null
          and array['float4'::regtype, 'float8'::regtype]::oid[] && (p.proargtypes::oid[] || p.prorettype)";
    none(&client, "a function that reckons in floats", query).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_functions_run_with_their_owners_rights() {
    let client = owner().await;
    let query =
        "select proname::text from pg_proc where pronamespace = 'public'::regnamespace and prosecdef order by 1";
    let found: Vec<String> = client.query(query, &[]).await.expect("functions").iter().map(|row| row.get(0)).collect();
    let known: Vec<&str> = OWNERS_RIGHTS.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, known);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_application_owns_nothing_and_cannot_step_around_the_policies() {
    let client = owner().await;
    let query = "select r.rolname::text from pg_roles r
        where r.rolname in ('retainer_app', 'retainer_operator') and $1::text[] is not null
          and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication
               or exists (select from pg_class c where c.relowner = r.oid)
               or exists (select from pg_proc p where p.proowner = r.oid)
               or exists (select from pg_auth_members m where m.member = r.oid))";
    none(&client, "a role with more rights than it may have", query).await;
    let query =
        "select c.relname || ' ' || privilege from pg_class c, unnest(array['insert', 'update', 'delete']) privilege
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and $1::text[] is not null
          and has_table_privilege('retainer_operator', c.oid, privilege)";
    none(&client, "the operator's role writes", query).await;
    let query = "select c.relname::text from pg_class c where c.relnamespace = 'public'::regnamespace
          and c.relkind in ('r', 'p') and $1::text[] is not null and has_table_privilege('retainer_app', c.oid, 'truncate')";
    none(&client, "the application empties a whole table", query).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_policy_names_a_role_that_has_members() {
    let client = owner().await;
    // Every member of a role may say `drop owned by` it, and PostgreSQL drops its policies with it. Policies for roles of
    // contracts would fall even if they have no members yet.
    let query = "select p.polrelid::regclass::text || ' ' || p.polname from pg_policy p join pg_roles r on r.oid = any (p.polroles)
        where $1::text[] is not null and not r.rolsuper
          and (r.rolname like '%contract%' or exists (select from pg_auth_members m where m.roleid = r.oid))";
    none(&client, "a policy that a login could drop", query).await;
    let query = "select p.polrelid::regclass::text || ' ' || p.polname from pg_policy p
        where p.polrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace) and $1::text[] is not null
          and 0 = any (p.polroles) and p.polname <> 'contract_reads'";
    none(&client, "a policy for everybody", query).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_once_cannot_be_changed_or_removed() {
    let client = owner().await;
    // As the application, and as the owner, who has the right and is stopped by the table itself.
    for role in ["set role retainer_app", "reset role"] {
        client.batch_execute(role).await.expect("the role");
        for table in APPEND_ONLY {
            let known = client.query_one("select to_regclass($1) is not null", &[table]).await.expect("a look");
            assert!(known.get::<_, bool>(0), "{table} is no table");
            let update = format!("update {table} set organization_id = organization_id");
            for change in [update, format!("delete from {table}"), format!("truncate {table} cascade")] {
                let error = client.batch_execute(&change).await.expect_err("refused");
                assert_eq!(error.code().map(|code| code.code()), Some("42501"), "{role}: {change}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_application_only_adds_to_is_guarded_against_everybody() {
    let client = owner().await;
    let query = "select c.relname::text from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
          and has_table_privilege('retainer_app', c.oid, 'insert')
          and not has_any_column_privilege('retainer_app', c.oid, 'update')
          and not has_table_privilege('retainer_app', c.oid, 'delete') order by 1";
    let found: Vec<String> = client.query(query, &[]).await.expect("tables").iter().map(|row| row.get(0)).collect();
    assert_eq!(found, APPEND_ONLY, "a new table that is only added to belongs into the list and gets the guard");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_merged_schema_is_the_one_that_was_read() {
    let client = owner().await;
    snapshot("schema.sql", &merged(&client).await);
}

/// The whole schema, written from the catalog, so that it does not depend on the tools of one PostgreSQL version.
async fn merged(client: &Client) -> String {
    let mut text =
        "-- Written by tests/schema.rs from the migrated database; UPDATE_SNAPSHOTS=1 rewrites it. Read, never run.\n"
            .to_owned();
    let tables = "select oid, relname::text, relpersistence = 'u', relrowsecurity, relforcerowsecurity from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname <> 'schema_migrations' order by relname";
    for table in client.query(tables, &[]).await.expect("the tables") {
        let (oid, name): (u32, String) = (table.get(0), table.get(1));
        let kind = if table.get(2) { "unlogged table" } else { "table" };
        let _ = write!(text, "\ncreate {kind} {name} (\n    {}\n);\n", lines(client, PARTS, oid).await.join(",\n    "));
        for line in lines(client, INDEXES, oid).await {
            let _ = writeln!(text, "{line};");
        }
        let (on, forced): (bool, bool) = (table.get(3), table.get(4));
        let _ = writeln!(
            text,
            "-- row-level security: {}",
            if on && forced {
                "enabled, forced"
            } else if on {
                "enabled"
            } else {
                "off"
            }
        );
        for line in lines(client, POLICIES, oid).await {
            let _ = writeln!(text, "{line};");
        }
        for line in lines(client, TRIGGERS, oid).await {
            let _ = writeln!(text, "{line};");
        }
        for line in lines(client, GRANTS, oid).await {
            let _ = writeln!(text, "{line};");
        }
    }
    text.push_str("\n-- Functions, by signature; their text is in migrations/repeatable.\n");
    for line in lines(client, FUNCTIONS, 0).await {
        let _ = writeln!(text, "-- {line}");
    }
    text
}

async fn lines(client: &Client, query: &str, oid: u32) -> Vec<String> {
    client.query(query, &[&oid]).await.expect("the catalog").iter().map(|row| row.get(0)).collect()
}

const PARTS: &str = "select part from (
    select 0 as kind, a.attnum::int as at, '' as name, concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
        case when a.attnotnull then 'not null' end, 'default ' || pg_get_expr(d.adbin, d.adrelid)) as part
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
    union all
    select 1, 0, conname::text, 'constraint ' || conname || ' ' || pg_get_constraintdef(oid)
    from pg_constraint where conrelid = $1 and contype in ('p', 'u', 'c', 'f', 'x')
) parts order by kind, at, name";
const INDEXES: &str = "select pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = $1 and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
    order by c.relname";
const POLICIES: &str = "select concat_ws(' ', 'create policy', polname, 'for', case polcmd when '*' then 'all' when 'r' then 'select'
        when 'a' then 'insert' when 'w' then 'update' else 'delete' end,
        'to ' || nullif(array_to_string(array(select case when r.oid = c.relowner then 'the owner' else r.rolname::text end
            from pg_roles r where r.oid = any (polroles) order by 1), ', '), ''),
        'using (' || pg_get_expr(polqual, polrelid) || ')', 'with check (' || pg_get_expr(polwithcheck, polrelid) || ')')
    from pg_policy join pg_class c on c.oid = polrelid where polrelid = $1 order by polname";
const TRIGGERS: &str =
    "select pg_get_triggerdef(oid) from pg_trigger where tgrelid = $1 and not tgisinternal order by tgname";
const GRANTS: &str = "select 'grant ' || lower(string_agg(privilege, ', ' order by privilege)) || ' to ' || role from (
        select distinct a.privilege_type as privilege, r.rolname as role from pg_class c, aclexplode(c.relacl) a
        join pg_roles r on r.oid = a.grantee where c.oid = $1 and r.oid <> c.relowner and r.rolname like 'retainer\\_%'
        union
        select distinct a.privilege_type || ' (' || t.attname || ')', r.rolname from pg_attribute t, aclexplode(t.attacl) a
        join pg_roles r on r.oid = a.grantee where t.attrelid = $1 and r.rolname like 'retainer\\_%'
    ) grants group by role order by role";
const FUNCTIONS: &str = "select p.oid::regprocedure::text || ' returns ' || pg_get_function_result(p.oid)
    from pg_proc p where p.pronamespace = 'public'::regnamespace and $1::oid = 0 order by 1";
