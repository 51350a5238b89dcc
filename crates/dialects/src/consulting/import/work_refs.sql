-- Where the subscriptions and tickets of this turn went. A subscription that did not change itself may have other neighbours now.
update external_refs r set object_version = s.object_version, decisions = s.decisions
  from (select n, source_id, object_version, decisions || case when json_as_text then array['json_kept_as_text'] else '{}' end as decisions
          from subs) s
 where s.n is null and r.organization_id = {org} and r.source = '{source}' and r.kind = 'subscriptions_consulting'
   and r.source_id = s.source_id and (r.object_version, r.decisions) is distinct from (s.object_version, s.decisions);
create temp table batch as select n, object_id, object_version, decisions from subs where n is not null;
