package io.holdfast.postgres.internal.ddl;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads what was granted or revoked on objects that PostgreSQL itself or an extension created: the
 * difference to what they were given then. Belongs to no schema, since the objects do not, either,
 * as far as a backup goes.
 */
final class Privileges {
  /**
   * Nothing tells what initdb granted in {@code information_schema}, so its grants stay as they
   * are, as with pg_dump. The schema {@code public} is like those of users.
   */
  private static final String CHANGED =
      """
      SELECT o.catalog, o.oid::bigint, o.title, o.named, o.attribute, pg_get_userbyid(o.owner),
             coalesce(o.acl, acldefault(o.kind, o.owner))::text[],
             coalesce(i.initprivs, acldefault(o.kind, o.owner))::text[],
             pg_has_role(o.owner, 'USAGE')
        FROM (SELECT 'pg_proc' AS catalog, p.oid, 0 AS number, NULL AS attribute, 'f'::"char" AS kind,
                     p.proacl AS acl, p.proowner AS owner, n.nspname AS within,
                     n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS title,
                     CASE p.prokind
                     WHEN 'p' THEN format('PROCEDURE %I.%I(%s)', n.nspname, p.proname,
                                          pg_get_function_identity_arguments(p.oid))
                     ELSE format('FUNCTION %I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes))
                     END AS named
                FROM pg_catalog.pg_proc p
                JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
               UNION ALL
              SELECT 'pg_class', c.oid, 0, NULL, CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char",
                     c.relacl, c.relowner, n.nspname, n.nspname || '.' || c.relname,
                     format(CASE c.relkind WHEN 'S' THEN 'SEQUENCE %I.%I' ELSE 'TABLE %I.%I' END,
                            n.nspname, c.relname)
                FROM pg_catalog.pg_class c
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
               UNION ALL
              SELECT 'pg_class', c.oid, a.attnum, quote_ident(a.attname), 'c', a.attacl, c.relowner,
                     n.nspname, n.nspname || '.' || c.relname || '.' || a.attname,
                     format('TABLE %I.%I', n.nspname, c.relname)
                FROM pg_catalog.pg_attribute a
                JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT a.attisdropped
               UNION ALL
              SELECT 'pg_type', t.oid, 0, NULL, 'T', t.typacl, t.typowner, n.nspname,
                     n.nspname || '.' || t.typname, format('TYPE %I.%I', n.nspname, t.typname)
                FROM pg_catalog.pg_type t
                JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
               UNION ALL
              SELECT 'pg_language', l.oid, 0, NULL, 'l', l.lanacl, l.lanowner, '', l.lanname,
                     format('LANGUAGE %I', l.lanname)
                FROM pg_catalog.pg_language l
               UNION ALL
              SELECT 'pg_namespace', n.oid, 0, NULL, 'n', n.nspacl, n.nspowner, n.nspname, n.nspname,
                     format('SCHEMA %I', n.nspname)
                FROM pg_catalog.pg_namespace n
               WHERE n.nspname <> 'public'
               UNION ALL
              SELECT 'pg_foreign_data_wrapper', f.oid, 0, NULL, 'F', f.fdwacl, f.fdwowner, '', f.fdwname,
                     format('FOREIGN DATA WRAPPER %I', f.fdwname)
                FROM pg_catalog.pg_foreign_data_wrapper f
               UNION ALL
              SELECT 'pg_foreign_server', s.oid, 0, NULL, 'S', s.srvacl, s.srvowner, '', s.srvname,
                     format('FOREIGN SERVER %I', s.srvname)
                FROM pg_catalog.pg_foreign_server s) o
        LEFT JOIN pg_catalog.pg_init_privs i
          ON i.classoid = o.catalog::regclass AND i.objoid = o.oid AND i.objsubid = o.number
       WHERE o.acl IS DISTINCT FROM i.initprivs
         AND o.within <> 'information_schema' AND o.within !~ '^pg_(toast|temp_)'
         AND (o.oid <= BUILT_IN
              OR EXISTS (SELECT FROM pg_catalog.pg_depend x
                          WHERE x.classid = o.catalog::regclass AND x.objid = o.oid AND x.objsubid = 0
                            AND x.deptype = 'e'))
      """
          .replace("BUILT_IN", Long.toString(CaptureContext.LAST_BUILT_IN_OID));

  private Privileges() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        CHANGED,
        row -> {
          List<SqlStatement> changes =
              Acl.changes(
                  row.getString(4),
                  Optional.ofNullable(row.getString(5)),
                  (String[]) row.getArray(7).getArray(),
                  (String[]) row.getArray(8).getArray(),
                  row.getString(6));
          if (!changes.isEmpty()) {
            // An address of its own: who needs the object does not need its privileges.
            Address object = new Address(row.getString(1), row.getLong(2));
            context
                .add(
                    ObjectKind.PRIVILEGES,
                    new Address("privileges of " + object.catalog(), object.oid()),
                    row.getString(3))
                .needs(object)
                .grants(changes);
          }
        });
  }

  /**
   * What gives PostgreSQL's own objects back the privileges that they had in the beginning, as far
   * as the role may.
   */
  static List<SqlStatement> resets(Connection connection) throws SQLException {
    List<SqlStatement> resets = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(CHANGED)) {
      while (row.next()) {
        if (row.getLong(2) <= CaptureContext.LAST_BUILT_IN_OID && row.getBoolean(9)) {
          resets.addAll(
              Acl.changes(
                  row.getString(4),
                  Optional.ofNullable(row.getString(5)),
                  (String[]) row.getArray(8).getArray(),
                  (String[]) row.getArray(7).getArray(),
                  row.getString(6)));
        }
      }
    }
    return resets;
  }
}
