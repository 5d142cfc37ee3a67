package io.holdfast.examples.quickstart;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import javax.sql.DataSource;

/**
 * What a database holds, as PostgreSQL itself sums it up: for every table the number of its rows
 * and the sum of their hashes, whatever their order; every sequence's state; every large object;
 * every constraint and trigger.
 *
 * @param parts what was looked at, and its sum, in order
 */
record Fingerprint(Map<String, String> parts) {
  private static final String TABLES =
      """
      SELECT format('%I.%I', n.nspname, c.relname)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       ORDER BY 1
      """;

  // Every value of the row is in its text, generated columns too, and NULL is told from ''.
  private static final String ROWS =
      """
      SELECT count(*) || ' rows, hash '
             || coalesce(sum(hashtextextended((every_row.*)::text, 0)::numeric), 0)
        FROM ONLY %s AS every_row
      """;

  private static final String SEQUENCES =
      """
      SELECT 'sequence ' || format('%I.%I', n.nspname, c.relname),
             format('SELECT ''last value '' || last_value || '', called '' || is_called FROM %I.%I',
                    n.nspname, c.relname)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'S' ORDER BY 1
      """;

  private static final String LARGE_OBJECTS =
      """
      SELECT count(*) || ' objects, ' || coalesce(sum(length(lo_get(oid))), 0) || ' bytes, hash '
             || coalesce(sum(hashtextextended(
                  oid || ' ' || pg_get_userbyid(lomowner) || ' ' || encode(sha256(lo_get(oid)), 'hex'),
                  0)::numeric), 0)
        FROM pg_largeobject_metadata
      """;

  // A restore sets foreign keys and triggers aside while it loads, and must put them back.
  private static final String CONSTRAINTS =
      """
      SELECT count(*) || ' of them, hash ' || coalesce(sum(hashtextextended(what, 0)::numeric), 0)
        FROM (SELECT conrelid::regclass || ' ' || conname || ' ' || convalidated || ' '
                     || pg_get_constraintdef(oid) || ' '
                     || coalesce(obj_description(oid, 'pg_constraint'), '') AS what
                FROM pg_constraint WHERE connamespace <> 'information_schema'::regnamespace
                 AND conrelid <> 0
              UNION ALL
              SELECT tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text FROM pg_trigger
               WHERE NOT tgisinternal) AS kept
      """;

  /** Copies the map. */
  Fingerprint {
    parts = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(parts));
  }

  /** Asks the database. */
  static Fingerprint of(DataSource database) throws SQLException {
    Map<String, String> parts = new LinkedHashMap<>();
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("SET TimeZone = 'UTC'");
      for (String table : column(statement, TABLES, 1)) {
        parts.put("table " + table, single(statement, ROWS.formatted(table)));
      }
      List<String> sequences = column(statement, SEQUENCES, 1);
      List<String> queries = column(statement, SEQUENCES, 2);
      for (int i = 0; i < sequences.size(); i++) {
        parts.put(sequences.get(i), single(statement, queries.get(i)));
      }
      parts.put("large objects", single(statement, LARGE_OBJECTS));
      parts.put("constraints and triggers", single(statement, CONSTRAINTS));
    }
    return new Fingerprint(parts);
  }

  /** What is not the same in the other, a sentence each; empty if all is. */
  List<String> differencesTo(Fingerprint other) {
    List<String> differences = new ArrayList<>();
    TreeSet<String> all = new TreeSet<>(parts.keySet());
    all.addAll(other.parts.keySet());
    for (String part : all) {
      String here = parts.getOrDefault(part, "missing");
      String there = other.parts.getOrDefault(part, "missing");
      if (!here.equals(there)) {
        differences.add(part + ": " + here + " in the original; " + there + " in the copy");
      }
    }
    return differences;
  }

  private static List<String> column(Statement statement, String query, int column)
      throws SQLException {
    List<String> values = new ArrayList<>();
    try (ResultSet row = statement.executeQuery(query)) {
      while (row.next()) {
        values.add(row.getString(column));
      }
    }
    return values;
  }

  private static String single(Statement statement, String query) throws SQLException {
    return column(statement, query, 1).get(0);
  }
}
