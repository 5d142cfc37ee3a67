-- Constraints
CREATE TABLE shop.keys (a int, b int, c int, d text, e int4range, f int, g int, h int, CONSTRAINT "key of ""keys""" PRIMARY KEY (a) INCLUDE (b, c) WITH (fillfactor = 80),
  CONSTRAINT deferred_unique UNIQUE (b) DEFERRABLE INITIALLY DEFERRED, CONSTRAINT deferrable_unique UNIQUE (c, d) DEFERRABLE, UNIQUE (f, g),
  CONSTRAINT no_overlap EXCLUDE USING gist (e WITH &&, f WITH OPERATOR("pg_catalog".=)) WHERE (f > 0) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT other_exclusion EXCLUDE USING btree ((h + 1) WITH =) INCLUDE (b) WITH (fillfactor = 77),
  CONSTRAINT not_for_children CHECK (a > 0) NO INHERIT, CONSTRAINT "calls a function" CHECK (code.is_fine(d)), CHECK (a <> b OR c IS NULL));
ALTER TABLE shop.keys ADD CONSTRAINT later CHECK (g > 5) NOT VALID, ALTER h SET NOT NULL;
CREATE UNIQUE INDEX becomes_constraint ON shop.keys (h DESC NULLS LAST);
CREATE UNIQUE INDEX turns_into_key ON shop.keys (h, a);
ALTER TABLE shop.keys ADD CONSTRAINT renamed_key UNIQUE USING INDEX turns_into_key;
-- @since 15
CREATE TABLE shop.nulls (a int, b int, CONSTRAINT no_two_nulls UNIQUE NULLS NOT DISTINCT (a, b));
CREATE UNIQUE INDEX nulls_too ON shop.nulls (b) NULLS NOT DISTINCT WHERE a > 0;
-- @all

CREATE TABLE shop.refers (a int DEFAULT 1, b int DEFAULT 1, c int, d text, e int, f int, g int, h int);
CREATE TABLE shop.referred (c int, d text, PRIMARY KEY (c, d), u int UNIQUE, w types.whole UNIQUE);
ALTER TABLE shop.refers
  ADD CONSTRAINT full_match FOREIGN KEY (c, d) REFERENCES shop.referred MATCH FULL ON DELETE SET NULL ON UPDATE CASCADE,
  ADD FOREIGN KEY (a) REFERENCES shop.keys ON DELETE SET DEFAULT ON UPDATE SET DEFAULT DEFERRABLE,
  ADD CONSTRAINT "deferred One" FOREIGN KEY (b) REFERENCES shop.referred (u) ON DELETE CASCADE ON UPDATE RESTRICT DEFERRABLE INITIALLY DEFERRED,
  ADD FOREIGN KEY (e) REFERENCES shop.referred (u) ON DELETE RESTRICT,
  ADD CONSTRAINT unchecked FOREIGN KEY (f) REFERENCES shop.referred (u) NOT VALID,
  ADD CONSTRAINT other_columns FOREIGN KEY (h, g) REFERENCES shop.keys (g, f);
-- @since 15
ALTER TABLE shop.refers ADD CONSTRAINT some_null FOREIGN KEY (c, d) REFERENCES shop.referred ON DELETE SET NULL (d), ADD CONSTRAINT some_default FOREIGN KEY (e, d) REFERENCES shop.referred (c, d) ON DELETE SET DEFAULT (e);
-- @all
CREATE TABLE shop.people (id serial PRIMARY KEY, boss int REFERENCES shop.people ON DELETE SET NULL, best int, name text UNIQUE);
CREATE TABLE shop.orders (id bigserial PRIMARY KEY, person int NOT NULL REFERENCES shop.people DEFERRABLE INITIALLY DEFERRED, total numeric CHECK (total >= 0));
ALTER TABLE shop.people ADD CONSTRAINT "best ""one"" key" FOREIGN KEY (best) REFERENCES shop.orders;
CREATE TABLE shop.ring_a (id int PRIMARY KEY, next int);
CREATE TABLE shop.ring_b (id int PRIMARY KEY, next int REFERENCES shop.ring_a);
CREATE TABLE shop.ring_c (id int PRIMARY KEY, next int REFERENCES shop.ring_b);
ALTER TABLE shop.ring_a ADD FOREIGN KEY (next) REFERENCES shop.ring_c;
-- From and to partitioned tables, from a partition alone, to a partition
CREATE TABLE parts.notes (event int, at date, note text, old int, PRIMARY KEY (event, at), FOREIGN KEY (event, at) REFERENCES parts.events ON DELETE CASCADE, FOREIGN KEY (old, at) REFERENCES parts.events_old);
ALTER TABLE parts.events ADD CONSTRAINT to_people FOREIGN KEY (id) REFERENCES shop.people;
ALTER TABLE parts.events_odd ADD CONSTRAINT only_odd FOREIGN KEY (id) REFERENCES shop.ring_a DEFERRABLE;
CREATE TABLE parts.tree (id int, parent int, PRIMARY KEY (id), FOREIGN KEY (parent) REFERENCES parts.tree) PARTITION BY RANGE (id);
CREATE TABLE parts.tree_1 PARTITION OF parts.tree FOR VALUES FROM (1) TO (100);
CREATE TABLE parts.tree_2 (parent int, id int NOT NULL, CONSTRAINT its_own_key PRIMARY KEY (id));
ALTER TABLE parts.tree ATTACH PARTITION parts.tree_2 FOR VALUES FROM (100) TO (200);
-- @since 17
CREATE TABLE parts.exclusive (id int, during int4range, EXCLUDE USING gist (id "we.ird ""s".gist_int4_ops WITH =, during WITH &&)) PARTITION BY RANGE (id);
CREATE TABLE parts.exclusive_1 PARTITION OF parts.exclusive FOR VALUES FROM (1) TO (100);
-- @since 18
CREATE TABLE shop.not_nulls (a int CONSTRAINT a_must_be NOT NULL, b int CONSTRAINT "b, too" NOT NULL NO INHERIT, c int, d int NOT NULL, e int, CONSTRAINT e_too NOT NULL e);
ALTER TABLE shop.not_nulls ADD CONSTRAINT c_later NOT NULL c NOT VALID;
COMMENT ON CONSTRAINT a_must_be ON shop.not_nulls IS 'a NOT NULL with a name and a comment';
CREATE TABLE shop.not_nulls_child (x int) INHERITS (shop.not_nulls);
CREATE TABLE shop.not_enforced (a int, b int, CONSTRAINT lax CHECK (a > 0) NOT ENFORCED, CONSTRAINT lax_key FOREIGN KEY (b) REFERENCES shop.people NOT ENFORCED);
CREATE TABLE shop.rooms (id int4range, during tstzrange, CONSTRAINT no_double PRIMARY KEY (id, during WITHOUT OVERLAPS));
CREATE TABLE shop.bookings (room int4range, during tstzrange, other daterange, CONSTRAINT unique_times UNIQUE (room, other WITHOUT OVERLAPS), CONSTRAINT in_time FOREIGN KEY (room, PERIOD during) REFERENCES shop.rooms (id, PERIOD during));
INSERT INTO shop.not_nulls VALUES (1, 2, 3, 4, 5);
INSERT INTO shop.not_enforced VALUES (-1, 9999);
INSERT INTO shop.rooms VALUES ('[1,2)', '[2020-01-01, 2021-01-01)'), ('[1,2)', '[2021-01-01, 2022-01-01)');
INSERT INTO shop.bookings VALUES ('[1,2)', '[2020-06-01, 2021-06-01)', '[2020-01-01, 2020-02-01)');
-- @all
COMMENT ON CONSTRAINT "key of ""keys""" ON shop.keys IS 'a primary key''s';
COMMENT ON CONSTRAINT not_for_children ON shop.keys IS 'a check''s';
COMMENT ON CONSTRAINT no_overlap ON shop.keys IS 'an exclusion''s';
COMMENT ON CONSTRAINT "deferred One" ON shop.refers IS 'a foreign key''s';
COMMENT ON CONSTRAINT to_people ON parts.events IS 'a partitioned foreign key''s';
COMMENT ON INDEX shop."key of ""keys""" IS 'the index of a primary key';

-- Indexes
CREATE INDEX expressions ON shop.customers (lower(name), (id + 1) DESC NULLS LAST, code.plain(id, 2), (name || '''\x'));
ALTER INDEX shop.expressions ALTER COLUMN 2 SET STATISTICS 777;
ALTER INDEX shop.expressions ALTER COLUMN 4 SET STATISTICS 0;
CREATE INDEX "partial ""One""" ON shop.customers (born NULLS FIRST) WHERE feeling = 'o\k' AND later IS NOT NULL;
CREATE INDEX covering ON shop.customers (later) INCLUDE (name, mail) WITH (fillfactor = 50, deduplicate_items = off);
CREATE INDEX by_trigram ON shop.customers USING gin (name ext.gin_trgm_ops) WITH (fastupdate = off, gin_pending_list_limit = 128);
CREATE INDEX by_trigram_gist ON shop.customers USING gist (name ext.gist_trgm_ops (siglen = 32), "Big One" COLLATE "C" ext.gist_trgm_ops) WITH (buffering = on);
CREATE INDEX by_hash ON shop.customers USING hash (id) WITH (fillfactor = 33);
CREATE INDEX by_brin ON shop.customers USING brin (born, id) WITH (pages_per_range = 8, autosummarize = on);
CREATE INDEX by_spgist ON shop.customers USING spgist (name) WITH (fillfactor = 90);
CREATE INDEX by_collation ON shop.customers ("Big One" COLLATE "de-x-icu", name text_pattern_ops);
CREATE INDEX by_own_class ON shop.customers (w, later code.own_order);
CREATE INDEX by_hstore ON shop.customers USING gin (hs ext.gin_hstore_ops);
CREATE INDEX whole_row ON shop.options (shop.label_of(options));
CREATE UNIQUE INDEX ignores_case ON shop.customers (c) WHERE c IS NOT NULL;
-- @since 14
CREATE INDEX by_brin_bloom ON shop.customers USING brin (later int4_bloom_ops (n_distinct_per_range = 100, false_positive_rate = 0.05), id int4_minmax_multi_ops (values_per_range = 16));
-- @since 18
-- Before, bthandler insists that its access method is btree.
CREATE INDEX by_own_method ON shop.customers USING "every Tree" (later);
-- @all
ALTER INDEX shop.by_trigram DEPENDS ON EXTENSION pg_trgm;
ALTER TABLE shop.customers CLUSTER ON covering;
COMMENT ON INDEX shop.expressions IS 'an index''s comment';

-- Partitioned indexes: of the parent only, with one child of two, with a child's own one
CREATE INDEX events_what ON parts.events (what, (id + 1)) WITH (fillfactor = 66);
CREATE INDEX only_parent ON ONLY parts.events (mood);
CREATE INDEX attached ON parts.events_old (mood) WITH (fillfactor = 44);
ALTER INDEX parts.only_parent ATTACH PARTITION parts.attached;
CREATE INDEX not_attached ON parts.events_rest (mood);
CREATE INDEX own_of_child ON parts.events_even (what DESC);
ALTER INDEX parts.events_even_what_expr_idx SET (fillfactor = 55);
ALTER TABLE parts.events_even CLUSTER ON own_of_child;
CREATE UNIQUE INDEX replica_of_child ON parts.events_odd (id, at);
ALTER TABLE parts.events_odd REPLICA IDENTITY USING INDEX replica_of_child;
COMMENT ON INDEX parts.events_what IS 'a partitioned index''s';
COMMENT ON INDEX parts.attached IS 'an attached index''s';

-- Statistics
CREATE STATISTICS shop.kinds (ndistinct, dependencies, mcv) ON later, born, name FROM shop.customers;
CREATE STATISTICS "we.ird ""s"."St at" (dependencies) ON "select", "$d" FROM "we.ird ""s"."Order Items";
ALTER STATISTICS shop.kinds SET STATISTICS 123;
ALTER STATISTICS shop.kinds OWNER TO every_owner;
COMMENT ON STATISTICS shop.kinds IS 'statistics';
-- @since 14
CREATE STATISTICS shop.of_expressions ON (later + 1), lower(name), born FROM shop.customers;
CREATE STATISTICS shop.of_one_expression ON (name || 'x') FROM shop.customers;
CREATE STATISTICS parts.of_parent (mcv) ON (id % 10), what FROM parts.events;
-- @all

-- An index that a failed CREATE INDEX CONCURRENTLY left invalid
CREATE TABLE shop.duplicates (a int, b int);
INSERT INTO shop.duplicates VALUES (1, 1), (1, 1), (2, 2);
-- @fails
CREATE UNIQUE INDEX CONCURRENTLY left_invalid ON shop.duplicates (a);
-- @all
