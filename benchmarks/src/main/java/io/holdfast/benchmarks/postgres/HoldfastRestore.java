package io.holdfast.benchmarks.postgres;

import io.holdfast.BackupExecutor;
import io.holdfast.RestoreOptions;

/** The child process of the load arms: one restore, from the start of the JVM to its end. */
final class HoldfastRestore {
  /** The argument that asks for one transaction. */
  static final String ATOMIC = "atomic";

  /** The argument that asks for several connections. */
  static final String PARALLEL = "parallel";

  private HoldfastRestore() {}

  /**
   * Restores the newest backup.
   *
   * @param args sink URI, target URI, number of workers, {@link #ATOMIC} or {@link #PARALLEL}
   */
  public static void main(String[] args) {
    RestoreOptions options =
        args[3].equals(ATOMIC) ? RestoreOptions.DEFAULT : RestoreOptions.DEFAULT.withoutAtomicity();
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(args[1])
            .sink(args[0])
            .parallelism(Integer.parseInt(args[2]))
            .build()) {
      executor.restoreFromBackup(BackupExecutor.LATEST, options);
    }
  }
}
