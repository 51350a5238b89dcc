-- Last step: lots of what does not run any more are ended; what they still hold stays held.
update allowance_lots l set ended_as = 'expired', ended_at = {now}
  from pots p
 where not p.live and l.organization_id = {org} and l.account_id = p.account_id and l.source_kind = 'import' and l.ended_as is null
   and (l.source_ref = p.ref or starts_with(l.source_ref, p.ref || ':'));
truncate pots, needs, settled, new_lots, draws, parts;
