-- An organization for the length of a dry run; what lasts is made by its verb.
insert into organization_slugs (slug, organization_id) values ('{slug}', {org});
insert into organizations (organization_id, id, slug, name, created_at) values ({org}, {org}, '{slug}', '{slug}', {now});
