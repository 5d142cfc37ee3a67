-- Changes the schema in every way that hurts, and fails at the end. What is before COMMIT is committed by then.
DROP VIEW balances;
ALTER TABLE customers RENAME COLUMN email TO mail;
ALTER TABLE customers DROP COLUMN credit;
ALTER TABLE customers ADD COLUMN name text NOT NULL DEFAULT '?';
ALTER TABLE orders ALTER COLUMN total TYPE text;
ALTER SEQUENCE customers_id_seq RENAME TO customer_numbers;
ALTER TYPE mood RENAME VALUE 'meh' TO 'so-so';
DROP INDEX orders_by_day;
CREATE TABLE invoices (id bigint PRIMARY KEY, "order" bigint NOT NULL REFERENCES orders);
INSERT INTO invoices SELECT id, id FROM orders WHERE id <= 10;
DELETE FROM orders WHERE id > 2900;
COMMIT;
ALTER TABLE orders ADD COLUMN invoice bigint NOT NULL;
