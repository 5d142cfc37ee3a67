package io.holdfast.postgres.internal.rebuild;

import io.holdfast.CancelledException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds tasks over several connections, each task in a transaction of its own. The calling thread
 * is one of the workers; the others are gone when {@link #run} returns. A connection that cannot be
 * opened is done without.
 */
final class ParallelRunner {
  private static final Logger log = LoggerFactory.getLogger(ParallelRunner.class);

  /** What is done to tables is kept apart; catalogs can still get in each other's way. */
  private static final int ATTEMPTS = 5;

  private final RebuildOptions options;
  private final Workplace own;
  private final Supplier<Workplace> others;
  private final BuildQueue queue;
  private final List<Workplace> open = new ArrayList<>();
  private final Map<Integer, Integer> attempts = new HashMap<>();
  private @Nullable Throwable failure;

  private ParallelRunner(
      RebuildOptions options, Workplace own, Supplier<Workplace> others, BuildQueue queue) {
    this.options = options;
    this.own = own;
    this.others = others;
    this.queue = queue;
    open.add(own);
  }

  /**
   * Builds.
   *
   * @param own the calling thread's place
   * @param others opens one more place
   * @param workers how many work at the most, the calling thread included
   * @throws EntryFailure if a task failed; those that were done stay done
   */
  static void run(
      Collection<BuildTask> tasks,
      RebuildOptions options,
      Workplace own,
      Supplier<Workplace> others,
      int workers)
      throws EntryFailure, SQLException {
    if (!tasks.isEmpty()) {
      new ParallelRunner(options, own, others, new BuildQueue(tasks))
          .run(Math.min(workers, tasks.size()));
    }
  }

  private void run(int workers) throws EntryFailure, SQLException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 1; i < workers; i++) {
      Thread thread = new Thread(this::workElsewhere, "holdfast-build-" + i);
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
    work(own);
    boolean interrupted = Thread.interrupted();
    if (interrupted) {
      fail(new InterruptedException("Interrupted while building"));
    }
    for (Thread thread : threads) {
      interrupted |= joined(thread);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    rethrow(interrupted);
  }

  /** Waits for a thread, however often it is asked to stop waiting. */
  private boolean joined(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
        fail(e);
      }
    }
    return interrupted;
  }

  private synchronized void rethrow(boolean interrupted) throws EntryFailure, SQLException {
    Throwable thrown = failure;
    if (interrupted || thrown instanceof InterruptedException) {
      throw new CancelledException("Interrupted while restoring the schema.", thrown);
    }
    if (thrown instanceof EntryFailure entry) {
      throw entry;
    }
    if (thrown instanceof SQLException sql) {
      throw sql;
    }
    if (thrown instanceof RuntimeException runtime) {
      throw runtime;
    }
    if (thrown instanceof Error error) {
      throw error;
    }
  }

  private void workElsewhere() {
    Workplace place;
    try {
      place = others.get();
    } catch (RuntimeException e) {
      log.info("Building with fewer connections, since one more was refused: {}", e.getMessage());
      return;
    }
    try (place) {
      if (register(place)) {
        work(place);
      }
    }
  }

  private synchronized boolean register(Workplace place) {
    if (failure == null) {
      open.add(place);
    }
    return failure == null;
  }

  private void work(Workplace place) {
    try {
      Optional<BuildTask> next = queue.take();
      while (next.isPresent()) {
        build(next.get(), place);
        next = queue.take();
      }
    } catch (InterruptedException | EntryFailure | SQLException | RuntimeException | Error e) {
      fail(e);
    }
  }

  private void build(BuildTask task, Workplace place) throws EntryFailure, SQLException {
    Connection connection = place.begin();
    try {
      task.work().run(new ScriptRunner(connection, options));
      connection.commit();
    } catch (EntryFailure e) {
      if (!"40P01".equals(e.error().getSQLState()) || !mayTryAgain(task)) {
        throw e;
      }
      connection.rollback();
      queue.again(task);
      return;
    }
    queue.done(task);
  }

  private synchronized boolean mayTryAgain(BuildTask task) {
    return attempts.merge(task.id(), 1, Integer::sum) < ATTEMPTS;
  }

  /** The first failure counts; what the others are at is broken off, since all is in vain. */
  private synchronized void fail(Throwable thrown) {
    if (failure == null) {
      failure = thrown;
      queue.stop();
      open.forEach(Workplace::abort);
    }
  }
}
