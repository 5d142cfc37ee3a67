-- What needs the rows of both lanes.
CREATE INDEX orders_placed ON orders (placed);
CREATE INDEX orders_customer_id ON orders (customer_id);
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers (id);
CREATE SEQUENCE invoice_number START 77;
SELECT nextval('invoice_number');
CREATE VIEW order_names AS SELECT o.id, c.name, o.amount FROM orders o JOIN customers c ON c.id = o.customer_id;
CREATE MATERIALIZED VIEW daily_orders AS
  SELECT date_trunc('day', placed, 'UTC') AS day, sum(amount) AS amount, count(*) AS orders FROM orders GROUP BY 1;
DROP FUNCTION bench_rows(int);
DROP FUNCTION bench_fraction(bigint, bigint);
