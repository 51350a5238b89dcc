-- What subscriptions and tickets mean for the ledger. A ticket draws on the subscription whose period contains its creation, the latest
-- of several; else on what nobody granted.
insert into settled (subject, customer_id, how)
select object_id, customer_id, case when old_used = 0 and held = 0 and used = old_held and old_held > 0 then 'done' else 'undo' end
  from tix where not is_new and not changed_here and (held, used) is distinct from (old_held, old_used);
insert into needs (ref, customer_id, subject, subject_ref, held, used, at)
select '{source}:' || coalesce((
         select 'subscription:' || s.source_id from subs s
          where s.user_id = t.user_id and s.customer_id is not null and not s.taken_over and s.start_date <= t.created_at and t.created_at < s.end_date
          order by s.start_date desc, length(s.source_id) desc, s.source_id desc limit 1), 'unattributed'),
       customer_id, object_id, source_id, held, used, at
  from tix t
 where customer_id is not null and held + used > 0
   and (is_new or not changed_here and (held, used) is distinct from (old_held, old_used)
        and not exists (select from settled s where s.subject = t.object_id and s.how = 'done'));
insert into pots (customer_id, ref, granted, target, old_target, is_new, live, starts_at)
select customer_id, '{source}:subscription:' || source_id, granted, target, old_target, is_new, live, starts_at
  from subs where customer_id is not null and not taken_over
union all
select customer_id, '{source}:unattributed', 0, 0, 0, false, true, {now}
  from (select customer_id from needs where ref = '{source}:unattributed' union select customer_id from settled) owners;
analyze settled, needs, pots;
