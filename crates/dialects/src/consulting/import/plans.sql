-- Plans that the source names and the organization does not have: those of the catalogue with its terms, others as they are found,
-- not offered to anybody.
create temp table named as
select distinct on (lower(trim(s.plan_name))) trim(s.plan_name) as name, lower(trim(s.plan_name)) as word, s.hours_allocated
  from staged_subscriptions_consulting s
 where trim(s.plan_name) <> ''
   and not exists (select from plans p where p.organization_id = {org} and lower(p.name) = lower(trim(s.plan_name)))
 order by lower(trim(s.plan_name)), (s.hours_allocated > 0) is not true, s.source_id;
-- A blank name of somebody who has no other plan.
insert into named
select 'Without a name', 'without a name', s.hours_allocated
  from staged_subscriptions_consulting s
 where coalesce(trim(s.plan_name), '') = ''
   and not exists (select from plans p where p.organization_id = {org} and lower(p.name) = 'without a name')
   and not exists (select from named where word = 'without a name')
 order by s.source_id limit 1;
insert into plans (organization_id, id, name, created_at, archived_at)
select {org}, import_id({org}, 'plan:' || word, {now}),
       case when word in ('basic', 'standard', 'pro', 'daily') then initcap(word) else name end, {now},
       case when word not in ('basic', 'standard', 'pro', 'daily') then {now} end
  from named;
insert into plan_versions (organization_id, id, plan_id, number, price_minor, currency, period, unit_code, quantity, rollover, expiry,
    overage, upgrade, created_at)
select {org}, import_id({org}, 'plan_version:' || word, {now}), import_id({org}, 'plan:' || word, {now}), 1,
       case word when 'basic' then 5000 when 'standard' then 45000 when 'pro' then 400000 when 'daily' then 5000 else 0 end, 'USD',
       case word when 'daily' then 'day' else 'month' end, 'hour',
       case word when 'basic' then 3600 when 'standard' then 36000 when 'pro' then 360000 when 'daily' then 3600
            -- Nobody would want a plan of no hours; it is not offered to anybody.
            else coalesce(case when hours_allocated between 0.01 and 99999999 then round(hours_allocated * 3600) end, 3600)::bigint end,
       'none', 'period_end', 'block', 'replace', {now}
  from named;
drop table named;

-- The newest version of each plan, the living before the archived.
create temp table plan_words as
select distinct on (lower(p.name)) lower(p.name) as word, v.id as version_id
  from plans p join plan_versions v on v.organization_id = p.organization_id and v.plan_id = p.id
 where p.organization_id = {org}
 order by lower(p.name), p.archived_at is not null, v.number desc;
