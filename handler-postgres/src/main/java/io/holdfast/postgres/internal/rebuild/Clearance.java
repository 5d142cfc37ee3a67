package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.ddl.ObjectName;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * How room is made in a target for a backup's schema, and what stays.
 *
 * @param drops statements that make room, in order
 * @param keptSchemas schemas of the target that stay, and are filled
 * @param adopted schemas of the target that stay, are filled, and made what the backup says
 * @param kept other objects of the target that stay, and are in the backup too
 * @param dropsDefaultPrivileges whether those of the whole database go
 * @param lockCount about how many locks dropping takes
 * @param locks statements that lock what is dropped against everybody, before the last check
 * @param steps what will be dropped, a sentence each
 * @param warnings what the caller should know, a sentence each
 */
record Clearance(
    List<String> drops,
    Set<String> keptSchemas,
    Map<String, TargetSchema> adopted,
    Set<ObjectName> kept,
    boolean dropsDefaultPrivileges,
    long lockCount,
    List<String> locks,
    List<String> steps,
    List<String> warnings) {
  /** Nothing is dropped, and nothing is kept that the backup has too. */
  static final Clearance NOTHING =
      new Clearance(
          List.of(), Set.of(), Map.of(), Set.of(), false, 0, List.of(), List.of(), List.of());

  /** Copies the collections. */
  Clearance {
    drops = List.copyOf(drops);
    keptSchemas = Set.copyOf(keptSchemas);
    adopted = Map.copyOf(adopted);
    kept = Set.copyOf(kept);
    locks = List.copyOf(locks);
    steps = List.copyOf(steps);
    warnings = List.copyOf(warnings);
  }

  /** Whether what an entry describes is there and stays as it is. */
  boolean keeps(SchemaEntry entry, RebuildOptions options) {
    return (entry.kind() == ObjectKind.SCHEMA && keptSchemas.contains(options.schema(entry.name())))
        || kept.contains(ObjectName.of(entry));
  }

  /** The entry, without the creation of what is there already. */
  SchemaEntry adapt(SchemaEntry entry, RebuildOptions options) {
    TargetSchema there =
        entry.kind() == ObjectKind.SCHEMA ? adopted.get(options.schema(entry.name())) : null;
    return there == null ? entry : there.adopt(entry);
  }

  /** The schemas that are filled instead of being created. */
  Set<String> filled() {
    Set<String> filled = new TreeSet<>(keptSchemas);
    filled.addAll(adopted.keySet());
    return filled;
  }
}
