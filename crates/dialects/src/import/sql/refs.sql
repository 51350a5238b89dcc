-- Writes down where the rows of the batch went. "batch" is what the mapping left: n, object_id, object_version, decisions.
-- What a contract must not show of a row stands apart.
insert into external_refs (organization_id, source, kind, source_id, object_id, object_version, row, hidden, digest, decisions, run_id,
    imported_at)
select {org}, '{source}', '{kind}', p.source_id, b.object_id, b.object_version,
       case h.hidden when '{}' then p.row else p.row - array(select jsonb_object_keys(h.hidden)) end, h.hidden,
       p.digest, b.decisions || case when p.json_as_text then array['json_kept_as_text'] else '{}' end, {run}, {now}
  from batch b join pending_{kind} p using (n) cross join lateral (select p.row - {shown}::text[] as hidden) h
on conflict (organization_id, source, kind, source_id) do update
   set object_id = excluded.object_id,
       -- What was forgotten here is not written down again.
       object_version = case when external_refs.redacted_at is null then excluded.object_version end,
       row = case when external_refs.redacted_at is null then excluded.row else external_refs.row end,
       hidden = case when external_refs.redacted_at is null then excluded.hidden else external_refs.hidden end,
       digest = excluded.digest, decisions = excluded.decisions, run_id = excluded.run_id, imported_at = excluded.imported_at,
       gone_at = null;
