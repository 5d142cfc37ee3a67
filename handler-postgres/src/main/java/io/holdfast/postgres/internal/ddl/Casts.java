package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;

/** Reads casts, between whatever types, but those that come with an extension or a multirange. */
final class Casts {
  private static final String CASTS =
      """
      SELECT c.oid::bigint, format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL),
             CASE c.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || c.castfunc::regprocedure
                               WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END
             || CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT'
                                   WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END
        FROM pg_catalog.pg_cast c
        JOIN pg_catalog.pg_type s ON s.oid = c.castsource
        JOIN pg_catalog.pg_namespace sn ON sn.oid = s.typnamespace
        JOIN pg_catalog.pg_type t ON t.oid = c.casttarget
        JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
       WHERE c.oid > %d AND sn.nspname !~ '^pg_temp_' AND tn.nspname !~ '^pg_temp_'
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x
                          WHERE x.classid = 'pg_catalog.pg_cast'::regclass AND x.objid = c.oid
                            AND x.deptype IN ('e', 'i'))
      """
          .formatted(CaptureContext.LAST_BUILT_IN_OID);

  private Casts() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        CASTS,
        row -> {
          String what = "CAST (" + row.getString(2) + ")";
          Draft draft =
              context
                  .add(ObjectKind.CAST, new Address("pg_cast", row.getLong(1)), row.getString(2))
                  .sql("CREATE " + what + " " + row.getString(3));
          context.describe(draft, what);
        });
  }
}
