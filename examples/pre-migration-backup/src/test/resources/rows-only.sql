-- Changes rows, and fails at the last statement. The first two are committed by then.
UPDATE customers SET email = upper(email);
DELETE FROM orders WHERE id % 3 = 0;
INSERT INTO customers (email) VALUES ('new@example.org');
COMMIT;
UPDATE customers SET credit = -1;
