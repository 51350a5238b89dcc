-- Takes one from the bucket `p_key` that holds `p_burst` and gains one every `p_every` (generic cell rate algorithm).
-- Null when it was there, else how long to wait for the next.
create or replace function take_token(p_key text, p_burst integer, p_every interval, p_now timestamptz)
returns interval language plpgsql as $$
declare
    v_arrives timestamptz;
begin
    insert into rate_limits as r (key, arrives_at) values (p_key, p_now + p_every)
    on conflict (key) do update set arrives_at = greatest(r.arrives_at, p_now) + p_every
        where greatest(r.arrives_at, p_now) - p_now <= p_every * (p_burst - 1)
    returning arrives_at into v_arrives;
    if found then
        return null;
    end if;
    select arrives_at into v_arrives from rate_limits where key = p_key;
    return greatest(v_arrives - p_now - p_every * (p_burst - 1), interval '1 second');
end
$$;
revoke all on function take_token(text, integer, interval, timestamptz) from public;
grant execute on function take_token(text, integer, interval, timestamptz) to retainer_app;
