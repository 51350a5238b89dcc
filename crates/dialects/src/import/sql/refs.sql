-- Writes down where the rows of the batch went. "batch" is what the mapping left: n, object_id, object_version, decisions.
insert into external_refs (organization_id, source, kind, source_id, object_id, object_version, row, digest, decisions, run_id, imported_at)
select {org}, '{source}', '{kind}', p.source_id, b.object_id, b.object_version, p.row, p.digest, b.decisions, {run}, {now}
  from batch b join pending_{kind} p using (n)
on conflict (organization_id, source, kind, source_id) do update
   set object_id = excluded.object_id, object_version = excluded.object_version, row = excluded.row, digest = excluded.digest,
       decisions = excluded.decisions, run_id = excluded.run_id, imported_at = excluded.imported_at, gone_at = null;
