-- What a dialect compares, row by row: added up by figure and by why the sides differ. What is left out is only counted.
with compared as ({compared}), told as (
    select figure, left_out, case when left_out then 0 else source end as source, case when left_out then 0 else here end as here,
           case when left_out or source = here then null when gone then 'gone_from_source' else coalesce(
             (select reason from unnest(reasons) reason where reason = any (decisions) limit 1),
             case when went_on then 'went_on_here' else 'unexplained' end) end as why
      from compared
)
select figure, why, count(*) as rows, round(sum(here) - sum(source), 2)::text as by,
       round(sum(sum(source)) over (partition by figure), 2)::text as source, round(sum(sum(here)) over (partition by figure), 2)::text as here,
       (sum(count(*) filter (where left_out)) over (partition by figure))::bigint as left_out
  from told group by figure, why order by figure, why nulls first
