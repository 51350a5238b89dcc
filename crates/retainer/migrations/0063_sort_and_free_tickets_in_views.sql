-- More orders of the list of tickets, and those that nobody has taken on.
alter table ticket_views drop constraint ticket_views_sort_check;
alter table ticket_views add constraint ticket_views_sort_check
    check (sort in ('priority', 'held', 'oldest', 'customer', 'assignee', 'status'));
alter table ticket_views add column unassigned boolean not null default false;
alter table ticket_views add constraint ticket_views_of_one check (not (unassigned and assignee_id is not null));
