package io.holdfast.postgres;

import io.holdfast.postgres.TestPostgres.Database;
import java.sql.SQLException;

/** A database of three tables and little in it, for what is done very often. */
final class SmallShop {
  static final String STRUCTURE =
      """
      CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL UNIQUE, note text);
      CREATE TABLE items (id int PRIMARY KEY, price numeric(8, 2) CHECK (price >= 0), data bytea);
      CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES customers, item int REFERENCES items);
      """;

  private static final String ROWS =
      """
      INSERT INTO customers (name, note) SELECT 'c' || i, CASE WHEN i % 3 > 0 THEN md5(i::text) END FROM generate_series(1, 200) i;
      INSERT INTO items SELECT i, i / 3.0, decode(md5(i::text), 'hex') FROM generate_series(1, 100) i;
      INSERT INTO orders SELECT i, 1 + i % 200, 1 + i % 100 FROM generate_series(1, 600) i;
      """;

  static final String OTHER_ROWS =
      """
      INSERT INTO customers (name) SELECT 'other ' || i FROM generate_series(1, 30) i;
      INSERT INTO items SELECT i, 1, NULL FROM generate_series(50, 70) i;
      INSERT INTO orders SELECT i, i, 50 FROM generate_series(1, 30) i;
      """;

  private SmallShop() {}

  /** A new one. */
  static Database source() throws SQLException {
    return empty().execute(ROWS);
  }

  /** A new one without rows. */
  static Database empty() throws SQLException {
    return TestPostgres.createDatabase().execute(STRUCTURE);
  }

  /** A new one with other rows. */
  static Database filled() throws SQLException {
    return empty().execute(OTHER_ROWS);
  }
}
