package io.holdfast.firestore.internal.definitions;

import java.net.URI;
import java.util.Map;
import java.util.stream.Collectors;

/** Puts URLs together, in one way. */
final class Uris {
  private Uris() {}

  /**
   * A URL.
   *
   * @param base the endpoint
   * @param path what follows it, encoded already
   * @param query names and values, which are encoded here
   */
  static URI of(URI base, String path, Map<String, String> query) {
    String start = base.toString();
    String asked =
        query.entrySet().stream()
            .map(e -> Segments.encode(e.getKey()) + "=" + Segments.encode(e.getValue()))
            .collect(Collectors.joining("&"));
    return URI.create(
        (start.endsWith("/") ? start : start + "/") + path + (asked.isEmpty() ? "" : "?" + asked));
  }
}
