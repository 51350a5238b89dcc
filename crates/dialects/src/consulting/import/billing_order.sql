-- Numbers that several bills have, apart from case and white space.
create temp table numbers_alike as
select lower(regexp_replace(invoice_number, '\s', '', 'g')) as word from staged_billing_consulting
 where trim(invoice_number) <> '' group by 1 having count(*) > 1;
create index on numbers_alike (word);
analyze numbers_alike;
