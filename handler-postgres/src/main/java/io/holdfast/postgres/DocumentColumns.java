package io.holdfast.postgres;

import io.holdfast.postgres.internal.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The fields of a collection's documents that have columns of their own, and the statements that
 * bring the documents there: the server reads them once to find out, and once to move them.
 *
 * <p>A field has one if its values are of one type in all documents, and if the column holds each
 * of them exactly. A document without the field has NULL in its column; one in which it is null
 * keeps that in {@code data}, so that both stay different.
 */
final class DocumentColumns {
  /**
   * A row must fit a page of 8 KiB, whatever it holds. What is longer than 24 bytes can be moved
   * out of it (src/backend/access/common/toast_internals.c), so each column may take that much.
   */
  static final int MAX_COLUMNS = 300;

  /** Columns that every table has, or that these have for something else. */
  private static final List<String> TAKEN =
      List.of("id", "parent", "data", "tableoid", "xmin", "xmax", "cmin", "cmax", "ctid");

  /** The type of a column, and what its values look like in a document. */
  private enum Kind {
    // The order is that of the numbers in TYPE_OF.
    STAYS("", ""),
    TEXT("text", "%s"),
    INTEGER("bigint", "%s"),
    DOUBLE(
        "double precision",
        "coalesce(%1$s ->> '$numberDouble', %1$s #>> '{}')::pg_catalog.float8",
        true),
    BOOLEAN("boolean", "%s"),
    DATE("timestamp with time zone", "(%s ->> '$date')::pg_catalog.timestamptz", true),
    BINARY("bytea", "pg_catalog.decode(%s #>> '{$binary,base64}', 'base64')", true),
    ARRAY("jsonb", "%s"),
    MAP("jsonb", "%s"),
    REFERENCE("jsonb", "%s"),
    GEO("jsonb", "%s"),
    VECTOR("jsonb", "%s"),
    DECIMAL("jsonb", "%s");

    private final String type;
    private final String conversion;
    private final boolean fromJson;

    Kind(String type, String conversion) {
      this(type, conversion, false);
    }

    Kind(String type, String conversion, boolean fromJson) {
      this.type = type;
      this.conversion = conversion;
      this.fromJson = fromJson;
    }
  }

  /**
   * The kind of a value {@code v}, by its number; null for null. What its column could not hold
   * exactly stays where it is: integers beyond 64 bits, numbers that no double is, instants with
   * nanoseconds or outside of the years 1 to 9999, bytes with a subtype, strings that are wrapped.
   */
  private static final String TYPE_OF =
      """
      CASE jsonb_typeof(v)
        WHEN 'null' THEN NULL
        WHEN 'string' THEN 1
        WHEN 'boolean' THEN 4
        WHEN 'array' THEN 7
        WHEN 'number' THEN
          CASE WHEN strpos(v::text, '.') > 0 THEN
                 CASE WHEN v::numeric = 0
                        OR abs(v::numeric) BETWEEN 4.9e-324 AND 1.7976931348623157e308
                      THEN 3 ELSE 0 END
               WHEN v::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN 2
               ELSE 0 END
        ELSE
          CASE WHEN v -> '$date' IS NOT NULL THEN
                 CASE WHEN v - '$date' = '{}' AND v ->> '$date' ~ '%1$s'
                        AND v ->> '$date' NOT LIKE '0000%%'
                      THEN 5 ELSE 0 END
               WHEN v -> '$binary' IS NOT NULL THEN
                 CASE WHEN jsonb_typeof(v #> '{$binary,base64}') = 'string'
                        AND v = jsonb_build_object('$binary', jsonb_build_object(
                              'base64', v #> '{$binary,base64}', 'subType', '00'))
                      THEN 6 ELSE 0 END
               WHEN v -> '$numberDouble' IS NOT NULL THEN
                 CASE WHEN v - '$numberDouble' <> '{}' THEN 0
                      WHEN v ->> '$numberDouble' IN ('NaN', 'Infinity', '-Infinity') THEN 3
                      WHEN v ->> '$numberDouble' ~ '%2$s' AND length(v ->> '$numberDouble') < 400
                      THEN CASE WHEN (v ->> '$numberDouble')::numeric = 0
                                  OR abs((v ->> '$numberDouble')::numeric)
                                     BETWEEN 4.9e-324 AND 1.7976931348623157e308
                                THEN 3 ELSE 0 END
                      ELSE 0 END
               WHEN v -> '$text' IS NOT NULL THEN 0
               WHEN v -> '$ref' IS NOT NULL THEN 9
               WHEN v -> '$geo' IS NOT NULL THEN 10
               WHEN v -> '$vector' IS NOT NULL THEN 11
               WHEN v -> '$numberDecimal' IS NOT NULL THEN 12
               ELSE 8 END
      END
      """
          .formatted(
              "^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
                  + "([.][0-9]{1,6}0*)?Z$",
              "^-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,3})?$");

  /** What a key of a document is called as a field. */
  private static final String NAME = "CASE WHEN key LIKE '$%' THEN substr(key, 2) ELSE key END";

  // A document with U+0000 in the name of a field is written as pairs, and stays as it is.
  private static final String FIELDS =
      """
      SELECT key, %1$s, min(type)
        FROM (SELECT f.key, %2$s::int AS type
                FROM %3$s l CROSS JOIN LATERAL jsonb_each(l.data) AS f(key, v)
               WHERE l.data -> '$map' IS NULL) t
       GROUP BY key
      HAVING min(type) = max(type) AND min(type) > 0
         AND octet_length(key) BETWEEN 1 AND 63 AND %1$s <> '' AND %1$s <> ALL (?::text[])
         AND (? OR %1$s = ANY (?::text[]))
       ORDER BY %1$s = ANY (?::text[]) DESC, count(*) DESC, key COLLATE "C"
       LIMIT ?
      """;

  /**
   * A field with a column.
   *
   * @param key what it is called in {@code data}
   * @param name what it is called otherwise
   */
  private record Field(String key, String name, Kind kind) {
    /** The value in its column, from a record of all fields. */
    String value() {
      return kind.conversion.formatted("f." + Sql.quoteIdentifier(key));
    }

    String inRecord() {
      return Sql.quoteIdentifier(key) + " " + (kind.fromJson ? "jsonb" : kind.type);
    }
  }

  private final Table table;
  private final DocumentLoad load;
  private final List<Field> fields;
  private final Set<String> there;

  private DocumentColumns(Table table, DocumentLoad load, List<Field> fields, Set<String> there) {
    this.table = table;
    this.load = load;
    this.fields = fields;
    this.there = there;
  }

  /** Finds out, from the documents that were put down, which fields have columns. */
  static DocumentColumns of(Connection connection, Table table, DocumentLoad load)
      throws SQLException {
    Map<String, String> types = new HashMap<>();
    for (Column column : table.columns()) {
      if (!DocumentTable.COLUMNS.contains(column.name())) {
        types.put(column.name(), column.generated() ? "" : column.type());
      }
    }
    String[] known = types.keySet().toArray(String[]::new);
    String sql = FIELDS.formatted(NAME, TYPE_OF, load.table().landingSql());
    List<Field> fields = new ArrayList<>();
    int additions = 0;
    // "?" is also an operator of jsonb, but none that stands in there.
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, connection.createArrayOf("text", TAKEN.toArray()));
      statement.setBoolean(2, load.newColumns());
      statement.setArray(3, connection.createArrayOf("text", known));
      statement.setArray(4, connection.createArrayOf("text", known));
      statement.setInt(5, Math.max(known.length, MAX_COLUMNS));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          Field field = new Field(row.getString(1), row.getString(2), Kind.values()[row.getInt(3)]);
          String type = types.get(field.name);
          if (type == null && known.length + additions < MAX_COLUMNS) {
            additions++;
            fields.add(field);
          } else if (field.kind.type.equals(type)) {
            fields.add(field);
          }
        }
      }
    }
    return new DocumentColumns(table, load, fields, Set.copyOf(types.keySet()));
  }

  /** Adds the columns that are missing, and moves all documents into the table. */
  void spread(PinnedConnection connection) throws SQLException {
    List<String> additions =
        fields.stream()
            .filter(field -> !there.contains(field.name))
            .map(field -> "ADD COLUMN " + Sql.quoteIdentifier(field.name) + " " + field.kind.type)
            .toList();
    if (!additions.isEmpty()) {
      connection.execute("ALTER TABLE " + table.toSql() + " " + String.join(", ", additions));
    }
    connection.execute(moveSql());
  }

  private String moveSql() {
    List<String> columns = new ArrayList<>(DocumentTable.COLUMNS);
    List<String> values = new ArrayList<>(List.of("l.id", "l.parent", rest()));
    for (Field field : fields) {
      columns.add(field.name);
      values.add(field.value());
    }
    return "INSERT INTO "
        + table.toSql()
        + " ("
        + Sql.quoteIdentifiers(columns)
        + ") SELECT "
        + String.join(", ", values)
        + " FROM "
        + load.table().landingSql()
        + " l"
        + (fields.isEmpty()
            ? ""
            // One function for all columns, which looks at a document once.
            : " CROSS JOIN LATERAL jsonb_to_record(l.data) AS f("
                + fields.stream().map(Field::inRecord).collect(Collectors.joining(", "))
                + ")")
        + (load.merge() ? onConflict(columns) : "");
  }

  /** What stays in {@code data}: all that has no column, and what is null. */
  private String rest() {
    if (fields.isEmpty()) {
      return "l.data";
    }
    String keys =
        "ARRAY["
            + fields.stream()
                .map(field -> Sql.quoteLiteral(field.key))
                .collect(Collectors.joining(","))
            + "]::text[]";
    // Nulls are rare, and looking at each field by itself takes longer.
    return "CASE WHEN jsonb_path_exists(l.data, '$.* ? (@ == null)') THEN l.data - ARRAY("
        + "SELECT e.key FROM jsonb_each(l.data) AS e(key, v) WHERE e.v <> 'null' AND e.key = ANY ("
        + keys
        + ")) ELSE l.data - "
        + keys
        + " END";
  }

  /** A document that is replaced has no fields left of before. */
  private String onConflict(List<String> written) {
    Set<String> set = new HashSet<>(written);
    List<String> assignments = new ArrayList<>();
    for (Column column : table.storedColumns()) {
      if (!DocumentTable.KEY.contains(column.name()) && !set.contains(column.name())) {
        assignments.add(Sql.quoteIdentifier(column.name()) + " = DEFAULT");
      }
    }
    for (String column : written) {
      if (!DocumentTable.KEY.contains(column)) {
        String quoted = Sql.quoteIdentifier(column);
        assignments.add(quoted + " = EXCLUDED." + quoted);
      }
    }
    return " ON CONFLICT ("
        + Sql.quoteIdentifiers(DocumentTable.KEY)
        + ") DO UPDATE SET "
        + String.join(", ", assignments);
  }
}
