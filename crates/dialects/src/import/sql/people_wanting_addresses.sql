-- Who could not be given the address that the source has for them, or an account, because it was another's or none, and was not
-- changed here since.
create temp table wanted as
select row_number() over (order by s.created_at nulls last, s.source_id) as n, s.*, r.object_id, r.object_version
  from external_refs r
  join said_people s on s.source_id = r.source_id
 where r.organization_id = {org} and r.source = '{source}' and r.kind = '{kind}' and r.redacted_at is null
   and (r.decisions && array['address_of_another', 'email_differs_only_by_case']
     -- Customers who never had anybody to sign in for them: the address was none, or somebody's elsewhere.
     or exists (select from customers c where c.organization_id = {org} and c.id = r.object_id)
        and not exists (select from memberships m where m.organization_id = {org} and m.customer_id = r.object_id));
