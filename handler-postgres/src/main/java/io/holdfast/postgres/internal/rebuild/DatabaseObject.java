package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.ddl.ObjectName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An object of the target that belongs to the database as a whole, and to no extension.
 *
 * @param name what it is called
 * @param address where it stands in the catalogs
 * @param owned whether the role may drop it
 * @param dropSql what drops it, and all that needs it
 */
record DatabaseObject(ObjectName name, Dependents.Held address, boolean owned, String dropSql) {
  // Before PostgreSQL 14 the identity of a transform was "for t on language l", which DROP does not
  // take.
  private static final String OBJECTS =
      """
      SELECT o.kind, o.name, o.classid::oid::bigint, o.oid::bigint,
             (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
               OR coalesce(pg_catalog.pg_has_role(o.owner, 'USAGE'), false),
             i.type, CASE WHEN o.kind = 'TRANSFORM' THEN replace(i.identity, ' on language ', ' language ')
                          ELSE i.identity END
        FROM (SELECT 'PUBLICATION' AS kind, pubname::text AS name, 'pg_publication'::regclass AS classid,
                     oid, pubowner AS owner FROM pg_catalog.pg_publication
              UNION ALL SELECT 'EVENT_TRIGGER', evtname, 'pg_event_trigger'::regclass, oid, evtowner
                          FROM pg_catalog.pg_event_trigger
              UNION ALL SELECT 'CAST', format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL),
                               'pg_cast'::regclass, c.oid, t.typowner
                          FROM pg_catalog.pg_cast c JOIN pg_catalog.pg_type t ON t.oid = c.castsource
              UNION ALL SELECT 'TRANSFORM', format('FOR %s LANGUAGE %I', format_type(t.trftype, NULL), l.lanname),
                               'pg_transform'::regclass, t.oid, l.lanowner
                          FROM pg_catalog.pg_transform t JOIN pg_catalog.pg_language l ON l.oid = t.trflang
              UNION ALL SELECT 'SERVER', srvname, 'pg_foreign_server'::regclass, oid, srvowner
                          FROM pg_catalog.pg_foreign_server
              UNION ALL SELECT 'FOREIGN_DATA_WRAPPER', fdwname, 'pg_foreign_data_wrapper'::regclass, oid, fdwowner
                          FROM pg_catalog.pg_foreign_data_wrapper
              UNION ALL SELECT 'ACCESS_METHOD', amname, 'pg_am'::regclass, oid, NULL FROM pg_catalog.pg_am
              UNION ALL SELECT 'LANGUAGE', lanname, 'pg_language'::regclass, oid, lanowner FROM pg_catalog.pg_language
              UNION ALL SELECT 'EXTENSION', extname, 'pg_extension'::regclass, oid, extowner FROM pg_catalog.pg_extension
             ) AS o
       CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.classid, o.oid, 0) AS i
       WHERE o.oid >= 16384
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                          WHERE d.classid = o.classid AND d.objid = o.oid AND d.objsubid = 0
                            AND (d.deptype = 'e' OR (d.deptype = 'i' AND o.kind = 'CAST')))
       ORDER BY o.oid
      """;

  /** Reads them, those that others may need last. */
  static List<DatabaseObject> read(Connection connection) throws SQLException {
    List<DatabaseObject> objects = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(OBJECTS)) {
      while (row.next()) {
        objects.add(
            new DatabaseObject(
                new ObjectName(
                    ObjectKind.valueOf(row.getString(1)),
                    Optional.empty(),
                    row.getString(2),
                    Optional.empty()),
                new Dependents.Held(row.getLong(3), row.getLong(4)),
                row.getBoolean(5),
                "DROP "
                    // The server's word for this one kind is not that of the statement.
                    + row.getString(6).replace("foreign-data wrapper", "foreign data wrapper")
                    + " IF EXISTS "
                    + row.getString(7)
                    + " CASCADE"));
      }
    }
    return objects;
  }

  /** For people: {@code event trigger audit}. */
  String title() {
    return name.kind().word().replace('_', ' ') + " " + name.name();
  }
}
