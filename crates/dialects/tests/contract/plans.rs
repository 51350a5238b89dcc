//! What plans tell a login. `explain analyze` says what was come to and how many rows were taken out, so nothing may depend on
//! rows of others: not which of its own tests a login's statement comes to, and not what an index finds.

use kernel::Role;
use kernel::id::{Id, OrganizationId};
use tokio_postgres::Client;

use super::{Business, login, server, shown};

/// The columns of tables that logins may read.
const READABLE: &str =
    "select c.oid, c.relname::text as relation, a.attnum, a.attname::text as name, a.atttypid::regtype::text as kind
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and exists (select from pg_roles r where r.rolname like 'retainer\\_contract\\_%'
          and has_column_privilege(r.oid, c.oid, a.attnum, 'select'))";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_index_of_what_a_login_may_read_holds_the_organization() {
    let app = server().await;
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let apart = format!(
        "select i.indexrelid::regclass::text from pg_index i
         where i.indrelid in (select oid from ({READABLE}) readable)
           and exists (select from ({READABLE}) readable where oid = i.indrelid and attnum = any (i.indkey))
           and not exists (select from pg_attribute a where a.attrelid = i.indrelid and a.attname = 'organization_id'
               and a.attnum = any (i.indkey[0:i.indnkeyatts - 1]))"
    );
    assert_eq!(shown(&owner, &apart).await, "", "what it finds of others would be counted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_border_of_what_a_login_may_read_is_a_query() {
    let app = server().await;
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    let first = "'%AND COALESCE((organization_id = ANY (ARRAY[contract_organization_id()])), false)%'";
    let open = format!(
        "select c.relname from (select distinct oid from ({READABLE}) readable) t join pg_class c on c.oid = t.oid
         left join pg_policy p on p.polrelid = c.oid and p.polname = 'contract_reads'
         where not c.relrowsecurity or p.oid is null or pg_get_expr(p.polqual, p.polrelid) ilike '%select%'
            or pg_get_expr(p.polqual, p.polrelid) not like {first}"
    );
    assert_eq!(shown(&owner, &open).await, "", "others' rows are compared before it is asked");
}

/// A column with a value that only another organization has, and one that nobody has.
struct Probe {
    relation: String,
    column: String,
    kind: String,
    theirs: String,
    nobodys: String,
}

async fn probes(owner: &Client, acme: OrganizationId, bolt: OrganizationId) -> Vec<Probe> {
    let mut probes = Vec::new();
    for row in owner.query(READABLE, &[]).await.expect("columns") {
        let (relation, column, kind): (String, String, String) =
            (row.get("relation"), row.get("name"), row.get("kind"));
        let nobodys = match kind.as_str() {
            "text" => "theirs || '~'",
            "uuid" => "gen_random_uuid()::text",
            "timestamp with time zone" => "(theirs::timestamptz + interval '1 microsecond')::text",
            "bigint" => "(theirs::bigint + 1000000007)::text",
            _ => continue,
        };
        let look = format!(
            "select theirs, {nobodys} from (select \"{column}\"::text as theirs from {relation} where organization_id = $1
                and \"{column}\" is not null and \"{column}\" not in (
                    select \"{column}\" from {relation} where organization_id = $2 and \"{column}\" is not null)
                order by 1 desc limit 1) found"
        );
        let found = owner.query_opt(&look, &[bolt.as_uuid(), acme.as_uuid()]).await.expect("a look");
        let Some(found) = found.filter(|_| column != "organization_id") else { continue };
        probes.push(Probe { relation, column, kind, theirs: found.get(0), nobodys: found.get(1) });
    }
    probes
}

/// Ways to ask for a value, the later ones with a part of which the plan tells whether it was come to.
const WAYS: [&str; 5] = [
    "{c} = '{v}'",
    "{c} >= '{v}' and {c} <= '{v}'",
    "{c} >= '{v}' and {c} <= '{v}' and {c} >= (select '{v}'::{k})",
    "{c} >= any ('{{v}}') and {c} <= any ('{{v}}') and {c} = any (array[(select '{v}'::{k})])",
    "case when {c} = any ('{{v}}') then (select true) end",
];

/// What a login may set so that PostgreSQL goes another way.
const SETTINGS: [&str; 5] = [
    "reset all",
    "set enable_seqscan = off",
    "set enable_seqscan = off; set enable_indexscan = off; set enable_indexonlyscan = off",
    "reset all; set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off",
    "set cpu_operator_cost = 0",
];

async fn plan(spy: &Client, probe: &Probe, way: &str, value: &str) -> String {
    let list = format!("{{\"{value}\"}}");
    let asked = way.replace("{{v}}", &list).replace("{v}", value).replace("{k}", &probe.kind);
    let query = format!(
        "explain (analyze, costs off, timing off, summary off) select 1 from public.{} where {}",
        probe.relation,
        asked.replace("{c}", &format!("\"{}\"", probe.column))
    );
    shown(spy, &query).await.replace(value, "?")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_are_the_same_whether_others_have_a_value_or_nobody() {
    let app = server().await;
    let bolt = app.server.app.ids.next();
    app.organization(bolt, "bolt", "Bolt").await;
    app.member(bolt, "Zed zwickau", "zed@zwickau.example", Role::Developer).await;
    Business::lively(&app, app.acme, "acme", "anna").await;
    Business::lively(&app, bolt, "bolt", "zwickau").await;
    let owner = runtime::db::connect(&app.root_config).await.expect("the owner");
    // An index forgets what is dead when it is first come upon, which would be counted once only. Statistics, of which
    // `estimates` knows, stay ungathered.
    owner.batch_execute("vacuum").await.expect("nothing dead");
    let probes = probes(&owner, app.acme, bolt).await;
    assert!(probes.len() > 35, "only {} columns have something to find", probes.len());
    let spy = login(&app, app.acme, "analyst").await;
    for setting in SETTINGS {
        spy.batch_execute(setting).await.expect("one's own settings");
        for probe in &probes {
            for way in WAYS {
                let told = plan(&spy, probe, way, &probe.theirs).await;
                let nothing = plan(&spy, probe, way, &probe.nobodys).await;
                assert_eq!(told, nothing, "{}.{}: {way} after {setting}", probe.relation, probe.column);
            }
        }
    }
    // With a border that is a plain comparison it would be told.
    let plain = "alter policy contract_reads on customers using (organization_id = contract_organization_id())";
    owner.batch_execute(plain).await.expect("as it was");
    spy.batch_execute(SETTINGS[3]).await.expect("row by row");
    let name = probes.iter().find(|probe| probe.relation == "customers" && probe.column == "name").expect("a name");
    let way = WAYS[2];
    assert_ne!(
        plan(&spy, name, way, &name.theirs).await,
        plan(&spy, name, way, &name.nobodys).await,
        "finds nothing anyway"
    );
    for people in ["users", "memberships"] {
        let refused = spy.simple_query(&format!("explain select id from public.{people}")).await.expect_err("refused");
        assert_eq!(refused.code().map(|code| code.code()), Some("42501"), "{people}");
    }
}
