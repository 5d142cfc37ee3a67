-- Foreign data
CREATE FOREIGN DATA WRAPPER bare;
CREATE FOREIGN DATA WRAPPER "own ""Wrapper""" HANDLER away.postgres_fdw_handler OPTIONS ("an Option" 'it''s', b '');
CREATE FOREIGN DATA WRAPPER validated VALIDATOR postgresql_fdw_validator;
CREATE SERVER elsewhere TYPE 'a ''type''' VERSION '1.0' FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'it''s \ odd', fetch_size '50');
CREATE SERVER "bare ""One""" FOREIGN DATA WRAPPER bare OPTIONS ("an option" 'x', b '');
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS (user 'u', password 'not a ''secret''');
CREATE USER MAPPING FOR "every ""odd"" Rolle, ü" SERVER elsewhere;
CREATE USER MAPPING FOR every_app SERVER "bare ""One""" OPTIONS ("User" 'x');
CREATE FOREIGN TABLE away.numbers (id int OPTIONS (column_name 'the ''id''') NOT NULL, "T t" text OPTIONS (column_name 't') COLLATE "C" DEFAULT 'x', gone int, CONSTRAINT small CHECK (id < 10)) SERVER elsewhere OPTIONS (schema_name 'a.b', table_name 'c');
ALTER FOREIGN TABLE away.numbers DROP COLUMN gone, ALTER id SET STATISTICS 55, ALTER id SET (n_distinct = 5), ALTER "T t" SET STORAGE EXTERNAL;
CREATE FOREIGN TABLE away.file (line text) SERVER files OPTIONS (filename '/does/not/exist', format 'csv', delimiter ';', header 'true');
CREATE FOREIGN TABLE away.part_of PARTITION OF parts.by_list (b DEFAULT 9) FOR VALUES IN ('far') SERVER elsewhere OPTIONS (table_name 'x');
ALTER FOREIGN TABLE away.part_of ALTER b OPTIONS (column_name 'bb');
CREATE FOREIGN TABLE away.child () INHERITS (kin.pets) SERVER files OPTIONS (filename '/dev/null');
CREATE FOREIGN TABLE away.written (a int, b int GENERATED ALWAYS AS (a * 2) STORED) SERVER elsewhere;
CREATE TRIGGER on_foreign BEFORE INSERT ON away.numbers FOR EACH ROW EXECUTE FUNCTION code.kept();
CREATE VIEW away.of_foreign AS SELECT id FROM away.numbers;
COMMENT ON FOREIGN DATA WRAPPER bare IS 'without anything';
COMMENT ON SERVER elsewhere IS 'nobody listens there';
COMMENT ON FOREIGN TABLE away.numbers IS 'a foreign table';
COMMENT ON COLUMN away.numbers.id IS 'its column';
GRANT USAGE ON FOREIGN DATA WRAPPER bare TO every_owner WITH GRANT OPTION;
GRANT USAGE ON FOREIGN SERVER elsewhere TO every_app;
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO every_owner;
ALTER SERVER elsewhere OWNER TO every_owner;
ALTER FOREIGN TABLE away.numbers OWNER TO every_app;
GRANT SELECT ON away.numbers TO every_reader;

-- Publications
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert, truncate');
CREATE PUBLICATION "some ""Tables""" FOR TABLE shop.people, ONLY kin.animals, parts.events WITH (publish_via_partition_root = true);
CREATE PUBLICATION of_nothing WITH (publish = '');
-- @since 15
CREATE PUBLICATION columns_and_rows FOR TABLE shop.people (id, name), shop.orders WHERE (total > 1 AND person <> 5), "we.ird ""s"."Order Items" ("select", "$d", "A b") WHERE ("select" > 3);
CREATE PUBLICATION schemas FOR TABLES IN SCHEMA parts, "we.ird ""s", TABLE shop.people;
ALTER PUBLICATION schemas OWNER TO every_super;
COMMENT ON PUBLICATION schemas IS 'of schemas';
-- @since 18
CREATE PUBLICATION with_generated FOR TABLE shop.generated WITH (publish_generated_columns = stored);
-- @all
COMMENT ON PUBLICATION everything IS 'a publication';

-- Large objects
SELECT lo_from_bytea(70001, '\x00ff0a'), lo_create(70002), lo_from_bytea(70003, decode(repeat(md5('a'), 5000), 'hex'));
ALTER LARGE OBJECT 70001 OWNER TO every_app;
GRANT SELECT ON LARGE OBJECT 70001 TO every_reader;
GRANT SELECT, UPDATE ON LARGE OBJECT 70003 TO every_app WITH GRANT OPTION;
COMMENT ON LARGE OBJECT 70001 IS 'a large object';
COMMENT ON LARGE OBJECT 70002 IS 'an empty one''s';

-- Default privileges
ALTER DEFAULT PRIVILEGES FOR ROLE every_owner GRANT SELECT ON TABLES TO every_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE every_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE every_owner REVOKE USAGE ON TYPES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE every_owner IN SCHEMA shop GRANT INSERT, UPDATE ON TABLES TO every_app WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE every_app, "every ""odd"" Rolle, ü" IN SCHEMA "we.ird ""s" GRANT USAGE ON SEQUENCES TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE every_owner GRANT USAGE ON SCHEMAS TO every_app;
ALTER DEFAULT PRIVILEGES FOR ROLE every_app REVOKE ALL ON TABLES FROM every_app;
-- Those of whoever restores: nothing that the restore creates may get them.
ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON TABLES TO every_stranger;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA shop GRANT EXECUTE ON FUNCTIONS TO every_stranger;
-- @since 18
ALTER DEFAULT PRIVILEGES FOR ROLE every_owner GRANT SELECT ON LARGE OBJECTS TO every_reader;
-- @all
