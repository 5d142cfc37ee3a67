CREATE TABLE customers (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email text NOT NULL UNIQUE
);
CREATE TABLE orders (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer int NOT NULL REFERENCES customers,
  total numeric(10, 2) NOT NULL CHECK (total >= 0),
  note text
);
CREATE INDEX orders_of ON orders (customer);
CREATE VIEW balances AS
  SELECT c.email, coalesce(sum(o.total), 0) AS total
    FROM customers c LEFT JOIN orders o ON o.customer = c.id
   GROUP BY c.email;
INSERT INTO customers (email) SELECT 'customer' || i || '@example.com' FROM generate_series(1, 2000) i;
INSERT INTO orders (customer, total, note)
  SELECT 1 + i % 2000, i % 500 + 0.99, repeat(md5(i::text), 4) FROM generate_series(1, 100000) i;
