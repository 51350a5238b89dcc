-- The benchmark's data set: :organizations invented organizations and the demo's own, each with :tickets tickets.
-- Written by the superuser straight into the tables; nothing of it is served as anybody's real data.
\set ON_ERROR_STOP on
begin;
create temporary table bench_organizations as
    select gen_random_uuid() as organization_id, 'bench-' || place as slug from generate_series(1, :organizations) as place;
insert into organization_slugs (slug, organization_id) select slug, organization_id from bench_organizations;
insert into organizations (organization_id, id, slug, name, created_at)
    select organization_id, organization_id, slug, initcap(slug), now() from bench_organizations;
insert into customers (organization_id, id, name, created_at)
    select organization_id, gen_random_uuid(), 'Customer ' || place, now() - place * interval '1 day'
    from bench_organizations, generate_series(1, 20) as place;
insert into bench_organizations select organization_id, slug from organizations where slug = 'leverai';
create temporary table bench_customers as
    select organization_id, id, row_number() over (partition by organization_id order by id) - 1 as place,
           count(*) over (partition by organization_id) as customers
    from customers;
insert into tickets (organization_id, id, number, customer_id, title, details, priority, status, wanted_seconds,
        created_at, closed_at)
    select o.organization_id, gen_random_uuid(), 'TKT-BENCH-' || lpad(n::text, 6, '0'), c.id,
        'Benchmark ticket ' || n, repeat('Something to be done, and why. ', 6),
        (array['Low', 'Medium', 'High', 'Urgent'])[1 + n % 4], case when n % 5 = 0 then 'completed' else 'pending' end, 3600,
        now() - n * interval '7 minutes', case when n % 5 = 0 then now() end
    from bench_organizations o
    cross join generate_series(1, :tickets) as n
    join bench_customers c on c.organization_id = o.organization_id and c.place = n % c.customers;
commit;
vacuum (analyze) tickets;
analyze;
