package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;
import java.util.Locale;

/** Reads procedural languages that no extension brought. */
final class Languages {
  private static final String LANGUAGES =
      """
      SELECT l.oid::bigint, l.lanname, quote_ident(l.lanname) AS quoted, l.lanpltrusted,
             nullif(l.lanplcallfoid::regproc::text, '-') AS handler,
             nullif(l.laninline::regproc::text, '-') AS inline,
             nullif(l.lanvalidator::regproc::text, '-') AS validator,
             pg_get_userbyid(l.lanowner) AS owner, l.lanacl::text[] AS acl,
             acldefault('l', l.lanowner)::text[] AS initial
        FROM pg_catalog.pg_language l
       WHERE l.lanispl AND l.oid > %d
      """
          .formatted(CaptureContext.LAST_BUILT_IN_OID);

  private Languages() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        LANGUAGES,
        row -> {
          Address address = new Address("pg_language", row.getLong(1));
          if (context.belongsToExtension(address)) {
            return;
          }
          StringBuilder sql = new StringBuilder("CREATE ");
          sql.append(row.getBoolean("lanpltrusted") ? "TRUSTED " : "");
          sql.append("LANGUAGE ").append(row.getString("quoted"));
          for (String function : new String[] {"handler", "inline", "validator"}) {
            String called = row.getString(function);
            if (called != null) {
              sql.append(' ').append(function.toUpperCase(Locale.ROOT)).append(' ').append(called);
            }
          }
          String what = "LANGUAGE " + row.getString("quoted");
          String owner = row.getString("owner");
          Draft draft =
              context
                  .add(ObjectKind.LANGUAGE, address, row.getString("lanname"))
                  .sql(sql.toString())
                  .owner(what, owner);
          context.describe(draft, what);
          CaptureContext.grants(draft, what, row.getArray("acl"), row.getArray("initial"), owner);
        });
  }
}
