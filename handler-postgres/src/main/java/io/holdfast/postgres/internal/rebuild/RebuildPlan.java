package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.ddl.SchemaEntry;
import io.holdfast.postgres.internal.ddl.SqlStatement;
import java.util.List;

/**
 * What a rebuild will do, after all checks that need no write.
 *
 * @param locks statements that lock what is dropped against everybody
 * @param drops statements that make room, in order
 * @param settings what makes the database as a whole what it was
 * @param before what is created before the rows
 * @param after what is created after the rows
 * @param last what follows all grants: materialised views are filled, event triggers created
 * @param granted the entries whose privileges are granted, in order
 * @param renames what becomes of the names of schemas
 * @param steps what will happen, a sentence each
 * @param warnings what the caller should know, a sentence each
 */
public record RebuildPlan(
    List<String> locks,
    List<String> drops,
    List<SqlStatement> settings,
    List<SchemaEntry> before,
    List<SchemaEntry> after,
    List<SchemaEntry> last,
    List<SchemaEntry> granted,
    Renames renames,
    List<String> steps,
    List<String> warnings) {
  /** Nothing is dropped or created. */
  static final RebuildPlan NOTHING =
      new RebuildPlan(
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          List.of(),
          Renames.NONE,
          List.of(),
          List.of());

  /** Copies the lists. */
  public RebuildPlan {
    locks = List.copyOf(locks);
    drops = List.copyOf(drops);
    settings = List.copyOf(settings);
    before = List.copyOf(before);
    after = List.copyOf(after);
    last = List.copyOf(last);
    granted = List.copyOf(granted);
    steps = List.copyOf(steps);
    warnings = List.copyOf(warnings);
  }

  /** Whether nothing is dropped or created. */
  public boolean isEmpty() {
    return drops.isEmpty()
        && settings.isEmpty()
        && before.isEmpty()
        && after.isEmpty()
        && last.isEmpty();
  }
}
