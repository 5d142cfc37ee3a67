package io.holdfast.spi;

import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A range of an object, read over a network: exact, and taken up again where the connection broke.
 * What a sink's {@link StorageSink#read} returns. Used by one thread.
 */
public final class RangeStream extends InputStream {
  /** Opens the rest of the range. */
  @FunctionalInterface
  public interface Opener {
    /**
     * Opens a range of the object; of the same one at every call, also if it was deleted and
     * written again since.
     *
     * @param offset where to start, in bytes from the beginning of the object
     * @param lengthBytes how many bytes, ≥ 1
     * @return the bytes; may end early, which counts as a broken connection
     * @throws StorageException translated, and retryable where that may help
     */
    InputStream open(long offset, long lengthBytes);
  }

  private final String what;
  private final Retry retry;
  private final Opener opener;
  private final Function<Exception, BackupException> translate;
  private long offset;
  private long remaining;
  private @Nullable InputStream current;
  private boolean closed;

  private RangeStream(
      String what,
      long offset,
      long lengthBytes,
      Retry retry,
      Opener opener,
      Function<Exception, BackupException> translate) {
    this.what = what;
    this.offset = offset;
    this.remaining = lengthBytes;
    this.retry = retry;
    this.opener = opener;
    this.translate = translate;
  }

  /**
   * Opens a range at once, so that a missing object or a range that it does not have is known now.
   *
   * @param what the object in a few words, for the log: "read backups/a from s3://bucket"
   * @param offset where to start, in bytes
   * @param lengthBytes how many bytes, ≥ 1; a sink answers for an empty range itself
   * @param retry how a broken connection is taken up again
   * @param opener opens ranges
   * @param translate makes what the client's stream throws, or an early end, an error of Holdfast
   * @throws StorageException what {@code opener} threw
   */
  public static RangeStream open(
      String what,
      long offset,
      long lengthBytes,
      Retry retry,
      Opener opener,
      Function<Exception, BackupException> translate) {
    RangeStream stream = new RangeStream(what, offset, lengthBytes, retry, opener, translate);
    stream.current = retry.call(what, () -> opener.open(offset, lengthBytes));
    return stream;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int from, int count) throws IOException {
    Objects.checkFromIndexSize(from, count, bytes.length);
    if (closed) {
      throw new IOException("The stream was closed.");
    }
    if (count == 0) {
      return 0;
    }
    if (remaining == 0) {
      return -1;
    }
    int wanted = (int) Math.min(count, remaining);
    int got;
    try {
      // Each call may try as often as the policy says: a long object may break many times.
      got = retry.call(what, () -> readOnce(bytes, from, wanted));
    } catch (CancelledException e) {
      throw e;
    } catch (BackupException e) {
      throw new IOException(e.getMessage(), e);
    }
    offset += got;
    remaining -= got;
    return got;
  }

  private int readOnce(byte[] bytes, int from, int wanted) {
    InputStream in = current;
    if (in == null) {
      in = opener.open(offset, remaining);
      current = in;
    }
    try {
      int got = in.read(bytes, from, wanted);
      if (got > 0) {
        return got;
      }
      throw new EOFException("The connection ended " + remaining + " bytes early.");
    } catch (IOException | RuntimeException e) {
      discard(e);
      throw translate.apply(e);
    }
  }

  private void discard(Exception reason) {
    InputStream broken = current;
    current = null;
    if (broken != null) {
      try {
        broken.close();
      } catch (IOException | RuntimeException e) {
        reason.addSuppressed(e);
      }
    }
  }

  @Override
  public int available() throws IOException {
    InputStream in = current;
    return closed || in == null ? 0 : (int) Math.min(remaining, in.available());
  }

  /** Releases the connection. Does not throw: everything that was asked for has been read. */
  @Override
  public void close() {
    closed = true;
    InputStream in = current;
    current = null;
    if (in != null) {
      try {
        in.close();
      } catch (IOException | RuntimeException e) {
        // Nobody waits for the rest of it.
      }
    }
  }
}
