-- Orders a job in the caller's transaction. It runs as its owner, so that the application's role needs no rights on the
-- queue's tables. `p_key` makes several orders one: a job not yet begun is replaced.
create or replace function enqueue_job(p_name text, p_payload jsonb, p_run_at timestamptz, p_key text)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform graphile_worker.add_job(
        identifier => p_name,
        payload => p_payload::json,
        run_at => p_run_at,
        job_key => p_key
    );
end
$$;
revoke all on function enqueue_job(text, jsonb, timestamptz, text) from public;
grant execute on function enqueue_job(text, jsonb, timestamptz, text) to retainer_app;
