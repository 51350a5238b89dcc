-- What 0020 prepared, without locks that readers or other writers would wait for.
--
-- Row-level security binds the owner too, so it goes from organization to organization.
do $$
declare
    v_organization uuid;
begin
    for v_organization in select organization_id from organization_slugs loop
        perform set_config('retainer.organization_id', v_organization::text, true);
        update external_refs r
           set row = r.row - array(select jsonb_object_keys(r.row - d.columns)), hidden = r.row - d.columns
          from (values
              ('users_consulting', array['id', 'name', 'email', 'role', 'created_at']),
              ('subscriptions_consulting', array['id', 'user_id', 'plan_name', 'hours_allocated', 'hours_remaining', 'status',
                  'start_date', 'end_date']),
              ('tickets_consulting', array['id', 'ticket_id', 'user_id', 'title', 'details', 'status', 'request_priority',
                  'dedicate_hours', 'created_at']),
              ('ticket_comments_consulting', array['id', 'ticket_id', 'user_id', 'usertype', 'message', 'created_at']),
              ('notifications_consulting', array['id', 'sender_id', 'recipient_id', 'ticket_id', 'type', 'message', 'role',
                  'is_read', 'created_at']),
              ('billing_consulting', array['id', 'user_id', 'invoice_number', 'stripe_session_id', 'stripe_customer_id',
                  'stripe_subscription_id', 'stripe_invoice_id', 'stripe_charge_id', 'stripe_payment_intent_id', 'amount',
                  'status', 'billing_type', 'created_at', 'paid_at']),
              ('webhook_events', array['id', 'event_id', 'status', 'created_at', 'processed_at', 'updated_at'])
          ) as d(kind, columns)
         where r.organization_id = v_organization and r.source = 'consulting' and r.kind = d.kind
           and r.row - d.columns <> '{}';
        -- Staff who bought something have a customer of their own since their import, whose id follows from their row.
        update external_refs r set customer_id = c.id
          from customers c
         where r.organization_id = v_organization and r.source = 'consulting' and r.kind = 'users_consulting'
           and r.decisions @> '{staff_who_buys}' and c.organization_id = v_organization
           and c.id = import_id(v_organization, 'customer:' || r.source_id,
               case when (r.row ->> 'created_at')::timestamp between '0001-01-01' and '9999-12-30'
                   then (r.row ->> 'created_at')::timestamp at time zone 'UTC' else r.imported_at end);
        -- Whoever owes a bill of the system before was billed there: its owner decides whether to remind of it.
        update invoices i set overdue_told_at = now()
         where i.organization_id = v_organization and i.state = 'open' and i.overdue_told_at is null
           and exists (select from invoice_lines l
               where l.organization_id = v_organization and l.invoice_id = i.id and l.kind = 'imported');
    end loop;
end
$$;
alter table external_refs validate constraint external_refs_hides;
alter table external_refs validate constraint external_refs_customer;
create index external_refs_customer on external_refs (organization_id, customer_id) where customer_id is not null;
