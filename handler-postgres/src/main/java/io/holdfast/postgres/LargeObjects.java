package io.holdfast.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The large objects of a database: how many, how big, and where to cut them.
 *
 * @param count how many there are
 * @param bytes about how many bytes they take
 * @param roles the roles that own them, or may do something with them
 */
record LargeObjects(long count, long bytes, List<String> roles) {
  /** The fields of the collection with a record for every large object. */
  static final PostgresSchema.CollectionSchema OBJECTS =
      new PostgresSchema.CollectionSchema(
          List.of(
              new PostgresSchema.Field("oid", "oid", ValueForm.INTEGER),
              new PostgresSchema.Field("owner", "name", ValueForm.TEXT),
              new PostgresSchema.Field("grants", "jsonb", ValueForm.JSON),
              new PostgresSchema.Field("comment", "text", ValueForm.TEXT),
              new PostgresSchema.Field("labels", "jsonb", ValueForm.JSON)),
          List.of("oid"));

  /**
   * Reads that collection. There can be millions of objects, so what is said of each stands in its
   * record, and not among the definitions. No privileges are those that every object has.
   */
  static final String READ_OBJECTS =
      """
      SELECT m.oid, pg_catalog.pg_get_userbyid(m.lomowner),
             CASE WHEN m.lomacl IS NOT NULL THEN (
               SELECT coalesce(jsonb_agg(jsonb_build_object(
                        'to', CASE WHEN a.grantee <> 0
                                   THEN pg_catalog.pg_get_userbyid(a.grantee) END,
                        'by', pg_catalog.pg_get_userbyid(a.grantor),
                        'privilege', a.privilege_type, 'option', a.is_grantable)
                        ORDER BY a.place), '[]')
                 FROM pg_catalog.aclexplode(m.lomacl) WITH ORDINALITY
                      AS a(grantor, grantee, privilege_type, is_grantable, place)) END,
             d.description, l.labels
        FROM pg_catalog.pg_largeobject_metadata m
        LEFT JOIN pg_catalog.pg_description d
          ON d.classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass AND d.objoid = m.oid
        LEFT JOIN (SELECT objoid, jsonb_object_agg(provider, label) AS labels
                     FROM pg_catalog.pg_seclabel
                    WHERE classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass
                    GROUP BY objoid) l ON l.objoid = m.oid
      """;

  private static final String SIZE =
      """
      SELECT count(*), pg_catalog.pg_relation_size('pg_catalog.pg_largeobject')
        FROM pg_catalog.pg_largeobject_metadata
      """;

  /** A list of access control that is empty is refused once it was a text. */
  private static final String ROLES =
      """
      WITH access AS (
        SELECT DISTINCT lomowner, nullif(lomacl::text, '{}') AS acl
          FROM pg_catalog.pg_largeobject_metadata)
      SELECT pg_catalog.pg_get_userbyid(role) FROM (
        SELECT lomowner FROM access
        UNION
        SELECT x.role
          FROM access, pg_catalog.aclexplode(access.acl::aclitem[]) a,
               LATERAL (VALUES (a.grantor), (a.grantee)) AS x(role)
         WHERE x.role <> 0) r(role)
       ORDER BY 1
      """;

  /** The fields of the collection with the pieces. */
  static final PostgresSchema.CollectionSchema DATA =
      new PostgresSchema.CollectionSchema(
          List.of(
              new PostgresSchema.Field("loid", "oid", ValueForm.INTEGER),
              new PostgresSchema.Field("offset", "bigint", ValueForm.INTEGER),
              new PostgresSchema.Field("data", "bytea", ValueForm.TEXT)),
          List.of("loid", "offset"));

  // There is no has_largeobject_privilege before PostgreSQL 18. A missing ACL means: the owner
  // only.
  private static final String UNREADABLE =
      """
      SELECT m.oid::bigint, count(*) OVER ()
        FROM pg_catalog.pg_largeobject_metadata m
       WHERE NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
         AND current_setting('lo_compat_privileges') <> 'on'
         AND NOT pg_catalog.pg_has_role(m.lomowner, 'USAGE')
         AND NOT EXISTS (
               SELECT FROM pg_catalog.aclexplode(m.lomacl) a
                WHERE a.privilege_type = 'SELECT'
                  AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE')))
       ORDER BY m.oid LIMIT 10
      """;

  /** Copies the list. */
  LargeObjects {
    roles = List.copyOf(roles);
  }

  /** Counts them. */
  static LargeObjects read(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      List<String> roles = new ArrayList<>();
      try (ResultSet row = statement.executeQuery(ROLES)) {
        while (row.next()) {
          roles.add(row.getString(1));
        }
      }
      try (ResultSet row = statement.executeQuery(SIZE)) {
        row.next();
        return new LargeObjects(row.getLong(1), row.getLong(2), roles);
      }
    }
  }

  /** What is wrong with reading their contents; empty if nothing is. */
  static Optional<String> unreadable(Connection connection) throws SQLException {
    List<String> oids = new ArrayList<>();
    long all = 0;
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(UNREADABLE)) {
      while (row.next()) {
        oids.add(row.getString(1));
        all = row.getLong(2);
      }
    }
    if (oids.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        "The role lacks SELECT on "
            + all
            + " large object(s): "
            + String.join(", ", oids)
            + (all > oids.size() ? ", …" : "")
            + ". GRANT SELECT ON LARGE OBJECT … for each, or exclude "
            + PostgresSchema.LARGE_OBJECT_DATA
            + ".");
  }

  /** Cuts them into at most that many ranges of OIDs with about equally many objects. */
  List<TableSplit.Range> ranges(Connection connection, int pieces) throws SQLException {
    long each = Math.max(1, (count + pieces - 1) / pieces);
    List<Long> firsts = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT oid::bigint FROM (SELECT oid, row_number() OVER (ORDER BY oid) AS n"
                    + " FROM pg_catalog.pg_largeobject_metadata) o WHERE n > 1 AND (n - 1) % "
                    + each
                    + " = 0 ORDER BY oid")) {
      while (row.next()) {
        firsts.add(row.getLong(1));
      }
    }
    List<TableSplit.Range> ranges = new ArrayList<>();
    long first = 0;
    for (long next : firsts) {
      ranges.add(new TableSplit.Range(first, Optional.of(next)));
      first = next;
    }
    ranges.add(new TableSplit.Range(first, Optional.empty()));
    return ranges;
  }
}
