package io.holdfast.benchmarks.sinks;

import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.VerifyResult;

/** The child process of the backup arms: a backup and its verification. */
final class BackupProcess {
  private BackupProcess() {}

  /**
   * Takes a backup and verifies it.
   *
   * @param args the sink's URI, how many rows to make up
   */
  public static void main(String[] args) {
    long rows = Long.parseLong(args[1]);
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(new MadeUpRows(rows))
            .sink(args[0])
            .prefix(HoldfastTransfer.FOLDER + "rows")
            .build()) {
      BackupResult backup = executor.createBackup();
      VerifyResult verified = executor.verify(backup.backupId());
      if (backup.records() != rows || verified.records() != rows) {
        throw new IllegalStateException(
            "Of "
                + rows
                + " rows, "
                + backup.records()
                + " were written and "
                + verified.records()
                + " read back.");
      }
    }
  }
}
