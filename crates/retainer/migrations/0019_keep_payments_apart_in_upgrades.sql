-- The lots of a plan and of the better plans that took its place within a period are one series: what was granted so far is deducted from the
-- next one's allowance, and what is left moves on. Named by the number of the entry that opened the first of them; null for a lot on its own.
alter table allowance_lots add column series_seq bigint;
