-- The second part of posting: the entries, then the counters that follow from them.
insert into allowance_entries (organization_id, account_id, seq, operation_id, kind, lot_id, hold_id, quantity, d_posted, d_held, d_debt,
    d_remaining, counter, d_counter, posted_after, held_after, debt_after, effective_at, recorded_at)
select {org}, p.account_id, p.seq, import_id({org}, 'operation:' || p.account_id || ':run:' || {run}, {now}), p.kind, p.lot_id, p.hold_id,
       p.quantity, p.d_remaining, p.d_held, p.d_debt, p.d_remaining,
       case p.kind when 'grant' then 'issued' when 'capture' then 'consumed' when 'consume' then 'consumed' when 'refund' then 'refunded'
            when 'expire' then 'breakage' when 'adjust_down' then 'adjusted' when 'charge_debt' then 'owed' end,
       p.d_debt - p.d_remaining, p.posted_after, p.held_after, p.debt_after, p.at, greatest(a.last_recorded_at, {now})
  from posting p join allowance_accounts a on a.organization_id = {org} and a.id = p.account_id
 order by p.account_id, p.seq;

update allowance_lots l set remaining = l.remaining + p.remaining, held = l.held + p.held, consumed = l.consumed + p.consumed
  from (select lot_id, sum(d_remaining)::bigint as remaining, sum(d_held)::bigint as held,
               coalesce(sum(case when kind in ('capture', 'consume') then quantity when kind = 'refund' then -quantity end), 0)::bigint
                 as consumed
          from posting group by lot_id) p
 where l.organization_id = {org} and l.id = p.lot_id;

update allowance_accounts a
   set posted = a.posted + p.posted, held = a.held + p.held, debt = a.debt + p.debt, consumed = a.consumed + p.consumed,
       last_seq = p.last_seq, last_recorded_at = greatest(a.last_recorded_at, {now})
  from (select account_id, sum(d_remaining)::bigint as posted, sum(d_held)::bigint as held, sum(d_debt)::bigint as debt,
               max(seq) as last_seq,
               coalesce(sum(case when kind in ('capture', 'consume') then quantity when kind = 'refund' then -quantity end), 0)::bigint
                 as consumed
          from posting group by account_id) p
 where a.organization_id = {org} and a.id = p.account_id;

update posting_done set entries = entries + (select count(*) from posting);
truncate posting restart identity;
