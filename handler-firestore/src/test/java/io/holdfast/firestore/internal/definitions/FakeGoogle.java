package io.holdfast.firestore.internal.definitions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.holdfast.google.internal.GoogleRest;
import io.holdfast.spi.Retry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The three APIs with a memory, for one database. Shapes and paths are those of
 *
 * <ul>
 *   <li>https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.collectionGroups.indexes
 *       and .fields, https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases
 *   <li>https://firebase.google.com/docs/reference/rules/rest/v1/projects.releases and .rulesets
 *   <li>https://cloud.google.com/datastore/docs/reference/data/rest/v1/projects/runQuery
 *   <li>errors: https://google.aip.dev/193
 * </ul>
 *
 * Whatever is not asked for as documented is a violation, which {@link #close} reports.
 */
public final class FakeGoogle implements AutoCloseable {
  private static final int PAGE = 2;

  static {
    // Else each answer waits 40 ms for the client's acknowledgement of its headers.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  /** An answer other than the usual one. */
  private record Fault(String prefix, int status, String body) {}

  public final List<String> requests = new CopyOnWriteArrayList<>();
  public final List<String> violations = new CopyOnWriteArrayList<>();
  public final List<ObjectNode> indexes = new CopyOnWriteArrayList<>();
  final Map<String, ObjectNode> fields = new TreeMap<>();
  final Map<String, ObjectNode> rulesets = new LinkedHashMap<>();
  final Map<String, String> releases = new HashMap<>();
  final Map<String, ObjectNode> bodies = new LinkedHashMap<>();
  public final List<String> kinds = new ArrayList<>();
  public final ObjectNode database;

  /** How often an operation is asked for before it is done; 0 is done at once. */
  int pollsUntilBuilt;

  /** Whether collection groups may be asked for at any time. */
  public boolean anyReadTime;

  private final String project;
  private final String databaseId;
  private final HttpServer server;
  private final List<Fault> faults = new CopyOnWriteArrayList<>();
  private final List<Fault> lastingFaults = new CopyOnWriteArrayList<>();
  private final Map<String, Integer> polls = new HashMap<>();
  private int ids;

  public FakeGoogle(String project, String databaseId) {
    this.project = project;
    this.databaseId = databaseId;
    this.database =
        json(
            """
            {"name":"%s","uid":"u-1","createTime":"2024-01-02T03:04:05Z","locationId":"nam5",
             "type":"FIRESTORE_NATIVE","pointInTimeRecoveryEnablement":"POINT_IN_TIME_RECOVERY_ENABLED",
             "versionRetentionPeriod":"604800s","earliestVersionTime":"2026-01-02T00:00:00.000001Z",
             "etag":"e1","cmekConfig":{"kmsKeyName":"projects/k/locations/l/keyRings/r/cryptoKeys/c"},
             "newProperty":{"b":1.50,"a":[true,null]}}
            """
                .formatted(name()));
    field("__default__", "*", defaultIndexes());
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::handle);
    server.start();
  }

  static ObjectNode json(String text) {
    try {
      return (ObjectNode) GoogleRest.JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String defaultIndexes() {
    return """
        {"indexes":[
          {"queryScope":"COLLECTION","fields":[{"fieldPath":"*","order":"ASCENDING"}],"state":"READY"},
          {"queryScope":"COLLECTION","fields":[{"fieldPath":"*","order":"DESCENDING"}],"state":"READY"},
          {"queryScope":"COLLECTION","fields":[{"fieldPath":"*","arrayConfig":"CONTAINS"}],"state":"READY"}]}
        """;
  }

  String name() {
    return "projects/" + project + "/databases/" + databaseId;
  }

  public GoogleEndpoints endpoints() {
    URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    return new GoogleEndpoints(uri, uri, uri);
  }

  static Retry retry() {
    return Retry.of(3, Duration.ofMillis(1), Duration.ofMillis(1)).withSleeper(pause -> {});
  }

  FirestoreDefinitions definitions() {
    return new FirestoreDefinitions(
        new DatabasePath(project, databaseId),
        new GoogleRest(FakeCredentials.valid(), GoogleRest.Limits.STANDARD),
        endpoints(),
        retry(),
        pause -> {});
  }

  CollectionGroupNames collectionGroups() {
    return CollectionGroupNames.of(
        project, databaseId, FakeCredentials.valid(), retry(), endpoints());
  }

  /** The next so many requests that begin like this fail. */
  public void failing(int times, String prefix, int status, String body) {
    for (int i = 0; i < times; i++) {
      faults.add(new Fault(prefix, status, body));
    }
  }

  public void alwaysFailing(String prefix, int status, String body) {
    lastingFaults.add(new Fault(prefix, status, body));
  }

  public static String error(int code, String status, String message) {
    return "{\"error\":{\"code\":%d,\"message\":\"%s\",\"status\":\"%s\"}}"
        .formatted(code, message, status);
  }

  public static String disabled(String service) {
    return """
        {"error":{"code":403,"status":"PERMISSION_DENIED","message":"%s has not been used",
         "details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED",
           "domain":"googleapis.com","metadata":{"service":"%s"}}]}}
        """
        .formatted(service, service);
  }

  public void index(String group, String rest) {
    ObjectNode index = json(rest);
    index.put("name", name() + "/collectionGroups/" + group + "/indexes/CICA" + ++ids);
    indexes.add(index.put("state", "READY"));
  }

  void field(String group, String path, String indexConfig) {
    ObjectNode field = Forms.object();
    field.put("name", name() + "/collectionGroups/" + group + "/fields/" + path);
    field.set("indexConfig", json(indexConfig));
    fields.put(group + "/" + path, field);
  }

  public void ttl(String group, String path, String ttlConfig) {
    ObjectNode field =
        fields.computeIfAbsent(
            group + "/" + path,
            key -> {
              ObjectNode fresh = Forms.object();
              fresh.put("name", name() + "/collectionGroups/" + group + "/fields/" + path);
              fresh.set(
                  "indexConfig",
                  json(defaultIndexes())
                      .put("usesAncestorConfig", true)
                      .put("ancestorField", name() + "/collectionGroups/__default__/fields/*"));
              return fresh;
            });
    field.set("ttlConfig", json(ttlConfig));
  }

  public void rules(String content) {
    rules(
        "{\"files\":[{\"name\":\"firestore.rules\",\"fingerprint\":\"Zg==\",\"content\":\""
            + content
            + "\"}]}",
        release());
  }

  void rules(String source, String release) {
    String ruleset = "projects/" + project + "/rulesets/r-" + ++ids;
    ObjectNode body = Forms.object().put("name", ruleset).put("createTime", "2025-01-01T00:00:00Z");
    body.set("source", json(source));
    rulesets.put(ruleset, body);
    releases.put(release, ruleset);
  }

  String release() {
    return "projects/"
        + project
        + "/releases/cloud.firestore"
        + (databaseId.equals("(default)") ? "" : "/" + databaseId);
  }

  /** Changes only: what is neither GET nor a query. */
  public List<String> changes() {
    return requests.stream()
        .filter(one -> !one.startsWith("GET ") && !one.contains(":runQuery"))
        .toList();
  }

  private synchronized void handle(HttpExchange exchange) throws IOException {
    String asked = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    requests.add(asked);
    byte[] sent = exchange.getRequestBody().readAllBytes();
    check(
        ("Bearer " + FakeCredentials.TOKEN)
            .equals(exchange.getRequestHeaders().getFirst("Authorization")),
        asked + " without the token");
    check(
        "billed".equals(exchange.getRequestHeaders().getFirst("x-goog-user-project")),
        asked + " without the project to bill");
    for (List<Fault> these : List.of(faults, lastingFaults)) {
      for (Fault fault : these) {
        if (asked.startsWith(fault.prefix())) {
          faults.remove(fault);
          answer(exchange, fault.status(), fault.body());
          return;
        }
      }
    }
    ObjectNode body = null;
    if (sent.length > 0) {
      check(
          "application/json; charset=utf-8"
              .equals(exchange.getRequestHeaders().getFirst("Content-Type")),
          asked + " is not marked as JSON");
      body = json(new String(sent, StandardCharsets.UTF_8));
      bodies.put(asked, body.deepCopy());
    }
    try {
      Reply reply =
          reply(
              exchange.getRequestMethod(),
              exchange.getRequestURI().getRawPath(),
              query(exchange.getRequestURI().getRawQuery()),
              body,
              exchange.getRequestHeaders().getFirst("x-goog-request-params"));
      answer(exchange, reply.status(), reply.body());
    } catch (RuntimeException e) {
      violations.add(asked + ": " + e);
      answer(exchange, 400, error(400, "INVALID_ARGUMENT", "not as documented"));
    }
  }

  private record Reply(int status, String body) {
    static Reply ok(JsonNode body) {
      return new Reply(200, body.toString());
    }
  }

  private Reply reply(
      String method, String path, Map<String, String> query, ObjectNode body, String route) {
    String base = "/v1/" + name();
    if (path.equals("/v1/projects/" + project + ":runQuery")) {
      return runQuery(method, query, body, route);
    }
    if (path.startsWith("/v1/projects/" + project + "/r")) {
      check(query.isEmpty(), "no query for rules");
      return rulesReply(method, path.substring("/v1/".length()), body);
    }
    if (!path.startsWith(base)) {
      throw new IllegalArgumentException("another database");
    }
    String below = path.substring(base.length());
    Matcher group =
        Pattern.compile("/collectionGroups/([^/]+)/(indexes|fields)(?:/([^/]+))?").matcher(below);
    if (below.isEmpty()) {
      require(method.equals("GET") && query.isEmpty());
      return Reply.ok(database);
    }
    if (below.startsWith("/operations/")) {
      require(method.equals("GET") && query.isEmpty());
      return Reply.ok(operation(below.substring(1)));
    }
    require(group.matches());
    String collection = decoded(group.group(1));
    boolean index = group.group(2).equals("indexes");
    String id = group.group(3) == null ? "" : decoded(group.group(3));
    if (method.equals("GET") && id.isEmpty()) {
      require(collection.equals("-"));
      if (!index) {
        require(
            "indexConfig.usesAncestorConfig=false OR ttlConfig:*".equals(query.remove("filter")));
      }
      return page(
          index ? "indexes" : "fields", index ? indexes : List.copyOf(fields.values()), query);
    }
    if (method.equals("GET")) {
      require(query.isEmpty());
      return Reply.ok(
          index
              ? indexes.stream()
                  .filter(one -> one.path("name").asText().endsWith("/" + id))
                  .findFirst()
                  .orElseThrow()
              : fields.get(collection + "/" + id));
    }
    if (method.equals("POST")) {
      require(index && id.isEmpty() && query.isEmpty());
      return create(collection, body);
    }
    require(method.equals("PATCH") && !index && !id.isEmpty());
    return update(collection, id, query, body);
  }

  private Reply page(String what, List<ObjectNode> all, Map<String, String> query) {
    String token = query.remove("pageToken");
    require(query.isEmpty());
    int from = token == null ? 0 : Integer.parseInt(token.substring("page/ +".length()));
    int to = Math.min(all.size(), from + PAGE);
    ObjectNode answer = Forms.object();
    if (from < to) {
      answer.set(what, Forms.array().addAll(all.subList(from, to)));
    }
    if (to < all.size()) {
      answer.put("nextPageToken", "page/ +" + to);
    }
    return Reply.ok(answer);
  }

  private Reply create(String group, ObjectNode body) {
    require(!body.has("name") && !body.has("state") && !body.has("collectionGroup"));
    require(body.path("fields").isArray() && body.path("queryScope").isTextual());
    // As the server does: the document's name at the end, in the last direction.
    ArrayNode given = (ArrayNode) body.get("fields");
    JsonNode last = given.get(given.size() - 1);
    if (!last.path("fieldPath").asText().equals("__name__") && !last.has("vectorConfig")) {
      given
          .addObject()
          .put("fieldPath", "__name__")
          .put("order", last.path("order").asText("ASCENDING"));
    }
    for (ObjectNode one : indexes) {
      if (one.path("name").asText().startsWith(name() + "/collectionGroups/" + group + "/")
          && one.get("fields").equals(given)
          && one.get("queryScope").equals(body.get("queryScope"))) {
        return new Reply(409, error(409, "ALREADY_EXISTS", "index already exists"));
      }
    }
    if (!body.has("apiScope")) {
      body.put("apiScope", "ANY_API");
    }
    index(group, body.toString());
    return started();
  }

  private Reply update(String group, String path, Map<String, String> query, ObjectNode body) {
    List<String> mask = List.of(query.remove("updateMask").split(",", -1));
    require(query.isEmpty());
    body.fieldNames().forEachRemaining(name -> require(mask.contains(name)));
    if (mask.contains("indexConfig")) {
      ObjectNode had = fields.get(group + "/" + path);
      ObjectNode config = (ObjectNode) body.get("indexConfig");
      for (JsonNode index : config.path("indexes")) {
        require(index.path("fields").size() == 1 && index.path("queryScope").isTextual());
        require(index.path("fields").path(0).path("fieldPath").asText().equals(path));
        ((ObjectNode) index).put("state", "READY");
      }
      field(group, path, config.toString());
      if (had != null && had.has("ttlConfig")) {
        ttl(group, path, had.get("ttlConfig").toString());
      }
    }
    if (mask.contains("ttlConfig")) {
      ttl(group, path, ((ObjectNode) body.get("ttlConfig")).put("state", "ACTIVE").toString());
    }
    return started();
  }

  private Reply started() {
    String id = "op " + ++ids;
    polls.put("operations/" + id, 0);
    return Reply.ok(operation("operations/" + id));
  }

  private ObjectNode operation(String path) {
    String id = decoded(path);
    int asked = polls.merge(id, 1, Integer::sum) - 1;
    ObjectNode operation = Forms.object().put("name", name() + "/" + id);
    return asked >= pollsUntilBuilt ? operation.put("done", true) : operation;
  }

  private Reply rulesReply(String method, String resource, ObjectNode body) {
    if (method.equals("GET") && resource.contains("/releases/")) {
      String ruleset = releases.get(resource);
      return ruleset == null
          ? new Reply(404, error(404, "NOT_FOUND", "Requested entity was not found."))
          : Reply.ok(release(resource, ruleset));
    }
    if (method.equals("GET")) {
      return Reply.ok(rulesets.get(resource));
    }
    if (method.equals("POST") && resource.endsWith("/rulesets")) {
      require(body.size() == 1 && body.path("source").path("files").size() > 0);
      String name = resource + "/r-" + ++ids;
      rulesets.put(name, body.put("name", name));
      return Reply.ok(body);
    }
    if (method.equals("POST")) {
      require(resource.equals("projects/" + project + "/releases"));
      if (releases.containsKey(body.get("name").asText())) {
        return new Reply(409, error(409, "ALREADY_EXISTS", "already exists"));
      }
      return put(body);
    }
    require(method.equals("PATCH") && body.path("release").path("name").asText().equals(resource));
    return releases.containsKey(resource)
        ? put((ObjectNode) body.get("release"))
        : new Reply(404, error(404, "NOT_FOUND", "Requested entity was not found."));
  }

  private Reply put(ObjectNode release) {
    require(release.path("name").asText().equals(release()));
    require(rulesets.containsKey(release.path("rulesetName").asText()));
    releases.put(release.get("name").asText(), release.get("rulesetName").asText());
    return Reply.ok(release);
  }

  private static ObjectNode release(String name, String ruleset) {
    return Forms.object()
        .put("name", name)
        .put("rulesetName", ruleset)
        .put("createTime", "2025-01-01T00:00:00Z");
  }

  private Reply runQuery(String method, Map<String, String> query, ObjectNode body, String route) {
    boolean first = databaseId.equals("(default)");
    String id = first ? "" : databaseId;
    require(method.equals("POST") && query.isEmpty());
    require(("project_id=" + project + (first ? "" : "&database_id=" + databaseId)).equals(route));
    JsonNode cursor = ((ObjectNode) body.get("query")).remove("startCursor");
    require(
        body.equals(
            json(
                """
                {"databaseId":"%s","partitionId":{"projectId":"%s","databaseId":"%s"},
                 "readOptions":{"readTime":"%s"},
                 "query":{"kind":[{"name":"__kind__"}],
                          "projection":[{"property":{"name":"__key__"}}]}}
                """
                    .formatted(id, project, id, readTime(body)))));
    int from = cursor == null ? 0 : Integer.parseInt(cursor.asText().substring("c/+".length()));
    int to = Math.min(kinds.size(), from + PAGE);
    ObjectNode batch = Forms.object().put("entityResultType", "KEY_ONLY");
    ArrayNode results = batch.putArray("entityResults");
    for (String kind : kinds.subList(from, to)) {
      results
          .addObject()
          .putObject("entity")
          .putObject("key")
          .putArray("path")
          .addObject()
          .put("kind", "__kind__")
          .put("name", kind);
    }
    batch.put("endCursor", "c/+" + to);
    batch.put("moreResults", to < kinds.size() ? "NOT_FINISHED" : "NO_MORE_RESULTS");
    ObjectNode answer = Forms.object();
    answer.set("batch", batch);
    return Reply.ok(answer);
  }

  /** That of the tests, or one of a whole backup, which is the server's. */
  private String readTime(ObjectNode body) {
    return anyReadTime
        ? Instant.parse(body.path("readOptions").path("readTime").asText()).toString()
        : "2026-01-09T00:00:00.000125Z";
  }

  private static Map<String, String> query(String raw) {
    Map<String, String> query = new HashMap<>();
    if (raw != null) {
      for (String pair : raw.split("&", -1)) {
        int at = pair.indexOf('=');
        query.put(decoded(pair.substring(0, at)), decoded(pair.substring(at + 1)));
      }
    }
    return query;
  }

  private static String decoded(String raw) {
    return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static void require(boolean documented) {
    if (!documented) {
      throw new IllegalArgumentException("not as documented");
    }
  }

  private void check(boolean right, String otherwise) {
    if (!right) {
      violations.add(otherwise);
    }
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json; charset=UTF-8");
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    try (exchange) {
      exchange.getResponseBody().write(bytes);
    } catch (IOException hungUp) {
      // The client may do that.
    }
  }

  @Override
  public void close() {
    server.stop(0);
    if (!violations.isEmpty()) {
      throw new AssertionError("asked otherwise than documented: " + violations);
    }
  }
}
