package io.holdfast.testkit;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The head of an HTTP/1.1 request or answer, as it came. */
final class HttpHead {
  /** A body that goes on until the connection is closed. */
  static final long UNTIL_CLOSE = -2;

  /** A body in chunks. */
  static final long CHUNKED = -1;

  private static final int MAX_BYTES = 1 << 18;

  private final byte[] bytes;
  private final List<String> words;
  private final Map<String, String> headers;

  private HttpHead(byte[] bytes, List<String> words, Map<String, String> headers) {
    this.bytes = bytes;
    this.words = words;
    this.headers = headers;
  }

  /** Reads one; null if the connection ended before it. */
  static @Nullable HttpHead read(InputStream in) throws IOException {
    ByteArrayOutputStream collected = new ByteArrayOutputStream();
    List<String> words = List.of();
    Map<String, String> headers = new HashMap<>();
    while (true) {
      String line = line(in, collected);
      if (line == null) {
        if (collected.size() == 0) {
          return null;
        }
        throw new EOFException("The connection ended within a head");
      }
      if (words.isEmpty()) {
        words = List.of(line.split(" ", 3));
        if (words.size() < 2) {
          throw new IOException("Not HTTP: " + line);
        }
      } else if (line.isEmpty()) {
        return new HttpHead(collected.toByteArray(), words, headers);
      } else {
        int colon = line.indexOf(':');
        if (colon > 0) {
          headers.putIfAbsent(
              line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
        }
      }
    }
  }

  /**
   * Reads a line, also into {@code collected} as it came.
   *
   * @return the line without its end; null if the connection ended before that
   */
  static @Nullable String line(InputStream in, ByteArrayOutputStream collected) throws IOException {
    int from = collected.size();
    for (int b = in.read(); b >= 0; b = in.read()) {
      collected.write(b);
      if (b == '\n') {
        return collected.toString(StandardCharsets.ISO_8859_1).substring(from).strip();
      }
      if (collected.size() > MAX_BYTES) {
        throw new IOException("A head of more than " + MAX_BYTES + " bytes");
      }
    }
    return null;
  }

  /** All of it, with the empty line. */
  byte[] bytes() {
    return bytes;
  }

  /** The first of each name, which is in lower case. */
  Map<String, String> headers() {
    return headers;
  }

  /** A word of the first line: method, target and version, or version, status and reason. */
  String word(int place) {
    return words.get(place);
  }

  /** A request's body: its length in bytes, or {@link #CHUNKED}. */
  long requestBytes() throws IOException {
    return isChunked() ? CHUNKED : contentLength(0);
  }

  /** An answer's body: its length in bytes, {@link #CHUNKED}, or {@link #UNTIL_CLOSE}. */
  long answerBytes(String method) throws IOException {
    int status = status();
    if (method.equals("HEAD") || status < 200 || status == 204 || status == 304) {
      return 0;
    }
    return isChunked() ? CHUNKED : contentLength(UNTIL_CLOSE);
  }

  int status() throws IOException {
    return (int) number(words.get(1), 10);
  }

  boolean expectsContinue() {
    return "100-continue".equalsIgnoreCase(headers.get("expect"));
  }

  static long number(String digits, int radix) throws IOException {
    try {
      return Long.parseLong(digits.strip(), radix);
    } catch (NumberFormatException e) {
      throw new IOException("Not a number where HTTP has one: " + digits, e);
    }
  }

  private boolean isChunked() {
    return headers.getOrDefault("transfer-encoding", "").toLowerCase(Locale.ROOT).contains("chunk");
  }

  private long contentLength(long otherwise) throws IOException {
    String length = headers.get("content-length");
    return length == null ? otherwise : number(length, 10);
  }
}
