-- Subscriptions that wait, with the terms that their plans have now and what the source had.
select s.id, s.state, c.id as customer_id, c.name as customer, p.name as plan, v.number, v.price_minor, v.currency, v.period, v.unit_code, v.quantity, now.starts_at, now.ends_at,
       t.hours::text as source_allowance, t.price::text as source_price, t.state as source_state,
       coalesce(v.unit_code = 'hour' and round(t.hours * 3600) is distinct from v.quantity, false) as other_allowance,
       coalesce(t.price is not null and v.currency <> t.currency or round(t.price * 100) <> v.price_minor, false) as other_price
  from waiting_subscriptions w
  join subscriptions s on s.organization_id = w.organization_id and s.id = w.id
  join customers c on c.organization_id = s.organization_id and c.id = s.customer_id
  join plan_versions own on own.organization_id = s.organization_id and own.id = s.plan_version_id
  -- The plan that was arranged for the next period, or the present one as it is sold now.
  join plan_versions v on v.organization_id = s.organization_id and v.id = coalesce(s.next_plan_version_id, (
    select n.id from plan_versions n where n.organization_id = s.organization_id and n.plan_id = own.plan_id order by n.number desc limit 1))
  join plans p on p.organization_id = s.organization_id and p.id = v.plan_id
  left join subscription_periods now
    on now.organization_id = s.organization_id and now.subscription_id = s.id and now.number = s.next_number - 1
  left join ({terms}) t on t.object_id = s.id
 where w.organization_id = {org} and not w.is_gone and not w.is_moved and not w.is_over
 order by p.name, c.name, s.id
