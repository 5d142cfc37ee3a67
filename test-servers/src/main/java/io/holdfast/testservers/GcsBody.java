package io.holdfast.testservers;

import com.sun.net.httpserver.HttpExchange;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.OptionalLong;
import java.util.zip.GZIPInputStream;

/** The body of a request. Tells a broken connection from the body's end. */
final class GcsBody {
  private final InputStream in;
  private final OptionalLong announcedBytes;
  private final boolean compressed;
  private long breakAt = Long.MAX_VALUE;
  private long readBytes;

  GcsBody(HttpExchange exchange) {
    OptionalLong length = GcsApi.number(exchange.getRequestHeaders().getFirst("Content-Length"));
    boolean chunked = exchange.getRequestHeaders().containsKey("Transfer-Encoding");
    compressed = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
    announcedBytes = length.isEmpty() && !chunked ? OptionalLong.of(0) : length;
    InputStream raw = exchange.getRequestBody();
    in =
        new InputStream() { // Not a filter, whose skip would not be counted.
          @Override
          public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
          }

          @Override
          public int read(byte[] bytes, int from, int count) throws IOException {
            if (readBytes >= breakAt) {
              throw new EOFException("Ordered.");
            }
            int got =
                raw.read(bytes, from, (int) Math.min(Math.max(1, breakAt - readBytes), count));
            if (got < 0 && announcedBytes.isPresent() && readBytes < announcedBytes.getAsLong()) {
              throw new EOFException("The client is gone.");
            }
            readBytes += Math.max(0, got);
            return got;
          }
        };
  }

  /** -1 if it was not announced. */
  long lengthBytes() {
    return announcedBytes.orElse(-1);
  }

  void breakAtHalf() {
    breakAt = lengthBytes() / 2;
  }

  InputStream stream() {
    return in;
  }

  /**
   * The body as it was before it was compressed on the way:
   * https://cloud.google.com/storage/docs/json_api#gzip.
   */
  InputStream decoded() throws IOException {
    return compressed ? new GZIPInputStream(in) : in;
  }

  /** Reads it whole. */
  GcsContent whole(GcsBuckets buckets) throws IOException {
    return rest(buckets, in);
  }

  static GcsContent rest(GcsBuckets buckets, InputStream in) throws IOException {
    GcsContent content = buckets.newContent();
    boolean whole = false;
    try {
      byte[] buffer = new byte[256 * 1024];
      for (int got = in.readNBytes(buffer, 0, buffer.length);
          got > 0;
          got = in.readNBytes(buffer, 0, buffer.length)) {
        content.append(buffer, 0, got);
      }
      whole = true;
      return content;
    } finally {
      if (!whole) {
        content.delete();
      }
    }
  }

  /** Reads what is left, since the connection is used again. */
  void drain() throws IOException {
    in.transferTo(OutputStream.nullOutputStream());
  }
}
