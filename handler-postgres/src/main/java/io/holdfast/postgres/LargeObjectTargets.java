package io.holdfast.postgres;

import io.holdfast.postgres.RestoreTarget.Input;
import io.holdfast.postgres.RestoreTarget.Stage;
import java.util.List;
import java.util.Optional;

/**
 * The two collections of large objects as targets of a restore. Their records take the same path as
 * rows, into a temporary table, from which the server makes the objects batch by batch.
 */
final class LargeObjectTargets {
  private static final String METADATA_STAGE = "pg_temp.holdfast_large_objects";
  private static final String DATA_STAGE = "pg_temp.holdfast_large_object_data";

  /** Pieces may come before the record of their object. */
  private static final String CREATE_MISSING =
      """
      SELECT pg_catalog.lo_create(s.oid)
        FROM (SELECT DISTINCT %s AS oid FROM %s) s
       WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid = s.oid)
      """;

  private static final String REMOVE_EXISTING =
      """
      SELECT pg_catalog.lo_unlink(m.oid)
        FROM pg_catalog.pg_largeobject_metadata m JOIN %s s ON s.oid = m.oid
      """
          .formatted(METADATA_STAGE);

  private static final String SET_OWNERS =
      """
      DO $$
      DECLARE
        o record;
      BEGIN
        FOR o IN SELECT s.oid, s.owner FROM %s s JOIN pg_catalog.pg_roles r ON r.rolname = s.owner
                  WHERE r.rolname <> current_user AND pg_catalog.pg_has_role(r.oid, 'MEMBER')
        LOOP
          EXECUTE pg_catalog.format('ALTER LARGE OBJECT %%s OWNER TO %%I', o.oid, o.owner);
        END LOOP;
      END $$
      """
          .formatted(METADATA_STAGE);

  private static final String PUT_PIECES =
      "SELECT pg_catalog.lo_put(loid, \"offset\", data) FROM " + DATA_STAGE;

  private LargeObjectTargets() {}

  /** Whether a collection holds large objects. */
  static boolean isCollection(String collection) {
    return collection.equals(PostgresSchema.LARGE_OBJECTS)
        || collection.equals(PostgresSchema.LARGE_OBJECT_DATA);
  }

  /**
   * The target of such a collection.
   *
   * @param merge whether an object that is there is replaced
   */
  static RestoreTarget target(String collection, boolean merge) {
    return collection.equals(PostgresSchema.LARGE_OBJECTS) ? metadata(merge) : data();
  }

  private static RestoreTarget metadata(boolean merge) {
    String create = CREATE_MISSING.formatted("oid", METADATA_STAGE);
    return target(
        PostgresSchema.LARGE_OBJECTS,
        List.of(column(1, "oid", 26, ValueForm.INTEGER), column(2, "owner", 25, ValueForm.TEXT)),
        new Stage(
            METADATA_STAGE,
            "CREATE TEMP TABLE holdfast_large_objects (oid oid NOT NULL, owner text)"
                + " ON COMMIT DROP",
            merge
                ? List.of(REMOVE_EXISTING, create, SET_OWNERS, "TRUNCATE " + METADATA_STAGE)
                : List.of(create, SET_OWNERS, "TRUNCATE " + METADATA_STAGE),
            true));
  }

  private static RestoreTarget data() {
    return target(
        PostgresSchema.LARGE_OBJECT_DATA,
        List.of(
            column(1, "loid", 26, ValueForm.INTEGER),
            column(2, "offset", 20, ValueForm.INTEGER),
            column(3, "data", 17, ValueForm.TEXT)),
        new Stage(
            DATA_STAGE,
            "CREATE TEMP TABLE holdfast_large_object_data"
                + " (loid oid NOT NULL, \"offset\" bigint NOT NULL, data bytea NOT NULL)"
                + " ON COMMIT DROP",
            List.of(
                CREATE_MISSING.formatted("loid", DATA_STAGE), PUT_PIECES, "TRUNCATE " + DATA_STAGE),
            true));
  }

  private static RestoreTarget target(String collection, List<Column> columns, Stage stage) {
    Table table =
        new Table(
            0,
            "pg_catalog",
            collection.substring(collection.indexOf('.') + 1),
            collection,
            "",
            false,
            false,
            false,
            false,
            false,
            0,
            0,
            -1,
            Optional.empty(),
            columns,
            List.of());
    return new RestoreTarget(
        collection,
        table,
        columns.stream().map(column -> new Input(column, column.form())).toList(),
        Optional.of(stage),
        true,
        false);
  }

  private static Column column(int number, String name, long type, ValueForm form) {
    return new Column(number, name, "", type, 'b', form, true, false, ' ');
  }
}
