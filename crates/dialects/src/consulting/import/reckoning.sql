-- What the source and Retainer count for the same rows, by the decision that explains why they differ. Hours are those of
-- subscriptions that run; those that go on here are left out on both sides. Money is that of bills which the old reports count as paid.
with subscriptions as (
    select coalesce(s.source_id, r.source_id) as source_id, r.decisions, s.source_id is null as gone,
           exists (select from subscription_changes x
                    where x.organization_id = {org} and x.subscription_id = r.object_id and x.what = 'subscription.taken_over') as left_out,
           case when lower(trim(coalesce(s.status, ''))) in ('active', 'trial', 'trialing', 'past_due') then coalesce(nullif(s.hours_remaining, 'NaN'), 0) else 0 end
             as source,
           coalesce(h.here, 0) as here, coalesce(h.went_on, false) as went_on
      from staged_subscriptions_consulting s
      full join (select * from external_refs where organization_id = {org} and source = '{source}' and kind = 'subscriptions_consulting') r
        on r.source_id = s.source_id
      left join (
        select split_part(l.source_ref, ':', 3) as source_id,
               sum(case when l.ended_as is null then l.remaining - l.held else 0 end - coalesce(d.owed, 0)) / 3600.0 as here,
               bool_or(l.account_id in (
                 select e.account_id from allowance_operations o
                   join allowance_entries e on e.organization_id = {org} and e.operation_id = o.id
                  where o.organization_id = {org} and o.kind <> 'import')) as went_on
          from allowance_lots l
          left join (
            select lot_id, sum(case kind when 'charge_debt' then quantity else -quantity end) as owed
              from allowance_entries
             where organization_id = {org} and kind in ('charge_debt', 'repay_debt') group by lot_id) d on d.lot_id = l.id
         where l.organization_id = {org} and l.source_kind = 'import' and starts_with(l.source_ref, '{source}:subscription:')
         group by 1) h on h.source_id = coalesce(s.source_id, r.source_id)
), bills as (
    select r.decisions, s.source_id is null as gone, false as left_out,
           case when s.status = 'paid' and s.paid_at is not null then coalesce(nullif(s.amount, 'NaN'), 0) else 0 end as source,
           coalesce(p.here, 0) as here, i.version <> r.object_version or coalesce(p.went_on, false) as went_on
      from staged_billing_consulting s
      full join (select * from external_refs where organization_id = {org} and source = '{source}' and kind = 'billing_consulting') r
        on r.source_id = s.source_id
      left join (
        select p.invoice_id, sum(p.amount_minor - coalesce(b.minor, 0)) / 100.0 as here, bool_or(b.minor > 0) as went_on
          from payments p
          left join (select payment_id, sum(amount_minor) as minor from refunds where organization_id = {org} group by payment_id) b
            on b.payment_id = p.id
         where p.organization_id = {org} group by p.invoice_id) p on p.invoice_id = r.object_id
      left join invoices i on i.organization_id = {org} and i.id = r.object_id
)
select 'hours_left' as figure, decisions, gone, left_out, source, here, went_on,
       array['no_user', 'user_not_imported', 'hours_out_of_range', 'hours_rounded', 'two_live_subscriptions', 'unknown_status',
             'superseded_here', 'moved_to_another_customer'] as reasons
  from subscriptions
union all
select 'paid', decisions, gone, left_out, source, here, went_on,
       array['no_user', 'user_not_imported', 'negative_amount', 'amount_out_of_range', 'unknown_status', 'status_spelled', 'status_of_a_subscription',
             'paid_without_paid_at', 'paid_at_but_not_paid', 'amount_changed', 'state_went_back', 'amount_rounded']
  from bills
