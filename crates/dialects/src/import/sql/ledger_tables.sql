-- What a mapping fills in for the ledger, and what the steps below leave for one another. Emptied for every batch.
-- A pot is what one row of the source says about a balance: so much granted, so much left. "ref" names its lots.
create temp table pots (customer_id uuid, ref text, granted bigint, target bigint, old_target bigint, is_new boolean, live boolean,
  starts_at timestamptz, account_id uuid, f_before bigint, debt bigint, has_lots boolean, living boolean, f1 bigint, need bigint,
  free bigint, pay bigint, charge bigint, extra bigint, adjust bigint, lapse bigint);
-- What a subject (a ticket) takes from a pot: held while it is open, used when it is done.
create temp table needs (ref text, customer_id uuid, subject uuid, subject_ref text, held bigint, used bigint, at timestamptz);
-- Subjects whose old holds are given back (undo) or captured as they are (done).
create temp table settled (subject uuid, customer_id uuid, how text);
create temp table posting (id bigint generated always as identity, account_id uuid, lot_id uuid, hold_id uuid, kind text, quantity bigint,
  at timestamptz, step integer, place bigint, seq bigint, d_remaining bigint, d_held bigint, d_debt bigint,
  posted_after bigint, held_after bigint, debt_after bigint);
create temp table new_lots (id uuid, account_id uuid, ref text, source_ref text, amount bigint, starts_at timestamptz, place integer);
create temp table draws (ref text, customer_id uuid, kind text, quantity bigint, hold_id uuid, subject uuid, at timestamptz, rank integer,
  place bigint, begins bigint, ends bigint);
create temp table parts (account_id uuid, lot_id uuid, hold_id uuid, kind text, quantity bigint, at timestamptz, place bigint, position integer);
create temp table posting_done (entries bigint);
insert into posting_done values (0);
create index on pots (account_id, ref);
create index on needs (customer_id, ref);
create index on new_lots (account_id, ref);
create index on posting (lot_id);
