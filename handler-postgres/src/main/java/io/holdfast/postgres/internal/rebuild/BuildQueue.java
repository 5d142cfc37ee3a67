package io.holdfast.postgres.internal.rebuild;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Gives tasks to workers: the heaviest of those whose needs are done first, and never two at a time
 * that would wait for each other's locks. Safe for use by many threads.
 */
final class BuildQueue {
  private final TreeSet<BuildTask> ready =
      new TreeSet<>(
          Comparator.comparingLong((BuildTask task) -> -task.weight())
              .thenComparingInt(BuildTask::id));

  private final Map<Integer, Set<Integer>> missing = new HashMap<>();
  private final Map<Integer, List<BuildTask>> neededBy = new HashMap<>();
  private final Set<BuildTask> running = new HashSet<>();
  private int left;
  private boolean stopped;

  /** A queue of tasks; what they need and is no task of this queue counts as done. */
  BuildQueue(Collection<BuildTask> tasks) {
    Set<Integer> ids = new HashSet<>();
    tasks.forEach(task -> ids.add(task.id()));
    for (BuildTask task : tasks) {
      Set<Integer> needs = new HashSet<>(task.needs());
      needs.retainAll(ids);
      if (needs.isEmpty()) {
        ready.add(task);
      } else {
        missing.put(task.id(), needs);
        needs.forEach(need -> neededBy.computeIfAbsent(need, key -> new ArrayList<>()).add(task));
      }
    }
    left = tasks.size();
  }

  /** The next task; waits until there is one. Empty if nothing is left, or it was stopped. */
  synchronized Optional<BuildTask> take() throws InterruptedException {
    while (left > 0 && !stopped) {
      for (Iterator<BuildTask> tasks = ready.iterator(); tasks.hasNext(); ) {
        BuildTask task = tasks.next();
        if (running.stream().noneMatch(task::conflictsWith)) {
          tasks.remove();
          running.add(task);
          return Optional.of(task);
        }
      }
      wait();
    }
    return Optional.empty();
  }

  /** Tells that a task is done. */
  synchronized void done(BuildTask task) {
    running.remove(task);
    left--;
    for (BuildTask dependent : neededBy.getOrDefault(task.id(), List.of())) {
      Set<Integer> needs = missing.getOrDefault(dependent.id(), Set.of());
      needs.remove(task.id());
      if (needs.isEmpty()) {
        ready.add(dependent);
      }
    }
    notifyAll();
  }

  /** Tells that a task was undone, and is to be tried again. */
  synchronized void again(BuildTask task) {
    running.remove(task);
    ready.add(task);
    notifyAll();
  }

  /** Gives out nothing more. */
  synchronized void stop() {
    stopped = true;
    notifyAll();
  }
}
