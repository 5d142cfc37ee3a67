package io.holdfast.testservers;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The parameters of a request; those that its method does not document are refused. */
final class GcsQuery {
  /** https://cloud.google.com/storage/docs/json_api/v1/parameters#query. */
  private static final Set<String> COMMON =
      Set.of("alt", "callback", "fields", "key", "prettyPrint", "quotaUser", "userProject");

  static final List<String> PRECONDITIONS =
      List.of(
          "ifGenerationMatch",
          "ifGenerationNotMatch",
          "ifMetagenerationMatch",
          "ifMetagenerationNotMatch");

  private final Map<String, String> values = new HashMap<>();

  GcsQuery(@Nullable String raw) {
    if (raw == null || raw.isEmpty()) {
      return;
    }
    for (String pair : raw.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = decode(equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
      if (values.put(name, value) != null) {
        throw new GcsError(400, "invalidParameter", "Twice: " + name);
      }
    }
  }

  /** Refuses parameters besides the common ones, the preconditions if they apply, and these. */
  GcsQuery allow(boolean preconditions, String... further) {
    List<String> allowed = new ArrayList<>(List.of(further));
    if (preconditions) {
      allowed.addAll(PRECONDITIONS);
    }
    for (String name : values.keySet()) {
      if (!COMMON.contains(name) && !allowed.contains(name)) {
        throw new GcsError(400, "invalidParameter", "Unknown parameter: " + name);
      }
    }
    return this;
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name));
  }

  boolean is(String name, String value) {
    return value.equals(values.get(name));
  }

  OptionalLong number(String name) {
    String value = values.get(name);
    if (value == null) {
      return OptionalLong.empty();
    }
    if (!value.matches("[0-9]{1,18}")) {
      throw new GcsError(400, "invalidParameter", "Not a number: " + name);
    }
    return OptionalLong.of(Long.parseLong(value));
  }

  static String decode(String raw) {
    try {
      return URLDecoder.decode(raw, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw GcsError.invalid("Malformed percent encoding.");
    }
  }
}
