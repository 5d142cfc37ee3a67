package io.holdfast.postgres.internal.ddl;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Objects;

/**
 * Reads collations. The version of the library that sorts is no property of them that could be
 * carried: the server that they come back on has its own.
 */
final class Collations {
  private static final String COLLATIONS =
      """
      SELECT c.oid::bigint, n.nspname, c.collname, format('%%I.%%I', n.nspname, c.collname) AS quoted,
             c.collprovider, c.collisdeterministic, c.collcollate, c.collctype, %s AS locale, %s AS rules,
             pg_get_userbyid(c.collowner) AS owner
        FROM pg_catalog.pg_collation c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
       WHERE %s
      """;

  private Collations() {}

  static void read(CaptureContext context) throws SQLException {
    String locale =
        context.since(17, "c.colllocale", context.since(15, "c.colliculocale", "c.collcollate"));
    String rules = context.since(16, "c.collicurules", "NULL");
    context.query(
        COLLATIONS.formatted(locale, rules, CaptureContext.userSchema("n.nspname")),
        row -> {
          Address address = new Address("pg_collation", row.getLong(1));
          if (context.belongsToExtension(address)) {
            return;
          }
          String what = "COLLATION " + row.getString("quoted");
          Draft draft =
              context
                  .add(ObjectKind.COLLATION, address, row.getString(2), row.getString(3))
                  .sql("CREATE " + what + " " + options(row))
                  .owner(what, row.getString("owner"));
          context.describe(draft, what);
        });
  }

  private static OptionList options(ResultSet row) throws SQLException {
    OptionList options = new OptionList();
    String provider = row.getString("collprovider");
    switch (provider) {
      case "c" -> options.add("PROVIDER", "libc");
      case "i" -> options.add("PROVIDER", "icu");
      case "b" -> options.add("PROVIDER", "builtin");
      default -> throw new IllegalStateException("Unknown collation provider " + provider);
    }
    if (!row.getBoolean("collisdeterministic")) {
      options.add("DETERMINISTIC", "false");
    }
    String collate = row.getString("collcollate");
    String ctype = row.getString("collctype");
    if (!provider.equals("c")) {
      options.addText("LOCALE", row.getString("locale"));
    } else if (Objects.equals(collate, ctype)) {
      options.addText("LOCALE", collate);
    } else {
      options.addText("LC_COLLATE", collate).addText("LC_CTYPE", ctype);
    }
    return options.addText("RULES", row.getString("rules"));
  }
}
