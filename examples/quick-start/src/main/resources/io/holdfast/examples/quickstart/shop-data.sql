-- The rows of the shop, the same in every run. The setting shop.size scales the large tables.
-- A line that begins with "--:" starts a step.

--: preparing
SELECT setseed(0.42);
SET TimeZone = 'UTC';
CREATE FUNCTION pg_temp.many(base integer) RETURNS integer LANGUAGE sql STABLE AS
$$ SELECT greatest(10, (base * current_setting('shop.size')::float8)::integer) $$;

--: customers
INSERT INTO shop.customers (email, name, mood, tags, settings, born, credit, last_ip, token, referred_by)
SELECT 'user' || i || '@example.org',
       (ARRAY['Ada', 'Łukasz', 'María José', 'O''Brien', '李雷', 'Zoë 🎈', 'Back\slash', E'Tab\there'])[1 + i % 8] || ' ' || i,
       (ARRAY['meh', 'happy', 'it''s "great"', '🎁', NULL])[1 + i % 5]::shop.mood,
       CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN '{}' WHEN 2 THEN ARRAY['new', 'a,b', '{"}'] ELSE ARRAY[NULL, 'NULL', ''] END,
       CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN 'null' WHEN 2 THEN '"text"' WHEN 3 THEN '[1, 2.50, 1e3, null]'
         ELSE jsonb_build_object('theme', 'dark', 'n', i, 'ünï', E'line\nbreak') END,
       DATE '1940-01-01' + (random() * 25000)::integer,
       round((random() * 1000)::numeric, 2),
       ('10.' || i % 256 || '.' || i / 256 % 256 || '.1')::inet,
       md5('token' || i)::uuid,
       CASE WHEN i > 10 AND i % 3 = 0 THEN 1 + i % 10 END
  FROM generate_series(1, pg_temp.many(20000)) AS i;

--: addresses
INSERT INTO shop.addresses (customer, street, city, place)
SELECT 1 + i % pg_temp.many(20000), 'Main Street ' || i, (ARRAY['Köln', 'Łódź', '東京', 'Paris'])[1 + i % 4],
       point(random() * 180 - 90, random() * 360 - 180)
  FROM generate_series(1, pg_temp.many(25000)) AS i;
UPDATE shop.customers c SET main_address = a.id
  FROM shop.addresses a WHERE a.customer = c.id AND c.id % 2 = 0;

--: categories
INSERT INTO shop.categories
SELECT i, CASE WHEN i > 1 THEN i / 4 + 1 END, 'Category ' || i FROM generate_series(1, 120) AS i;

--: products
INSERT INTO shop.products (id, category, sku, title, net, packing, photo, sold_during, weight_kg)
SELECT i, 1 + i % 120, 'SKU-' || to_char(i, 'FM000000'), 'Product ' || i || CASE i % 7 WHEN 0 THEN ' “quoted”' ELSE '' END,
       round((random() * 500)::numeric, 2),
       CASE WHEN i % 3 > 0 THEN ROW(random(), i / 3.0, ARRAY[ROW(i, 'EUR')::shop.amount, NULL, ROW(NULL, 'USD')::shop.amount])::shop.box END,
       CASE WHEN i % 2 = 0 THEN decode(repeat(md5('photo' || i), 20), 'hex') END,
       CASE i % 4 WHEN 0 THEN 'empty' WHEN 1 THEN daterange(DATE '2025-01-01' + i % 300, NULL)
         ELSE daterange(NULL, DATE '2027-01-01', '(]') END,
       random() * 1e-3
  FROM generate_series(1, pg_temp.many(4000)) AS i;

--: orders
INSERT INTO shop.orders (ordered_at, customer, deliver, total, note)
SELECT TIMESTAMPTZ '2025-10-01 00:00:00+00' + (i * 10) * interval '1 minute 0.000001 seconds',
       1 + i % pg_temp.many(20000),
       make_interval(months => i % 3, days => i % 20 - 5, secs => random() * 1000),
       ROW(round((random() * 900)::numeric, 2), (ARRAY['EUR', 'USD', 'JPY'])[1 + i % 3])::shop.amount,
       CASE i % 50 WHEN 0 THEN E'Rings the bell \u0007, twice\r\n' WHEN 1 THEN '\N' WHEN 2 THEN '' WHEN 3 THEN '\.' END
  FROM generate_series(1, pg_temp.many(40000)) AS i;

--: order items
INSERT INTO shop."Order Items"
SELECT o.id, o.ordered_at, n, 1 + (o.id * n % pg_temp.many(4000)), n + o.id % 5, round((random() * 100)::numeric, 2)
  FROM shop.orders o, generate_series(1, 2 + o.id::integer % 2) AS n;

--: payments
INSERT INTO shop.payments (paid_at, amount)
SELECT TIMESTAMP '2026-01-01' + i * interval '1 second', i / 7.0 FROM generate_series(1, pg_temp.many(10000)) AS i;
INSERT INTO shop.card_payments (paid_at, amount, card, valid)
SELECT TIMESTAMP '2026-01-01' + i * interval '1 hour', i / 3.0, to_char(i % 10000, 'FM0000'),
       tstzrange('2026-01-01 00:00:00+00', CASE WHEN i % 2 = 0 THEN TIMESTAMPTZ '2029-01-01 00:00:00+00' END)
  FROM generate_series(1, pg_temp.many(15000)) AS i;
INSERT INTO shop.voucher_payments (paid_at, amount, code, uses)
SELECT NULL, -i, i::bit(20)::varbit, int4multirange(int4range(i, i + 2), int4range(i + 5, NULL))
  FROM generate_series(1, pg_temp.many(2000)) AS i;

--: sensors
INSERT INTO shop.readings
SELECT TIMESTAMPTZ '2026-01-01 00:00:00+00' + i * interval '1 second', ('02:00:00:00:00:' || to_char(i % 90 + 10, 'FM00'))::macaddr,
       CASE i % 1000 WHEN 0 THEN 'NaN' WHEN 1 THEN '-Infinity' ELSE random() * 100 END,
       CASE i % 1000 WHEN 2 THEN 'Infinity' WHEN 3 THEN '-0' WHEN 4 THEN 5e-324 ELSE exp(random() * 200 - 100) END,
       CASE i % 1000 WHEN 5 THEN 'NaN' WHEN 6 THEN 'Infinity' WHEN 7 THEN 1e-200 ELSE i::numeric / 97 END,
       numrange(i, i + 0.5), format('{"b": %s,  "a": [1.10, 1e2],"b":2}', i)::json
  FROM generate_series(1, pg_temp.many(20000)) AS i;

--: reviews
INSERT INTO shop.reviews
SELECT 1 + i % pg_temp.many(4000), CASE WHEN i % 9 > 0 THEN 1 + i % pg_temp.many(20000) END, 1 + i % 4,
       repeat('Good ', i % 30) || '👍🏽', to_tsvector('simple', 'good product ' || i)
  FROM generate_series(1, pg_temp.many(12000)) AS i;

--: contracts
INSERT INTO shop.contracts
SELECT i, lo_from_bytea(0, CASE WHEN i % 10 = 0 THEN '' ELSE decode(repeat(md5('contract' || i), i * 100), 'hex') END)
  FROM generate_series(1, 40) AS i;

--: oddities
INSERT INTO shop.oddities (id, why, a_text, a_char, a_byte, a_numeric, a_float4, a_float8, a_money, a_date, a_time, a_timetz, a_timestamp, a_timestamptz,
    an_interval, a_uuid, an_inet, a_cidr, a_bit, a_bytea, a_json, a_jsonb, ints, texts, amounts, moods, a_range, a_path, an_lsn)
VALUES
  (1, 'all NULL', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (2, 'all empty or zero', '', '', '', 0, 0, 0, 0, 'epoch', '00:00', '00:00+00', 'epoch', 'epoch',
    '0', '00000000-0000-0000-0000-000000000000', '0.0.0.0', '::/0', '00000', '', '{}', '{}', '{}', '{}', '{}', '{}', 'empty', '((0,0))', '0/0'),
  (3, 'JSON null is not NULL', 'null', 'null', 'n', 'NaN', 'NaN', 'NaN', -0.01, '4713-01-01 BC', '24:00', '24:00-15:59', '4713-01-01 00:00:00 BC', '4713-01-01 00:00:00+00 BC',
    '-178000000 years', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '255.255.255.255/0', '10.0.0.0/8', '11111', '\x00', 'null', 'null', '{NULL}', '{NULL,"NULL","null"}', '{NULL}', '{"it''s \"great\"",NULL}',
    '[-infinity,infinity]', '[(1,2),(3,4)]', 'FFFFFFFF/FFFFFFFF'),
  (4, 'the largest', repeat('é€𝄞', 1000), '  x', E'\\377', (repeat('9', 200) || '.' || repeat('9', 200))::numeric, 3.4028235e38, 1.7976931348623157e308, '92233720368547758.07', 'infinity', '23:59:59.999999',
    '23:59:59.999999+15:59', 'infinity', 'infinity', '178000000 years 11 mons 30 days 23:59:59.999999', md5('x')::uuid, 'ffff:ffff::1/127', 'ffff::/16', '10101', decode(repeat('00ff0a0d09', 1000), 'hex'),
    ' [1,   1.0, "\u0041", 12345678901234567890123456789] ', '[1, 1.0, 12345678901234567890123456789, 1e400, "😀"]', '[-2:0]={1,2,3}', '{{a,b},{c,NULL}}', ARRAY[ROW(1.50, 'a,b')::shop.amount, ROW('NaN', '")(')::shop.amount],
    '{meh,🎁}', '(,)', '((1e300,-1e-300),(0,-0))', '16/B374D848'),
  (5, 'the smallest', E'\u0001\u0002\u0008\t\n\u000b\u000c\r\u001b\u001f\u007f\u0085\u00a0\u2028\u2029\ufeff\uffff', E'\t', '\', '-Infinity', 1e-45, 5e-324, '-92233720368547758.08', '-infinity', '00:00:00.000001',
    '00:00:00.000001-15:59', '-infinity', '-infinity', '1 mon -1 day 00:00:00.000001', md5('y')::uuid, '::ffff:1.2.3.4', '::/128', '00001', decode(repeat('5c', 99), 'hex'),
    E'{"line\\nbreak":"\\u0007",\n\t"$json":"x"}', '{"$json": "x", "": [], "\\": "\""}', '{{{1}}}', E'{"\\\\","\\"",",","{}"," "}', ARRAY[ROW(NULL, NULL)::shop.amount], '{}',
    '["2026-01-01 00:00:00+00",)', '[(-1,-1)]', '0/1'),
  (6, 'looks like something else', '\N', '\N', '"', 1.10, -0.0::real, '-0', 1234567.89, '0001-01-01 BC', '12:00', '12:00+05:45', '0001-12-31 23:59:59.999999 BC', '1883-11-18 12:03:58-04:56:02',
    '1 year -13 months 40 days -25:00:01', md5('z')::uuid, '1.2.3.4/24', '1.2.3.0/24', '01010', '\x5c4e', '"\\N"', '{"$date": "2026-01-01T00:00:00Z"}', '{-2147483648,2147483647}', '{"\\N","\\."}',
    '{"(1,EUR)"}', '{happy,happy}', '[infinity,)', '((0.1,0.2),(0.30000000000000004,1e-7))', '0/2');
INSERT INTO "Weird ""Schema"""."Täble 🎁" VALUES (1, 2, 3, 'a.b', E'\t'), (NULL, NULL, NULL, NULL, NULL), (NULL, NULL, NULL, NULL, NULL);
SELECT nextval('shop.countdown') FROM generate_series(1, 25);
DO $$
BEGIN
  IF to_regclass('shop.attributes') IS NOT NULL THEN
    INSERT INTO shop.attributes
    SELECT i, hstore(ARRAY['colour', 'red', 'a=>b', NULL, '"', '\', 'n', i::text]) FROM generate_series(1, pg_temp.many(2000)) AS i;
  END IF;
END $$;

--: statistics
ANALYZE;
