package io.holdfast.examples.premigration;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.sql.DataSource;

/**
 * What a database holds, definitions and rows, as PostgreSQL tells it: enough to see whether two
 * states are the same. Reads every row.
 *
 * @param parts what each part of it looks like, by its name
 */
record DatabaseState(SortedMap<String, String> parts) {
  private static final String OURS =
      "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'";

  /** A name and what is behind it, a row for each. */
  private static final List<String> DEFINITIONS =
      List.of(
          "SELECT 'column ' || a.attrelid::regclass || '.' || a.attname,"
              + " row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) || ' '"
              + " || format_type(a.atttypid, a.atttypmod)"
              + " || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END || a.attidentity::text || ' '"
              + " || coalesce(pg_get_expr(d.adbin, d.adrelid), '')"
              + " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
              + " JOIN pg_namespace n ON n.oid = c.relnamespace"
              + " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
              + " WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm')"
              + " AND "
              + OURS,
          "SELECT 'constraint ' || c.conrelid::regclass || ' ' || c.conname,"
              + " pg_get_constraintdef(c.oid) FROM pg_constraint c"
              + " JOIN pg_namespace n ON n.oid = c.connamespace WHERE c.conrelid <> 0 AND "
              + OURS,
          "SELECT 'index ' || i.indexrelid::regclass, pg_get_indexdef(i.indexrelid)"
              + " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
              + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
              + OURS,
          "SELECT 'view ' || c.oid::regclass, pg_get_viewdef(c.oid) FROM pg_class c"
              + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND "
              + OURS,
          "SELECT 'function ' || p.oid::regprocedure, pg_get_functiondef(p.oid) FROM pg_proc p"
              + " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind IN ('f', 'p') AND "
              + OURS,
          "SELECT 'enum ' || e.enumtypid::regtype,"
              + " string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)"
              + " FROM pg_enum e GROUP BY e.enumtypid",
          "SELECT 'sequence ' || quote_ident(schemaname) || '.' || quote_ident(sequencename),"
              + " concat_ws(' ', data_type, start_value, min_value, max_value, increment_by, cycle,"
              + " last_value) FROM pg_sequences");

  private static final String TABLES =
      "SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE c.relkind = 'r' AND "
          + OURS;

  static DatabaseState of(DataSource database) throws SQLException {
    SortedMap<String, String> parts = new TreeMap<>();
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("SET search_path = ''"); // so that every name has its schema
      for (String definitions : DEFINITIONS) {
        collect(statement, definitions, parts);
      }
      for (String table : names(statement)) {
        collect(statement, rows(table), parts);
      }
      statement.execute("RESET search_path");
    }
    return new DatabaseState(parts);
  }

  /** How many rows, and a sum of them that does not depend on their order. */
  private static String rows(String table) {
    return "SELECT 'rows of %s', count(*) || ' ' || md5(coalesce(string_agg(h, '' ORDER BY h), ''))"
            .formatted(table.replace("'", "''"))
        + " FROM (SELECT md5(t::text) AS h FROM ONLY %s t) AS hashes".formatted(table);
  }

  private static void collect(Statement statement, String sql, SortedMap<String, String> into)
      throws SQLException {
    try (ResultSet found = statement.executeQuery(sql)) {
      while (found.next()) {
        into.put(found.getString(1), found.getString(2));
      }
    }
  }

  private static List<String> names(Statement statement) throws SQLException {
    List<String> names = new ArrayList<>();
    try (ResultSet found = statement.executeQuery(TABLES)) {
      while (found.next()) {
        names.add(found.getString(1));
      }
    }
    return names;
  }

  /** What is other, gone or new there, a line each. */
  List<String> differencesTo(DatabaseState other) {
    List<String> differences = new ArrayList<>();
    parts.forEach(
        (name, part) -> {
          String there = other.parts.get(name);
          if (there == null) {
            differences.add(name + " is gone");
          } else if (!there.equals(part)) {
            differences.add(name + " was " + part + " and is " + there);
          }
        });
    other.parts.keySet().stream()
        .filter(name -> !parts.containsKey(name))
        .forEach(name -> differences.add(name + " is new"));
    return differences;
  }
}
