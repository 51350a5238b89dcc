-- What is compared with what was changed here stays as it is until this turn is written; locked in the order in which everybody does.
select from (
    select t.number from work w
      join pending_tickets_consulting p on coalesce(p.user_id, '00000000-0000-0000-0000-000000000000') = w.owner
      join tickets t on t.organization_id = {org} and t.id = p.known_object
     where w.turn = {turn} order by t.number for update of t) locked;
select from (
    select x.id from work w
      join staged_subscriptions_consulting s on coalesce(s.user_id, '00000000-0000-0000-0000-000000000000') = w.owner
      join external_refs r
        on r.organization_id = {org} and r.source = '{source}' and r.kind = 'subscriptions_consulting' and r.source_id = s.source_id
      join subscriptions x on x.organization_id = {org} and x.id = r.object_id
     where w.turn = {turn} order by x.id for update of x) locked;

-- subscriptions_consulting: all of a customer's, because which of them is the running one depends on the others.
create temp table subs as
with mine as (
    select s.*, p.n, r.object_id as known_object, r.object_version as known_version, r.row as known_row, r.object_id is null as is_new,
           o.customer_id, known.id is not null and known.customer_id is distinct from o.customer_id as moved,
           lower(trim(coalesce(s.status, ''))) as word
      from work w
      join staged_subscriptions_consulting s on coalesce(s.user_id, '00000000-0000-0000-0000-000000000000') = w.owner
      left join people o on o.uid = s.user_id
      left join pending_subscriptions_consulting p on p.source_id = s.source_id
      left join external_refs r
        on r.organization_id = {org} and r.source = '{source}' and r.kind = 'subscriptions_consulting' and r.source_id = s.source_id
      left join subscriptions known on known.organization_id = {org} and known.id = r.object_id
     where w.turn = {turn}
), told as (
    select m.*,
           -- What went to another customer in the source stays with the first one here, and is not the other's to have.
           word in ('active', 'trial', 'trialing', 'past_due') and not moved as live,
           case when start_date between '0001-01-01' and '9999-12-30' then start_date at time zone 'UTC' else {now} end as starts_at,
           case when end_date between '0001-01-01' and '9999-12-30' then end_date at time zone 'UTC' else {now} end as ends_at,
           case when hours_allocated between 0 and 99999999.99 then round(hours_allocated * 3600)::bigint else 0 end as granted,
           case when hours_remaining between -99999999.99 and 99999999.99 then round(hours_remaining * 3600)::bigint else 0 end as target,
           coalesce(case when (known_row ->> 'hours_remaining')::numeric between -99999999.99 and 99999999.99
             then round((known_row ->> 'hours_remaining')::numeric * 3600)::bigint end, 0) as old_target
      from mine m
), ranked as (
    select t.*, count(*) filter (where live and customer_id is not null) over (partition by user_id) as living,
           row_number() over (partition by user_id order by live desc, ends_at desc, starts_at desc, length(source_id) desc, source_id desc) as place
      from told t
)
select r.*, coalesce(known_object, case when customer_id is not null then import_id({org}, 'subscription:' || r.source_id, starts_at) end)
         as object_id,
       pw.version_id,
       false as superseded, null::text as state, null::bigint as object_version, '{}'::text[] as decisions, false as changed_here, false as taken_over
  from ranked r left join plan_words pw on pw.word = lower(trim(r.plan_name));
create index on subs (user_id);
create index on subs (known_object);
analyze subs;
-- What goes on here lives by what the ledger says from then on, and not by the source any more.
update subs s set taken_over = exists (
    select from subscription_changes x
     where x.organization_id = {org} and x.subscription_id = s.known_object and x.what = 'subscription.taken_over')
 where known_object is not null;
update subs s set changed_here = exists (
    select from subscriptions x where x.organization_id = {org} and x.id = s.known_object and x.version <> s.known_version)
 where not is_new and known_object is not null
   -- What this ended because the source had lost it was changed by nobody.
   and not exists (select from subscription_changes x
        where x.organization_id = {org} and x.subscription_id = s.known_object and x.what = 'subscription.lost'
          and x.seq = (select max(l.seq) from subscription_changes l where l.organization_id = {org} and l.subscription_id = s.known_object));
update subs set changed_here = true, taken_over = true where moved;
-- What the source has lost, and nobody changed here, gives way to what the source has in its place. Its hours stay until they end.
create temp table lost as
select x.id, x.version, x.state
  from (select distinct customer_id from subs where live and not changed_here) c
  join subscriptions x on x.organization_id = {org} and x.customer_id = c.customer_id
  join external_refs r
    on r.organization_id = {org} and r.source = '{source}' and r.kind = 'subscriptions_consulting' and r.object_id = x.id
 where x.state in ('active', 'past_due') and x.renews_at is null and x.version = r.object_version
   and not exists (select from staged_subscriptions_consulting o where o.source_id = r.source_id);
with ended as (
    update subscriptions x set state = 'ended', ended_at = {now}, version = x.version + 1
      from lost l where x.organization_id = {org} and x.id = l.id and x.version = l.version
    returning l.id, l.state)
insert into subscription_changes (organization_id, subscription_id, seq, what, from_state, to_state, actor_name, at)
select {org}, l.id, 1 + (select max(seq) from subscription_changes c where c.organization_id = {org} and c.subscription_id = l.id),
       'subscription.lost', l.state, 'ended', 'Import', {now} from ended l;
drop table lost;
-- What runs here and is not this source's to end: begun or taken over here, or changed here.
update subs s set superseded = exists (
    select from subscriptions x
     where x.organization_id = {org} and x.customer_id = s.customer_id and x.state in ('incomplete', 'active', 'past_due', 'paused')
       and x.id is distinct from s.known_object
       and not exists (select from subs o where o.known_object = x.id and not o.changed_here));
update subs s set
    state = case when live and place = 1 and not superseded then case word when 'past_due' then 'past_due' else 'active' end
                 when word in ('cancelled', 'canceled') then 'cancelled' else 'ended' end,
    decisions = array_remove(array[
      case when user_id is null then 'no_user' when customer_id is null then 'user_not_imported' end,
      case when moved then 'moved_to_another_customer' end,
      case when word not in ('active', 'trial', 'trialing', 'past_due', 'cancelled', 'canceled', 'expired', 'ended') then 'unknown_status'
           when status <> word then 'status_spelled' end,
      case when live and end_date < {now} at time zone 'UTC' - interval '31 days' then 'runs_past_its_end' end,
      case when lower(trim(plan_name)) not in ('basic', 'standard', 'pro', 'daily') then 'unknown_plan' end,
      case when live and living > 1 and customer_id is not null then 'two_live_subscriptions' end,
      case when live and superseded then 'superseded_here' end,
      case when live and place = 1 and not superseded and exists (
          select from subscriptions x join subscription_changes c
            on c.organization_id = {org} and c.subscription_id = x.id and c.what = 'subscription.lost'
           where x.organization_id = {org} and x.customer_id = s.customer_id and x.id is distinct from s.known_object and x.state = 'ended')
        then 'replaces_lost' end,
      case when hours_allocated < 0 or hours_remaining < 0 then 'negative_hours' end,
      case when not hours_allocated between -99999999.99 and 99999999.99 or not hours_remaining between -99999999.99 and 99999999.99
        then 'hours_out_of_range' end,
      case when hours_allocated * 3600 <> granted and hours_allocated between 0 and 99999999.99 or hours_remaining * 3600 <> target
        and hours_remaining between -99999999.99 and 99999999.99 then 'hours_rounded' end,
      case when hours_remaining > hours_allocated and hours_remaining between 0 and 99999999.99 then 'more_remaining_than_allocated' end,
      case when end_date < start_date then 'ends_before_start' end,
      case when not start_date between '0001-01-01' and '9999-12-30' or not end_date between '0001-01-01' and '9999-12-30'
        then 'instant_out_of_range' end,
      case when source_id ~ '^[0-9]+$' and source_id::numeric >= 1000000000 then 'number_too_large' end
    ], null);
-- A blank name is the plan that the customer has otherwise.
update subs s set decisions = array_append(decisions, 'no_plan'), version_id = coalesce(
    (select o.version_id from subs o where o.user_id = s.user_id and o.version_id is not null
      order by o.live desc, o.ends_at desc, length(o.source_id) desc, o.source_id desc limit 1),
    (select version_id from plan_words where word = 'without a name'))
 where version_id is null and customer_id is not null;
update subs set object_id = null, customer_id = null where version_id is null;
update subs set decisions = array_append(decisions, 'changed_here_too')
 where changed_here and not moved and n is not null;

-- Those that end first: a customer has one that runs.
update subscriptions x set state = s.state, renews_at = null, ended_at = coalesce(x.ended_at, least(s.ends_at, {now})), version = x.version + 1
  from subs s
 where x.organization_id = {org} and x.id = s.known_object and not s.changed_here and s.state in ('cancelled', 'ended') and x.state <> s.state;
update subscriptions x set state = s.state, ended_at = null, plan_version_id = s.version_id, version = x.version + 1
  from subs s
 where x.organization_id = {org} and x.id = s.known_object and not s.changed_here and s.state in ('active', 'past_due')
   and (x.state <> s.state or x.plan_version_id <> s.version_id);
insert into subscriptions (organization_id, id, customer_id, plan_version_id, state, anchor_at, anchor_number, next_number, created_at,
    ended_at, contract_number)
select {org}, object_id, customer_id, version_id, state, starts_at, 0, 1, starts_at,
       case when state in ('cancelled', 'ended') then least(ends_at, {now}) end,
       case when source_id ~ '^[0-9]{1,9}$' then source_id::bigint else nextval('subscriptions_contract_number_seq') end
  from subs where is_new and customer_id is not null
 order by state in ('active', 'past_due');
insert into subscription_changes (organization_id, subscription_id, seq, what, to_state, reason, actor_name, at)
select {org}, object_id, 1, 'subscription.imported', state, null, 'Import', {now} from subs where is_new and customer_id is not null;
update subs s set object_version = case when s.changed_here then s.known_version else
    (select x.version from subscriptions x where x.organization_id = {org} and x.id = s.object_id) end;
