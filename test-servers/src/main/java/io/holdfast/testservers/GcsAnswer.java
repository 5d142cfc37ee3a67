package io.holdfast.testservers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is answered to a request. */
final class GcsAnswer {
  private final int status;
  private final InputStream body;
  private final long lengthBytes;
  private final Map<String, String> headers = new LinkedHashMap<>();

  private GcsAnswer(int status, InputStream body, long lengthBytes) {
    this.status = status;
    this.body = body;
    this.lengthBytes = lengthBytes;
  }

  static GcsAnswer empty(int status) {
    return new GcsAnswer(status, InputStream.nullInputStream(), 0);
  }

  static GcsAnswer stream(int status, InputStream body, long lengthBytes) {
    return new GcsAnswer(status, body, lengthBytes);
  }

  static GcsAnswer text(int status, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new GcsAnswer(status, new ByteArrayInputStream(bytes), bytes.length)
        .with("Content-Type", "text/plain; charset=UTF-8");
  }

  static GcsAnswer json(int status, JsonNode json) {
    if (status == 304) {
      return empty(304); // Has no body, RFC 9110, section 15.4.5.
    }
    try {
      byte[] bytes = GcsApi.JSON.writeValueAsBytes(json);
      return new GcsAnswer(status, new ByteArrayInputStream(bytes), bytes.length)
          .with("Content-Type", "application/json; charset=UTF-8");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  GcsAnswer with(String name, String value) {
    headers.put(name, value);
    return this;
  }

  void send(HttpExchange exchange) throws IOException {
    try (body) {
      headers.forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
      // To the JDK's server, -1 is "no body" and 0 is "of unknown length".
      exchange.sendResponseHeaders(status, lengthBytes == 0 ? -1 : lengthBytes);
      if (lengthBytes > 0) {
        OutputStream out = exchange.getResponseBody();
        byte[] buffer = new byte[64 * 1024];
        for (long left = lengthBytes; left > 0; ) {
          int got = body.readNBytes(buffer, 0, (int) Math.min(left, buffer.length));
          if (got == 0) {
            throw new IOException("The content is shorter than its length.");
          }
          out.write(buffer, 0, got);
          left -= got;
        }
      }
    }
  }

  void release() throws IOException {
    body.close();
  }
}
