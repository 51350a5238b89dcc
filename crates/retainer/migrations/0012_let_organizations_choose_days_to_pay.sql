-- How many days a customer has to pay an invoice, from its issue on. It was seven for everybody.
alter table organizations add column days_to_pay smallint not null default 14
    constraint organizations_days_to_pay check (days_to_pay between 1 and 365);
