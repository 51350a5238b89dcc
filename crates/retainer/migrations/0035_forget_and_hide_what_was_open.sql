-- Outside of a transaction.
alter table organizations validate constraint organizations_removal_closes;
-- What an object was imported from.
create index concurrently if not exists external_refs_became on external_refs (organization_id, object_id) where object_id is not null;
-- Rows that were only kept and may name somebody.
create index concurrently if not exists external_refs_naming on external_refs (organization_id)
    where object_id is null and position('@' in row::text || hidden::text) > 0;
create index concurrently if not exists idempotency_keys_sealed on idempotency_keys (created_at) where headers ? 'sealed';
-- Row-level security binds the owner too, so it goes from organization to organization.
do $$
declare
    v_organization uuid;
begin
    for v_organization in select organization_id from organization_slugs loop
        perform set_config('retainer.organization_id', v_organization::text, false);
        update notifications set internal = true
        where organization_id = v_organization and kind = 'comment' and title like '%: internal comment on %';
        -- Whoever was forgotten before imported rows were.
        update external_refs r
        set row = (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(r.row)
                   where key in ('id', 'role', 'created_at')),
            hidden = '{}', object_version = null, redacted_at = now()
        where r.organization_id = v_organization and r.redacted_at is null and r.object_id = any (array(
            select id from customers where organization_id = v_organization and anonymised_at is not null
            union all
            select u.id from users u join memberships m on m.user_id = u.id
            where m.organization_id = v_organization and u.anonymised_at is not null));
        commit;
    end loop;
    perform set_config('retainer.organization_id', '', false);
end
$$;
