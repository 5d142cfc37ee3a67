CREATE TYPE mood AS ENUM ('meh', 'happy');
CREATE TABLE customers (
  id bigserial PRIMARY KEY,
  email text NOT NULL UNIQUE,
  mood mood NOT NULL DEFAULT 'meh',
  credit numeric(10, 2) NOT NULL DEFAULT 0 CHECK (credit >= 0)
);
CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer bigint NOT NULL REFERENCES customers,
  placed timestamptz NOT NULL,
  total numeric(10, 2) NOT NULL
);
CREATE INDEX orders_by_day ON orders (((placed AT TIME ZONE 'UTC')::date));
CREATE VIEW balances AS SELECT c.email, c.credit - coalesce(sum(o.total), 0) AS balance
  FROM customers c LEFT JOIN orders o ON o.customer = c.id GROUP BY c.id;
INSERT INTO customers (email, mood, credit)
  SELECT 'user' || i || '@example.org', (ARRAY['meh', 'happy'])[1 + i % 2]::mood, i FROM generate_series(1, 1000) AS i;
INSERT INTO orders (customer, placed, total)
  SELECT 1 + i % 1000, TIMESTAMPTZ '2026-01-01 00:00:00+00' + i * interval '1 hour', i / 7.0 FROM generate_series(1, 3000) AS i;
