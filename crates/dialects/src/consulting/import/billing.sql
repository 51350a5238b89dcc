-- billing_consulting: bills become invoices, paid ones with their payment. Words that say how a subscription stands are no state of a bill,
-- and money back has no invoice: both are only kept.
-- Bills that are compared with what was changed here stay as they are until this batch is written.
select from (
    select i.id from pending_billing_consulting p
      join invoices i on i.organization_id = {org} and i.id = p.known_object
     where p.n between {from} and {to} order by i.id for update of i) locked;
create temp table batch as
with mine as (
    select p.*, o.customer_id, o.uid is not null as owner_known, lower(trim(p.status)) as word, trim(p.invoice_number) as given,
           i.version is not null and i.version <> p.known_version as changed_here, i.customer_id as old_customer, i.state as old_state,
           i.total_minor as old_cents, i.paid_at as old_paid,
           case when p.created_at between '0001-01-01' and '9999-12-30' then p.created_at at time zone 'UTC' else {now} end as at,
           case when p.paid_at between '0001-01-01' and '9999-12-30' then p.paid_at at time zone 'UTC' end as paid,
           case when p.amount between 0 and 99999999.99 then round(p.amount * 100)::bigint end as cents
      from pending_billing_consulting p
      left join people o on o.uid = p.user_id
      left join invoices i on i.organization_id = {org} and i.id = p.known_object
     where p.n between {from} and {to}
), told as (
    select m.*,
           case word when 'paid' then 'paid' when 'pending' then 'open' when 'failed' then 'void' when 'past_due' then 'open'
                when 'cancelled' then 'void' when 'canceled' then 'void' end as state,
           -- A number that we would make for another bill is that bill's.
           coalesce(given, '') <> '' and (given !~ '^consulting-|\(.*\)$' or given = 'consulting-' || source_id) and not exists (
             select from invoices x where x.organization_id = {org} and x.number = m.given and x.id is distinct from m.known_object)
             and row_number() over (partition by given order by n) = 1 as number_good,
           exists (select from numbers_alike a where a.word = lower(regexp_replace(m.given, '\s', '', 'g'))) as number_alike
      from mine m
)
select t.*, customer_id is not null and cents is not null and state is not null as becomes,
       case when number_good then given else coalesce(nullif(given, '') || ' (' || source_id || ')', 'consulting-' || source_id) end as number,
       coalesce(known_object, case when customer_id is not null and cents is not null and state is not null
         then import_id({org}, 'invoice:' || source_id, at) end) as object_id,
       null::bigint as object_version,
       array_remove(array[
         case when user_id is null then 'no_user' when customer_id is null then 'user_not_imported' end,
         case when amount < 0 then 'negative_amount' when cents is null then 'amount_out_of_range'
              when amount * 100 <> cents then 'amount_rounded' end,
         case when word = 'failed' then 'payment_failed' end,
         case when state is not null and status <> word then 'status_spelled' end,
         case when word in ('active', 'trial', 'trialing') then 'status_of_a_subscription' when state is null then 'unknown_status' end,
         case when lower(trim(billing_type)) not in ('new subscription', 'renewal subscription', 'topup') then 'unknown_type' end,
         case when coalesce(given, '') = '' then 'no_invoice_number' when not number_good then 'invoice_number_twice'
              when number_alike then 'invoice_number_alike' end,
         case when word = 'paid' and paid_at is null then 'paid_without_paid_at' when word <> 'paid' and paid_at is not null
           then 'paid_at_but_not_paid' end,
         case when paid_at < created_at then 'paid_before_it_was_written' end,
         case when created_at is null then 'no_created_at' end,
         case when not created_at between '0001-01-01' and '9999-12-30' or not paid_at between '0001-01-01' and '9999-12-30'
           then 'instant_out_of_range' end,
         case when source_id ~ '^[0-9]+$' and source_id::numeric >= 1000000000 then 'number_too_large' end,
         case when old_customer is distinct from customer_id and known_object is not null then 'moved_to_another_customer' end,
         case when changed_here then 'changed_here_too' end,
         -- Asked of what it is here, not of the row before: it stays true however often the row changes.
         case when known_object is not null and old_cents is distinct from cents then 'amount_changed' end,
         case when not changed_here and state = 'paid' and old_state = 'paid' and old_paid <> paid then 'paid_at_changed' end,
         case when known_object is not null and not changed_here and (state is null or old_state in ('paid', 'refunded') and state <> 'paid')
           then 'state_went_back' end
       ], null) as decisions
  from told t;

-- Nobody is reminded of a bill because the shop moved: it was billed elsewhere, and may have been paid there since. The source
-- knows no due dates, so one that waits is due at no time and never overdue.
insert into invoices (organization_id, id, customer_id, number, state, currency, total_minor, created_at, issued_at, due_at, paid_at, voided_at,
    void_reason, overdue_told_at, contract_number)
select {org}, object_id, customer_id, number, state, 'USD', cents, at, at,
       case word when 'past_due' then at end,
       case when state = 'paid' then coalesce(paid, at) end, case when state = 'void' then at end,
       case when state = 'void' then case word when 'failed' then 'Its payment failed in the system before.'
         else 'Cancelled in the system before.' end end, {now},
       case when source_id ~ '^[0-9]{1,9}$' then source_id::bigint else nextval('invoices_contract_number_seq') end
  from batch where known_object is null and becomes;
insert into invoice_lines (organization_id, invoice_id, position, kind, description, amount_minor)
select {org}, object_id, 1, 'imported', billing_type, cents from batch where known_object is null and becomes;

-- A bill that is there and went on in the source: paid, failed or cancelled since; a new number while it is open. Money that came
-- in is never taken back by an import, and what a bill says is never rewritten.
create temp table moved as
select * from batch where known_object is not null and becomes and not changed_here and old_state not in ('paid', 'refunded');
update invoices i set state = m.state, number = m.number,
       due_at = case m.word when 'past_due' then coalesce(i.due_at, m.at) when 'pending' then null else i.due_at end,
       paid_at = case when m.state = 'paid' then coalesce(m.paid, {now}) end,
       voided_at = case when m.state = 'void' then coalesce(i.voided_at, {now}) end,
       void_reason = case when m.state = 'void' then coalesce(i.void_reason, case m.word when 'failed'
         then 'Its payment failed in the system before.' else 'Cancelled in the system before.' end) end, version = i.version + 1
  from moved m where i.organization_id = {org} and i.id = m.known_object;
drop table moved;

insert into payments (organization_id, id, customer_id, invoice_id, method, amount_minor, currency, received_at, reference, created_at)
select {org}, import_id({org}, 'payment:' || source_id, at), coalesce(old_customer, customer_id), object_id, 'imported', cents, 'USD', coalesce(paid, at),
       coalesce(stripe_payment_intent_id, stripe_charge_id, stripe_invoice_id, stripe_session_id), {now}
  from batch
 where becomes and state = 'paid' and not changed_here and (known_object is null or old_state not in ('paid', 'refunded'));
update batch b set object_version = case when changed_here then known_version
    else (select i.version from invoices i where i.organization_id = {org} and i.id = b.object_id) end;
