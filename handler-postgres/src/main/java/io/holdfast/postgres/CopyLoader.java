package io.holdfast.postgres;

import io.holdfast.postgres.RestoreTarget.Stage;
import io.holdfast.spi.HandlerException;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.copy.CopyIn;

/**
 * One connection with the {@code COPY} that is open on it. Used by one thread at a time, but for
 * {@link #abort}.
 */
final class CopyLoader {
  /** Large enough for few messages, small enough for the server's and the kernel's buffers. */
  private static final int MESSAGE_BYTES = 256 << 10;

  private final PinnedConnection connection;
  private final boolean commitEachRun;
  private final Map<String, Long> rows = new HashMap<>();
  private final Set<String> stagesCreated = new HashSet<>();
  private @Nullable RestoreTarget target;
  private @Nullable CopyIn copy;
  private long rowsInRun;

  /**
   * @param connection in a transaction for loading, unless each run has its own
   * @param commitEachRun whether the rows of a collection are committed as soon as another follows
   */
  CopyLoader(PinnedConnection connection, boolean commitEachRun) {
    this.connection = connection;
    this.commitEachRun = commitEachRun;
  }

  /** Whether rows of that collection can be sent without ending another's COPY. */
  boolean isAt(RestoreTarget other) {
    return target != null && target.collection().equals(other.collection());
  }

  /**
   * Sends rows, beginning a COPY for their collection if none is open.
   *
   * @throws HandlerException if the server refused rows, of that collection or the one before
   */
  void send(RestoreTarget to, CopyBuffer buffer) {
    if (!isAt(to)) {
      endRun();
    }
    try {
      sendRows(to, buffer);
    } catch (SQLException e) {
      throw refused(e, to);
    }
    if (commitEachRun && to.stage().isPresent() && to.stage().get().everyBatch()) {
      // Another connection may need the same objects next.
      endRun();
    }
  }

  private static HandlerException refused(SQLException e, RestoreTarget target) {
    return PostgresErrors.translate(e, "load rows of " + target.collection(), target.collection());
  }

  private void sendRows(RestoreTarget to, CopyBuffer buffer) throws SQLException {
    if (!isAt(to)) {
      beginRun(to);
    }
    CopyIn open = copy == null ? beginCopy(to) : copy;
    int end = buffer.position();
    for (int from = 0; from < end; from += MESSAGE_BYTES) {
      open.writeToCopy(buffer.array(), from, Math.min(MESSAGE_BYTES, end - from));
    }
    if (to.stage().isPresent() && to.stage().get().everyBatch()) {
      endCopy(to);
      flush(to.stage().get());
    }
  }

  private void beginRun(RestoreTarget to) throws SQLException {
    if (commitEachRun) {
      connection.beginLoading();
      stagesCreated.clear();
    }
    if (to.stage().isPresent() && stagesCreated.add(to.stage().get().name())) {
      connection.execute(to.stage().get().create());
    }
    target = to;
    rowsInRun = 0;
  }

  private CopyIn beginCopy(RestoreTarget to) throws SQLException {
    CopyIn begun = connection.driver().getCopyAPI().copyIn(to.copySql());
    copy = begun;
    if (to.binary()) {
      begun.writeToCopy(CopyBinary.HEADER, 0, CopyBinary.HEADER.length);
    }
    return begun;
  }

  private void endCopy(RestoreTarget of) throws SQLException {
    CopyIn open = copy;
    copy = null;
    if (open == null) {
      return;
    }
    if (of.binary()) {
      open.writeToCopy(CopyBinary.TRAILER, 0, CopyBinary.TRAILER.length);
    }
    rowsInRun += open.endCopy();
  }

  private void flush(Stage stage) throws SQLException {
    for (String sql : stage.flush()) {
      connection.execute(sql);
    }
  }

  /**
   * Ends the COPY that is open, if any, and brings its rows to their place.
   *
   * @throws HandlerException if the server refused rows
   */
  void endRun() {
    RestoreTarget ended = target;
    if (ended != null) {
      try {
        endRun(ended);
      } catch (SQLException e) {
        throw refused(e, ended);
      }
    }
  }

  private void endRun(RestoreTarget ended) throws SQLException {
    endCopy(ended);
    if (ended.stage().isPresent() && !ended.stage().get().everyBatch()) {
      long merged = merge(ended.stage().get());
      // DO NOTHING does not count the rows that are there already, which were all of the row.
      rowsInRun = merged < 0 ? rowsInRun : merged;
      stagesCreated.remove(ended.stage().get().name());
    }
    if (commitEachRun) {
      connection.jdbc().commit();
    }
    target = null;
    rows.merge(ended.collection(), rowsInRun, Long::sum);
  }

  private long merge(Stage stage) throws SQLException {
    long merged;
    try (Statement statement = connection.jdbc().createStatement()) {
      String insert = stage.flush().get(0);
      merged = statement.executeLargeUpdate(insert);
      if (insert.endsWith(" DO NOTHING")) {
        merged = -1;
      }
    }
    for (String sql : stage.flush().subList(1, stage.flush().size())) {
      connection.execute(sql);
    }
    return merged;
  }

  /** The rows that the server took, by collection; of runs that have ended. */
  Map<String, Long> rows() {
    return rows;
  }

  /** The collection whose rows are being sent, for messages; empty if none. */
  String current() {
    return target == null ? "" : target.collection();
  }

  /** Breaks the connection off, from any thread. */
  void abort() {
    connection.abort();
  }

  /** Gives up what was not committed. Never throws. */
  void discard() {
    CopyIn open = copy;
    copy = null;
    target = null;
    if (open != null && open.isActive()) {
      try {
        open.cancelCopy();
      } catch (SQLException e) {
        // A COPY that cannot be cancelled would make rollback wait for ever.
        connection.abort();
      }
    }
  }

  /** Gives up what was not committed and closes the connection. Never throws. */
  void close() {
    discard();
    connection.close();
  }
}
