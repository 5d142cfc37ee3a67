package io.holdfast.firebase.auth.internal.users;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.google.internal.GoogleRest;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RecordBuffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An account: as the API lists it, as a record of a backup has it, and as an import takes it.
 * FORMAT.md, section 9.
 *
 * @param uid its {@code localId}
 * @param tenant the tenant that it belongs to; empty for the project itself
 * @param fields the API's fields, without the two that name uid and tenant
 */
public record UserRecord(String uid, String tenant, ObjectNode fields) {
  /** The collection of accounts. */
  public static final String USERS = "users";

  /** The collection of tenants. */
  public static final String TENANTS = "tenants";

  /** What an account may be given back by {@code accounts:batchCreate}, uid aside. */
  private static final Set<String> IMPORTED =
      Set.of(
          "email",
          "emailVerified",
          "displayName",
          "photoUrl",
          "passwordHash",
          "salt",
          "passwordUpdatedAt",
          "createdAt",
          "lastLoginAt",
          "phoneNumber",
          "disabled",
          "customAttributes",
          "providerUserInfo",
          "mfaInfo",
          "emailLinkSignin",
          "initialEmail",
          "language",
          "timeZone",
          "dateOfBirth",
          "screenName",
          "customAuth");

  /** Derived from the account's own email and phone number. */
  private static final Set<String> DERIVED_PROVIDERS = Set.of("phone", "password");

  private static final Set<String> FACTOR =
      Set.of("mfaEnrollmentId", "displayName", "phoneInfo", "enrolledAt");
  private static final Set<String> REDACTED = Set.of("UkVEQUNURUQ=", "UkVEQUNURUQ");
  private static final String ID = "id";
  private static final String PARENT = "$parent";
  private static final String PARENT_OF_TENANTS = TENANTS + "/";

  /**
   * An account as the API listed it.
   *
   * @param listed belongs to the account from now on
   */
  public static UserRecord ofApi(ObjectNode listed) {
    JsonNode uid = listed.remove("localId");
    JsonNode tenant = listed.remove("tenantId");
    return new UserRecord(
        uid == null ? "" : uid.asText(), tenant == null ? "" : tenant.asText(), listed);
  }

  /**
   * An account as a record of a backup has it.
   *
   * @throws HandlerException if it is none
   */
  public static UserRecord ofRecord(String json) {
    ObjectNode record;
    try {
      record = (ObjectNode) GoogleRest.JSON.readTree(json);
    } catch (IOException | ClassCastException e) {
      throw malformed("a record is no JSON object"); // the cause may quote it
    }
    JsonNode id = record.remove(ID);
    JsonNode parent = record.remove(PARENT);
    if (id == null || !id.isTextual() || id.asText().isEmpty() || id.asText().length() > 128) {
      throw malformed("a record has no id of 1 to 128 characters");
    }
    String tenant = parent == null ? "" : parent.asText();
    if (parent != null && (!tenant.startsWith(PARENT_OF_TENANTS) || tenant.indexOf('/', 8) >= 0)) {
      throw malformed("the account " + id.asText() + " is below something that is no tenant");
    }
    ObjectNode fields = GoogleRest.JSON.createObjectNode();
    record
        .properties()
        .forEach(
            field ->
                fields.set(
                    field.getKey().startsWith("$") ? field.getKey().substring(1) : field.getKey(),
                    field.getValue()));
    return new UserRecord(
        id.asText(), tenant.isEmpty() ? "" : tenant.substring(PARENT_OF_TENANTS.length()), fields);
  }

  private static HandlerException malformed(String what) {
    return new HandlerException(
        Kind.MISMATCH,
        USERS,
        "The backup's collection users holds no accounts: " + what + ".",
        null);
  }

  /** Appends it as a record. */
  public void writeTo(RecordBuffer buffer) {
    ObjectNode record = GoogleRest.JSON.createObjectNode().put(ID, uid);
    if (!tenant.isEmpty()) {
      record.put(PARENT, PARENT_OF_TENANTS + tenant);
    }
    write(record, fields, buffer);
  }

  /** Appends a tenant as a record. */
  public static void writeTenant(String id, ObjectNode settings, RecordBuffer buffer) {
    write(GoogleRest.JSON.createObjectNode().put(ID, id), settings, buffer);
  }

  private static void write(ObjectNode record, ObjectNode fields, RecordBuffer buffer) {
    for (Map.Entry<String, JsonNode> field : fields.properties()) {
      String name = field.getKey();
      record.set(name.equals(ID) || name.startsWith("$") ? "$" + name : name, field.getValue());
    }
    byte[] json;
    try {
      json = GoogleRest.JSON.writeValueAsBytes(record);
    } catch (JsonProcessingException e) {
      throw new HandlerException(
          Kind.UNSUPPORTED,
          USERS,
          "The account or tenant " + record.path(ID).asText() + " cannot be written as JSON.",
          null);
    }
    buffer.begin();
    buffer.append(json, 0, json.length);
    buffer.end();
  }

  /** Tells accounts apart, over all tenants. */
  public String key() {
    return key(tenant, uid);
  }

  /** As {@link #key()}. */
  public static String key(String tenant, String uid) {
    return tenant + "/" + uid;
  }

  /** What no other account of the tenant may have. */
  public List<String> identifiers() {
    List<String> identifiers = new ArrayList<>();
    text("email")
        .ifPresent(email -> identifiers.add(tenant + "/email/" + email.toLowerCase(Locale.ROOT)));
    text("phoneNumber").ifPresent(phone -> identifiers.add(tenant + "/phone/" + phone));
    return identifiers;
  }

  /** A field that is a text and not empty. */
  public Optional<String> text(String name) {
    return Optional.of(fields.path(name).asText("")).filter(text -> !text.isEmpty());
  }

  /** Whether it signs in by a password. */
  public boolean hasPassword() {
    return text("passwordHash").isPresent();
  }

  /** Whether the caller was not allowed to see the hash. */
  public boolean isRedacted() {
    return text("passwordHash").filter(REDACTED::contains).isPresent();
  }

  /** Whether its hash is of another algorithm than the project's, and so not given out. */
  public boolean hasForeignHash() {
    return hasPassword() && fields.path("version").asLong(0) != 0;
  }

  /** The same in another tenant. */
  public UserRecord in(String otherTenant) {
    return new UserRecord(uid, otherTenant, fields);
  }

  /** What an import takes of it. */
  public ObjectNode toImport(LeftBehind left) {
    ObjectNode user = GoogleRest.JSON.createObjectNode().put("localId", uid);
    for (Map.Entry<String, JsonNode> field : fields.properties()) {
      String name = field.getKey();
      switch (name) {
        case "providerUserInfo" -> user.set(name, providers(field.getValue()));
        case "mfaInfo" -> factors(field.getValue(), left, user);
        case "tenantId" -> {} // the request says it
        default -> {
          if (IMPORTED.contains(name)) {
            user.set(name, field.getValue());
          } else {
            left.add(name, uid);
          }
        }
      }
    }
    return user;
  }

  private static ArrayNode providers(JsonNode listed) {
    ArrayNode providers = GoogleRest.JSON.createArrayNode();
    for (JsonNode provider : listed) {
      if (!DERIVED_PROVIDERS.contains(provider.path("providerId").asText())) {
        providers.add(provider);
      }
    }
    return providers;
  }

  private void factors(JsonNode listed, LeftBehind left, ObjectNode user) {
    ArrayNode factors = GoogleRest.JSON.createArrayNode();
    for (JsonNode factor : listed) {
      if (!(factor instanceof ObjectNode object) || !object.has("phoneInfo")) {
        left.add("mfaInfo (" + kind(factor) + ")", uid);
        continue;
      }
      ObjectNode phone = object.deepCopy();
      JsonNode clear = phone.get("unobfuscatedPhoneInfo");
      if (clear != null) {
        phone.set("phoneInfo", clear);
      }
      phone.retain(FACTOR);
      factors.add(phone);
    }
    if (!factors.isEmpty()) {
      user.set("mfaInfo", factors);
    }
  }

  private static String kind(JsonNode factor) {
    return factor.has("totpInfo") ? "TOTP" : factor.has("emailInfo") ? "email" : "other";
  }

  /**
   * A number made of what must come back: email, phone number, disabled, claims, whether there is a
   * password.
   */
  public long essence() {
    return KeyTable.fingerprint(
        text("email").orElse("").toLowerCase(Locale.ROOT)
            + "\n"
            + text("phoneNumber").orElse("")
            + "\n"
            + fields.path("disabled").asBoolean(false)
            + "\n"
            + text("customAttributes").orElse("")
            + "\n"
            + hasPassword());
  }

  @Override
  public String toString() {
    return "UserRecord[" + key() + "]";
  }
}
