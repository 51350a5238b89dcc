-- Who may be changed, by whom: a person changes their own row only (which signing in, a reset or an invitation makes it
-- for a transaction). Former members stay readable, because old tickets show their names.
drop policy own on users;
create policy own on users for select
    using (
        id = (select current_user_id())
        or exists (
            select from memberships m
            where m.organization_id = (select current_organization_id()) and m.user_id = users.id
        )
    );
-- Whoever is new has proved nothing yet.
create policy enter on users for insert
    with check (email_verified_at is null and totp_sealed is null and totp_confirmed_at is null and anonymised_at is null);
create policy own_change on users for update
    using (id = (select current_user_id()))
    with check (id = (select current_user_id()));

-- A person's links are theirs in all organizations: a new password makes all of them useless.
drop policy tenant on secret_links;
create policy tenant on secret_links
    using (organization_id = (select current_organization_id()) or user_id = (select current_user_id()))
    with check (organization_id = (select current_organization_id()) or user_id = (select current_user_id()));

-- No invoice was ever a draft: one is written when it opens.
alter table invoices drop constraint invoices_state_check;
alter table invoices add constraint invoices_state_check check (state in ('open', 'paid', 'void', 'refunded'));
alter table invoices drop constraint invoices_check;
alter table invoices alter column number set not null;
