package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.StringJoiner;

/** Says how many entries of each kind there are: {@code 2 × schema, 14 × table}. */
final class Counts {
  private Counts() {}

  static String of(Collection<SchemaEntry> entries) {
    Map<ObjectKind, Integer> counts = new EnumMap<>(ObjectKind.class);
    entries.forEach(entry -> counts.merge(entry.kind(), 1, Integer::sum));
    StringJoiner text = new StringJoiner(", ");
    counts.forEach((kind, count) -> text.add(count + " × " + kind.word().replace('_', ' ')));
    return text.toString();
  }
}
