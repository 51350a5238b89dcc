-- What is new or has changed since the last run, in the order in which it is taken.
create temp table pending_{kind} as
select s.*, r.object_id is null and r.redacted_at is null as is_new, r.source_id is null as is_unseen, r.object_id as known_object, r.object_version as known_version, r.row || r.hidden as known_row,
       row_number() over (order by {order}) as n
  from staged_{kind} s
  left join external_refs r
    on r.organization_id = {org} and r.source = '{source}' and r.kind = '{kind}' and r.source_id = s.source_id
 where r.digest is distinct from s.digest or r.gone_at is not null;
create index on pending_{kind} (n);
analyze pending_{kind};
