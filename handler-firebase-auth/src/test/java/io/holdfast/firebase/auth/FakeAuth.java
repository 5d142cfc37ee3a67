package io.holdfast.firebase.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.GoogleCredentials;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A service that keeps accounts as the documentation of Identity Toolkit says, strictly, and can be
 * told to misbehave.
 * https://cloud.google.com/identity-platform/docs/reference/rest/v1/projects.accounts
 */
final class FakeAuth implements AutoCloseable {
  static final String TOKEN = "ya29.secret-access-token";
  static final String SIGNER_KEY = "c2VjcmV0LXNpZ25lci1rZXk=";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> FIELDS =
      Set.of(
          "localId",
          "email",
          "displayName",
          "language",
          "photoUrl",
          "timeZone",
          "dateOfBirth",
          "passwordHash",
          "salt",
          "version",
          "emailVerified",
          "passwordUpdatedAt",
          "providerUserInfo",
          "validSince",
          "disabled",
          "lastLoginAt",
          "createdAt",
          "screenName",
          "customAuth",
          "phoneNumber",
          "customAttributes",
          "emailLinkSignin",
          "tenantId",
          "mfaInfo",
          "initialEmail",
          "lastRefreshAt");

  /** Answers in place of the service, or lets it answer. */
  @FunctionalInterface
  interface Fault {
    /**
     * Looks at a call.
     *
     * @param number how often that was called, from 1
     * @return whether it has answered
     */
    boolean met(HttpExchange exchange, int number) throws IOException;
  }

  final Map<String, NavigableMap<String, ObjectNode>> accounts = new ConcurrentHashMap<>();
  final NavigableMap<String, ObjectNode> tenants = new TreeMap<>();
  final List<ObjectNode> imports = new ArrayList<>();
  final Map<String, Fault> faults = new ConcurrentHashMap<>();
  final ObjectNode config = JSON.createObjectNode();
  final Map<String, String> refused = new ConcurrentHashMap<>();
  volatile boolean redacts;
  volatile String drops = "";
  volatile int pageSize = 1000;

  private final Map<String, AtomicInteger> calls = new HashMap<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;

  FakeAuth() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    accounts.put("", new TreeMap<>());
    ObjectNode signIn = config.put("name", "projects/1/config").putObject("signIn");
    signIn.putObject("email").put("enabled", true);
    signIn.set("hashConfig", hashConfig(SIGNER_KEY));
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  static ObjectNode hashConfig(String key) {
    return JSON.createObjectNode()
        .put("algorithm", "SCRYPT")
        .put("signerKey", key)
        .put("saltSeparator", "Bw==")
        .put("rounds", 8)
        .put("memoryCost", 14);
  }

  FirebaseAuthHandler.Builder handler() {
    return FirebaseAuthHandler.builder(
            "shop",
            GoogleCredentials.create(
                new AccessToken(TOKEN, Date.from(Instant.now().plusSeconds(3600)))))
        .service(URI.create("http://127.0.0.1:" + server.getAddress().getPort()));
  }

  ObjectNode put(String tenant, String uid) {
    ObjectNode user = JSON.createObjectNode().put("localId", uid);
    if (!tenant.isEmpty()) {
      user.put("tenantId", tenant);
    }
    accounts.computeIfAbsent(tenant, key -> new TreeMap<>()).put(uid, user);
    return user;
  }

  void tenant(String id, String signerKey) {
    ObjectNode tenant =
        JSON.createObjectNode()
            .put("name", "projects/shop/tenants/" + id)
            .put("displayName", "Tenant " + id)
            .put("allowPasswordSignup", true);
    tenant.set("hashConfig", hashConfig(signerKey));
    tenants.put(id, tenant);
    accounts.computeIfAbsent(id, key -> new TreeMap<>());
  }

  /** On calls whose path ends so. */
  void on(String call, Fault fault) {
    faults.put(call, fault);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String call = path.substring(path.lastIndexOf('/') + 1);
      call = call.substring(call.indexOf(':') + 1);
      int number;
      synchronized (calls) {
        number = calls.computeIfAbsent(call, key -> new AtomicInteger()).incrementAndGet();
      }
      Fault fault = faults.get(call);
      if (!("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
        error(exchange, 401, "UNAUTHENTICATED", "no token");
      } else if (fault == null || !fault.met(exchange, number)) {
        serve(exchange, path, call);
      }
    }
  }

  synchronized void serve(HttpExchange exchange, String path, String call) throws IOException {
    String[] parts = path.substring(1).split("/", -1);
    String tenant = path.contains("/tenants/") ? parts[4].replaceFirst(":.*", "") : "";
    switch (call) {
      case "batchGet" -> list(exchange, tenant);
      case "batchCreate" -> create(exchange, tenant);
      case "batchDelete" -> {
        for (JsonNode uid : body(exchange).path("localIds")) {
          accounts.get(tenant).remove(uid.asText());
        }
        send(exchange, JSON.createObjectNode());
      }
      case "config" -> send(exchange, config);
      case "tenants" -> {
        if (exchange.getRequestMethod().equals("POST")) {
          String id = "created-" + tenants.size();
          tenant(id, SIGNER_KEY);
          tenants.get(id).setAll(body(exchange));
          send(exchange, tenants.get(id));
        } else {
          ArrayNode list = JSON.createArrayNode();
          tenants.values().forEach(list::add);
          send(exchange, JSON.createObjectNode().set("tenants", list));
        }
      }
      case "defaultSupportedIdpConfigs", "oauthIdpConfigs", "inboundSamlConfigs" -> {
        ObjectNode answer = JSON.createObjectNode();
        if (call.equals("oauthIdpConfigs")) {
          answer.putArray(call).addObject().put("clientSecret", "oauth-client-secret");
        }
        send(exchange, answer);
      }
      default -> error(exchange, 404, "NOT_FOUND", "no such call");
    }
  }

  private void list(HttpExchange exchange, String tenant) throws IOException {
    Map<String, String> query = new HashMap<>();
    for (String pair : exchange.getRequestURI().getRawQuery().split("&", -1)) {
      String[] both = pair.split("=", 2);
      query.put(both[0], URLDecoder.decode(both[1], StandardCharsets.UTF_8));
    }
    int most = Math.min(pageSize, Integer.parseInt(query.get("maxResults")));
    ObjectNode page = JSON.createObjectNode().put("kind", "x");
    ArrayNode users = page.putArray("users");
    NavigableMap<String, ObjectNode> all =
        accounts
            .getOrDefault(tenant, new TreeMap<>())
            .tailMap(query.getOrDefault("nextPageToken", ""), false);
    for (Map.Entry<String, ObjectNode> user : all.entrySet()) {
      if (users.size() == most) {
        break;
      }
      ObjectNode listed = user.getValue().deepCopy();
      if (redacts && listed.has("passwordHash")) {
        listed.put("passwordHash", "UkVEQUNURUQ=").remove("salt");
      }
      users.add(listed);
      page.put("nextPageToken", user.getKey());
    }
    if (all.size() <= most) {
      page.remove("nextPageToken");
    }
    send(exchange, page);
  }

  private void create(HttpExchange exchange, String tenant) throws IOException {
    ObjectNode request = body(exchange);
    imports.add(request);
    Set<String> uids = new HashSet<>();
    Set<String> emails = new HashSet<>();
    boolean hashes = false;
    if (request.path("users").size() > 1000) {
      error(exchange, 400, "INVALID_ARGUMENT", "TOO_MANY_USERS");
      return;
    }
    for (JsonNode user : request.path("users")) {
      hashes |= user.has("passwordHash");
      for (String field : (Iterable<String>) user::fieldNames) {
        if (!FIELDS.contains(field)) {
          error(exchange, 400, "INVALID_ARGUMENT", "Invalid JSON: unknown name " + field);
          return;
        }
      }
      String email = user.path("email").asText("");
      if (!uids.add(user.path("localId").asText()) || (!email.isEmpty() && !emails.add(email))) {
        error(exchange, 400, "INVALID_ARGUMENT", "DUPLICATE_EMAIL : " + email);
        return;
      }
    }
    if (hashes && !request.has("hashAlgorithm")) {
      error(exchange, 400, "INVALID_ARGUMENT", "INVALID_HASH_ALGORITHM");
      return;
    }
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode errors = answer.putArray("error");
    int index = 0;
    for (JsonNode user : request.path("users")) {
      String reason = take(tenant, (ObjectNode) user, request);
      if (!reason.isEmpty()) {
        errors.addObject().put("index", index).put("message", reason);
      }
      index++;
    }
    send(exchange, answer);
  }

  private String take(String tenant, ObjectNode user, ObjectNode request) {
    String uid = user.path("localId").asText();
    NavigableMap<String, ObjectNode> there =
        accounts.computeIfAbsent(tenant, key -> new TreeMap<>());
    if (refused.containsKey(uid)) {
      return refused.get(uid);
    }
    if (there.containsKey(uid) && !request.path("allowOverwrite").asBoolean()) {
      return "localId belongs to an existing account - can not overwrite.";
    }
    String email = user.path("email").asText("");
    boolean taken =
        there.values().stream()
            .anyMatch(
                other ->
                    !email.isEmpty()
                        && other.path("email").asText().equals(email)
                        && !other.path("localId").asText().equals(uid));
    if (taken && request.path("sanityCheck").asBoolean()) {
      return "email exists in other account in database: " + email;
    }
    ObjectNode kept = user.deepCopy();
    kept.put("validSince", "1767916800").remove(drops);
    if (!tenant.isEmpty()) {
      kept.put("tenantId", tenant);
    }
    there.put(uid, kept);
    return "";
  }

  static ObjectNode body(HttpExchange exchange) throws IOException {
    try (InputStream in = exchange.getRequestBody()) {
      return (ObjectNode) JSON.readTree(in);
    }
  }

  static void send(HttpExchange exchange, JsonNode answer) throws IOException {
    send(exchange, 200, answer.toString());
  }

  static void send(HttpExchange exchange, int status, String answer) throws IOException {
    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  static void error(HttpExchange exchange, int status, String code, String message)
      throws IOException {
    ObjectNode answer = JSON.createObjectNode();
    answer.putObject("error").put("code", status).put("status", code).put("message", message);
    send(exchange, status, answer.toString());
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
