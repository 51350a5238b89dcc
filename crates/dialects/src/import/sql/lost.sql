-- Subscriptions that wait, and that the source does not have any more, has for another customer, or has with a period long over.
select w.id, c.name as customer, w.is_gone, w.is_moved
  from waiting_subscriptions w
  join customers c on c.organization_id = w.organization_id and c.id = w.customer_id
 where w.organization_id = {org} and (w.is_gone or w.is_moved or w.is_over)
 order by c.name, w.id
