-- Outside of a transaction.
-- A login of a contract asks for plans, and `explain analyze` counts what an index found and a border took out again. So each
-- index of a column that a login may read holds the organization too. What an interrupted run left half done is made anew.
drop index concurrently if exists notifications_of_user;
create index concurrently notifications_of_user on notifications (user_id, organization_id);
drop index concurrently if exists ticket_comments_by_author;
create index concurrently ticket_comments_by_author on ticket_comments (author_user_id, organization_id)
    where author_user_id is not null;
drop index concurrently if exists notifications_user;
drop index concurrently if exists ticket_comments_author;
