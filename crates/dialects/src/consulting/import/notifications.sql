-- notifications_consulting. The ticket may be gone: then its number is kept as the source had it.
create temp table batch as
with mine as (
    select p.*, r.object_id as ticket, t.number, o.user_id as reader, o.uid is not null as recipient_known, s.name as sender,
           lower(trim(p.type)) as word,
           case when p.created_at between '0001-01-01' and '9999-12-30' then p.created_at at time zone 'UTC' else {now} end as at
      from pending_notifications_consulting p
      left join external_refs r on r.organization_id = {org} and r.source = '{source}' and r.kind = 'tickets_consulting'
        and r.source_id = p.ticket_id::text
      left join tickets t on t.organization_id = {org} and t.id = r.object_id
      left join people o on o.uid = p.recipient_id
      left join people s on s.uid = p.sender_id
     where p.n between {from} and {to}
)
select m.n, m.source_id, m.known_object, m.reader, m.word, m.message, m.is_read, m.at,
       coalesce(m.number, m.ticket_id::text, '-') as subject, coalesce(m.sender, 'Somebody') as actor,
       coalesce(known_object, case when reader is not null and word in ('request', 'status', 'comment')
         then import_id({org}, 'notification:' || source_id, at) end) as object_id,
       null::bigint as object_version,
       array_remove(array[
         case when recipient_id is null then 'no_user' when not recipient_known then 'user_not_imported'
              when reader is null then 'recipient_cannot_sign_in' end,
         case when word not in ('request', 'status', 'comment') then 'unknown_type' end,
         case when ticket_id is not null and ticket is null then 'ticket_is_gone' end,
         case when created_at is null then 'no_created_at'
              when not created_at between '0001-01-01' and '9999-12-30' then 'instant_out_of_range' end,
         case when message ~ '[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]' then 'odd_text' end,
         case when source_id ~ '^[0-9]+$' and source_id::numeric >= 1000000000 then 'number_too_large' end
       ], null) as decisions
  from mine m;
insert into notifications (organization_id, id, user_id, kind, subject_kind, subject_ref, title, text, reason, actor_name, created_at, read_at,
    contract_number)
select {org}, object_id, reader, word, 'ticket', subject,
       case word when 'request' then 'New ticket ' || subject when 'status' then 'Ticket ' || subject || ' went on'
            else 'Comment on ' || subject end,
       message, 'because you were told before the move', actor, at, case when is_read then at end,
       case when source_id ~ '^[0-9]{1,9}$' then source_id::bigint else nextval('notifications_contract_number_seq') end
  from batch where known_object is null and object_id is not null;
-- What was read there meanwhile is read here.
update notifications x set read_at = {now} from batch b
 where b.known_object is not null and b.is_read and x.organization_id = {org} and x.id = b.known_object and x.read_at is null;
