-- What pg_dump and psql do not bring back as it was, mostly as its output shows. Left out where the fixture itself is tried with them.
-- @beyond
-- A newer pg_dump takes the default of its own major for what the older server had.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
-- pg_dump writes nothing, and CREATE EXTENSION brings the comment back.
COMMENT ON EXTENSION citext IS NULL;
-- pg_dump says nothing of versions.
DROP EXTENSION pg_stat_statements;
CREATE EXTENSION pg_stat_statements SCHEMA ext VERSION '1.8';
REVOKE SELECT ON ext.pg_stat_statements FROM PUBLIC;
-- pg_dump puts inherited columns first.
CREATE TABLE kin.late (more text, name text NOT NULL, legs int, id int, kind text, only_here int, CONSTRAINT animals_legs_check CHECK (legs >= 0));
ALTER TABLE kin.late INHERIT kin.animals;
CREATE TABLE kin.was_child () INHERITS (kin.animals);
ALTER TABLE kin.was_child NO INHERIT kin.animals;
INSERT INTO kin.late (more, name, id) VALUES ('m', 'n', 5);
-- From 18 on, pg_dump does not name a NOT NULL that has its usual name. By then another table may have taken it.
CREATE FOREIGN TABLE away.aunt () INHERITS (kin.was_child) SERVER files OPTIONS (filename '/dev/null');
CREATE TABLE parts.detached (LIKE parts.events INCLUDING ALL);
CREATE TABLE parts.was_partition PARTITION OF parts.events FOR VALUES FROM ('3000-01-01') TO ('3001-01-01');
ALTER TABLE parts.events DETACH PARTITION parts.was_partition;
-- @beyond 14
-- pg_dump knows no comment of a multirange.
COMMENT ON TYPE types."many times" IS 'a multirange';
-- @all
