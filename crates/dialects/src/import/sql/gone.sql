-- Rows that the source does not have any more are marked; what they became stays.
update external_refs r set gone_at = {now}, run_id = {run},
       decisions = array_append(array_remove(r.decisions, 'gone_from_source'), 'gone_from_source')
 where r.organization_id = {org} and r.source = '{source}' and r.kind = '{kind}' and r.gone_at is null
   and not exists (select from staged_{kind} s where s.source_id = r.source_id);
