-- What importers need beside the tables.

-- The id of what a source row becomes. It follows from the row alone, so that a run that was cut off and comes again finds what it made;
-- ordered by time like all ids.
create or replace function import_id(p_organization uuid, p_what text, p_at timestamptz) returns uuid
  language sql immutable parallel safe as $$
  select (lpad(to_hex(greatest(0, floor(extract(epoch from p_at) * 1000))::bigint), 12, '0') || '7'
    || substr(md5(p_organization::text || p_what), 14, 3) || '8' || substr(md5(p_organization::text || p_what), 18, 15))::uuid
$$;

-- An id as it is written outside: 128 bits as 26 letters of Crockford's base 32, the first of which carries three (kernel/src/id.rs).
-- Written out, because a loop takes ten times as long.
create or replace function prefixed_id(p_prefix text, p_id uuid) returns text language plpgsql immutable parallel safe as $$
declare
  v_letters constant text := '0123456789abcdefghjkmnpqrstvwxyz';
  v_bits constant bit varying := B'00' || ('x' || replace(p_id::text, '-', ''))::bit(128);
begin
  return p_prefix || '_' ||
    substr(v_letters, substring(v_bits from 1 for 5)::bit(5)::integer + 1, 1) || substr(v_letters, substring(v_bits from 6 for 5)::bit(5)::integer + 1, 1) ||
    substr(v_letters, substring(v_bits from 11 for 5)::bit(5)::integer + 1, 1) || substr(v_letters, substring(v_bits from 16 for 5)::bit(5)::integer + 1, 1) ||
    substr(v_letters, substring(v_bits from 21 for 5)::bit(5)::integer + 1, 1) || substr(v_letters, substring(v_bits from 26 for 5)::bit(5)::integer + 1, 1) ||
    substr(v_letters, substring(v_bits from 31 for 5)::bit(5)::integer + 1, 1) || substr(v_letters, substring(v_bits from 36 for 5)::bit(5)::integer + 1, 1) ||
    substr(v_letters, substring(v_bits from 41 for 5)::bit(5)::integer + 1, 1) || substr(v_letters, substring(v_bits from 46 for 5)::bit(5)::integer + 1, 1) ||
    substr(v_letters, substring(v_bits from 51 for 5)::bit(5)::integer + 1, 1) || substr(v_letters, substring(v_bits from 56 for 5)::bit(5)::integer + 1, 1) ||
    substr(v_letters, substring(v_bits from 61 for 5)::bit(5)::integer + 1, 1) || substr(v_letters, substring(v_bits from 66 for 5)::bit(5)::integer + 1, 1) ||
    substr(v_letters, substring(v_bits from 71 for 5)::bit(5)::integer + 1, 1) || substr(v_letters, substring(v_bits from 76 for 5)::bit(5)::integer + 1, 1) ||
    substr(v_letters, substring(v_bits from 81 for 5)::bit(5)::integer + 1, 1) || substr(v_letters, substring(v_bits from 86 for 5)::bit(5)::integer + 1, 1) ||
    substr(v_letters, substring(v_bits from 91 for 5)::bit(5)::integer + 1, 1) || substr(v_letters, substring(v_bits from 96 for 5)::bit(5)::integer + 1, 1) ||
    substr(v_letters, substring(v_bits from 101 for 5)::bit(5)::integer + 1, 1) || substr(v_letters, substring(v_bits from 106 for 5)::bit(5)::integer + 1, 1) ||
    substr(v_letters, substring(v_bits from 111 for 5)::bit(5)::integer + 1, 1) || substr(v_letters, substring(v_bits from 116 for 5)::bit(5)::integer + 1, 1) ||
    substr(v_letters, substring(v_bits from 121 for 5)::bit(5)::integer + 1, 1) || substr(v_letters, substring(v_bits from 126 for 5)::bit(5)::integer + 1, 1);
end
$$;

-- Lets the planner know of rows that were just written, also of those of the caller's transaction, which only it sees yet. It runs as its
-- owner, because only the owner of a table may. A table whose statistics somebody else gathers just now is left out.
create or replace function gather_statistics(p_tables text[])
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_table text;
begin
  foreach v_table in array p_tables loop
    execute format('analyze (skip_locked) public.%I', v_table);
  end loop;
end
$$;
revoke all on function gather_statistics(text[]) from public;
grant execute on function gather_statistics(text[]) to retainer_app;

-- Imported subscriptions that run and do not renew here yet, and whether the source has lost them since, has them for another
-- customer, or says that they run although their period is long over: then nobody takes them over without a word.
create or replace view waiting_subscriptions with (security_invoker = true) as
select s.organization_id, s.id, s.customer_id,
       exists (select from external_refs r
                where r.organization_id = s.organization_id and r.object_id = s.id and r.gone_at is not null) as is_gone,
       exists (select from external_refs r
                where r.organization_id = s.organization_id and r.object_id = s.id
                  and r.decisions @> '{moved_to_another_customer}') as is_moved,
       exists (select from external_refs r
                where r.organization_id = s.organization_id and r.object_id = s.id
                  and r.decisions @> '{runs_past_its_end}') as is_over
  from subscriptions s
  join plan_versions v on v.organization_id = s.organization_id and v.id = s.plan_version_id
 where s.state in ('active', 'past_due') and s.renews_at is null and v.period <> 'once'
   and exists (select from subscription_changes x
                where x.organization_id = s.organization_id and x.subscription_id = s.id and x.what = 'subscription.imported');
grant select on waiting_subscriptions to retainer_app;
