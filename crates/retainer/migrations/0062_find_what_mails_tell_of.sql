-- Whether a kept mail is overtaken is asked of all that are kept, and there may be many: each looks for one row.
create index mails_about on mails (organization_id, to_user_id, about, kind, created_at, id) where about is not null;
create index notifications_read_of on notifications (organization_id, user_id, subject_kind, subject_ref, created_at)
    where read_at is not null;
