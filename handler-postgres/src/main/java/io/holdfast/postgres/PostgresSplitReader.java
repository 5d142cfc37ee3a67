package io.holdfast.postgres;

import io.holdfast.CancelledException;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads splits through COPY, on a connection of its own that adopts the session's snapshot. */
final class PostgresSplitReader implements SplitReader {
  /** How many rows pass between two looks at the thread's interrupt flag. */
  private static final int ROWS_BETWEEN_CHECKS = 256;

  /** How many splits, and so tables, a reader keeps locked before it lets go of them. */
  private static final int SPLITS_BETWEEN_RELEASES = 50;

  private final Connections connections;
  private final BackupRequest request;
  private final Duration lockTimeout;

  // close() comes from another thread: these three are guarded by this.
  private @Nullable PinnedConnection connection;
  private boolean busy;
  private boolean closed;

  private String snapshot = "";
  private int splitsWithLocks;
  private @Nullable Current current;

  /** The split that is being read. */
  private static final class Current {
    private final String collection;
    private final CopyRows rows;
    private final CopyToJson converter;
    private long records;

    private Current(String collection, CopyRows rows, CopyToJson converter) {
      this.collection = collection;
      this.rows = rows;
      this.converter = converter;
    }
  }

  PostgresSplitReader(Connections connections, BackupRequest request, Duration lockTimeout) {
    this.connections = connections;
    this.request = request;
    this.lockTimeout = lockTimeout;
  }

  @Override
  public void open(Split split) {
    if (current != null) {
      throw new IllegalStateException("The split before has not been read to its end");
    }
    TableSplit table = TableSplit.of(split);
    enter();
    try {
      PinnedConnection open = connected(table.snapshot());
      current =
          new Current(
              split.collection(),
              open.copyOut(table.copyStatement()),
              new CopyToJson(table.columns()));
    } catch (SQLException e) {
      throw failed(e, split.collection(), 0);
    } finally {
      leave();
    }
  }

  @Override
  public boolean read(RecordBuffer into) {
    Current split = current;
    if (split == null) {
      throw new IllegalStateException("No split is open");
    }
    enter();
    try {
      boolean more = copy(split, into);
      if (!more) {
        current = null;
      }
      return more;
    } catch (SQLException e) {
      throw failed(e, split.collection, split.records);
    } finally {
      leave();
    }
  }

  private static boolean copy(Current split, RecordBuffer into) throws SQLException {
    CopyRows rows = split.rows;
    int untilCheck = 0;
    while (!into.isFull()) {
      if (untilCheck-- == 0) {
        requireUninterrupted(split.collection);
        untilCheck = ROWS_BETWEEN_CHECKS;
      }
      if (!rows.next()) {
        return false;
      }
      split.converter.convert(rows.array(), rows.from(), rows.to(), into);
      split.records++;
    }
    return true;
  }

  private static void requireUninterrupted(String collection) {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancelledException(
          "Interrupted while reading " + collection + ". The database was not changed.", null);
    }
  }

  private PinnedConnection connected(String wanted) throws SQLException {
    PinnedConnection open;
    synchronized (this) {
      open = connection;
    }
    if (open == null) {
      open =
          request.retry().call("connect to " + connections.location(), connections::openForReading);
      keep(open);
    } else if (snapshot.equals(wanted)) {
      if (++splitsWithLocks >= SPLITS_BETWEEN_RELEASES) {
        open.releaseLocks();
        splitsWithLocks = 0;
      }
      return open;
    } else {
      open.jdbc().rollback();
    }
    open.beginReading(Optional.of(wanted));
    // The session holds its locks, but a migration that waits for them stands in line before this
    // reader, and the server does not see that the session waits for the reader in turn.
    open.execute("SET LOCAL lock_timeout = " + lockTimeout.toMillis());
    open.markLocks();
    splitsWithLocks = 0;
    snapshot = wanted;
    return open;
  }

  private synchronized void keep(PinnedConnection opened) {
    if (closed) {
      opened.close();
      throw closedWhileReading(null, null);
    }
    connection = opened;
  }

  private synchronized void enter() {
    if (closed) {
      throw new IllegalStateException("The reader is closed");
    }
    busy = true;
  }

  private synchronized void leave() {
    busy = false;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private HandlerException failed(SQLException error, String collection, long records) {
    if (isClosed()) {
      return closedWhileReading(collection, error);
    }
    return PostgresErrors.whileReading(
        error,
        "read collection " + collection + ", after " + records + " record(s) of a split",
        collection);
  }

  private static HandlerException closedWhileReading(
      @Nullable String collection, @Nullable Throwable cause) {
    return new HandlerException(
        HandlerException.Kind.OTHER, collection, "The reader was closed while it read.", cause);
  }

  @Override
  public void close() {
    PinnedConnection open;
    boolean midway;
    synchronized (this) {
      closed = true;
      open = connection;
      connection = null;
      midway = busy || current != null;
    }
    if (open == null) {
      return;
    }
    if (midway) {
      // Rows that nobody wants would have to be received first if the connection were to live on.
      open.abort();
    }
    open.close();
  }
}
