INSERT INTO shop.people (name) SELECT 'p' || i FROM generate_series(1, 40) i;
INSERT INTO shop.orders (person, total) SELECT 1 + i % 40, i / 2.0 FROM generate_series(1, 90) i;
UPDATE shop.people SET best = id, boss = NULLIF(id / 2, 0);
INSERT INTO shop.ring_a SELECT i, NULL FROM generate_series(1, 40) i;
INSERT INTO shop.ring_b SELECT i, i FROM generate_series(1, 3) i;
INSERT INTO shop.ring_c SELECT i, i FROM generate_series(1, 3) i;
UPDATE shop.ring_a SET next = id WHERE id <= 3;
INSERT INTO shop.customers (name, mail, feeling, "Big One", w, c) SELECT E'c\t' || i || E'\\', 'c' || i || '@x.org', (enum_range(NULL::types.mood))[1 + i % 7], repeat('Größe', i), i, 'C' || i FROM generate_series(1, 30) i;
INSERT INTO shop.identities (t) SELECT 'i' || i FROM generate_series(1, 12) i;
INSERT INTO shop.identities (id, small, t) OVERRIDING SYSTEM VALUE VALUES (7, 7, 'by hand');
INSERT INTO shop.shares DEFAULT VALUES;
INSERT INTO shop.shares DEFAULT VALUES;
INSERT INTO shop.generated (price, name) SELECT i, 'g' || i FROM generate_series(1, 9) i;
INSERT INTO shop.options SELECT i, 'o' || i FROM generate_series(1, 5) i;
INSERT INTO shop.scratch (t) VALUES ('unlogged');
INSERT INTO shop.nothing SELECT FROM generate_series(1, 3);
INSERT INTO shop.nothing_left SELECT FROM generate_series(1, 2);
INSERT INTO shop.own_method VALUES (1, 'x');
INSERT INTO shop.elsewhere VALUES (1), (2);
INSERT INTO "we.ird ""s"."Order Items" SELECT i, 'a', E'q"\\', i, E'\\.', NULL, E'\t', '😀' FROM generate_series(1, 6) i;
INSERT INTO "SELECT"."from" VALUES (1), (2);
INSERT INTO "$user"."user" VALUES (1);
INSERT INTO "so lang, dass es gerade noch geht: sechzig und drei Byte, so ä"."auch dieser Name ist genau so lang, wie ein Name sein darf: ö!" VALUES (1, 1);
INSERT INTO shop.wide (c1, c299) VALUES ('x', 'happy');
INSERT INTO shop.every_value (b, y, d, ts, i, u, j, jb, x, bits, vb, m, c, "char", r, s, f, tr, n, w, p, sm, tsv, net, ps, ms, lb, odd, f4, n3, arr) VALUES
  (true, '\x00ff', 'infinity', '4713-01-01 00:00:00 BC', '1 day 02:03:04.567', '00000000-0000-0000-0000-00000000000a', '{"a" : 1}', '{"b": null}', '<a>ü</a>', '10101', '101', 1.23, 'ab', 'x',
   '[1,5)', '[1,5]', '[1.5,)', '[a,z)', ROW(ROW(1, 'x', 'y', '{1.5}', NULL), ARRAY[ROW(2, NULL, NULL, NULL, '2020-01-01 00:00:00Z')::types.pair], 'happy'), '{a,NULL,"b c"}', ROW(1, 'p', NULL, NULL, NULL), 3, 'a:1 b:2', '10.0.0.1/8',
   ARRAY[NULL, ROW(3, 'a"b', 'c,d', NULL, NULL)]::types.pair[], '{sad,"",it''s}', '{a;b}', '1 year 2 mons', 'NaN', 12345, '[0:1][2:3]={{1,2},{3,NULL}}'),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO shop.typed VALUES (1, 'b', 'c', '{1}', '2020-01-01 00:00:00Z');
INSERT INTO shop.typed_later VALUES ('grown');
INSERT INTO shop.whole_rows SELECT cu.id, cu, ARRAY(SELECT i FROM "we.ird ""s"."Order Items" i) FROM shop.customers cu WHERE id < 3;
INSERT INTO shop.circle (t) VALUES ('round');
INSERT INTO shop.link_0 VALUES (2);
INSERT INTO shop.aa_link_6 VALUES (ROW(ARRAY[ROW(2)]::shop.link_0[]));
INSERT INTO shop.keys SELECT i, i + 1, i + 2, 'd' || i, int4range(i, i + 1), i, 10 + i, i FROM generate_series(1, 10) i;
INSERT INTO shop.referred SELECT i, 'd' || i, i, i FROM generate_series(1, 12) i;
INSERT INTO shop.refers VALUES (1, 2, 3, 'd3', 3, 4, 5, 15);
INSERT INTO parts.events SELECT i, date '1999-12-15' + i, 'event ' || i, 'sad' FROM generate_series(1, 40) i;
INSERT INTO parts.events VALUES (1, 'infinity', NULL, 'happy');
INSERT INTO parts.notes SELECT id, at, what FROM parts.events WHERE id % 3 = 0;
INSERT INTO parts.by_list VALUES ('A', 1, 'sad'), (NULL, 2, 'sad'), ('C', 5, 'sad'), ('z', 6, NULL), ('it''s', 7, 'it''s');
INSERT INTO parts.by_enum VALUES ('', 'x');
INSERT INTO parts.by_row VALUES ('2', 'z');
INSERT INTO parts.made SELECT generate_series(0, 9);
INSERT INTO parts.tree VALUES (1, NULL), (2, 1), (100, 2), (101, 100);
INSERT INTO kin.animals VALUES (1, 'a', 4), (2, 'b', NULL);
INSERT INTO kin.dogs VALUES (3, 'd', 4, true);
INSERT INTO kin.house_dogs (id, name, barks, owner, tail) VALUES (4, 'h', false, 'o', 1);
INSERT INTO kin.local_too (id, name) VALUES (6, 'l');
INSERT INTO kin.generated_child (a, c) VALUES (1, 2);
INSERT INTO shop.replica_index VALUES (1, 1);
INSERT INTO shop.secured VALUES (1, 'every_app', 'secret'), (2, 'postgres', 'other');
INSERT INTO seen.defaulted (t) VALUES ('first');
INSERT INTO seen.like_a_view (n) VALUES (1);
ALTER TABLE shop.without_triggers DISABLE TRIGGER ALL;
INSERT INTO shop.without_triggers VALUES (1);
SELECT nextval('shop.plain'), nextval('shop.countdown'), nextval('shop.countdown'), nextval('"we.ird ""s"."Se q"'), setval('shop.shared', 5000, false);
-- @since 15
INSERT INTO shop.nulls VALUES (1, NULL), (2, 1);
SELECT nextval('shop.unlogged');
-- @since 18
-- Of rows that violate it, too.
ALTER TABLE parts.tree ADD CONSTRAINT later FOREIGN KEY (parent) REFERENCES shop.people NOT VALID;
-- @lz4
INSERT INTO shop.compressed VALUES (repeat('a', 10000), repeat('b', 10000), 'c');
-- @all
-- But for seen.not_yet, which stays empty until somebody refreshes it.
REFRESH MATERIALIZED VIEW seen.kept;
REFRESH MATERIALIZED VIEW seen.a_on_kept;
REFRESH MATERIALIZED VIEW seen.aa_on_that;
REFRESH MATERIALIZED VIEW seen.by_function;
REFRESH MATERIALIZED VIEW seen.grouped;
REFRESH MATERIALIZED VIEW seen.through_function;
