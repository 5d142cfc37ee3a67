package io.holdfast.benchmarks.sinks;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a plain client needs to know of a sink's URI.
 *
 * @param bucket the bucket
 * @param object the name of the object that the plain client writes, below the same prefix
 * @param parameters those of the URI
 */
record BucketUri(String bucket, String object, Map<String, String> parameters) {
  /** Takes a URI apart that a sink has accepted. */
  static BucketUri parse(String text) {
    URI uri = URI.create(text);
    Map<String, String> parameters = new HashMap<>();
    if (uri.getRawQuery() != null) {
      for (String parameter : uri.getRawQuery().split("&", -1)) {
        int equals = parameter.indexOf('=');
        parameters.put(
            parameter.substring(0, equals),
            URLDecoder.decode(parameter.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    String prefix = uri.getPath().replaceAll("^/|/$", "");
    return new BucketUri(
        uri.getRawAuthority(), (prefix.isEmpty() ? "" : prefix + "/") + "plain", parameters);
  }

  Optional<String> parameter(String name) {
    return Optional.ofNullable(parameters.get(name));
  }
}
