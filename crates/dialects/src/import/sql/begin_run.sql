insert into import_runs (organization_id, id, source, state, started_at) values ({org}, {run}, '{source}', 'running', {now});
