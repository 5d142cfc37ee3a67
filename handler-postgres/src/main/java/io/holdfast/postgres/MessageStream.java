package io.holdfast.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * What a server sends, read from the kernel in large pieces, and handed to the driver one message
 * at a time: no read returns bytes of two messages. Between two messages the driver therefore holds
 * no byte back, and {@link #takeRow} may take the next one away from it if it is a row of a COPY.
 *
 * <p>Where the bytes are not messages (TLS, GSSAPI encryption, something that is not PostgreSQL),
 * they pass as they are and there is never a row to take. The first byte tells, see {@link #begin}.
 *
 * <p>See PostgreSQL documentation, "Message Flow" and "Message Formats": a message is a type byte
 * and a length, which counts itself but not the type. Used by one thread at a time. Closing it
 * closes the socket.
 */
final class MessageStream extends InputStream {
  /** As much as the JDK reads from a socket at once. Longer rows are the driver's. */
  static final int CAPACITY = 128 * 1024;

  private static final int HEADER = 5;

  /** The part of the header that a message's length counts. */
  private static final int LENGTH = 4;

  private static final long ENDLESS = Long.MAX_VALUE;
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final InputStream socket;
  private final byte[] buffer = new byte[CAPACITY];
  private int start;
  private int end;

  /** Whether the first message has begun; before it there are answers of a single byte. */
  private boolean begun;

  /** How much of the message that the driver reads is still to be handed out. */
  private long remaining;

  private byte lastType;
  private long copyMessages;
  private int rowFrom;
  private @Nullable IOException failure;

  MessageStream(InputStream socket) {
    this.socket = socket;
  }

  /**
   * Takes the next message if it is a row of a COPY. Waits for it.
   *
   * @return false if the driver has to read on: it is in the middle of a message, the next one is
   *     not a row, or is a very long one, or cannot be received. What cannot be received fails in
   *     the driver's read, as if nobody had been here.
   */
  boolean takeRow() {
    if (remaining != 0 || !begun || !hasMessage()) {
      return false;
    }
    int length = (int) INTS.get(buffer, start + 1);
    if (buffer[start] != 'd') {
      return false;
    }
    rowFrom = start + HEADER;
    start += 1 + length;
    return true;
  }

  /** Whether the next message is in the buffer from its first to its last byte. */
  private boolean hasMessage() {
    int available = end - start;
    if (available >= HEADER) {
      int length = (int) INTS.get(buffer, start + 1);
      if (length >= LENGTH && length < available) {
        return true;
      }
    }
    return receiveMessage();
  }

  private boolean receiveMessage() {
    try {
      if (!fill(HEADER)) {
        return false;
      }
      int length = (int) INTS.get(buffer, start + 1);
      return length >= LENGTH && length < CAPACITY && fill(1 + length);
    } catch (IOException e) {
      failure = e;
      return false;
    }
  }

  /** The array in which {@link #takeRow} left the row, until anything is read again. */
  byte[] rowArray() {
    return buffer;
  }

  /** Where in it the row begins. */
  int rowFrom() {
    return rowFrom;
  }

  /** Where in it the row ends, exclusive. */
  int rowTo() {
    return start;
  }

  /** How many CopyOutResponse and CopyData messages have begun to go to the driver. */
  long copyMessages() {
    return copyMessages;
  }

  /** Whether the driver was given a message of that type to its end, and nothing since. */
  boolean isAfter(char type) {
    return begun && remaining == 0 && lastType == type;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] to, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (remaining == 0 && !begin()) {
      return -1;
    }
    int wanted = (int) Math.min(length, remaining);
    int count;
    if (start == end && wanted >= CAPACITY) {
      count = receive(to, offset, wanted);
    } else if (fill(1)) {
      count = Math.min(wanted, end - start);
      System.arraycopy(buffer, start, to, offset, count);
      start += count;
    } else {
      count = -1;
    }
    remaining -= Math.max(count, 0);
    return count;
  }

  /** Looks at what comes next for the driver; false at the end of the stream. */
  private boolean begin() throws IOException {
    if (!begun) {
      if (!fill(1)) {
        return false;
      }
      byte first = buffer[start];
      if (first == 'N') {
        // One byte: encryption was asked for and refused; the driver may ask for another kind.
        remaining = 1;
        return true;
      }
      begun = true;
      if (first != 'R' && first != 'v') {
        // Neither AuthenticationRequest nor NegotiateProtocolVersion. S and G say that what follows
        // is encrypted; an E may be the text of a server that is too old or too busy for more.
        remaining = ENDLESS;
        return true;
      }
    }
    if (!fill(HEADER)) {
      return false;
    }
    lastType = buffer[start];
    int length = (int) INTS.get(buffer, start + 1);
    remaining = length < LENGTH ? ENDLESS : 1L + length;
    if (lastType == 'H' || lastType == 'd') {
      copyMessages++;
    }
    return true;
  }

  @Override
  public int available() throws IOException {
    long there = (long) end - start + socket.available();
    if (remaining == 0) {
      // What a read that has to see a header first can deliver without waiting.
      long atLeast = begun ? HEADER : 1;
      return there < atLeast ? 0 : (int) atLeast;
    }
    return (int) Math.min(there, remaining);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /** Makes that many bytes stand in the buffer; false if the stream ends before. */
  private boolean fill(int needed) throws IOException {
    if (end - start >= needed) {
      return true;
    }
    System.arraycopy(buffer, start, buffer, 0, end - start);
    end -= start;
    start = 0;
    while (end < needed) {
      int count = receive(buffer, end, CAPACITY - end);
      if (count < 0) {
        return false;
      }
      end += count;
    }
    return true;
  }

  private int receive(byte[] to, int offset, int length) throws IOException {
    IOException pending = failure;
    if (pending != null) {
      failure = null;
      throw pending;
    }
    return socket.read(to, offset, length);
  }
}
