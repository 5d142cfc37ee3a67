package io.holdfast.gcs;

import com.google.api.client.http.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** The body of an answer, read so that an interrupt ends the wait. Used by one thread. */
final class ResponseStream extends InputStream {
  /** Each time that it is filled wakes another thread. */
  private static final int BUFFER_BYTES = 256 * 1024;

  private final Calls calls;
  private final HttpResponse response;

  /** Filled by another thread, which a reader that gave up leaves alone with it. */
  private final byte[] buffer = new byte[BUFFER_BYTES];

  private int position;
  private int limit;
  private long fetchedBytes;
  private boolean ended;
  private boolean closed;

  ResponseStream(Calls calls, HttpResponse response) {
    this.calls = calls;
    this.response = response;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int from, int count) throws IOException {
    Objects.checkFromIndexSize(from, count, bytes.length);
    if (count == 0) {
      return 0;
    }
    if (position == limit && !ended) {
      // Who wants much waits for a whole buffer; who wants little gets what has come.
      boolean whole = count >= BUFFER_BYTES;
      int got = calls.run(() -> fill(response.getContent(), whole));
      ended = got <= 0;
      position = 0;
      limit = Math.max(0, got);
      fetchedBytes += limit;
    }
    if (position == limit) {
      return -1;
    }
    int taken = Math.min(count, limit - position);
    System.arraycopy(buffer, position, bytes, from, taken);
    position += taken;
    return taken;
  }

  private int fill(InputStream in, boolean whole) throws IOException {
    return whole ? in.readNBytes(buffer, 0, BUFFER_BYTES) : in.read(buffer, 0, BUFFER_BYTES);
  }

  @Override
  public int available() {
    return limit - position;
  }

  /**
   * Keeps the connection for the next request if everything was read. Does not wait: to close a
   * connection may take as long as to read from it.
   */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      long fetched = fetchedBytes;
      calls.later(
          () -> {
            Long whole = response.getHeaders().getContentLength();
            if (whole != null && whole == fetched) {
              response.ignore();
            } else {
              response.disconnect();
            }
            return response;
          });
    }
  }
}
