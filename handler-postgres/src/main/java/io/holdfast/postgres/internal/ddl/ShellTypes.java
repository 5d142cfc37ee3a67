package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;
import java.util.Set;

/**
 * Reads shell types: names of types that were never defined. And makes those that types need which
 * are defined by functions that take them.
 */
final class ShellTypes {
  private static final String SHELLS =
      TypeDrafts.query("", "", "AND t.typtype = 'p' AND NOT t.typisdefined");

  private ShellTypes() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        SHELLS,
        row ->
            TypeDrafts.add(context, ObjectKind.SHELL_TYPE, row)
                .sql("CREATE TYPE " + row.getString("quoted")));
  }

  /**
   * Adds the shell of a type.
   *
   * @param functions those that the type is made of, and that take or return it
   */
  static void addBefore(CaptureContext context, Draft type, String quoted, Set<Address> functions) {
    Address address = new Address("shell of pg_type", type.address().oid());
    context
        .add(ObjectKind.SHELL_TYPE, address, type.schema().orElseThrow(), type.name())
        .sql("CREATE TYPE " + quoted);
    type.shell(address, functions);
  }
}
