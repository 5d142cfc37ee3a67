package io.holdfast.postgres.internal.rebuild;

import java.util.Collections;
import java.util.Set;

/**
 * One thing to build beside others.
 *
 * @param id its number; the tasks that need it name it so
 * @param weight how long it takes compared with others, roughly
 * @param needs the tasks that must be done before
 * @param alone tables that nobody else may lock meanwhile, by their collection names
 * @param together tables that others may use in the same way at the same time
 * @param work what it does
 */
record BuildTask(
    int id, long weight, Set<Integer> needs, Set<String> alone, Set<String> together, Work work) {
  /** What a task does in a transaction of its own. */
  @FunctionalInterface
  interface Work {
    /** Does it. */
    void run(ScriptRunner runner) throws EntryFailure;
  }

  /** Copies the sets. */
  BuildTask {
    needs = Set.copyOf(needs);
    alone = Set.copyOf(alone);
    together = Set.copyOf(together);
  }

  /** Whether both would lock a table in ways that exclude each other. */
  boolean conflictsWith(BuildTask other) {
    return !Collections.disjoint(alone, other.alone)
        || !Collections.disjoint(alone, other.together)
        || !Collections.disjoint(together, other.alone);
  }
}
