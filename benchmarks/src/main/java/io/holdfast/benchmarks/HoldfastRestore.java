package io.holdfast.benchmarks;

import io.holdfast.BackupExecutor;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreStrategy;

/** The child process of the restoring arms: one restore, from the start of the JVM to its end. */
public final class HoldfastRestore {
  /** The argument that asks for rows only, into tables that are there. */
  public static final String ROWS = "rows";

  /** The argument that asks for everything, into an empty database. */
  public static final String EVERYTHING = "everything";

  private HoldfastRestore() {}

  /**
   * Restores the newest backup.
   *
   * @param args sink URI, target URI, number of workers, name of the strategy, {@link #ROWS} or
   *     {@link #EVERYTHING}
   */
  public static void main(String[] args) {
    RestoreOptions options = RestoreOptions.DEFAULT.withStrategy(RestoreStrategy.valueOf(args[3]));
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(args[1])
            .sink(args[0])
            .parallelism(Integer.parseInt(args[2]))
            .build()) {
      executor.restoreFromBackup(
          BackupExecutor.LATEST, args[4].equals(ROWS) ? options.dataOnly() : options);
    }
  }
}
