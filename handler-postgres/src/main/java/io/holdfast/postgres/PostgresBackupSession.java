package io.holdfast.postgres;

import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import java.time.Duration;

/** One snapshot of a database. */
final class PostgresBackupSession {
  private PostgresBackupSession() {}

  @SuppressWarnings("DoNotCallSuggester")
  static BackupSession open(Connections connections, BackupRequest request, Duration lockTimeout) {
    throw new IllegalStateException("not yet: " + request + lockTimeout);
  }
}
