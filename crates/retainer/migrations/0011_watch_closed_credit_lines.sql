-- A credit line that was closed while work still held units of it is looked at until that work has ended: what it uses
-- is billed then, whether or not the subscription still runs.
alter table subscription_periods
    add column credit_watched boolean not null default false,
    -- How much of the credit line's use was billed, in atoms.
    add column credit_billed bigint not null default 0 check (credit_billed >= 0);
-- Row-level security binds the owner too, who belongs to no organization; for these statements it does not.
alter table subscription_periods no force row level security;
alter table allowance_lots no force row level security;
update subscription_periods p set credit_watched = true
  from allowance_lots l
 where l.organization_id = p.organization_id and l.id = p.credit_lot_id and l.ended_as is not null and l.held > 0;
alter table subscription_periods force row level security;
alter table allowance_lots force row level security;
-- Asked across organizations by a duty; it holds only what is watched, which is little.
create index subscription_periods_watched on subscription_periods (organization_id, subscription_id) where credit_watched;
