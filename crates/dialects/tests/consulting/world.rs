//! A documented database beside a running server.

use dialects::consulting::import::Consulting;
use dialects::import::{Decided, Report, Told, Wanted, import};
use kernel::id::OrganizationId;
use retainer::ledger;
use runtime::tx::Access;
use testkit::{TestApp, database};
use tokio_postgres::{Client, Config};

/// The documented layout.
const SCHEMA: &str = include_str!("schema.sql");
/// The other reading of `SERIAL/UUID`.
pub(super) const UUID_IDS: &str = include_str!("variants/uuid_ids.sql");

/// Both sides.
pub(super) struct World {
    pub(super) app: TestApp,
    pub(super) source: Client,
    pub(super) from: Config,
    /// Looks at everything.
    pub(super) ours: Client,
}

impl World {
    /// A server, and a documented database with `rows`.
    pub(super) async fn with(rows: &str) -> Self {
        let app = TestApp::bare().await;
        let from = database::empty().await;
        let source = runtime::db::connect(&from).await.expect("the source");
        source.batch_execute(SCHEMA).await.expect("the documented layout");
        source.batch_execute(rows).await.expect("rows");
        let ours = runtime::db::connect(&app.root_config).await.expect("our side");
        Self { app, source, from, ours }
    }

    /// Changes the source.
    pub(super) async fn source(&self, statements: &str) {
        self.source.batch_execute(statements).await.expect("a change of the source");
    }

    /// Imports with small batches, so that there are several.
    pub(super) async fn import(&self) -> (Report, Vec<Decided>) {
        self.import_as(false, 7).await.expect("an import")
    }

    /// Imports.
    pub(super) async fn import_as(&self, dry_run: bool, batch: u64) -> anyhow::Result<(Report, Vec<Decided>)> {
        let (report, told) = run(&self.app, &self.from, Wanted { dry_run, batch, ..leverai() }).await?;
        Ok((report, decisions_of(told)))
    }

    /// Imports what is there, and takes over what was imported.
    pub(super) async fn take_over(&self, dry_run: bool) -> (Report, Vec<Told>) {
        run(&self.app, &self.from, Wanted { dry_run, take_over: true, ..leverai() }).await.expect("an import")
    }

    /// The organization that was imported.
    pub(super) async fn leverai(&self) -> OrganizationId {
        dialects::import::organization::find(&self.app.server.app, "leverai").await.expect("a look").expect("leverai")
    }

    /// That the ledger is as it must be.
    pub(super) async fn ledger_is_clean(&self) {
        let app = &self.app.server.app;
        let actor = kernel::Actor::system("test");
        let tx = app.begin(self.leverai().await, actor, Access::Read).await.expect("a transaction");
        let found = ledger::verify::verify(&tx).await.expect("a proof");
        assert_eq!(found, [], "the ledger");
    }

    /// The first column of each row, as text.
    pub(super) async fn ours(&self, query: &str) -> Vec<String> {
        lines(&self.ours, query).await
    }

    /// That every living subscription has left what the source says, told from the ledger alone.
    pub(super) async fn hours_are_equal(&self) {
        let theirs = "select concat_ws(' ', id, hours_remaining) from subscriptions_consulting
            where user_id is not null and lower(status) in ('active', 'trial', 'past_due') order by id::text";
        let ours = "select concat_ws(' ', r.source_id, round(coalesce(sum(l.remaining - l.held - coalesce(d.debt, 0)), 0) / 3600, 2))
            from external_refs r
            left join allowance_lots l on l.organization_id = r.organization_id
             and (l.source_ref = 'consulting:subscription:' || r.source_id
               or starts_with(l.source_ref, 'consulting:subscription:' || r.source_id || ':'))
            left join lateral (
              select sum(case kind when 'charge_debt' then quantity else -quantity end) as debt from allowance_entries e
               where e.organization_id = l.organization_id and e.lot_id = l.id and e.kind in ('charge_debt', 'repay_debt')) d on true
            where r.kind = 'subscriptions_consulting' and r.object_id is not null and r.gone_at is null
              and lower(r.row ->> 'status') in ('active', 'trial', 'past_due')
            group by r.source_id order by r.source_id";
        assert_eq!(self.ours(ours).await, lines(&self.source, theirs).await);
    }

    /// What the tables hold, to see that nothing was written.
    pub(super) async fn fingerprint(&self) -> Vec<String> {
        let tables = "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
            and relname not in ('rate_limits', 'sessions') order by 1";
        let mut prints = Vec::new();
        for table in self.ours(tables).await {
            let query = format!(
                "select '{table} ' || count(*) || ' ' || coalesce(md5(string_agg(t::text, '' order by t::text)), '') from {table} t"
            );
            prints.extend(self.ours(&query).await);
        }
        prints
    }
}

/// An import of leverai in small batches, so that there are several.
pub(super) fn leverai() -> Wanted {
    Wanted { organization: "leverai".to_owned(), dry_run: false, batch: 7, take_over: false, accept_gone: true }
}

/// Imports into a server's installation; everything that was told.
pub(super) async fn run(app: &TestApp, from: &Config, wanted: Wanted) -> anyhow::Result<(Report, Vec<Told>)> {
    let mut all = Vec::new();
    let mut each = |told| {
        all.push(told);
        Ok(())
    };
    let report = import::<Consulting>(&app.server.app, from, wanted, &|_| (), &mut each).await?;
    Ok((report, all))
}

/// The decisions among what was told.
pub(super) fn decisions_of(told: Vec<Told>) -> Vec<Decided> {
    let decided = |told| if let Told::Decided(decided) = told { Some(decided) } else { None };
    told.into_iter().filter_map(decided).collect()
}

/// The first column of each row, as text.
pub(super) async fn lines(client: &Client, query: &str) -> Vec<String> {
    let rows = client.query(query, &[]).await.unwrap_or_else(|error| panic!("{query}: {error:?}"));
    rows.iter().map(|row| row.get::<_, Option<String>>(0).unwrap_or_default()).collect()
}

/// The decisions about one row, as one line.
pub(super) fn decided(rows: &[Decided], table: &str, id: &str) -> String {
    let row = rows.iter().find(|row| row.table == table && row.id == id);
    row.map(|row| format!("{}{}", row.decisions.join(" "), if row.kept_only { " (kept)" } else { "" }))
        .unwrap_or_default()
}

/// A small shop in order: an administrator, a developer, two customers.
pub(super) const SHOP: &str = "
insert into users_consulting (id, name, email, password_hash, role, created_at) values
  ('00000000-0000-4000-8000-00000000000a', 'Ada Min', 'ada@leverai.example', null, 'admin', '2025-01-01 08:00'),
  ('00000000-0000-4000-8000-00000000000d', 'Dev Elo', 'dev@leverai.example', null, 'developer', '2025-01-02 08:00'),
  ('00000000-0000-4000-8000-000000000001', 'Cleo', 'Cleo@customer.example', '{bcrypt}', 'customer', '2026-01-01 08:00'),
  ('00000000-0000-4000-8000-000000000002', 'Cato', 'cato@customer.example', null, 'customer', '2026-01-02 08:00');
insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date) values
  ('00000000-0000-4000-8000-000000000001', 'standard', 10, 0, 'expired', '2026-01-01', '2026-02-01'),
  ('00000000-0000-4000-8000-000000000001', 'standard', 10, 5.25, 'active', '2026-11-01', '2026-12-01'),
  ('00000000-0000-4000-8000-000000000002', 'basic', 1, 1, 'active', '2026-11-01', '2026-12-01');
insert into tickets_consulting (ticket_id, user_id, title, details, status, request_priority, dedicate_hours, created_at) values
  ('TKT-20260105-100000-0001', '00000000-0000-4000-8000-000000000001', 'Old work', null, 'Completed', 'Low', 10, '2026-01-05 10:00'),
  ('TKT-20261105-100000-0002', '00000000-0000-4000-8000-000000000001', 'Done', 'Søme détails', 'Completed', 'High', 2.5, '2026-11-05 10:00'),
  ('TKT-20261106-100000-0003', '00000000-0000-4000-8000-000000000001', 'Doing', 'x', 'In Progress', 'Urgent', 1.25, '2026-11-06 10:00'),
  ('TKT-20261107-100000-0004', '00000000-0000-4000-8000-000000000001', 'Waiting', 'x', 'Pending', 'Medium', 1, '2026-11-07 10:00'),
  ('TKT-20261108-100000-0005', '00000000-0000-4000-8000-000000000001', 'Refused', 'x', 'Rejected', 'Low', 3, '2026-11-08 10:00');
insert into ticket_comments_consulting (ticket_id, user_id, usertype, message, created_at) values
  (2, '00000000-0000-4000-8000-000000000001', 'customer', 'Please', '2026-11-05 11:00'),
  (2, '00000000-0000-4000-8000-00000000000d', 'admin', 'Done', '2026-11-05 12:00');
insert into notifications_consulting (sender_id, recipient_id, ticket_id, type, message, role, is_read, created_at) values
  ('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-000000000001', 2, 'status', 'It is done', 'admin', true, '2026-11-05 12:00'),
  ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-00000000000a', 4, 'request', 'New', 'customer', false, '2026-11-07 10:00');
insert into billing_consulting (user_id, invoice_number, stripe_payment_intent_id, amount, status, billing_type, created_at, paid_at) values
  ('00000000-0000-4000-8000-000000000001', 'INV-1', 'pi_1', 450.00, 'paid', 'new subscription', '2026-11-01', '2026-11-01 09:00'),
  ('00000000-0000-4000-8000-000000000002', 'INV-2', null, 50.00, 'pending', 'new subscription', '2026-11-01', null),
  ('00000000-0000-4000-8000-000000000002', 'INV-3', null, 50.00, 'cancelled', 'topup', '2026-11-01', null);
insert into webhook_events (event_id, status, created_at, processed_at) values ('evt_1', 'processed', '2026-11-01', '2026-11-01');
";

/// The shop, where nobody has a password.
pub(super) fn shop() -> String {
    SHOP.replace("'{bcrypt}'", "null")
}
