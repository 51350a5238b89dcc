-- The fingerprints of requests were plain SHA-256 before they were made under the installation's key. Those of guests are fingerprints of
-- passwords, and nothing is recognised by them any more. What a token has sent is recognised by both until it is a month old.
--
-- Row-level security binds the owner too, so it goes from organization to organization. What is locked is being written now, under the key.
do $$
declare
    v_organization uuid;
begin
    for v_organization in select organization_id from organization_slugs loop
        perform set_config('retainer.organization_id', v_organization::text, true);
        delete from idempotency_keys where organization_id = v_organization and (actor_id, key) in (
            select actor_id, key from idempotency_keys
            where organization_id = v_organization and actor_id = '00000000-0000-0000-0000-000000000000'
            for update skip locked);
    end loop;
end
$$;
