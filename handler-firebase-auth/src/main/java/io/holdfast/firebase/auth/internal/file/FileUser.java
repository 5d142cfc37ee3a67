package io.holdfast.firebase.auth.internal.file;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.HandlerException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Turns a user of a file into a record: the REST API's object, its {@code localId} as the id. */
public final class FileUser {
  private static final Set<String> BASE64 = Set.of("passwordHash", "salt");
  private static final Set<String> TEXTS =
      Set.of("email", "displayName", "photoUrl", "phoneNumber", "customAttributes", "tenantId");
  private static final Set<String> FLAGS = Set.of("emailVerified", "disabled");
  private static final Set<String> ARRAYS = Set.of("providerUserInfo", "mfaInfo");
  private static final Set<String> INSTANTS = Set.of("createdAt", "lastLoginAt");

  private FileUser() {}

  /**
   * The record as JSON in UTF-8.
   *
   * @param number which user of the file it is, from 1
   * @throws HandlerException if the user lacks its id, or a field is not of its type
   */
  public static byte[] of(ObjectNode user, long number) {
    JsonNode id = user.get("localId");
    if (id == null || !id.isTextual() || id.textValue().isEmpty()) {
      throw FileProblems.unsupported(
          "User " + number + " of the file has no localId. Every user needs one.");
    }
    String whose = "User " + id.textValue();
    ObjectNode record = UserJson.MAPPER.createObjectNode().put("id", id.textValue());
    if (user.has("tenantId")) {
      record.put(
          "$parent", "tenants/" + checked("tenantId", user.get("tenantId"), whose).textValue());
    }
    if (user.has("lastSignedInAt") && user.has("lastLoginAt")) {
      throw FileProblems.unsupported(whose + " has both lastSignedInAt and lastLoginAt.");
    }
    for (Map.Entry<String, JsonNode> field : user.properties()) {
      String name = field.getKey().equals("lastSignedInAt") ? "lastLoginAt" : field.getKey();
      if (!name.equals("localId") && !name.equals("tenantId")) {
        record.set(escaped(name), checked(name, field.getValue(), whose));
      }
    }
    return UserJson.utf8(record, whose);
  }

  private static String escaped(String name) {
    return name.equals("id") || name.startsWith("$") ? "$" + name : name;
  }

  private static JsonNode checked(String name, JsonNode value, String whose) {
    boolean good =
        TEXTS.contains(name)
            ? value.isTextual()
            : FLAGS.contains(name)
                ? value.isBoolean()
                : ARRAYS.contains(name)
                    ? isObjects(value)
                    : !INSTANTS.contains(name) || value.isTextual() || value.isIntegralNumber();
    if (BASE64.contains(name)) {
      String text = value.isTextual() ? value.textValue() : "*";
      if (Base64Text.isRedacted(text)) {
        throw new HandlerException(
            HandlerException.Kind.PERMISSION_DENIED,
            FileProblems.USERS,
            whose
                + " has the word REDACTED in place of a password hash: the file was exported"
                + " without the right firebaseauth.configs.getHashConfig. Export it again with the"
                + " role roles/firebaseauth.admin.",
            null);
      }
      Optional<String> urlSafe = Base64Text.urlSafe(text);
      if (urlSafe.isPresent()) {
        return UserJson.MAPPER.getNodeFactory().textNode(urlSafe.get());
      }
      good = false;
    }
    if (!good) {
      throw FileProblems.unsupported(
          whose + " has a value of another type than Firebase's in the field " + name + ".");
    }
    return value;
  }

  private static boolean isObjects(JsonNode value) {
    if (!value.isArray()) {
      return false;
    }
    for (JsonNode element : value) {
      if (!element.isObject()) {
        return false;
      }
    }
    return true;
  }
}
