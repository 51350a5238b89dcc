-- ticket_comments_consulting.
create temp table batch as
with mine as (
    select p.*, r.object_id as ticket, r.source_id is not null as ticket_known, o.uid is not null as author_known, o.name as author,
           o.user_id as author_user, o.staff,
           lower(trim(coalesce(p.usertype, ''))) as side_word,
           case when p.created_at between '0001-01-01' and '9999-12-30' then p.created_at at time zone 'UTC' else {now} end as at
      from pending_ticket_comments_consulting p
      left join external_refs r on r.organization_id = {org} and r.source = '{source}' and r.kind = 'tickets_consulting'
        and r.source_id = p.ticket_id::text
      left join people o on o.uid = p.user_id
     where p.n between {from} and {to}
)
select m.n, m.source_id, m.is_new, m.known_object, m.ticket, m.message, m.at, m.author_user,
       coalesce(m.author, 'Somebody who was removed') as author_name,
       coalesce(known_object, case when ticket is not null then import_id({org}, 'comment:' || source_id, at) end) as object_id,
       null::bigint as object_version,
       case when side_word = 'customer' then 'customer' when side_word in ('admin', 'developer') or coalesce(staff, false) then 'staff'
            else 'customer' end as side,
       array_remove(array[
         case when ticket_id is null then 'no_ticket' when ticket is null then 'ticket_not_imported' end,
         case when user_id is null then 'no_user' when not author_known then 'user_not_imported' end,
         case when usertype is not null and side_word not in ('customer', 'admin', 'developer') then 'unknown_role' end,
         case when author_known and side_word = 'customer' and staff or author_known and side_word in ('admin', 'developer') and not staff
           then 'side_contradicts_role' end,
         case when created_at is null then 'no_created_at'
              when not created_at between '0001-01-01' and '9999-12-30' then 'instant_out_of_range' end,
         case when trim(message) = '' or message ~ '[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]' then 'odd_text' end,
         case when source_id ~ '^[0-9]+$' and source_id::numeric >= 1000000000 then 'number_too_large' end,
         -- A comment is never rewritten here. One that was gone for a while has not changed by coming back.
         case when known_object is not null and (known_row <> m.row or exists (
                select from external_refs r
                 where r.organization_id = {org} and r.source = '{source}' and r.kind = 'ticket_comments_consulting'
                   and r.source_id = m.source_id and r.decisions @> '{changed_in_source_after_import}'))
           then 'changed_in_source_after_import' end
       ], null) as decisions
  from mine m;
insert into ticket_comments (organization_id, id, ticket_id, origin_ticket_id, author_user_id, author_name, side, message, internal, created_at,
    contract_number)
select {org}, object_id, ticket, ticket, author_user, author_name, side, message, false, at,
       case when source_id ~ '^[0-9]{1,9}$' then source_id::bigint else nextval('ticket_comments_contract_number_seq') end
  from batch where known_object is null and object_id is not null;
