-- Second step: what has to be posted so that each pot has left what the source says, whatever its subjects used, and whatever was done
-- here since the last run. What the subjects do not explain is adjusted; what is below zero is debt.
update pots p set f1 = coalesce((select sum(l.remaining - l.held) from allowance_lots l
           where l.organization_id = {org} and l.account_id = p.account_id and l.source_kind = 'import' and l.ended_as is null
             and (l.source_ref = p.ref or starts_with(l.source_ref, p.ref || ':'))), 0),
       need = coalesce((select sum(n.held + n.used) from needs n where n.ref = p.ref and n.customer_id = p.customer_id), 0),
       granted = case when p.is_new then p.granted else 0 end;
update pots p set
       free = case when not p.live and not p.is_new and w.ended then 0 else greatest(w.wanted, 0) end,
       charge = case when p.live then greatest(greatest(-w.wanted, 0) - p.debt, 0) else 0 end,
       -- What is owed on hours that do not run any more is owed no more.
       pay = case when p.live then greatest(p.debt - greatest(-w.wanted, 0), 0) else p.debt end
  from (select account_id, ref, not (has_lots and living) as ended,
               case when is_new then target
                    -- It did not run, so nothing of it was counted.
                    when not (has_lots and living) then case when live then target else 0 end
                    else f_before - debt + target - old_target end as wanted
          from pots) w
 where w.account_id = p.account_id and w.ref = p.ref;
update pots set extra = greatest(0, free + pay - (f1 + granted - need)), adjust = greatest(0, f1 + granted - need - free - pay),
       lapse = case when live then 0 else free end;

insert into new_lots (id, account_id, ref, source_ref, amount, starts_at, place)
select import_id({org}, 'lot:' || ref || ':' || account_id, starts_at), account_id, ref, ref, granted, starts_at, 1 from pots where granted > 0
union all
-- A debt hangs on a lot, if need be on an empty one.
select import_id({org}, 'lot:' || ref || ':' || account_id || ':' || {run}, {now}), account_id, ref, ref || ':more:' || {run}, extra, {now}, 2
  from pots where extra > 0 or (charge > 0 and granted = 0 and not (has_lots and living));

analyze new_lots, pots;

insert into draws (ref, customer_id, kind, quantity, hold_id, subject, at, rank)
select ref, customer_id, case when used > 0 then 'consume' else 'hold' end, held + used,
       import_id({org}, 'hold:' || subject || ':' || {run}, at), subject, at, 1 from needs
union all select ref, customer_id, 'adjust_down', adjust, null, null, {now}, 2 from pots where adjust > 0
union all select ref, customer_id, 'repay_debt', pay, null, null, {now}, 3 from pots where pay > 0
union all select ref, customer_id, 'expire', lapse, null, null, {now}, 4 from pots where lapse > 0;
analyze draws;
update draws d set ends = r.ends, begins = r.ends - d.quantity, place = r.place
  from (select ctid as row, sum(quantity) over w as ends, row_number() over w as place from draws
        window w as (partition by customer_id, ref order by rank, at, subject)) r
 where r.row = d.ctid;

-- Each draw takes from the pot's lots in their order: where the running sums of both overlap.
insert into parts (account_id, lot_id, hold_id, kind, quantity, at, place, position)
select s.account_id, s.lot_id, d.hold_id, d.kind, least(d.ends, s.ends) - greatest(d.begins, s.begins), d.at, d.rank * 1000000000::bigint + d.place,
       row_number() over (partition by d.ref, d.customer_id, d.place order by s.begins)
  from draws d
  join (select account_id, customer_id, ref, lot_id, sum(free) over w - free as begins, sum(free) over w as ends
          from (select p.account_id, p.customer_id, p.ref, l.id as lot_id, l.remaining - l.held as free, l.opened_seq as age
                  from pots p join allowance_lots l on l.organization_id = {org} and l.account_id = p.account_id and l.source_kind = 'import'
                    and l.ended_as is null and l.remaining > l.held and (l.source_ref = p.ref or starts_with(l.source_ref, p.ref || ':'))
                union all
                select p.account_id, p.customer_id, p.ref, n.id, n.amount, 1000000000000::bigint + n.place
                  from pots p join new_lots n on n.account_id = p.account_id and n.ref = p.ref) lots
        window w as (partition by customer_id, ref order by age, lot_id)) s
    on s.customer_id = d.customer_id and s.ref = d.ref and d.begins < s.ends and s.begins < d.ends;

analyze draws, parts;
insert into posting (account_id, lot_id, kind, quantity, at, step, place)
select account_id, id, 'grant', amount, starts_at, 1, place from new_lots;
insert into posting (account_id, lot_id, hold_id, kind, quantity, at, step, place)
select account_id, lot_id, hold_id, kind, quantity, at, 2, place from parts;
insert into posting (account_id, lot_id, kind, quantity, at, step, place)
select p.account_id, coalesce(
         (select n.id from new_lots n where n.account_id = p.account_id and n.ref = p.ref order by n.place limit 1),
         (select l.id from allowance_lots l where l.organization_id = {org} and l.account_id = p.account_id and l.source_kind = 'import'
             and (l.source_ref = p.ref or starts_with(l.source_ref, p.ref || ':')) order by l.ended_as is not null, l.opened_seq limit 1)),
       'charge_debt', p.charge, {now}, 3, 0
  from pots p where p.charge > 0;
analyze posting;
