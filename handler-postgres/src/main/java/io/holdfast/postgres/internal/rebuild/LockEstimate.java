package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.Problems;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import io.holdfast.spi.HandlerException.Kind;
import java.util.List;

/**
 * About how many locks one transaction takes to create a schema. The server keeps them in memory of
 * a size that is fixed when it starts, and refuses more in the middle of the work.
 */
final class LockEstimate {
  /** The table of locks has some room beyond what is configured. */
  private static final int CLEARLY_TOO_MANY = 2;

  private LockEstimate() {}

  static void check(
      List<SchemaEntry> entries, long others, TargetServer server, Problems problems) {
    long locks = others;
    for (SchemaEntry entry : entries) {
      locks += of(entry);
    }
    if (locks > CLEARLY_TOO_MANY * server.lockCapacity()) {
      problems.add(
          Kind.UNSUPPORTED,
          "One transaction would take about "
              + locks
              + " locks, and the server is configured for "
              + server.lockCapacity()
              + ". Restore with the strategy SWAP or IN_PLACE, which take them in small numbers, or"
              + " raise max_locks_per_transaction on the server.");
    }
  }

  /** A table is locked together with its TOAST table and that one's index. */
  private static int of(SchemaEntry entry) {
    return switch (entry.kind()) {
      case TABLE, MATERIALIZED_VIEW -> 3;
      default -> 1;
    };
  }
}
