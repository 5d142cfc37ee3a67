package io.holdfast.google.internal;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;

/** Puts URLs together, in one way. */
public final class Uris {
  private Uris() {}

  /**
   * A URL.
   *
   * @param base the endpoint
   * @param path what follows it, encoded already
   * @param query names and values, which are encoded here
   */
  public static URI of(URI base, String path, Map<String, String> query) {
    String start = base.toString();
    String asked =
        query.entrySet().stream()
            .map(e -> encode(e.getKey()) + "=" + encode(e.getValue()))
            .collect(Collectors.joining("&"));
    return URI.create(
        (start.endsWith("/") ? start : start + "/") + path + (asked.isEmpty() ? "" : "?" + asked));
  }

  /**
   * The name percent-encoded, so that it is one segment of a path or one value of a query. {@code
   * .} and {@code ..} come out as they are: as segments they must not be asked for.
   */
  public static String encode(String raw) {
    StringBuilder out = new StringBuilder(raw.length() + 16);
    for (byte b : raw.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if ((c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '0' && c <= '9')
          || "-._~()*".indexOf(c) >= 0) {
        out.append(c);
      } else {
        out.append(String.format("%%%02X", (int) c));
      }
    }
    return out.toString();
  }
}
