-- tickets_consulting.
create temp table tix as
with mine as (
    select p.*, case when trim(coalesce(p.title, '')) = '' then 'Without a title' else p.title end as called, o.customer_id, o.user_id as opener, lower(regexp_replace(trim(coalesce(p.status, '')), '[[:space:]_-]+', ' ', 'g')) as word,
           case when p.created_at between '0001-01-01' and '9999-12-30' then p.created_at at time zone 'UTC' else {now} end as at,
           case when p.dedicate_hours between 0 and 99999999.99 then round(p.dedicate_hours * 3600)::bigint else 0 end as seconds,
           t.id is not null and (t.version <> p.known_version or t.customer_id is distinct from o.customer_id) as changed_here,
           t.customer_id as old_customer, coalesce(t.held_seconds, 0) as old_held, coalesce(t.used_seconds, 0) as old_used
      from work w
      join pending_tickets_consulting p on coalesce(p.user_id, '00000000-0000-0000-0000-000000000000') = w.owner
      left join people o on o.uid = p.user_id
      left join tickets t on t.organization_id = {org} and t.id = p.known_object
     where w.turn = {turn}
), told as (
    select m.*, coalesce(known_object, case when customer_id is not null then import_id({org}, 'ticket:' || source_id, at) end) as object_id,
           case word when 'in progress' then 'in_progress' when 'completed' then 'completed' when 'rejected' then 'rejected' else 'pending' end
             as state,
           case when lower(trim(request_priority)) in ('low', 'medium', 'high', 'urgent') then initcap(trim(request_priority)) else 'Medium' end
             as priority,
           ticket_id ~ '^[A-Za-z0-9._-]{1,50}$' and (ticket_id !~ '^consulting-' or ticket_id = 'consulting-' || source_id) and not exists (
             select from tickets x where x.organization_id = {org} and x.number = m.ticket_id and x.id is distinct from m.known_object)
             and row_number() over (partition by ticket_id order by n) = 1 as number_good
      from mine m
)
select t.*, case when number_good then ticket_id else 'consulting-' || source_id end as number,
       case when state in ('pending', 'in_progress') then seconds else 0 end as held,
       case when state = 'completed' then seconds else 0 end as used,
       1::bigint as object_version,
       array_remove(array[
         case when user_id is null then 'no_user' when customer_id is null then 'user_not_imported' end,
         case when word not in ('pending', 'in progress', 'completed', 'rejected') then 'unknown_status' end,
         case when request_priority is not null and lower(trim(request_priority)) not in ('low', 'medium', 'high', 'urgent')
           then 'unknown_priority' end,
         case when dedicate_hours < 0 then 'negative_hours' when not dedicate_hours between 0 and 99999999.99 then 'hours_out_of_range'
              when dedicate_hours * 3600 <> seconds then 'hours_rounded' end,
         case when not number_good then 'number_not_usable' end,
         case when created_at is null then 'no_created_at'
              when not created_at between '0001-01-01' and '9999-12-30' then 'instant_out_of_range' end,
         case when trim(title) = '' or title ~ '[[:cntrl:]]' or details ~ '[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]' then 'odd_text' end,
         case when source_id ~ '^[0-9]+$' and source_id::numeric >= 1000000000 then 'number_too_large' end,
         case when changed_here and old_customer is distinct from customer_id then 'moved_to_another_customer'
              when changed_here then 'changed_here_too' end
       ], null) as decisions
  from told t;
create index on tix (object_id);
analyze tix;

insert into tickets (organization_id, id, number, customer_id, title, details, priority, status, wanted_seconds, held_seconds, used_seconds,
    opened_by_user_id, created_at, closed_at, contract_number)
select {org}, object_id, number, customer_id, called, details, priority, state, seconds, held, used, opener, at,
       case when state in ('completed', 'rejected') then at end,
       case when source_id ~ '^[0-9]{1,9}$' then source_id::bigint else nextval('tickets_contract_number_seq') end
  from tix where is_new and customer_id is not null;
insert into ticket_events (organization_id, id, ticket_id, at, kind, actor_name, internal)
select {org}, import_id({org}, 'ticket_event:' || source_id, at), object_id, at, 'ticket.imported', 'Import', false
  from tix where is_new and customer_id is not null;
update tickets t set title = x.called, details = x.details, priority = x.priority, status = x.state, wanted_seconds = x.seconds,
       held_seconds = x.held, used_seconds = x.used, version = t.version + 1,
       closed_at = case when x.state in ('completed', 'rejected') then coalesce(t.closed_at, {now}) end
  from tix x
 where not x.is_new and not x.changed_here and t.organization_id = {org} and t.id = x.known_object;
update tix x set object_version = case when changed_here then known_version else known_version + 1 end where known_object is not null;
