package io.holdfast.firebase.auth.internal.file;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.HandlerException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Turns a record into a user as {@code firebase auth:import} takes it, which aborts at a key or a
 * provider that it does not know. What does not fit is told to a {@link LeftOut}.
 */
public final class ExportedUser {
  /** In the order in which firebase-tools' export writes them. */
  private static final List<String> KEYS =
      List.of(
          "email",
          "emailVerified",
          "passwordHash",
          "salt",
          "displayName",
          "photoUrl",
          "lastLoginAt",
          "createdAt",
          "phoneNumber",
          "disabled",
          "customAttributes",
          "mfaInfo",
          "providerUserInfo");

  private static final Set<String> TEXTS =
      Set.of(
          "email",
          "passwordHash",
          "salt",
          "displayName",
          "photoUrl",
          "phoneNumber",
          "customAttributes");

  private static final Set<String> FLAGS = Set.of("emailVerified", "disabled");

  private static final Set<String> PROVIDERS =
      Set.of(
          "google.com",
          "facebook.com",
          "twitter.com",
          "github.com",
          "apple.com",
          "microsoft.com",
          "gc.apple.com",
          "playgames.google.com",
          "linkedin.com",
          "yahoo.com");

  private static final List<String> PROVIDER_KEYS =
      List.of("providerId", "rawId", "email", "displayName", "photoUrl");

  /** Entries that the service derives from the user's own fields. */
  private static final Set<String> DERIVED_PROVIDERS = Set.of("phone", "password");

  private final LeftOut leftOut;

  /**
   * @param leftOut is told what does not fit
   */
  public ExportedUser(LeftOut leftOut) {
    this.leftOut = leftOut;
  }

  /** The id of a record. */
  public static String id(ObjectNode record) {
    JsonNode id = record.get("id");
    if (id == null || !id.isTextual() || id.textValue().isEmpty()) {
      throw FileProblems.unsupported(
          "A record has no text as its id, and so cannot be a user. Nothing was written.");
    }
    return id.textValue();
  }

  /** The tenant that a record belongs to; empty for the project itself. */
  public static Optional<String> tenant(ObjectNode record) {
    JsonNode parent = record.get("$parent");
    if (parent == null) {
      return Optional.empty();
    }
    String path = parent.isTextual() ? parent.textValue() : "";
    String tenant = path.startsWith("tenants/") ? path.substring("tenants/".length()) : "";
    if (tenant.isEmpty() || tenant.contains("/")) {
      throw FileProblems.unsupported(
          "The record " + id(record) + " is below another document and so is no user.");
    }
    return Optional.of(tenant);
  }

  /**
   * The user as JSON in UTF-8.
   *
   * @throws HandlerException if a field is not of Firebase's type
   */
  public byte[] of(ObjectNode record) {
    String uid = id(record);
    ObjectNode user = UserJson.MAPPER.createObjectNode().put("localId", uid);
    boolean usable = hashIsUsable(record);
    for (String key : KEYS) {
      JsonNode value = record.get(key);
      if (value == null || value.isNull()) {
        continue;
      }
      switch (key) {
        case "passwordHash", "salt" -> {
          String base64 = base64(key, requireType(key, value, uid).textValue(), uid);
          if (usable) {
            user.put(key, base64);
          } else {
            leftOut.add("the " + key + " of a version that needs another key", uid);
          }
        }
        case "lastLoginAt" -> user.set("lastSignedInAt", requireType(key, value, uid));
        case "mfaInfo" -> factors(requireType(key, value, uid), user, uid);
        case "providerUserInfo" -> providers(requireType(key, value, uid), user, uid);
        default -> user.set(key, requireType(key, value, uid));
      }
    }
    for (Map.Entry<String, JsonNode> field : record.properties()) {
      String name = field.getKey();
      boolean known = name.equals("id") || name.equals("$parent") || KEYS.contains(name);
      if (!known && !(name.equals("version") && usable)) {
        leftOut.add("the field " + (name.startsWith("$") ? name.substring(1) : name), uid);
      }
    }
    return UserJson.utf8(user, "User " + uid);
  }

  /** A hash that was imported and not migrated yet needs the parameters of where it came from. */
  private static boolean hashIsUsable(ObjectNode record) {
    JsonNode version = record.get("version");
    return version == null || version.isNull() || version.asInt(-1) == 0;
  }

  private static String base64(String key, String text, String uid) {
    if (Base64Text.isRedacted(text)) {
      throw FileProblems.unsupported(
          "User " + uid + " has the word REDACTED in place of a password hash.");
    }
    return Base64Text.standard(text)
        .orElseThrow(
            () -> FileProblems.unsupported("User " + uid + " has a " + key + " not in base64."));
  }

  private static JsonNode requireType(String key, JsonNode value, String uid) {
    boolean good =
        TEXTS.contains(key)
            ? value.isTextual()
            : FLAGS.contains(key)
                ? value.isBoolean()
                : key.endsWith("At")
                    ? value.isTextual() || value.isIntegralNumber()
                    : value.isArray();
    if (!good) {
      throw FileProblems.unsupported(
          "User "
              + uid
              + " has a value of another type than Firebase's in the field "
              + key
              + ". Nothing was written.");
    }
    return value;
  }

  private void factors(JsonNode given, ObjectNode user, String uid) {
    ArrayNode factors = UserJson.MAPPER.createArrayNode();
    for (JsonNode factor : given) {
      if (factor.has("phoneInfo")) {
        factors.add(factor);
      } else if (factor.has("totpInfo")) {
        leftOut.add("TOTP factors", uid);
      } else {
        leftOut.add("second factors of another kind", uid);
      }
    }
    if (!factors.isEmpty()) {
      user.set("mfaInfo", factors);
    }
  }

  private void providers(JsonNode given, ObjectNode user, String uid) {
    ArrayNode providers = UserJson.MAPPER.createArrayNode();
    for (JsonNode provider : given) {
      String id = provider.path("providerId").asText("");
      if (DERIVED_PROVIDERS.contains(id)) {
        continue;
      }
      if (!PROVIDERS.contains(id)) {
        leftOut.add("the provider " + (id.isEmpty() ? "without an id" : id), uid);
        continue;
      }
      ObjectNode info = UserJson.MAPPER.createObjectNode();
      for (String key : PROVIDER_KEYS) {
        if (provider.hasNonNull(key)) {
          info.set(key, provider.get(key));
        }
      }
      provider
          .fieldNames()
          .forEachRemaining(
              key -> {
                if (!PROVIDER_KEYS.contains(key) && !isDerived(key, provider)) {
                  leftOut.add("the field providerUserInfo." + key, uid);
                }
              });
      providers.add(info);
    }
    if (!providers.isEmpty()) {
      user.set("providerUserInfo", providers);
    }
  }

  /** The service makes {@code federatedId} of provider and raw id. */
  private static boolean isDerived(String key, JsonNode provider) {
    return key.equals("federatedId")
        && provider.path(key).asText("").endsWith(provider.path("rawId").asText("/"));
  }
}
