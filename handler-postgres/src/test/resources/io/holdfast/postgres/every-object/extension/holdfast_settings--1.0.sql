CREATE TABLE settings (name text PRIMARY KEY, value text, built_in bool DEFAULT true);
INSERT INTO settings VALUES ('of the extension', 'x', true);
CREATE TABLE notes (id serial, note text);
CREATE TABLE not_for_backups (id int);
CREATE SEQUENCE settings_seen;
SELECT pg_extension_config_dump('settings', 'WHERE NOT built_in');
SELECT pg_extension_config_dump('notes', '');
SELECT pg_extension_config_dump('notes_id_seq', '');
SELECT pg_extension_config_dump('settings_seen', '');
