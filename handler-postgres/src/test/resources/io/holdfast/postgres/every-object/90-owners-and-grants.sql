-- Owners
ALTER TABLE shop.customers OWNER TO every_owner;
ALTER TABLE shop.people OWNER TO "every ""odd"" Rolle, ü";
ALTER TABLE shop.identities OWNER TO every_app;
ALTER TABLE parts.events OWNER TO every_owner;
ALTER TABLE parts.events_odd OWNER TO every_app;
ALTER TABLE "we.ird ""s"."Order Items" OWNER TO every_app;
ALTER VIEW seen.people OWNER TO every_app;
ALTER SCHEMA types OWNER TO every_owner;

-- Schemas; PostgreSQL's own one, too
-- @since 15
REVOKE ALL ON SCHEMA public FROM PUBLIC;
-- @all
GRANT USAGE ON SCHEMA public TO every_reader;
COMMENT ON SCHEMA public IS 'not the usual comment';
COMMENT ON SCHEMA shop IS 'a schema';
GRANT USAGE, CREATE ON SCHEMA shop TO every_app WITH GRANT OPTION;
GRANT USAGE ON SCHEMA types, parts, ext TO every_app, every_reader, "every ""odd"" Rolle, ü";
GRANT ALL ON SCHEMA "we.ird ""s" TO PUBLIC;
REVOKE ALL ON SCHEMA "SELECT" FROM postgres;

-- Tables, columns, sequences; by other grantors
GRANT SELECT, INSERT ON shop.customers TO every_app WITH GRANT OPTION;
GRANT ALL ON shop.orders TO PUBLIC;
REVOKE DELETE ON shop.orders FROM postgres;
GRANT SELECT (id, name), UPDATE (name) ON shop.people TO every_reader;
GRANT SELECT (id) ON shop.people TO every_app WITH GRANT OPTION;
GRANT INSERT ("A b", "	") ON "we.ird ""s"."Order Items" TO "every ""odd"" Rolle, ü";
GRANT SELECT (a) ON shop.keys TO PUBLIC;
REVOKE ALL ON shop.options FROM postgres;
REVOKE ALL ON shop.identities FROM every_app;
GRANT TRUNCATE, TRIGGER, REFERENCES ON shop.keys TO every_app;
GRANT SELECT ON parts.events TO every_reader;
GRANT UPDATE ON parts.events_even TO every_reader;
GRANT USAGE ON SEQUENCE shop.countdown TO every_reader;
GRANT ALL ON SEQUENCE shop.shared TO every_app WITH GRANT OPTION;
GRANT SELECT ON SEQUENCE shop.identities_id_seq TO every_reader;
SET SESSION AUTHORIZATION every_app;
GRANT SELECT ON shop.customers TO every_reader;
GRANT INSERT ON shop.customers TO "every ""odd"" Rolle, ü" WITH GRANT OPTION;
GRANT SELECT (id) ON shop.people TO "every ""odd"" Rolle, ü";
GRANT USAGE ON SCHEMA shop TO every_stranger;
GRANT USAGE ON TYPE types.mood TO every_stranger;
GRANT USAGE ON TYPE ext.citext TO every_reader;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION "every ""odd"" Rolle, ü";
GRANT INSERT ON shop.customers TO every_stranger;
RESET SESSION AUTHORIZATION;
-- @since 17
GRANT MAINTAIN ON shop.keys TO every_app;
-- @all

-- What is PostgreSQL's own, and nobody else's schema
GRANT EXECUTE ON FUNCTION pg_catalog.pg_stat_reset() TO every_app;
REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(double precision) FROM PUBLIC;
GRANT SELECT ON pg_catalog.pg_authid TO every_reader;
GRANT SELECT (rolpassword, rolname) ON pg_catalog.pg_authid TO every_app;
REVOKE SELECT ON pg_catalog.pg_settings FROM PUBLIC;

-- The database itself
DO $do$
DECLARE db text := quote_ident(current_database());
BEGIN
  EXECUTE 'COMMENT ON DATABASE ' || db || $$ IS 'every object''s'$$;
  EXECUTE 'ALTER DATABASE ' || db || ' OWNER TO every_owner';
  EXECUTE 'ALTER DATABASE ' || db || ' SET statement_timeout = ''17min''';
  EXECUTE 'ALTER DATABASE ' || db || ' SET search_path = shop, "we.ird ""s", "$user", public';
  EXECUTE 'ALTER DATABASE ' || db || ' SET "every.custom" = ''it''''s \ a "value"''';
  EXECUTE 'ALTER DATABASE ' || db || ' SET datestyle = ''german, dmy''';
  EXECUTE 'ALTER DATABASE ' || db || ' SET timezone = ''Asia/Kolkata''';
  EXECUTE 'ALTER DATABASE ' || db || ' CONNECTION LIMIT 77';
  EXECUTE 'ALTER ROLE every_app IN DATABASE ' || db || ' SET work_mem = ''5MB''';
  EXECUTE 'ALTER ROLE "every ""odd"" Rolle, ü" IN DATABASE ' || db || ' SET search_path = ''''';
  EXECUTE 'REVOKE ALL ON DATABASE ' || db || ' FROM PUBLIC';
  EXECUTE 'GRANT CONNECT, TEMPORARY ON DATABASE ' || db || ' TO every_app WITH GRANT OPTION';
  EXECUTE 'GRANT CREATE ON DATABASE ' || db || ' TO "every ""odd"" Rolle, ü"';
END $do$;

-- Event triggers, last: they would see all of the above.
CREATE EVENT TRIGGER starts ON ddl_command_start EXECUTE FUNCTION code.on_ddl();
CREATE EVENT TRIGGER "on ""Tables""" ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE FUNCTION code.on_ddl();
CREATE EVENT TRIGGER dropped ON sql_drop EXECUTE FUNCTION code.on_ddl();
CREATE EVENT TRIGGER rewritten ON table_rewrite EXECUTE FUNCTION code.on_ddl();
ALTER EVENT TRIGGER dropped DISABLE;
ALTER EVENT TRIGGER rewritten ENABLE REPLICA;
ALTER EVENT TRIGGER "on ""Tables""" ENABLE ALWAYS;
ALTER EVENT TRIGGER starts OWNER TO every_super;
COMMENT ON EVENT TRIGGER starts IS 'an event trigger';
-- @since 17
CREATE FUNCTION code.on_login() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END';
CREATE EVENT TRIGGER logged_in ON login EXECUTE FUNCTION code.on_login();
-- @all
