-- Subscriptions that wait, and that the source does not have any more, or has for another customer.
select w.id, c.name as customer, w.is_gone
  from waiting_subscriptions w
  join customers c on c.organization_id = w.organization_id and c.id = w.customer_id
 where w.organization_id = {org} and (w.is_gone or w.is_moved)
 order by c.name, w.id
