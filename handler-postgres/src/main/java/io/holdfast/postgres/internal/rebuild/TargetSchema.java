package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.Sql;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import io.holdfast.postgres.internal.ddl.SqlStatement;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * A schema of the target that has a name of the backup, and what lies in it.
 *
 * @param oid its OID
 * @param name its name, unquoted
 * @param owned whether the role owns it, and so may drop it with all that is in it
 * @param mayCreate whether the role may create objects in it
 * @param owner its owner
 * @param grantees who was granted something on it; an empty text for PUBLIC
 * @param extensions names of the extensions whose home it is
 * @param contents its objects, without members of extensions
 */
record TargetSchema(
    long oid,
    String name,
    boolean owned,
    boolean mayCreate,
    String owner,
    List<String> grantees,
    List<String> extensions,
    List<Held> contents) {
  private static final String SCHEMAS =
      """
      SELECT n.oid::bigint, n.nspname, pg_catalog.pg_has_role(n.nspowner, 'USAGE'),
             pg_catalog.has_schema_privilege(n.oid, 'CREATE'),
             ARRAY(SELECT e.extname FROM pg_catalog.pg_extension e
                    WHERE e.extnamespace = n.oid ORDER BY 1)::text[],
             pg_catalog.pg_get_userbyid(n.nspowner),
             ARRAY(SELECT DISTINCT CASE a.grantee WHEN 0 THEN ''
                                        ELSE pg_catalog.pg_get_userbyid(a.grantee) END
                     FROM pg_catalog.aclexplode(
                            coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) a
                    ORDER BY 1)::text[]
        FROM unnest(?::text[]) AS w(name)
        JOIN pg_catalog.pg_namespace n ON n.nspname = w.name
       ORDER BY n.nspname
      """;

  // What depends on the schema itself, and is no piece of something else.
  private static final String CONTENTS =
      """
      SELECT d.refobjid::bigint, i.type, i.identity,
             (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
               OR EXISTS (SELECT FROM pg_catalog.pg_shdepend s
                           WHERE s.dbid = (SELECT oid FROM pg_catalog.pg_database
                                            WHERE datname = pg_catalog.current_database())
                             AND s.classid = d.classid AND s.objid = d.objid AND s.deptype = 'o'
                             AND pg_catalog.pg_has_role(s.refobjid, 'USAGE'))
        FROM unnest(?::text[]) AS w(name)
        JOIN pg_catalog.pg_namespace n ON n.nspname = w.name
        JOIN pg_catalog.pg_depend d
          ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
         AND d.refobjid = n.oid AND d.deptype = 'n' AND d.objsubid = 0
         AND d.classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
       CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) AS i
       WHERE NOT EXISTS (
               SELECT FROM pg_catalog.pg_depend m
                WHERE m.classid = d.classid AND m.objid = d.objid AND m.objsubid = 0
                  AND m.deptype IN ('e', 'i'))
       ORDER BY i.type, i.identity
      """;

  /**
   * An object.
   *
   * @param type what it is, in PostgreSQL's words: {@code materialized view}
   * @param identity its name, quoted and qualified, with argument types
   * @param owned whether the role may drop it
   */
  record Held(String type, String identity, boolean owned) {
    String title() {
      return type + " " + identity;
    }

    /** What removes it, and all that needs it. */
    String dropSql() {
      String word =
          switch (type) {
            case "function", "procedure", "aggregate" -> "ROUTINE";
            default -> type;
          };
      return "DROP " + word + " IF EXISTS " + identity + " CASCADE";
    }
  }

  /** How many of each type: {@code 14 × table, 2 × view}. */
  static String summary(List<Held> contents) {
    Map<String, Integer> counts = new TreeMap<>();
    contents.forEach(held -> counts.merge(held.type(), 1, Integer::sum));
    StringJoiner text = new StringJoiner(", ").setEmptyValue("nothing");
    counts.forEach((type, count) -> text.add(count + " × " + type));
    return text.toString();
  }

  /** Copies the lists. */
  TargetSchema {
    grantees = List.copyOf(grantees);
    extensions = List.copyOf(extensions);
    contents = List.copyOf(contents);
  }

  boolean isEmpty() {
    return contents.isEmpty();
  }

  /**
   * Whether it is not created anew but made what the backup says as far as that is wanted: {@code
   * public}, which every database has, must not lose its owner or what everybody may do in it
   * because these are not restored.
   */
  boolean isAdopted(RebuildOptions options) {
    return owned
        && name.equals("public")
        && (options.withoutOwners() || options.withoutPrivileges());
  }

  /** What is left to do for an entry that creates the schema, which is there. */
  SchemaEntry adopt(SchemaEntry entry) {
    List<SqlStatement> grants = new ArrayList<>();
    if (!entry.grants().isEmpty()) {
      // An entry begins with what a schema has when it has just been created.
      String on = " ON SCHEMA " + Sql.quoteIdentifier(name);
      for (String grantee : grantees) {
        String from = grantee.isEmpty() ? "PUBLIC" : Sql.quoteIdentifier(grantee);
        grants.add(SqlStatement.of("REVOKE ALL" + on + " FROM " + from));
      }
      grants.add(SqlStatement.of("GRANT ALL" + on + " TO " + Sql.quoteIdentifier(owner)));
      grants.addAll(entry.grants());
    }
    return new SchemaEntry(
        entry.id(),
        entry.kind(),
        entry.schema(),
        entry.name(),
        entry.table(),
        entry.sql().subList(1, entry.sql().size()),
        entry.owner(),
        grants,
        entry.needs());
  }

  /** Reads those of the schemas that exist. */
  static Map<String, TargetSchema> read(Connection connection, Collection<String> names)
      throws SQLException {
    Array wanted = connection.createArrayOf("text", names.toArray());
    Map<Long, List<Held>> contents = new LinkedHashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(CONTENTS)) {
      statement.setArray(1, wanted);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          contents
              .computeIfAbsent(row.getLong(1), oid -> new ArrayList<>())
              .add(new Held(row.getString(2), row.getString(3), row.getBoolean(4)));
        }
      }
    }
    Map<String, TargetSchema> schemas = new LinkedHashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(SCHEMAS)) {
      statement.setArray(1, wanted);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          long oid = row.getLong(1);
          schemas.put(
              row.getString(2),
              new TargetSchema(
                  oid,
                  row.getString(2),
                  row.getBoolean(3),
                  row.getBoolean(4),
                  row.getString(6),
                  List.of((String[]) row.getArray(7).getArray()),
                  List.of((String[]) row.getArray(5).getArray()),
                  contents.getOrDefault(oid, List.of())));
        }
      }
    }
    return schemas;
  }
}
