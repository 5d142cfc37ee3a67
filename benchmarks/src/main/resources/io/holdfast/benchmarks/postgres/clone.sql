-- About 100 MB of an ordinary shop, half of it indexes.
CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, email text UNIQUE);
INSERT INTO customers (name, email) SELECT 'customer ' || i, md5(i::text) || '@example.com' FROM generate_series(1, 200000) i;
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer bigint NOT NULL, at timestamptz NOT NULL,
  total numeric(12,2) NOT NULL, note text);
INSERT INTO orders (customer, at, total, note)
  SELECT 1 + i % 200000, timestamptz '2026-01-01 00:00Z' + i * interval '1 minute', i % 1000, 'order ' || md5(i::text)
    FROM generate_series(1, 400000) i;
ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers (id);
CREATE INDEX ON orders (customer, at);
