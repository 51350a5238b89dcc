-- webhook_events: kept, so that an event that was processed there is known here.
create temp table batch as
select n, null::uuid as object_id, null::bigint as object_version,
       array_remove(array[
         case when lower(trim(status)) = 'processing' then 'still_processing'
              when lower(trim(status)) <> 'processed' then 'unknown_status' end], null) as decisions
  from pending_webhook_events where n between {from} and {to};
