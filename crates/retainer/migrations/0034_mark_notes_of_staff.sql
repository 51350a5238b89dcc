-- What staff say among themselves is told to staff; a contract shows neither the note nor the telling.
alter table notifications add column internal boolean not null default false;
