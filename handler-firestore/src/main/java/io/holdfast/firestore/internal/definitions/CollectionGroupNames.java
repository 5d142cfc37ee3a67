package io.holdfast.firestore.internal.definitions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auth.Credentials;
import io.holdfast.google.internal.GoogleRest;
import io.holdfast.google.internal.RestRequest;
import io.holdfast.google.internal.Uris;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.Retry;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which collection groups a database has, nested ones included, for a few reads: the Datastore API
 * calls them kinds and lists them by a query of {@code __kind__}
 * (https://cloud.google.com/datastore/docs/concepts/metadataqueries). It does not serve every
 * Firestore database. Safe to share.
 */
public final class CollectionGroupNames {
  private static final Logger log = LoggerFactory.getLogger(CollectionGroupNames.class);

  /**
   * What was found.
   *
   * @param names the collection groups, sorted; those of the server itself ({@code __…__}) are left
   *     out
   * @param entitiesRead how many entities were read, each billed as a document
   */
  public record Found(List<String> names, long entitiesRead) {
    /** Copies the list. */
    public Found {
      names = List.copyOf(names);
    }
  }

  private final DatabasePath database;
  private final GoogleRest rest;
  private final URI base;
  private final Retry retry;

  CollectionGroupNames(DatabasePath database, GoogleRest rest, URI base, Retry retry) {
    this.database = database;
    this.rest = rest;
    this.base = base;
    this.retry = retry;
  }

  /**
   * For one database.
   *
   * @param project the project's id
   * @param database the database's id; {@code (default)} is the first
   * @param credentials with the scope {@code https://www.googleapis.com/auth/datastore}
   * @param retry how each page is repeated
   * @param endpoints where the APIs are
   */
  public static CollectionGroupNames of(
      String project,
      String database,
      Credentials credentials,
      Retry retry,
      GoogleEndpoints endpoints) {
    return new CollectionGroupNames(
        new DatabasePath(project, database),
        new GoogleRest(credentials, GoogleRest.Limits.STANDARD),
        endpoints.datastore(),
        retry);
  }

  /**
   * The collection groups at that time; empty if the API does not tell, and another way must be
   * taken.
   *
   * @param readTime the time, which the database must still know
   * @throws HandlerException if the credentials are not valid, or the API cannot be reached
   */
  public Optional<Found> at(Instant readTime) {
    TreeSet<String> names = new TreeSet<>();
    long read = 0;
    String cursor = "";
    try {
      while (true) {
        JsonNode batch = page(readTime, cursor).path("batch");
        for (JsonNode result : batch.path("entityResults")) {
          read++;
          names.add(kind(result));
        }
        String more = batch.path("moreResults").asText("");
        if (more.equals("NO_MORE_RESULTS")) {
          break;
        }
        String next = batch.path("endCursor").asText("");
        if (next.isEmpty() || next.equals(cursor)) {
          throw unusable("pages that do not go on");
        }
        cursor = next;
      }
    } catch (HandlerException e) {
      if (e.kind() == Kind.UNAUTHENTICATED || e.retryable()) {
        throw e;
      }
      log.info("The Datastore API does not tell the collection groups: {}", e.getMessage());
      return Optional.empty();
    }
    names.removeIf(name -> name.startsWith("__") && name.endsWith("__"));
    return Optional.of(new Found(List.copyOf(names), read));
  }

  private ObjectNode page(Instant readTime, String cursor) {
    String databaseId = database.isDefault() ? "" : database.database();
    ObjectNode query = Forms.object();
    query.set("kind", Forms.array().add(Forms.object().put("name", "__kind__")));
    ObjectNode key = Forms.object();
    key.set("property", Forms.object().put("name", "__key__"));
    query.set("projection", Forms.array().add(key));
    if (!cursor.isEmpty()) {
      query.put("startCursor", cursor);
    }
    ObjectNode body = Forms.object();
    // The default database has no name here; "(default)" is not allowed.
    body.put("databaseId", databaseId);
    body.set(
        "partitionId",
        Forms.object().put("projectId", database.project()).put("databaseId", databaseId));
    body.set("readOptions", Forms.object().put("readTime", readTime.toString()));
    body.set("query", query);
    String doing = "list the collection groups of " + database;
    // As Google's own client over HTTP routes a call to a database (RemoteRpc in
    // datastore-v1-proto-client).
    String route =
        "project_id="
            + Uris.encode(database.project())
            + (databaseId.isEmpty() ? "" : "&database_id=" + Uris.encode(databaseId));
    RestRequest request =
        new RestRequest(
            "POST",
            Uris.of(base, "v1/" + database.projectPath() + ":runQuery", Map.of()),
            body,
            Map.of("x-goog-request-params", route),
            database.project(),
            doing,
            FirestoreRight.LIST_KINDS);
    return retry.call(doing, () -> rest.send(request));
  }

  private static String kind(JsonNode result) {
    JsonNode path = result.path("entity").path("key").path("path");
    String name = path.path(path.size() - 1).path("name").asText("");
    if (name.isEmpty()) {
      throw unusable("an entity that is no kind");
    }
    return name;
  }

  private static HandlerException unusable(String what) {
    return new HandlerException(
        Kind.OTHER, null, "The Cloud Datastore API answered with " + what + ".", null);
  }
}
