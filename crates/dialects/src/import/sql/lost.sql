-- Subscriptions that run and do not renew here, and that the source does not have any more.
select s.id
  from subscriptions s
  join external_refs r on r.organization_id = {org} and r.source = '{source}' and r.object_id = s.id and r.gone_at is not null
 where s.organization_id = {org} and s.state in ('active', 'past_due') and s.renews_at is null
 order by s.id
