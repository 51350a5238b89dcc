-- What importers need beside the tables.

-- The id of what a source row becomes. It follows from the row alone, so that a run that was cut off and comes again finds what it made;
-- ordered by time like all ids.
create or replace function import_id(p_organization uuid, p_what text, p_at timestamptz) returns uuid
  language sql immutable parallel safe as $$
  select (lpad(to_hex(greatest(0, floor(extract(epoch from p_at) * 1000))::bigint), 12, '0') || '7'
    || substr(md5(p_organization::text || p_what), 14, 3) || '8' || substr(md5(p_organization::text || p_what), 18, 15))::uuid
$$;

-- An id as it is written outside: 128 bits as 26 letters of Crockford's base 32, the first of which carries three (kernel/src/id.rs).
create or replace function prefixed_id(p_prefix text, p_id uuid) returns text language sql immutable parallel safe as $$
  select p_prefix || '_' || string_agg(
      substr('0123456789abcdefghjkmnpqrstvwxyz', substring(id.bits from 5 * digit + 1 for 5)::bit(5)::integer + 1, 1), '' order by digit)
    from (select B'00' || ('x' || replace(p_id::text, '-', ''))::bit(128) as bits) id, generate_series(0, 25) digit
$$;
