package io.holdfast.postgres;

import io.holdfast.postgres.TestPostgres.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * What a database holds, as the server itself counts and hashes it. Shares no code with the
 * handler. Rows are hashed as text, so that a sign of zero, a NaN or a trailing zero makes a
 * difference, and in no order.
 */
final class Contents {
  private static final String TABLES =
      """
      SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
         AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                            AND d.objid = c.oid AND d.deptype = 'e')
      """;

  // Sorting bytes costs a tenth of sorting texts by the rules of a language.
  private static final String OF_TABLE =
      """
      SELECT '%s', count(*),
             count(*) || ' ' || md5(coalesce(string_agg(h, '' ORDER BY h), ''))
        FROM (SELECT md5("its whole row"::text) COLLATE "C" AS h
                FROM ONLY %s AS "its whole row") AS hashed
      """;

  private static final String OF_LARGE_OBJECTS =
      """
      SELECT 'pg_catalog.pg_largeobject_metadata', count(*),
             count(*) || ' ' || coalesce(string_agg(oid || ' ' || pg_get_userbyid(lomowner), ',' ORDER BY oid), '')
        FROM pg_largeobject_metadata
      UNION ALL
      SELECT 'pg_catalog.pg_largeobject', coalesce(sum((bytes + 1048575) / 1048576), 0),
             coalesce(string_agg(oid || ' ' || md5(lo_get(oid)), ',' ORDER BY oid), '')
        FROM pg_largeobject_metadata, LATERAL (SELECT octet_length(lo_get(oid)) AS bytes) AS size
      """;

  /**
   * One collection.
   *
   * @param records how many records it has
   * @param hash what it holds
   */
  record Content(long records, String hash) {}

  private Contents() {}

  /** By collection, as the handler names them. */
  static Map<String, Content> of(Database database) throws SQLException {
    StringJoiner union = new StringJoiner(" UNION ALL ").add(OF_LARGE_OBJECTS);
    for (String table : database.query(TABLES)) {
      union.add(OF_TABLE.formatted(table.replace("'", "''"), table));
    }
    Map<String, Content> contents = new TreeMap<>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET jit = off"); // compiling takes longer than hashing
      try (ResultSet row = statement.executeQuery(union.toString())) {
        while (row.next()) {
          contents.put(row.getString(1), new Content(row.getLong(2), row.getString(3)));
        }
      }
    }
    return contents;
  }

  /** Only the hashes. */
  static Map<String, String> hashes(Database database) throws SQLException {
    Map<String, String> hashes = new TreeMap<>();
    of(database).forEach((collection, content) -> hashes.put(collection, content.hash()));
    return hashes;
  }

  /** Only the counts, without large objects where there are none. */
  static Map<String, Long> counts(Database database) throws SQLException {
    Map<String, Long> counts = new TreeMap<>();
    of(database).forEach((collection, content) -> counts.put(collection, content.records()));
    if (Long.valueOf(0).equals(counts.get("pg_catalog.pg_largeobject_metadata"))) {
      counts.keySet().removeIf(collection -> collection.startsWith("pg_catalog."));
    }
    return counts;
  }
}
