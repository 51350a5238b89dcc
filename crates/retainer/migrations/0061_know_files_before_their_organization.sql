-- An archive's files are laid down before its rows, and so before its organization is here. Rows that know of them must stand before.
alter table loose_files drop constraint loose_files_organization_id_organization_id_fkey;
-- What an import before left behind is young again when the next one lays it down.
grant update (since) on loose_files to retainer_app;
