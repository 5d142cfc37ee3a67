-- What the lanes need before they run side by side. The setting bench.scale says how many rows there are: 1 gives about 2.5 GB.

-- Rows for this scale, at least one.
CREATE FUNCTION bench_rows(at_scale_one int) RETURNS int LANGUAGE sql STABLE
  AS $$ SELECT greatest(1, round(at_scale_one * current_setting('bench.scale')::numeric))::int $$;

-- The same number in [0, 1) for the same row and salt, on every run: random() would depend on the plan.
CREATE FUNCTION bench_fraction(row_number bigint, salt bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
  AS $$ SELECT (hashint8extended(row_number, salt) & 2147483647) / 2147483648.0::float8 $$;

CREATE TYPE order_state AS ENUM ('new', 'paid', 'shipped', 'returned');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%_@_%');

-- Few words are frequent and many are rare, as in a language; so text compresses as text does.
CREATE TABLE words (id int NOT NULL, word text NOT NULL);
INSERT INTO words
  SELECT n, left(translate(md5(n::text), '0123456789', 'aeioutrnsl'), 3 + n % 8)
    FROM generate_series(0, 1999) n;

CREATE TABLE phrases (id int NOT NULL, body text NOT NULL);
INSERT INTO phrases
  SELECT p, string_agg(w.word, ' ' ORDER BY w.id)
    FROM (SELECT DISTINCT p, floor(2000 * power(bench_fraction(p * 60 + n, 1), 2))::int AS word_id
            FROM generate_series(1, 5000) p
           CROSS JOIN generate_series(1, 60) n) chosen
    JOIN words w ON w.id = word_id
   GROUP BY p;
ALTER TABLE words ADD PRIMARY KEY (id);
ALTER TABLE phrases ADD PRIMARY KEY (id);
ANALYZE words, phrases;
