-- What is only known after the rows: what went on here, and on which terms the rest would. A run that only took over has no row yet.
insert into import_runs (organization_id, id, source, state, started_at, ended_at)
values ({org}, {run}, '{source}', 'done', {now}, {ended}) on conflict (organization_id, id) do nothing;
update import_runs set counts = '{counts}'::jsonb, ended_at = {ended} where organization_id = {org} and id = {run};
