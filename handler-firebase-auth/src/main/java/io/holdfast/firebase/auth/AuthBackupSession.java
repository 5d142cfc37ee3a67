package io.holdfast.firebase.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.firebase.auth.internal.users.LeftBehind;
import io.holdfast.firebase.auth.internal.users.UserRecord;
import io.holdfast.google.internal.GoogleRest;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.SourceInfo;
import io.holdfast.spi.Split;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/** The accounts of a project while they are read. The service holds nothing for it. */
final class AuthBackupSession implements BackupSession {
  static final String SESSION = "session";
  static final String TENANT = "tenant";
  static final String SETTINGS = "settings";

  private static final List<String> PROVIDERS =
      List.of("defaultSupportedIdpConfigs", "oauthIdpConfigs", "inboundSamlConfigs");
  private static final String FOREIGN = "hashes";

  private final String id = UUID.randomUUID().toString();
  private final AuthConnection connection;
  private final BackupRequest request;
  private final Consumer<String> onClose;
  private final Instant asOf = Instant.now();
  private final Map<String, ObjectNode> tenants = new LinkedHashMap<>();
  private final List<NotCaptured> notCaptured = new ArrayList<>();
  private final LeftBehind foreign = new LeftBehind();
  private final ObjectNode schema;

  private AuthBackupSession(
      AuthConnection connection, BackupRequest request, Consumer<String> onClose) {
    this.connection = connection;
    this.request = request;
    this.onClose = onClose;
    ObjectNode config = connection.api().config(request.retry());
    boolean haveTenants = config.path("multiTenant").path("allowTenants").asBoolean(false);
    for (ObjectNode tenant : connection.api().tenants(request.retry(), haveTenants)) {
      String name = tenant.path("name").asText();
      String tenantId = name.substring(name.lastIndexOf('/') + 1);
      if (connection.tenant().isEmpty() || connection.tenant().equals(tenantId)) {
        tenants.put(tenantId, tenant);
      }
    }
    if (!connection.tenant().isEmpty() && tenants.isEmpty() && connection.emulator().isEmpty()) {
      throw new HandlerException(
          Kind.NOT_FOUND,
          null,
          "The project "
              + connection.project()
              + " has no tenant "
              + connection.tenant()
              + ". Nothing was read.",
          null);
    }
    this.schema = describe(config);
    requireFilterMatches();
  }

  /**
   * Opens a session.
   *
   * @throws HandlerException if the backup would not be encrypted, or hashes could not be read
   */
  static AuthBackupSession open(
      AuthConnection connection,
      BackupRequest request,
      boolean allowPlaintext,
      Consumer<String> onClose) {
    if (!request.encrypted() && !allowPlaintext) {
      throw new HandlerException(
          Kind.UNSUPPORTED,
          null,
          "A backup of accounts holds password hashes and the key that they were made with, and this"
              + " one would not be encrypted. Nothing was read. Encrypt it, with"
              + " Encryption.recipients, or allow it: allowPlaintext() on the handler's builder,"
              + " allowPlaintext=true in its URI.",
          null);
    }
    return new AuthBackupSession(connection, request, onClose);
  }

  String id() {
    return id;
  }

  /** Accounts whose hash the service does not give out. */
  void foreignHash(String uid) {
    foreign.add(FOREIGN, uid);
  }

  /** Whether every hash of a tenant has a salt. */
  boolean needsSalt(String tenant) {
    JsonNode auth = schema.path("firebase_auth");
    JsonNode of = tenant.isEmpty() ? auth : auth.path("tenants").path(tenant);
    return of.path("hash").path("algorithm").asText("").equals("SCRYPT");
  }

  private ObjectNode describe(ObjectNode config) {
    ObjectNode described = GoogleRest.JSON.createObjectNode().put("documents", true);
    ObjectNode auth = described.putObject("firebase_auth");
    auth.put("version", 1).put("project", connection.project());
    if (connection.tenant().isEmpty()) {
      if (config.path("signIn") instanceof ObjectNode signIn) {
        take(signIn, auth);
      }
      requireHash(auth, connection.project());
      auth.set("config", config);
      auth.set("idps", providers(""));
    }
    ObjectNode ofTenants = GoogleRest.JSON.createObjectNode();
    tenants.forEach(
        (tenantId, tenant) -> {
          ObjectNode one = ofTenants.putObject(tenantId);
          take(tenant, one);
          requireHash(one, "tenant " + tenantId);
          one.set("idps", providers(tenantId));
          tenant.remove("name");
        });
    if (!ofTenants.isEmpty()) {
      auth.set("tenants", ofTenants);
    }
    return described;
  }

  private static void take(ObjectNode from, ObjectNode to) {
    JsonNode hash = from.remove("hashConfig");
    if (hash instanceof ObjectNode object && object.hasNonNull("algorithm")) {
      to.set("hash", object);
    }
  }

  /** Emulators have none: what they call a hash is not one. */
  private void requireHash(ObjectNode of, String whose) {
    if (!of.has("hash") && connection.emulator().isEmpty()) {
      throw new HandlerException(
          Kind.PERMISSION_DENIED,
          null,
          "The parameters of password hashes of "
              + whose
              + " were not told. The caller needs firebaseauth.configs.getHashConfig, which is in"
              + " roles/firebaseauth.admin. Without them nobody could sign in after a restore.",
          null);
    }
  }

  private ObjectNode providers(String tenant) {
    ObjectNode found = GoogleRest.JSON.createObjectNode();
    if (connection.emulator().isPresent()) {
      return found; // answers 501
    }
    for (String kind : PROVIDERS) {
      try {
        ArrayNode list = found.putArray(kind);
        connection.api().providers(tenant, kind, request.retry()).forEach(list::add);
      } catch (HandlerException e) {
        if (e.retryable()) {
          throw e;
        }
        found.remove(kind);
        // What is set up beside the accounts; they can be restored without.
        notCaptured.add(
            new NotCaptured(
                kind + (tenant.isEmpty() ? "" : " of tenant " + tenant),
                String.valueOf(e.getMessage())));
      }
    }
    return found;
  }

  private void requireFilterMatches() {
    List<String> names =
        tenants.isEmpty()
            ? List.of(UserRecord.USERS)
            : List.of(UserRecord.TENANTS, UserRecord.USERS);
    List<String> unmatched = request.filter().unmatchedIncludes(names);
    if (!unmatched.isEmpty()) {
      throw new HandlerException(
          Kind.NOT_FOUND,
          null,
          "No collection of "
              + connection.display()
              + " matches "
              + String.join(", ", unmatched)
              + ". There are: "
              + String.join(", ", names)
              + ".",
          null);
    }
  }

  @Override
  public SourceInfo source() {
    return new SourceInfo(
        FirebaseAuthHandler.NAME,
        connection.display(),
        connection.emulator().isPresent() ? "emulator" : "",
        asOf,
        Consistency.FUZZY,
        "",
        connection.identity());
  }

  @Override
  public ObjectNode schema() {
    return schema.deepCopy();
  }

  @Override
  public List<CollectionInfo> collections() {
    List<CollectionInfo> collections = new ArrayList<>();
    if (!tenants.isEmpty() && request.filter().accepts(UserRecord.TENANTS)) {
      collections.add(new CollectionInfo(UserRecord.TENANTS, tenants.size(), -1));
    }
    if (request.filter().accepts(UserRecord.USERS)) {
      collections.add(new CollectionInfo(UserRecord.USERS, -1, -1));
    }
    return collections;
  }

  @Override
  public List<Split> splits(CollectionInfo collection) {
    List<Split> splits = new ArrayList<>();
    if (collection.name().equals(UserRecord.TENANTS)) {
      tenants.forEach(
          (tenant, settings) ->
              splits.add(
                  split(
                      UserRecord.TENANTS,
                      splits.size(),
                      tenant,
                      Map.of(SETTINGS, settings.toString()))));
      return splits;
    }
    if (connection.tenant().isEmpty()) {
      splits.add(split(UserRecord.USERS, 0, "", Map.of()));
    } else if (tenants.isEmpty()) {
      splits.add(split(UserRecord.USERS, 0, connection.tenant(), Map.of()));
    }
    tenants
        .keySet()
        .forEach(tenant -> splits.add(split(UserRecord.USERS, splits.size(), tenant, Map.of())));
    return splits;
  }

  private Split split(String collection, int ordinal, String tenant, Map<String, String> further) {
    Map<String, String> attributes = new LinkedHashMap<>(further);
    attributes.put(SESSION, id);
    attributes.put(TENANT, tenant);
    return new Split(collection, ordinal, attributes, -1);
  }

  @Override
  public List<NotCaptured> notCaptured() {
    List<NotCaptured> all = new ArrayList<>(notCaptured);
    if (foreign.count(FOREIGN) > 0) {
      all.add(
          new NotCaptured("password hashes of " + foreign.count(FOREIGN) + " accounts", reason()));
    }
    return all;
  }

  private String reason() {
    return "they were imported with another algorithm and their owners have not signed in since, so"
        + " the service does not give them out: "
        + foreign.uids(FOREIGN);
  }

  @Override
  public void finish() {
    if (foreign.count(FOREIGN) > 0 && !request.allowUncaptured()) {
      throw new HandlerException(
          Kind.UNSUPPORTED,
          UserRecord.USERS,
          "The password hashes of "
              + foreign.count(FOREIGN)
              + " accounts cannot be backed up: "
              + reason()
              + ". Allow that with allowUncaptured; these people will have to reset their password"
              + " after a restore.",
          null);
    }
  }

  @Override
  public void close() {
    onClose.accept(id);
  }
}
