package io.holdfast.postgres;

import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.time.Duration;

/** Reads splits as records. */
final class PostgresSplitReader implements SplitReader {
  PostgresSplitReader(Connections connections, BackupRequest request, Duration lockTimeout) {
    throw new IllegalStateException("not yet: " + request + lockTimeout);
  }

  @Override
  public void open(Split split) {}

  @Override
  public boolean read(RecordBuffer into) {
    return false;
  }

  @Override
  public void close() {}
}
