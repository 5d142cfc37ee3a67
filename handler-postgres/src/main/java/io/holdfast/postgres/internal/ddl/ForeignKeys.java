package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;

/**
 * Reads foreign keys. Of those that partitions have from their parent only the parent's is written,
 * since it creates the others.
 */
final class ForeignKeys {
  private static final String FOREIGN_KEYS =
      """
      SELECT k.oid::bigint, t.oid::bigint, n.nspname, k.conname, quote_ident(k.conname),
             quote_ident(n.nspname) || '.' || quote_ident(t.relname), t.relkind = 'p',
             pg_get_constraintdef(k.oid), k.conindid::bigint
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
       WHERE k.contype = 'f' AND k.conparentid = 0 AND t.relpersistence <> 't' AND %s
      """;

  private ForeignKeys() {}

  static void read(CaptureContext context) throws SQLException {
    IndexPartitions partitions = IndexPartitions.read(context);
    context.query(
        FOREIGN_KEYS.formatted(CaptureContext.userSchema("n.nspname")),
        row -> {
          if (context.belongsToExtension(Address.relation(row.getLong(2)))) {
            return;
          }
          String name = row.getString(5);
          String table = row.getString(6);
          Draft draft =
              context
                  .add(
                      ObjectKind.FOREIGN_KEY,
                      Address.constraint(row.getLong(1)),
                      row.getString(3),
                      row.getString(4))
                  .table(table)
                  .sql(
                      (row.getBoolean(7) ? "ALTER TABLE " : "ALTER TABLE ONLY ")
                          + table
                          + "\n  ADD CONSTRAINT "
                          + name
                          + " "
                          + row.getString(8));
          partitions.needAll(draft, row.getLong(9));
          context.describe(draft, "CONSTRAINT " + name + " ON " + table);
        });
  }
}
