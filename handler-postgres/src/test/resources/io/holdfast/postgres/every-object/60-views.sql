-- Views
CREATE VIEW seen.people AS SELECT id, name, boss AS "the Boss" FROM shop.people;
CREATE VIEW seen.barrier WITH (security_barrier = true) AS SELECT * FROM shop.people WHERE id > 0;
-- @since 15
CREATE VIEW seen.invoker WITH (security_invoker = true, security_barrier = false) AS SELECT * FROM shop.people;
-- @all
CREATE VIEW seen.checked AS SELECT * FROM shop.people WHERE id > 0 WITH LOCAL CHECK OPTION;
CREATE VIEW seen.checked_too AS SELECT * FROM seen.checked WHERE id < 100 WITH CASCADED CHECK OPTION;
CREATE VIEW seen.with_defaults AS SELECT id, name, best FROM shop.people;
ALTER VIEW seen.with_defaults ALTER name SET DEFAULT 'it''s', ALTER best SET DEFAULT code.plain(1);
CREATE RECURSIVE VIEW seen.chain (n, path) AS VALUES (1, ARRAY[1]) UNION ALL SELECT n + 1, path || n FROM chain WHERE n < 5;
CREATE VIEW seen.aa_on_views AS SELECT p.*, c.path FROM seen.people p JOIN seen.chain c ON c.n = p.id;
CREATE VIEW seen.a_on_that AS SELECT "the Boss", count(*) FROM seen.aa_on_views GROUP BY 1;
-- It needs the primary key, which comes after the data.
CREATE VIEW seen.grouped_by_key AS SELECT o.id, o.total, p.name, count(*) FROM shop.orders o JOIN shop.people p ON p.id = o.person GROUP BY o.id, p.id;
CREATE VIEW seen.a_on_grouped AS SELECT name FROM seen.grouped_by_key;
CREATE TABLE seen.like_a_view (row seen.grouped_by_key, n int);
CREATE VIEW seen.everything AS
  WITH w AS MATERIALIZED (SELECT 1 AS a) SELECT DISTINCT ON (c.id) c.id, c.name COLLATE "C" AS name, c."Big One", (c.home)."B b" AS b, (c.w)::int AS whole, c.hs OPERATOR(ext.->) 'a' AS a_of, c.c OPERATOR(ext.=) 'x'::ext.citext AS same,
    row_number() OVER (PARTITION BY c.feeling ORDER BY c.id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) AS n, CASE WHEN c.later > 3 THEN 'x' ELSE E'\\' || $q$'$q$ END AS "case",
    array_agg(c.tags) FILTER (WHERE c.id > 1) OVER w2 AS tags, g.n AS g, x.boss, x.*::text AS row_of_x, c.* IS NULL AS none, ARRAY(SELECT p.id FROM shop.people p TABLESAMPLE system (50) REPEATABLE (1)) AS some
  FROM shop.customers c CROSS JOIN LATERAL generate_series(1, 2) WITH ORDINALITY AS g (n, o) LEFT JOIN (shop.people x FULL JOIN shop.orders USING (id)) ON x.id = c.id, w
  WHERE c.mail ~ '@' AND c.feeling = ANY (ARRAY['sad', 'o\k']::types.mood[]) AND (c.id, c.later) < (1000, 2000) AND EXISTS (SELECT FROM w) AND c.w OPERATOR(code.>=) '1' AND NOT c.name LIKE ALL (ARRAY['a%', '_b'])
  WINDOW w2 AS (ORDER BY c.id) ORDER BY c.id, c.name USING OPERATOR(pg_catalog.~<~) LIMIT 10 OFFSET 1;
CREATE VIEW seen.of_constants AS SELECT 'unknown' AS a, NULL AS b, 1.50 AS c, interval '1 mon 2 days' AS d, '\x00ff'::bytea AS e, timestamptz '2020-01-01 00:00:00+00' AS f, '{"a": 1}'::jsonb AS g, B'101' AS h, 'NaN'::float8 AS i, '(1,2)'::point::date AS j, GROUPING(x) AS k FROM (VALUES (1)) v (x) GROUP BY ROLLUP (x);
CREATE VIEW seen.no_columns AS SELECT;
CREATE VIEW "we.ird ""s"."Vi ew" AS SELECT "A b", "its ""whole"" row", "	" FROM "we.ird ""s"."Order Items";
CREATE VIEW "SELECT"."view" ("from", "select") AS SELECT * FROM "SELECT"."from";
CREATE VIEW seen.of_function AS SELECT * FROM code.rows_of(3) r JOIN LATERAL code.outs(1, 'c') o ON true;
CREATE VIEW seen.of_records AS SELECT * FROM code.any_record() AS t (a int, b int);
CREATE VIEW seen.whole_row AS SELECT p FROM shop.people p;
-- A column was added after the view was made, and one was renamed.
CREATE TABLE seen.changes (a int, b int);
CREATE VIEW seen.of_star AS SELECT t.* FROM seen.changes t JOIN seen.changes u USING (a);
ALTER TABLE seen.changes ADD c int;
ALTER TABLE seen.changes RENAME b TO "new B";
ALTER VIEW seen.of_star RENAME COLUMN b TO "still b";
-- @since 14
CREATE VIEW seen.of_alias AS SELECT j.id FROM shop.people JOIN shop.orders USING (id) AS j;
CREATE VIEW seen.of_search AS WITH RECURSIVE t (n) AS (VALUES (1) UNION SELECT n + 1 FROM t WHERE n < 3) SEARCH DEPTH FIRST BY n SET o CYCLE n SET is_cycle USING path SELECT n, is_cycle FROM t ORDER BY o;
-- @since 16
CREATE VIEW seen.of_json AS SELECT JSON_OBJECT('a': 1 ABSENT ON NULL) AS o, '{}' IS JSON OBJECT AS j, JSON_ARRAYAGG(n ORDER BY n) AS a FROM generate_series(1, 2) n;
-- @since 17
CREATE VIEW seen.of_json_table AS SELECT * FROM JSON_TABLE('[{"a": 1}]', '$[*]' COLUMNS (n FOR ORDINALITY, a int PATH '$.a' DEFAULT 0 ON EMPTY)) t;
-- @all
CREATE VIEW seen.of_xml AS SELECT x.* FROM XMLTABLE('/r/i' PASSING ('<r><i a="1"/></r>'::xml) COLUMNS n FOR ORDINALITY, a int PATH '@a' NOT NULL) x;

-- A view and a function that need each other
CREATE VIEW seen.circular AS SELECT 1 AS a, 'x'::text AS b;
CREATE FUNCTION seen.circular_function(seen.circular) RETURNS text LANGUAGE sql STABLE AS 'SELECT ($1).b';
CREATE OR REPLACE VIEW seen.circular AS SELECT p.id AS a, seen.circular_function(NULL) AS b FROM shop.people p;
-- Two views that need each other
CREATE VIEW seen.yin AS SELECT 1 AS a;
CREATE VIEW seen.yang AS SELECT a FROM seen.yin;
CREATE OR REPLACE VIEW seen.yin AS SELECT 1 AS a WHERE (SELECT count(*) FROM seen.yang) < 0 AND false;
-- A table's default, its function, and a view of the table
CREATE TABLE seen.defaulted (id int, t text);
CREATE VIEW seen.of_defaulted AS SELECT max(id) AS top FROM seen.defaulted;
CREATE FUNCTION seen.next_id(v seen.of_defaulted DEFAULT NULL) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT coalesce(top, 0) + 1 FROM seen.of_defaulted); END';
ALTER TABLE seen.defaulted ALTER id SET DEFAULT seen.next_id(NULL);
-- A function and an aggregate over a view, views over them
-- @since 14
CREATE FUNCTION seen.atomic_of_view() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM seen.people; END;
-- @since 14
CREATE FUNCTION seen.a_atomic_of_key() RETURNS SETOF text LANGUAGE sql STABLE BEGIN ATOMIC SELECT p.name FROM shop.people p GROUP BY p.id; END;
-- @since 14
CREATE VIEW seen.a_of_atomic AS SELECT seen.atomic_of_view() AS n, f FROM seen.a_atomic_of_key() f;
CREATE PROCEDURE seen.atomic_writes(i int) BEGIN ATOMIC
  INSERT INTO shop.people (name) VALUES ('n' || i) ON CONFLICT (name) DO UPDATE SET boss = EXCLUDED.boss RETURNING id;
  UPDATE shop.people SET (boss, best) = (SELECT NULL::int, NULL::int) WHERE id = i;
  DELETE FROM shop.orders o USING shop.people p WHERE p.id = o.person AND p.id = i;
END;
-- @all

-- Materialised views
CREATE MATERIALIZED VIEW seen.kept AS SELECT id, name, id % 3 AS part FROM shop.people WITH DATA;
CREATE MATERIALIZED VIEW seen.not_yet AS SELECT * FROM seen.everything WITH NO DATA;
CREATE MATERIALIZED VIEW seen.a_on_kept (part, "how many") WITH (fillfactor = 70, autovacuum_enabled = false) AS SELECT part, count(*) FROM seen.kept GROUP BY part;
CREATE MATERIALIZED VIEW seen.aa_on_that USING every_heap AS SELECT sum("how many") FROM seen.a_on_kept;
CREATE MATERIALIZED VIEW seen.by_function AS SELECT code.plain(id, 1) AS n FROM seen.kept;
CREATE MATERIALIZED VIEW seen.grouped AS SELECT p.id, p.name, count(*) FROM shop.people p LEFT JOIN shop.orders o ON o.person = p.id GROUP BY p.id;
CREATE MATERIALIZED VIEW seen.elsewhere TABLESPACE every_space AS SELECT 1 AS one;
CREATE VIEW seen.on_materialised AS SELECT id, g.name, k.part FROM seen.grouped g JOIN seen.kept k USING (id);
CREATE UNIQUE INDEX kept_id ON seen.kept (id);
CREATE INDEX kept_name ON seen.kept (lower(name)) INCLUDE (part);
CREATE STATISTICS seen.of_kept ON id, part FROM seen.kept;
CREATE INDEX ON seen.not_yet (name);
ALTER MATERIALIZED VIEW seen.kept CLUSTER ON kept_id;
ALTER MATERIALIZED VIEW seen.kept ALTER name SET STATISTICS 321, ALTER name SET STORAGE EXTERNAL, ALTER part SET (n_distinct = 3);
ALTER MATERIALIZED VIEW seen.by_function DEPENDS ON EXTENSION hstore;
-- It is filled with the rights of its owner.
GRANT SELECT ON shop.people TO every_owner;
ALTER MATERIALIZED VIEW seen.kept OWNER TO every_owner;
GRANT SELECT ON seen.kept TO every_reader;
-- A function that reads what is there when it is called
CREATE FUNCTION seen.count_of_kept() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM seen.kept); END';
CREATE MATERIALIZED VIEW seen.through_function AS SELECT seen.count_of_kept() AS n;

COMMENT ON VIEW seen.people IS 'a view';
COMMENT ON COLUMN seen.people."the Boss" IS 'a view''s column';
COMMENT ON COLUMN seen.grouped_by_key.name IS 'of a view that comes late';
COMMENT ON COLUMN seen.circular.a IS 'of a view in a circle';
COMMENT ON MATERIALIZED VIEW seen.kept IS 'a materialised view';
COMMENT ON COLUMN seen.kept.name IS 'a materialised view''s column';
COMMENT ON INDEX seen.kept_id IS 'its index';
ALTER VIEW seen.circular OWNER TO every_owner;
ALTER VIEW seen.grouped_by_key OWNER TO every_owner;
GRANT SELECT (id), UPDATE (name) ON seen.with_defaults TO every_reader;
GRANT SELECT ON seen.circular, seen.grouped_by_key TO every_reader;
ALTER VIEW seen.people RENAME COLUMN name TO "Name";

-- Rules
CREATE RULE "_RETURN too" AS ON INSERT TO seen.people DO INSTEAD INSERT INTO shop.people (name) VALUES (NEW."Name") RETURNING id, name, boss;
CREATE RULE also AS ON UPDATE TO shop.people WHERE OLD.name <> NEW.name DO ALSO INSERT INTO shop.options VALUES (NEW.id, 'renamed');
CREATE RULE several AS ON DELETE TO seen.people WHERE OLD.id > 5 DO INSTEAD (DELETE FROM shop.orders WHERE person = OLD.id; DELETE FROM shop.people WHERE id = OLD.id);
CREATE RULE nothing AS ON DELETE TO seen.people DO INSTEAD NOTHING;
CREATE RULE never AS ON INSERT TO shop.scratch DO INSTEAD NOTHING;
ALTER TABLE shop.scratch DISABLE RULE never;
CREATE RULE in_replica AS ON UPDATE TO shop.scratch DO ALSO NOTIFY scratch;
ALTER TABLE shop.scratch ENABLE REPLICA RULE in_replica;
CREATE RULE always AS ON DELETE TO shop.scratch DO ALSO NOTIFY scratch;
ALTER TABLE shop.scratch ENABLE ALWAYS RULE always;
COMMENT ON RULE also ON shop.people IS 'a rule';

-- Triggers
CREATE TRIGGER row_before BEFORE INSERT OR UPDATE OF name, later ON shop.customers FOR EACH ROW WHEN (NEW.name IS DISTINCT FROM 'x') EXECUTE FUNCTION code.kept('it''s', E'back\\slash', '', '1', E'new\nline', 'ü');
CREATE TRIGGER "a ""Statement""" AFTER TRUNCATE OR DELETE ON shop.customers EXECUTE FUNCTION code.seen();
CREATE TRIGGER transition AFTER UPDATE ON shop.customers REFERENCING OLD TABLE AS "old Ones" NEW TABLE AS new_ones FOR EACH STATEMENT EXECUTE FUNCTION code.seen();
CREATE TRIGGER off BEFORE DELETE ON shop.customers FOR EACH ROW EXECUTE FUNCTION code.kept();
ALTER TABLE shop.customers DISABLE TRIGGER off;
CREATE TRIGGER on_replica AFTER INSERT ON shop.customers FOR EACH ROW EXECUTE FUNCTION code.seen();
ALTER TABLE shop.customers ENABLE REPLICA TRIGGER on_replica;
CREATE TRIGGER always AFTER INSERT ON shop.customers FOR EACH ROW EXECUTE FUNCTION code.seen();
ALTER TABLE shop.customers ENABLE ALWAYS TRIGGER always;
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT OR UPDATE ON shop.customers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.later > 5) EXECUTE FUNCTION code.seen();
CREATE CONSTRAINT TRIGGER "from" AFTER DELETE ON shop.customers FROM shop.people DEFERRABLE FOR EACH ROW EXECUTE FUNCTION code.seen();
CREATE TRIGGER instead INSTEAD OF UPDATE ON seen.barrier FOR EACH ROW EXECUTE FUNCTION code.kept();
CREATE TRIGGER whole_row BEFORE UPDATE ON shop.options FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TRIGGER on_parent AFTER INSERT ON parts.events FOR EACH ROW EXECUTE FUNCTION code.seen('parent');
CREATE TRIGGER on_parent_too AFTER UPDATE ON parts.events FOR EACH ROW EXECUTE FUNCTION code.seen();
ALTER TABLE parts.events_old DISABLE TRIGGER on_parent;
ALTER TABLE parts.events_even ENABLE ALWAYS TRIGGER on_parent_too;
ALTER TABLE ONLY parts.events DISABLE TRIGGER on_parent_too;
CREATE TRIGGER on_child_only AFTER DELETE ON parts.events_odd FOR EACH ROW EXECUTE FUNCTION code.seen();
CREATE TRIGGER dependent AFTER INSERT ON shop.options FOR EACH ROW EXECUTE FUNCTION code.seen();
ALTER TRIGGER dependent ON shop.options DEPENDS ON EXTENSION hstore;
COMMENT ON TRIGGER row_before ON shop.customers IS 'a trigger''s';
COMMENT ON TRIGGER on_parent ON parts.events IS 'a trigger of a partitioned table';
-- Foreign keys whose triggers are off
CREATE TABLE shop.without_triggers (id int REFERENCES shop.people);
ALTER TABLE shop.without_triggers DISABLE TRIGGER ALL;

-- Row-level security
CREATE POLICY mine ON shop.secured USING (owner = CURRENT_USER) WITH CHECK (length(secret) > 1);
CREATE POLICY "no ""Odd""" ON shop.secured AS RESTRICTIVE FOR SELECT TO every_reader, "every ""odd"" Rolle, ü" USING (id % 2 = 0);
CREATE POLICY inserts ON shop.secured FOR INSERT TO every_app WITH CHECK (EXISTS (SELECT FROM shop.people p WHERE p.id = secured.id));
CREATE POLICY updates ON shop.secured FOR UPDATE TO CURRENT_USER USING (true) WITH CHECK (code.is_fine(secret));
CREATE POLICY deletes ON shop.secured_without FOR DELETE USING (false);
CREATE POLICY not_in_force ON shop.orders USING (total > 0);
COMMENT ON POLICY mine ON shop.secured IS 'a policy';
