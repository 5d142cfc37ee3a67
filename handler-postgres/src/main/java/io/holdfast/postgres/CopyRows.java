package io.holdfast.postgres;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/**
 * The rows of one {@code COPY … TO STDOUT}, as ranges of an array.
 *
 * <p>The driver makes an array for every row. Where its connection has a {@link MessageStream},
 * rows are looked at in there instead; the driver gets everything else: the notices, the errors,
 * the end. It holds no bytes back then, which is made sure of whenever it has read something; if it
 * might, all that follows is left to it. Used by one thread.
 */
final class CopyRows {
  private final CopyOut driver;
  private final @Nullable MessageStream messages;
  private boolean tapped;

  private byte[] array = {};
  private int from;
  private int to;

  private CopyRows(CopyOut driver, @Nullable MessageStream messages) {
    this.driver = driver;
    this.messages = messages;
  }

  /**
   * Begins a COPY.
   *
   * @param messages what the connection reads from, if that is known
   */
  static CopyRows start(PGConnection connection, @Nullable MessageStream messages, String sql)
      throws SQLException {
    long before = messages == null ? 0 : messages.copyMessages();
    CopyRows rows = new CopyRows(connection.getCopyAPI().copyOut(sql), messages);
    rows.tapped =
        messages != null && messages.isAfter('H') && messages.copyMessages() == before + 1;
    return rows;
  }

  /** Goes to the next row; false after the last one. */
  boolean next() throws SQLException {
    MessageStream stream = messages;
    if (tapped && stream != null && stream.takeRow()) {
      array = stream.rowArray();
      from = stream.rowFrom();
      to = stream.rowTo();
      return true;
    }
    return nextOfDriver();
  }

  private boolean nextOfDriver() throws SQLException {
    long before = messages == null ? 0 : messages.copyMessages();
    byte[] row = driver.readFromCopy();
    if (row == null) {
      return false;
    }
    tapped =
        tapped
            && messages != null
            && messages.isAfter('d')
            && messages.copyMessages() == before + 1;
    array = row;
    from = 0;
    to = row.length;
    return true;
  }

  /** Whether rows are taken without the driver, as far as is known now. */
  boolean isTapped() {
    return tapped;
  }

  /** Where the row is, until the next one is asked for. */
  byte[] array() {
    return array;
  }

  int from() {
    return from;
  }

  /** Exclusive. */
  int to() {
    return to;
  }
}
