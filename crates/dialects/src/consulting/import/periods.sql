-- The period that a subscription of the source is, with its lot.
insert into subscription_periods (organization_id, subscription_id, number, plan_version_id, starts_at, ends_at, state, lot_id, created_at,
    granted_at)
select {org}, s.object_id, 0, s.version_id, s.starts_at, s.ends_at, 'granted', l.id, {now}, s.starts_at
  from subs s
  left join allowance_accounts a on a.organization_id = {org} and a.owner_kind = 'customer' and a.owner_id = s.customer_id and a.unit_code = 'hour'
  left join allowance_lots l on l.organization_id = {org} and l.account_id = a.id and l.source_kind = 'import'
    and l.source_ref = '{source}:subscription:' || s.source_id
 where s.is_new and s.customer_id is not null;
update subscription_periods p set starts_at = s.starts_at, ends_at = s.ends_at, plan_version_id = s.version_id
  from subs s
 where not s.is_new and not s.changed_here and s.customer_id is not null and p.organization_id = {org} and p.subscription_id = s.object_id
   and p.number = 0 and (p.starts_at, p.ends_at, p.plan_version_id) is distinct from (s.starts_at, s.ends_at, s.version_id);
-- Where nothing was allocated at first, the first hours that came later are those of the period.
update subscription_periods p set lot_id = l.id
  from subs s
  join lateral (
    select l.id from allowance_accounts a
      join allowance_lots l on l.organization_id = {org} and l.account_id = a.id and l.source_kind = 'import'
       and starts_with(l.source_ref, '{source}:subscription:' || s.source_id || ':')
     where a.organization_id = {org} and a.owner_kind = 'customer' and a.owner_id = s.customer_id and a.unit_code = 'hour'
     order by l.opened_seq limit 1) l on true
 where not s.changed_here and s.customer_id is not null and not s.taken_over and p.organization_id = {org}
   and p.subscription_id = s.object_id and p.number = 0 and p.lot_id is null;
