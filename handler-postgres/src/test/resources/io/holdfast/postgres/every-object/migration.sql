-- What a migration may do to a database with every object: a restore with REPLACE must undo all of it, but for the schemas
-- "migrated" and "plainly_named", which the backup does not know, and what is in them.
ALTER EVENT TRIGGER starts DISABLE;
DROP EVENT TRIGGER "on ""Tables""";

-- Columns: dropped, renamed, of another type, in another order, with other defaults
ALTER TABLE shop.customers DROP COLUMN "Big One" CASCADE, DROP COLUMN home CASCADE, ALTER later DROP DEFAULT, ALTER later DROP NOT NULL, ADD COLUMN brand_new text;
ALTER TABLE shop.orders RENAME COLUMN total TO amount;
ALTER TABLE shop.keys ADD COLUMN g2 int;
ALTER TABLE shop.every_value DROP COLUMN arr, ALTER m TYPE numeric USING m::numeric, ALTER c TYPE varchar(50);
ALTER TABLE shop.identities ALTER id DROP IDENTITY, ALTER small SET GENERATED ALWAYS;
ALTER TABLE shop.generated ALTER loud DROP EXPRESSION;
ALTER TABLE kin.animals DROP COLUMN kind CASCADE, ADD COLUMN wild bool;
ALTER TABLE shop.wide DROP COLUMN c17, DROP COLUMN c18;
UPDATE shop.customers SET name = 'changed', c = NULL;

-- Tables: dropped, renamed, moved, emptied, new ones that depend on the old ones
DROP TABLE shop.nothing, shop.duplicates;
DROP TABLE shop.people CASCADE;
ALTER TABLE shop.ring_a RENAME TO ring_z;
ALTER TABLE shop.typed_plain RENAME TO every_value_2;
ALTER TABLE shop.scratch SET LOGGED;
ALTER TABLE shop.shares SET SCHEMA empty_one;
ALTER TABLE shop.elsewhere SET TABLESPACE pg_default;
TRUNCATE shop.options;
UPDATE shop.ring_z SET next = NULL;
DELETE FROM shop.ring_c;
CREATE TABLE shop.people (id text PRIMARY KEY, entirely "char", other shop.options);
INSERT INTO shop.people VALUES ('another people');
CREATE TABLE shop.depends (id int REFERENCES shop.referred (u), c shop.customers, m types.mood DEFAULT 'happy', n int DEFAULT nextval('shop.countdown'), CHECK (code.is_fine('x')));
CREATE TABLE parts.more PARTITION OF parts.by_list FOR VALUES IN ('more');
CREATE TABLE kin.more () INHERITS (kin.animals);
CREATE TABLE public.from_the_migration (id serial PRIMARY KEY, w types.whole, e types.email);
INSERT INTO public.from_the_migration (e) VALUES ('a@b');
CREATE VIEW shop.of_old AS SELECT d.*, r.u FROM shop.depends d JOIN shop.referred r ON u = id;
CREATE FUNCTION shop.of_old_row(shop.customers) RETURNS types.mood LANGUAGE sql AS 'SELECT ($1).feeling';
CREATE MATERIALIZED VIEW shop.of_old_too AS SELECT * FROM shop.of_old;
-- A plain table where there was a partitioned one, a view where there was a table, a table where there was a sequence
DROP TABLE parts.made;
CREATE TABLE parts.made (id int);
DROP TABLE shop.replica_full;
CREATE VIEW shop.replica_full AS SELECT 1 AS a;
DROP SEQUENCE "we.ird ""s"."Se q";
CREATE TABLE "we.ird ""s"."Se q" (a int);
ALTER TABLE parts.events DETACH PARTITION parts.events_rest;
ALTER TABLE kin.house_dogs NO INHERIT kin.pets;
ALTER TABLE shop.typed NOT OF;

-- Sequences
ALTER SEQUENCE shop."customer numbers" RENAME TO customer_numbers;
ALTER SEQUENCE shop.countdown NO CYCLE CACHE 1 RESTART;
ALTER SEQUENCE shop.shared OWNER TO every_migrator;
DROP SEQUENCE empty_one.plain CASCADE;
CREATE SEQUENCE shop.another;

-- Types
ALTER TYPE types.mood ADD VALUE 'brand new' AFTER 'sad';
ALTER TYPE types.mood RENAME VALUE 'last' TO 'not last';
ALTER TYPE types."Größe" RENAME TO "Size";
ALTER TYPE types.grown ADD ATTRIBUTE c int CASCADE;
ALTER TYPE types.nested DROP ATTRIBUTE m CASCADE;
DROP TYPE types.nothing, types.hollow;
CREATE TYPE types.nothing AS (now int);
ALTER DOMAIN types.email DROP CONSTRAINT has_at;
ALTER DOMAIN types.email SET DEFAULT 'x@y';
ALTER DOMAIN types.words SET SCHEMA public;
DROP DOMAIN types.self CASCADE;
DROP COLLATION types.phonebook CASCADE;
CREATE TYPE types.floats_2 AS RANGE (subtype = float4);

-- Code
DROP FUNCTION code.twice(numeric) CASCADE;
DROP FUNCTION code.rows_of(int) CASCADE;
CREATE FUNCTION code.rows_of(int) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
CREATE OR REPLACE FUNCTION code.shout(text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS 'BEGIN RETURN pg_catalog.lower($1); END';
CREATE FUNCTION code.plain(numeric) RETURNS int LANGUAGE sql AS 'SELECT 3';
ALTER FUNCTION code.settings RESET ALL;
ALTER FUNCTION code."weird "" fn.name" RENAME TO plainly_named;
ALTER PROCEDURE code.quietly SECURITY INVOKER;
DROP AGGREGATE code.total(int);
CREATE FUNCTION code.total(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
DROP OPERATOR code.<! (types.whole, int) CASCADE;
DROP CAST (types.whole AS int);
DROP CAST (point AS date) CASCADE;
CREATE CAST (date AS point) WITH INOUT;
DROP TRANSFORM FOR int LANGUAGE sql CASCADE;
DROP LANGUAGE "unsafe One";
ALTER TEXT SEARCH CONFIGURATION code.search DROP MAPPING FOR int;
DROP TEXT SEARCH DICTIONARY code."German stems" CASCADE;
DROP CONVERSION types.latin;

-- Views, rules, triggers, policies
CREATE OR REPLACE VIEW seen.of_constants AS SELECT 'known' AS a, NULL AS b, 1.50 AS c, interval '1 mon 2 days' AS d, '\x00ff'::bytea AS e, timestamptz '2020-01-01 00:00:00+00' AS f, '{"a": 1}'::jsonb AS g, B'101' AS h, 'NaN'::float8 AS i, date '2020-01-01' AS j, 1 AS k, 2 AS l;
DROP MATERIALIZED VIEW seen.elsewhere;
CREATE VIEW seen.elsewhere AS SELECT 2 AS two;
CREATE RULE new_rule AS ON INSERT TO shop.ring_b DO ALSO NOTHING;
DROP TRIGGER row_before ON shop.customers;
ALTER TABLE shop.customers ENABLE TRIGGER off, DISABLE TRIGGER always;
CREATE TRIGGER refuses BEFORE INSERT OR UPDATE OR DELETE ON shop.ring_b FOR EACH ROW EXECUTE FUNCTION code.seen();
ALTER TABLE shop.ring_b ENABLE ALWAYS TRIGGER refuses;
DROP POLICY mine ON shop.secured;
ALTER POLICY deletes ON shop.secured_without USING (true);
CREATE POLICY brand_new ON shop.keys USING (true);
ALTER TABLE shop.keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE shop.secured NO FORCE ROW LEVEL SECURITY;

-- Constraints, indexes, statistics
ALTER TABLE shop.keys DROP CONSTRAINT deferred_unique, DROP CONSTRAINT later, ADD CONSTRAINT brand_new CHECK (a < 100000);
ALTER TABLE shop.keys RENAME CONSTRAINT no_overlap TO overlap;
DROP INDEX shop.expressions, shop.covering;
CREATE INDEX covering ON shop.customers (id);
CREATE UNIQUE INDEX brand_new_index ON shop.referred (d);
ALTER INDEX shop.by_hash SET (fillfactor = 88);
DROP STATISTICS shop.kinds;
CREATE STATISTICS shop.other_kinds ON name, mail FROM shop.customers;
ALTER TABLE shop.customers REPLICA IDENTITY FULL, SET WITHOUT CLUSTER, ALTER name SET STATISTICS 7, RESET (fillfactor);
ALTER TABLE shop.options RESET (fillfactor), SET (autovacuum_enabled = true);

-- Extensions
DROP EXTENSION earthdistance;
ALTER EXTENSION "uuid-ossp" SET SCHEMA public;
CREATE EXTENSION tablefunc SCHEMA ext;
ALTER EXTENSION pg_stat_statements UPDATE;
GRANT EXECUTE ON FUNCTION ext.hstore_to_json(ext.hstore) TO PUBLIC;
-- @config_tables
UPDATE ext.settings SET value = 'red' WHERE name = 'colour';
INSERT INTO ext.notes (note) VALUES ('of the migration');
-- @all

-- Of the database as a whole
DROP PUBLICATION everything, of_nothing;
CREATE PUBLICATION everything FOR TABLE shop.keys;
CREATE PUBLICATION of_the_migration FOR TABLE shop.customers;
CREATE EVENT TRIGGER of_the_migration ON ddl_command_end EXECUTE FUNCTION code.on_ddl();
ALTER SERVER elsewhere OPTIONS (SET port '2', DROP fetch_size);
DROP USER MAPPING FOR PUBLIC SERVER elsewhere;
DROP FOREIGN TABLE away.file;
CREATE SERVER of_the_migration FOREIGN DATA WRAPPER bare;
CREATE FOREIGN TABLE away.of_the_migration (a int) SERVER of_the_migration;
SELECT lo_unlink(70002), lo_from_bytea(70001, '\xff') FROM (SELECT lo_unlink(70001)) u;
SELECT lo_create(79999);
ALTER DEFAULT PRIVILEGES FOR ROLE every_owner REVOKE SELECT ON TABLES FROM every_reader;
-- Those of whoever restores: what the restore creates must not get them.
ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT SELECT ON SEQUENCES TO every_stranger;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT CREATE ON SCHEMAS TO every_stranger;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA kin GRANT DELETE ON TABLES TO PUBLIC;
DO $do$
DECLARE db text := quote_ident(current_database());
BEGIN
  EXECUTE 'COMMENT ON DATABASE ' || db || $$ IS 'migrated'$$;
  EXECUTE 'ALTER DATABASE ' || db || ' OWNER TO every_migrator';
  EXECUTE 'ALTER DATABASE ' || db || ' RESET statement_timeout';
  EXECUTE 'ALTER DATABASE ' || db || ' SET search_path = empty_one';
  EXECUTE 'ALTER DATABASE ' || db || ' SET lock_timeout = ''7min''';
  EXECUTE 'ALTER ROLE every_app IN DATABASE ' || db || ' RESET work_mem';
  EXECUTE 'ALTER ROLE every_reader IN DATABASE ' || db || ' SET work_mem = ''9MB''';
  EXECUTE 'GRANT ALL ON DATABASE ' || db || ' TO every_stranger';
END $do$;

-- Owners, grants, comments
ALTER TABLE shop.orders OWNER TO every_migrator;
ALTER SCHEMA parts OWNER TO every_migrator;
ALTER FUNCTION code.plain(int, int) OWNER TO every_migrator;
GRANT ALL ON ALL TABLES IN SCHEMA kin TO every_stranger;
REVOKE ALL ON shop.customers FROM every_app CASCADE;
GRANT SELECT ON shop.customers TO PUBLIC;
GRANT UPDATE (a) ON shop.keys TO every_stranger;
GRANT CREATE ON SCHEMA code TO PUBLIC;
REVOKE ALL ON SCHEMA shop FROM every_app CASCADE;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_sleep(double precision) TO PUBLIC;
REVOKE EXECUTE ON FUNCTION pg_catalog.pg_stat_reset() FROM every_app;
GRANT SELECT ON pg_catalog.pg_statistic TO every_stranger;
COMMENT ON TABLE shop.customers IS 'migrated';
COMMENT ON COLUMN shop.customers.id IS NULL;
COMMENT ON SCHEMA shop IS NULL;
COMMENT ON TABLE shop.keys IS 'had none';

-- Schemas: dropped, renamed (so it stays, and its old name is free), and a new one that stays
ALTER SCHEMA "SELECT" RENAME TO plainly_named;
DROP SCHEMA "$user" CASCADE;
CREATE SCHEMA migrated AUTHORIZATION every_migrator;
CREATE TABLE migrated.stays (id int PRIMARY KEY, note text);
INSERT INTO migrated.stays VALUES (1, 'stays');
CREATE FUNCTION migrated.stays_too() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW migrated.seen AS SELECT note FROM migrated.stays;
