-- What is over is swept away after a month: sessions and links that ended, and the answers to repeated requests.
grant delete on sessions, secret_links, idempotency_keys to retainer_app;
-- Asked across organizations by duties, so the instant stands first.
create index sessions_old on sessions (expires_at, organization_id);
create index secret_links_old on secret_links (expires_at, organization_id);
drop index idempotency_keys_old;
create index idempotency_keys_old on idempotency_keys (created_at, organization_id);
