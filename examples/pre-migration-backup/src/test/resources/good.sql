ALTER TABLE customers ADD COLUMN name text NOT NULL DEFAULT '?';
UPDATE customers SET name = split_part(email, '@', 1);
