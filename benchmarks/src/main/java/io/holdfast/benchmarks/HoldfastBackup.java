package io.holdfast.benchmarks;

import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;

/** The child process of the backup arms: one backup, from the start of the JVM to its end. */
public final class HoldfastBackup {
  private HoldfastBackup() {}

  /**
   * Takes a backup.
   *
   * @param args source URI, sink URI, number of workers, number of rows that there are
   */
  public static void main(String[] args) {
    BackupResult result;
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(args[0])
            .sink(args[1])
            .parallelism(Integer.parseInt(args[2]))
            .build()) {
      result = executor.createBackup();
    }
    if (result.records() != Long.parseLong(args[3])) {
      throw new IllegalStateException(
          "The backup has " + result.records() + " records, the database " + args[3] + " rows.");
    }
  }
}
