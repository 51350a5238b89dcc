-- What the source gives and bills for each subscription, beside what its plan will here.
select r.object_id, s.hours_allocated as hours, b.amount as price, 'USD' as currency, lower(trim(s.status)) as state
  from staged_subscriptions_consulting s
  join external_refs r
    on r.organization_id = {org} and r.source = '{source}' and r.kind = 'subscriptions_consulting' and r.source_id = s.source_id
  left join (
    select distinct on (user_id) user_id, amount from staged_billing_consulting
     where status = 'paid' and lower(trim(billing_type)) in ('new subscription', 'renewal subscription') and amount >= 0
     order by user_id, created_at desc nulls last, length(source_id) desc, source_id desc) b on b.user_id = s.user_id
