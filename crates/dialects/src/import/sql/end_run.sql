-- What an earlier run began and this one finished is finished.
update import_runs set state = 'done', ended_at = {ended}, counts = case when id = {run} then '{counts}'::jsonb else counts end
 where organization_id = {org} and source = '{source}' and state = 'running';
insert into audit_entries (organization_id, id, at, actor_kind, actor_name, action, subject_kind, subject_id, after)
select {org}, import_id({org}, 'audit:' || {run}, {now}), {ended}, 'system', 'Import', 'import.finished', 'import_run', {run},
       jsonb_build_object('source', '{source}', 'changes', {changes}, 'ledger_entries', {entries});
