package io.holdfast.benchmarks.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a database holds, in short: the number of rows of each table, a hash over the rows of some,
 * and where each sequence stands. A load that is fast because it is wrong has another one.
 *
 * @param facts what was found, by name
 */
record Fingerprint(Map<String, String> facts) {
  /** Tables whose values are hashed, and of big ones which rows. */
  private static final Map<String, String> HASHED =
      Map.of(
          "accounts", "id % 10 = 0",
          "customers", "true",
          "documents", "true",
          "events", "id % 10 = 0",
          "orders", "true",
          "shipments", "true",
          "small_7", "true",
          "shared", "true",
          "customer_7.t_7", "true");

  private static final String TABLES =
      """
      SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1
      """;

  private static final String SEQUENCES =
      "SELECT schemaname || '.' || sequencename, coalesce(last_value::text, 'not called') FROM pg_sequences";

  private static final int TABLES_PER_QUERY = 100;

  Fingerprint {
    facts = Map.copyOf(facts);
  }

  /** Reads a database whole. */
  static Fingerprint of(Server server, String database) throws SQLException {
    Map<String, String> facts = new TreeMap<>();
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement()) {
      List<String> tables = List.copyOf(pairs(statement, TABLES, 1).keySet());
      for (int from = 0; from < tables.size(); from += TABLES_PER_QUERY) {
        StringJoiner sql = new StringJoiner(" UNION ALL ");
        for (String table :
            tables.subList(from, Math.min(tables.size(), from + TABLES_PER_QUERY))) {
          sql.add("SELECT 'rows of " + table + "', count(*)::text FROM " + table);
        }
        facts.putAll(pairs(statement, sql.toString(), 2));
      }
      for (Map.Entry<String, String> hashed : HASHED.entrySet()) {
        if (tables.contains(hashed.getKey())) {
          facts.putAll(pairs(statement, hashSql(hashed.getKey(), hashed.getValue()), 2));
        }
      }
      pairs(statement, SEQUENCES, 2).forEach((name, value) -> facts.put("sequence " + name, value));
    }
    return new Fingerprint(facts);
  }

  /** A sum, so that the order in which rows lie does not matter. */
  private static String hashSql(String table, String where) {
    return "SELECT 'hash of "
        + table
        + "', sum(hashtextextended(t::text, 0))::text FROM "
        + table
        + " t WHERE "
        + where;
  }

  private static Map<String, String> pairs(Statement statement, String sql, int valueColumn)
      throws SQLException {
    Map<String, String> pairs = new TreeMap<>();
    try (ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        pairs.put(row.getString(1), String.valueOf(row.getString(valueColumn)));
      }
    }
    return pairs;
  }

  /** How many rows all tables have. */
  long rows() {
    return facts.entrySet().stream()
        .filter(fact -> fact.getKey().startsWith("rows of "))
        .mapToLong(fact -> Long.parseLong(fact.getValue()))
        .sum();
  }

  /** What another database holds differently, a sentence each. */
  List<String> differences(Fingerprint other) {
    TreeSet<String> names = new TreeSet<>(facts.keySet());
    names.addAll(other.facts.keySet());
    return names.stream()
        .filter(name -> !Objects.equals(facts.get(name), other.facts.get(name)))
        .map(name -> name + ": " + facts.get(name) + " became " + other.facts.get(name))
        .toList();
  }
}
