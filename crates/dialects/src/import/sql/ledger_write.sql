-- Third step, after the entries were numbered: lots, holds and their parts, which the entries name.
insert into allowance_lots (organization_id, id, account_id, operation_id, opened_seq, source_kind, source_ref, category, amount,
    effective_at, activated_at, created_at)
select {org}, n.id, n.account_id, import_id({org}, 'operation:' || n.account_id || ':run:' || {run}, {now}), p.seq, 'import', n.source_ref, 'paid',
       n.amount, least(n.starts_at, {now}), least(n.starts_at, {now}), {now}
  from new_lots n join posting p on p.lot_id = n.id and p.kind = 'grant';
insert into allowance_holds (organization_id, id, account_id, operation_id, subject_kind, subject_id, opened_seq, amount, captured, state,
    created_at, closed_at)
select {org}, d.hold_id, p.account_id, import_id({org}, 'operation:' || p.account_id || ':run:' || {run}, {now}), 'ticket',
       prefixed_id('tkt', d.subject), p.seq, d.quantity, case d.kind when 'consume' then d.quantity else 0 end,
       case d.kind when 'consume' then 'captured' else 'open' end, d.at, case d.kind when 'consume' then d.at end
  from draws d
  join (select hold_id, account_id, min(seq) as seq from posting where hold_id is not null group by hold_id, account_id) p using (hold_id);
insert into allowance_hold_lots (organization_id, hold_id, lot_id, position, amount, captured)
select {org}, hold_id, lot_id, position, quantity, case kind when 'consume' then quantity else 0 end from parts where hold_id is not null;
insert into ticket_holds (organization_id, hold_id, ticket_id, origin_ticket_id, open_seconds, created_at)
select {org}, hold_id, subject, subject, case kind when 'hold' then quantity else 0 end, at from draws where hold_id is not null;
