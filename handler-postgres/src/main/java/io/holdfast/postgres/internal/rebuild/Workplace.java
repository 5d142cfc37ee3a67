package io.holdfast.postgres.internal.rebuild;

import java.sql.Connection;
import java.sql.SQLException;

/** A connection on which one worker builds, a transaction for each task. */
public interface Workplace extends AutoCloseable {
  /** Begins a transaction with pinned settings. */
  Connection begin() throws SQLException;

  /** Breaks the connection off, from any thread. Never throws. */
  void abort();

  /** Gives the connection back; what was not committed is undone. Never throws. */
  @Override
  void close();
}
