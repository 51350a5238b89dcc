-- Subscriptions that run and do not renew here, and that the source does not have any more, or has for another customer.
select s.id, c.name as customer, r.gone_at is not null as is_gone
  from subscriptions s
  join customers c on c.organization_id = s.organization_id and c.id = s.customer_id
  join external_refs r on r.organization_id = {org} and r.source = '{source}' and r.object_id = s.id
   and (r.gone_at is not null or r.decisions @> '{moved_to_another_customer}')
  join plan_versions v on v.organization_id = s.organization_id and v.id = s.plan_version_id and v.period <> 'once'
 where s.organization_id = {org} and s.state in ('active', 'past_due') and s.renews_at is null
 order by c.name, s.id
