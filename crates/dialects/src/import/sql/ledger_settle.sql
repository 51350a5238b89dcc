-- First step: accounts, what the pots hold now, and what happens to holds that are there.
insert into allowance_accounts (organization_id, id, owner_kind, owner_id, unit_code, created_at)
select distinct {org}, import_id({org}, 'account:' || customer_id, {now}), 'customer', customer_id, 'hour', {now} from pots
on conflict on constraint allowance_accounts_owner_key do nothing;
select from allowance_accounts a where a.organization_id = {org} and a.owner_kind = 'customer' and a.unit_code = 'hour'
   and a.owner_id in (select customer_id from pots) order by a.id for update;
update pots p set account_id = a.id
  from allowance_accounts a
 where a.organization_id = {org} and a.owner_kind = 'customer' and a.owner_id = p.customer_id and a.unit_code = 'hour';
insert into allowance_operations (organization_id, id, idempotency_key, kind, request, actor, reason, created_at)
select distinct {org}, import_id({org}, 'operation:' || account_id || ':run:' || {run}, {now}), 'import:{source}:' || {run} || ':' || account_id,
       'import', '{}'::jsonb, 'Import', 'Imported from {source}', {now}::timestamptz
  from pots on conflict do nothing;

update pots p set f_before = l.free, debt = case when l.has_lots then l.debt else 0 end, has_lots = l.has_lots, living = l.living
  from (select q.account_id, q.ref, coalesce(sum(l.remaining - l.held) filter (where l.ended_as is null), 0)::bigint as free,
               count(l.id) > 0 as has_lots, coalesce(bool_or(l.ended_as is null), false) as living,
               coalesce(sum((select sum(case e.kind when 'charge_debt' then e.quantity else -e.quantity end) from allowance_entries e
                              where e.organization_id = {org} and e.lot_id = l.id and e.kind in ('charge_debt', 'repay_debt'))), 0)::bigint
                 as debt
          from pots q
          left join allowance_lots l on l.organization_id = {org} and l.account_id = q.account_id and l.source_kind = 'import'
            and (l.source_ref = q.ref or starts_with(l.source_ref, q.ref || ':'))
         group by q.account_id, q.ref) l
 where l.account_id = p.account_id and l.ref = p.ref;

create temp table old_parts as
select h.account_id, th.hold_id, p.lot_id, s.how, p.amount - p.captured - p.released as open, p.captured - p.refunded as spent,
       l.ended_as is not null as ended
  from settled s
  join ticket_holds th on th.organization_id = {org} and th.ticket_id = s.subject
  join allowance_holds h on h.organization_id = {org} and h.id = th.hold_id
  join allowance_hold_lots p on p.organization_id = {org} and p.hold_id = th.hold_id
  join allowance_lots l on l.organization_id = {org} and l.id = p.lot_id;
insert into posting (account_id, lot_id, hold_id, kind, quantity, at, step, place)
select account_id, lot_id, hold_id, case how when 'done' then 'capture' else 'release' end, open, {now}, 1, 0 from old_parts where open > 0
union all
select account_id, lot_id, hold_id, 'refund', spent, {now}, 1, 0 from old_parts where how = 'undo' and spent > 0
union all
-- What comes back into a lot that has ended is of no use any more.
select account_id, lot_id, null, 'expire', open + spent, {now}, 2, 0 from old_parts where how = 'undo' and ended and open + spent > 0;
update allowance_hold_lots p set captured = p.captured + case o.how when 'done' then o.open else 0 end,
       released = p.released + case o.how when 'undo' then o.open else 0 end,
       refunded = p.refunded + case o.how when 'undo' then o.spent else 0 end
  from old_parts o where p.organization_id = {org} and p.hold_id = o.hold_id and p.lot_id = o.lot_id;
update allowance_holds h set captured = h.captured + case o.how when 'done' then o.open else 0 end,
       released = h.released + case o.how when 'undo' then o.open else 0 end,
       state = case when o.how = 'done' or h.captured > 0 then 'captured' else 'released' end, closed_at = {now}
  from (select hold_id, how, sum(open)::bigint as open from old_parts group by hold_id, how) o
 where h.organization_id = {org} and h.id = o.hold_id and h.state = 'open' and o.open > 0;
update ticket_holds th set open_seconds = 0
 where th.organization_id = {org} and th.hold_id in (select hold_id from old_parts) and th.open_seconds > 0;
drop table old_parts;
-- What was paid back here meanwhile is owed by no pot any more, whichever of an account's pots it was.
update pots p set debt = greatest(0, least(p.debt, c.debt - c.before))
  from (select q.account_id, q.ref, a.debt,
               coalesce(sum(q.debt) over (partition by q.account_id order by q.ref rows between unbounded preceding and 1 preceding), 0)::bigint
                 as before
          from pots q join allowance_accounts a on a.organization_id = {org} and a.id = q.account_id) c
 where c.account_id = p.account_id and c.ref = p.ref and p.debt > 0;
analyze posting;
