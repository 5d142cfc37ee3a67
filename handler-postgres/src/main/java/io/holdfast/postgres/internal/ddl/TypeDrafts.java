package io.holdfast.postgres.internal.ddl;

import java.sql.ResultSet;
import java.sql.SQLException;

/** What the readers of all kinds of types share. */
final class TypeDrafts {
  /** The columns that their queries begin with. */
  static final String COLUMNS =
      """
      SELECT t.oid::bigint AS oid, n.nspname, t.typname,
             format('%I.%I', n.nspname, t.typname) AS quoted, pg_get_userbyid(t.typowner) AS owner,
             t.typacl::text[] AS acl, acldefault('T', t.typowner)::text[] AS initial
      """;

  /** From where; takes the condition on the schema, to which others can be added. */
  static final String FROM =
      """
        FROM pg_catalog.pg_type t
        JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
        %s
       WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend x
                          WHERE x.classid = 'pg_catalog.pg_type'::regclass AND x.objid = t.oid
                            AND x.deptype = 'e')
         AND %s
      """;

  private TypeDrafts() {}

  /** A query of types that no extension brought. */
  static String query(String columns, String joins, String condition) {
    return COLUMNS
        + columns
        + FROM.formatted(joins, CaptureContext.userSchema("n.nspname"))
        + condition;
  }

  /** Begins the draft of the type in the row, with its owner, grants and comment. */
  static Draft add(CaptureContext context, ObjectKind kind, ResultSet row) throws SQLException {
    String what = (kind == ObjectKind.DOMAIN ? "DOMAIN " : "TYPE ") + row.getString("quoted");
    String owner = row.getString("owner");
    Draft draft =
        context
            .add(
                kind,
                Address.type(row.getLong("oid")),
                row.getString("nspname"),
                row.getString("typname"))
            .owner(what, owner);
    context.describe(draft, what);
    CaptureContext.grants(draft, what, row.getArray("acl"), row.getArray("initial"), owner);
    return draft;
  }
}
