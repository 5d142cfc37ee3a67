package io.holdfast.firestore.internal.definitions;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.google.internal.GoogleRest;
import io.holdfast.google.internal.RestRequest;
import io.holdfast.google.internal.Right;
import io.holdfast.google.internal.Shown;
import io.holdfast.google.internal.Uris;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.Retry;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The calls of the Cloud Firestore Admin API that are used here, each repeated as the retry says
 * (https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases).
 */
final class AdminApi {
  /** As firebase-tools asks for it; without a filter the API refuses. */
  private static final String SET_EXPLICITLY =
      "indexConfig.usesAncestorConfig=false OR ttlConfig:*";

  private final GoogleRest rest;
  private final URI base;
  private final DatabasePath database;
  private final Retry retry;

  AdminApi(GoogleRest rest, URI base, DatabasePath database, Retry retry) {
    this.rest = rest;
    this.base = base;
    this.database = database;
    this.retry = retry;
  }

  ObjectNode database() {
    return call(
        "GET",
        "",
        Map.of(),
        null,
        "read what kind of database " + database + " is",
        FirestoreRight.READ_DATABASE);
  }

  List<ObjectNode> indexes() {
    return list("indexes", Map.of(), "list the indexes of " + database);
  }

  /** The fields for which something is set, which is not their own default. */
  List<ObjectNode> fields() {
    return list(
        "fields",
        Map.of("filter", SET_EXPLICITLY),
        "list the field overrides and TTL policies of " + database);
  }

  /**
   * Begins to create an index.
   *
   * @return the operation
   */
  ObjectNode createIndex(String collectionGroup, ObjectNode index, String words) {
    return call(
        "POST",
        "/collectionGroups/" + Uris.encode(collectionGroup) + "/indexes",
        Map.of(),
        index,
        "create the index " + words + " in " + database,
        FirestoreRight.CREATE_INDEX);
  }

  /**
   * Begins to set what is named of a field. Enterprise databases take only {@code ttlConfig}, so
   * nothing else may be named where nothing else is wanted
   * (https://github.com/hashicorp/terraform-provider-google/issues/25331).
   *
   * @param mask names of properties
   * @return the operation
   */
  ObjectNode updateField(TtlField field, ObjectNode values, List<String> mask) {
    return call(
        "PATCH",
        "/" + fieldPath(field),
        Map.of("updateMask", String.join(",", mask)),
        values,
        "set the field "
            + Shown.text(field.collectionGroup() + "." + field.fieldPath())
            + " of "
            + database,
        FirestoreRight.UPDATE_FIELD);
  }

  /** One resource below the database: an operation, an index, a field. */
  ObjectNode read(String path, String doing, Right right) {
    return call("GET", "/" + path, Map.of(), null, doing, right);
  }

  /** The path of a field below the database. */
  static String fieldPath(TtlField field) {
    return "collectionGroups/"
        + Uris.encode(field.collectionGroup())
        + "/fields/"
        + Uris.encode(field.fieldPath());
  }

  private List<ObjectNode> list(String what, Map<String, String> query, String doing) {
    List<ObjectNode> all = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    String token = "";
    do {
      Map<String, String> page = new TreeMap<>(query);
      if (!token.isEmpty()) {
        page.put("pageToken", token);
      }
      ObjectNode answer =
          call(
              "GET", "/collectionGroups/-/" + what, page, null, doing, FirestoreRight.LIST_INDEXES);
      all.addAll(Forms.entries(answer, what));
      token = answer.path("nextPageToken").asText("");
      if (!seen.add(token)) {
        throw new HandlerException(
            Kind.OTHER, null, "Could not " + doing + ": the list repeats itself.", null);
      }
    } while (!token.isEmpty());
    return all;
  }

  private ObjectNode call(
      String method,
      String path,
      Map<String, String> query,
      @Nullable ObjectNode body,
      String doing,
      Right right) {
    URI uri = Uris.of(base, "v1/" + database.path() + path, query);
    RestRequest request =
        new RestRequest(method, uri, body, Map.of(), database.project(), doing, right);
    return retry.call(doing, () -> rest.send(request));
  }
}
