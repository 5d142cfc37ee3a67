package io.holdfast.postgres;

import io.holdfast.postgres.RestoreTarget.Input;
import io.holdfast.postgres.RestoreTarget.Stage;
import io.holdfast.postgres.internal.rebuild.RebuildOptions;
import java.util.ArrayList;
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
   * @param definitions how definitions are restored; empty if only rows are, where roles that are
   *     missing, or that the restoring role may not act for, get nothing
   */
  static RestoreTarget target(
      String collection, boolean merge, Optional<RebuildOptions> definitions) {
    return collection.equals(PostgresSchema.LARGE_OBJECTS) ? metadata(merge, definitions) : data();
  }

  private static RestoreTarget metadata(boolean merge, Optional<RebuildOptions> definitions) {
    List<String> flush = new ArrayList<>();
    if (merge) {
      flush.add(REMOVE_EXISTING);
    }
    flush.add(CREATE_MISSING.formatted("oid", METADATA_STAGE));
    flush.addAll(LargeObjectAccess.statements(METADATA_STAGE, definitions));
    flush.add("TRUNCATE " + METADATA_STAGE);
    return target(
        PostgresSchema.LARGE_OBJECTS,
        List.of(
            column(1, "oid", 26, ValueForm.INTEGER),
            column(2, "owner", 25, ValueForm.TEXT),
            column(3, "grants", 3802, ValueForm.JSON),
            column(4, "comment", 25, ValueForm.TEXT),
            column(5, "labels", 3802, ValueForm.JSON)),
        new Stage(
            METADATA_STAGE,
            "CREATE TEMP TABLE holdfast_large_objects"
                + " (oid oid NOT NULL, owner text, grants jsonb, comment text, labels jsonb)"
                + " ON COMMIT DROP",
            flush,
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
            List.of(),
            Optional.empty());
    return new RestoreTarget(
        collection,
        table,
        columns.stream().map(column -> new Input(column, column.form())).toList(),
        Optional.of(stage),
        true,
        false,
        Optional.empty());
  }

  private static Column column(int number, String name, long type, ValueForm form) {
    return new Column(number, name, "", type, 'b', form, true, false, ' ');
  }
}
