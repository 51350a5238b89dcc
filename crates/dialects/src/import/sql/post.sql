-- Posts entries to the ledger, many accounts at once: what ledger_post (migrations/repeatable/ledger_1_base.sql) does for one entry,
-- the same table of what each kind moves; tests/posting.rs holds the two together. "posting" says what: account_id, lot_id, hold_id,
-- kind, quantity, at, step, place (the order within the account). New lots, holds and parts are inserted by the caller between
-- numbering and writing; so this file has two parts.
update posting p set seq = numbered.seq, d_remaining = numbered.d_remaining, d_held = numbered.d_held, d_debt = numbered.d_debt,
       posted_after = numbered.posted_after, held_after = numbered.held_after, debt_after = numbered.debt_after
  from (
    select m.id, m.d_remaining, m.d_held, m.d_debt,
           a.last_seq + row_number() over w as seq,
           a.posted + sum(m.d_remaining) over w as posted_after,
           a.held + sum(m.d_held) over w as held_after,
           a.debt + sum(m.d_debt) over w as debt_after
      from (select id, account_id, step, place,
                   case when kind in ('grant', 'refund') then quantity
                        when kind in ('capture', 'consume', 'adjust_down', 'expire', 'repay_debt') then -quantity else 0 end as d_remaining,
                   case when kind = 'hold' then quantity when kind in ('release', 'capture') then -quantity else 0 end as d_held,
                   case when kind = 'charge_debt' then quantity when kind = 'repay_debt' then -quantity else 0 end as d_debt
              from posting) m
      join allowance_accounts a on a.organization_id = {org} and a.id = m.account_id
    window w as (partition by m.account_id order by m.step, m.place, m.id)) numbered
 where numbered.id = p.id;
