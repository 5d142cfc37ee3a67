-- A database with at least one, and mostly an awkward one, of every object that a backup carries. Each file needs those before it.
--
-- A line "-- @since 15" or "-- @until 14" says which majors get what follows, up to "-- @all"; what follows "-- @lz4" or
-- "-- @config_tables" needs a server with that; what follows "-- @fails" must fail, for what it leaves behind.
-- A function with a parsed body ends its section, since the driver takes what follows for a part of it.
-- Its roles and its tablespace belong to the server: the loader makes them.

CREATE SCHEMA types;
CREATE SCHEMA code AUTHORIZATION every_owner;
CREATE SCHEMA "we.ird ""s" AUTHORIZATION "every ""odd"" Rolle, ü";
CREATE SCHEMA "SELECT";
CREATE SCHEMA "$user";
CREATE SCHEMA empty_one;
CREATE SCHEMA ext;
CREATE SCHEMA "so lang, dass es gerade noch geht: sechzig und drei Byte, so ä";
CREATE SCHEMA shop;
CREATE SCHEMA parts;
CREATE SCHEMA kin;
CREATE SCHEMA seen;
CREATE SCHEMA away;
GRANT USAGE ON SCHEMA shop, code, seen TO every_owner, every_reader, "every ""odd"" Rolle, ü";

CREATE EXTENSION hstore SCHEMA ext;
CREATE EXTENSION pg_trgm SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
CREATE EXTENSION btree_gist SCHEMA "we.ird ""s";
CREATE EXTENSION ltree;
CREATE EXTENSION cube SCHEMA ext;
CREATE EXTENSION earthdistance SCHEMA ext;
CREATE EXTENSION "uuid-ossp" SCHEMA ext;
CREATE EXTENSION postgres_fdw SCHEMA away;
CREATE EXTENSION file_fdw;
CREATE EXTENSION pg_stat_statements SCHEMA ext;
COMMENT ON EXTENSION hstore IS 'Not its own comment';
-- Other grants than the extension gave its members.
REVOKE ALL ON FUNCTION ext.hstore_to_json(ext.hstore) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ext.hstore_to_json(ext.hstore) TO every_app;
GRANT USAGE ON TYPE ext.citext TO every_app WITH GRANT OPTION;
REVOKE SELECT ON ext.pg_stat_statements FROM PUBLIC;

-- An extension with tables of configuration, whose rows belong to the database.
-- @config_tables
CREATE EXTENSION holdfast_settings SCHEMA ext;
INSERT INTO ext.settings VALUES ('colour', 'blue', false), ('it''s', E'new\nline', false);
INSERT INTO ext.notes (note) VALUES ('of the application');
SELECT nextval('ext.settings_seen');
GRANT SELECT ON ext.settings TO every_reader;
-- @all

ALTER EXTENSION ltree SET SCHEMA ext;
