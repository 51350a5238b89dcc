-- Who was deleted in the source and written anew under another id, with the same address, is who they were here: customer, account,
-- hours and tickets go by the new id from now on. What the old row said stays, as a row that is gone.
create temp table again as
select distinct on (source_id) source_id, old_id
  from (
    select p.source_id, r.source_id as old_id, p.n,
           row_number() over (partition by r.source_id order by p.n) as nth
      from pending_{kind} p
      join said_people i on i.source_id = p.source_id
      join external_refs r on r.organization_id = {org} and r.source = '{source}' and r.kind = '{kind}'
        and r.object_id is not null and r.redacted_at is null
      left join customers c on c.organization_id = {org} and c.id = r.object_id and c.archived_at is null and c.anonymised_at is null
      left join memberships m on m.organization_id = {org} and m.user_id = r.object_id and m.ended_at is null
      left join users u on u.id = m.user_id and u.anonymised_at is null
     where p.is_unseen and lower(i.email) = coalesce(c.email_folded, u.email_folded)
       and not exists (select from staged_{kind} s where s.source_id = r.source_id)) found
 where nth = 1
 order by source_id, old_id;
update external_refs r set source_id = a.source_id, gone_at = null, decisions = array_append(array_remove(r.decisions, 'another_id'), 'another_id')
  from again a
 where r.organization_id = {org} and r.source = '{source}' and r.kind = '{kind}' and r.source_id = a.old_id;
insert into external_refs (organization_id, source, kind, source_id, row, hidden, digest, decisions, run_id, imported_at, gone_at)
select {org}, '{source}', '{kind}', a.old_id, r.row, r.hidden, r.digest, array['another_id', 'gone_from_source'], {run}, r.imported_at, {now}
  from again a
  join external_refs r on r.organization_id = {org} and r.source = '{source}' and r.kind = '{kind}' and r.source_id = a.source_id;
update pending_{kind} p
   set is_new = false, is_unseen = false, known_object = r.object_id, known_version = r.object_version, known_row = r.row || r.hidden
  from again a
  join external_refs r on r.organization_id = {org} and r.source = '{source}' and r.kind = '{kind}' and r.source_id = a.source_id
 where p.source_id = a.source_id;
drop table again;
