package io.holdfast.firestore;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.firestore.internal.names.DocumentPath;
import io.holdfast.firestore.internal.restore.TargetCollection;
import io.holdfast.firestore.internal.values.DocumentRecords;
import io.holdfast.firestore.internal.values.RecordParser;
import io.holdfast.firestore.internal.values.References;
import io.holdfast.firestore.internal.values.TableColumn;
import io.holdfast.firestore.internal.values.TableDocuments;
import io.holdfast.firestore.internal.values.TableRows;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RestoreRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Where the collections of a backup go, of whatever handler it is: documents into collections of
 * the same id, tables of documents into those they came from, rows of other tables into a
 * collection each. Safe for use by many threads.
 */
final class RestoreTargets {
  private static final String DOCUMENTS = "documents";
  private static final String PUBLIC = "public.";

  private final RestoreRequest request;
  private final DatabaseName database;
  private final References references;
  private final JsonNode described;
  private final boolean postgres;
  private final Map<String, TargetCollection> targets = new ConcurrentHashMap<>();

  RestoreTargets(RestoreRequest request, DatabaseName database, WriteSettings settings) {
    this.request = request;
    this.database = database;
    this.references =
        settings.keepReferences()
            ? References.keeping(database)
            : References.rewriting(
                FirestoreSchema.database(request.header().schema()).or(settings::referencesFrom),
                database);
    this.described = request.header().schema().path("collections");
    this.postgres = request.header().source().handler().equals("postgres");
  }

  /**
   * Finds a place for every collection that the backup announces.
   *
   * @throws HandlerException of kind {@code MISMATCH} that names those that have none
   */
  void resolveAnnounced() {
    List<String> problems = new ArrayList<>();
    Map<String, String> taken = new LinkedHashMap<>();
    announced()
        .forEach(
            (collection, records) -> {
              if (records == 0) {
                return; // nothing has to go anywhere
              }
              try {
                TargetCollection target = of(collection);
                String other = taken.put(target.group(), collection);
                if (other != null) {
                  problems.add(
                      collection + " and " + other + " would both become " + target.group());
                }
              } catch (NoPlaceException e) {
                problems.add(collection + " has " + e.getMessage());
              }
            });
    if (!problems.isEmpty()) {
      throw new HandlerException(
          HandlerException.Kind.MISMATCH,
          null,
          "Not all of the backup can become documents: "
              + String.join("; ", problems)
              + ". Nothing was changed. Leave these out with a filter.",
          null);
    }
  }

  /** Why a collection cannot be restored; completes "it has …". */
  private static final class NoPlaceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoPlaceException(String what) {
      super(what, null, false, false);
    }
  }

  private Map<String, Long> announced() {
    Map<String, Long> announced = new LinkedHashMap<>(request.expectedRecords().orElse(Map.of()));
    announced.keySet().removeIf(collection -> !request.filter().accepts(collection));
    return announced;
  }

  /** Where a collection goes, by its name in the backup. */
  TargetCollection get(String collection) {
    try {
      return of(collection);
    } catch (NoPlaceException e) {
      throw new HandlerException(
          HandlerException.Kind.MISMATCH,
          collection,
          "The collection " + collection + " has " + e.getMessage() + ". Leave it out.",
          null);
    }
  }

  private TargetCollection of(String collection) {
    return targets.computeIfAbsent(collection, this::resolve);
  }

  /** Those that got records, or were announced. */
  List<TargetCollection> all() {
    return List.copyOf(targets.values());
  }

  /** The ids of collections that the restore is about. */
  Set<String> groups() {
    return targets.values().stream()
        .map(TargetCollection::group)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private TargetCollection resolve(String collection) {
    JsonNode description = described.path(collection);
    if (description.isMissingNode()) {
      requireId(collection);
      return new TargetCollection(
          collection, collection, new DocumentRecords(database, collection, references));
    }
    try {
      List<TableColumn> columns = columns(description);
      JsonNode documents = description.path(DOCUMENTS).path("collection");
      String group = documents.isTextual() ? documents.textValue() : ofTable(collection);
      requireId(group);
      RecordParser parser =
          documents.isTextual()
              ? new TableDocuments(database, group, columns, references)
              : new TableRows(database, group, columns, key(description), references);
      return new TargetCollection(collection, group, parser);
    } catch (IllegalArgumentException e) {
      throw new NoPlaceException("columns of a form that this version does not know");
    }
  }

  private static void requireId(String group) {
    Optional<String> problem = DocumentPath.problemOfId(group);
    if (problem.isPresent()) {
      throw new NoPlaceException(problem.get());
    }
  }

  private static List<TableColumn> columns(JsonNode description) {
    List<TableColumn> columns = new ArrayList<>();
    for (JsonNode field : description.path("fields")) {
      String name = field.path("name").asText();
      if (name.isEmpty() || DocumentPath.isReserved(name)) {
        throw new NoPlaceException("a column whose name Firestore keeps for itself");
      }
      columns.add(new TableColumn(name, field.path("type").asText(), field.path("as").asText()));
    }
    return columns;
  }

  private static List<String> key(JsonNode description) {
    List<String> key = new ArrayList<>();
    description.path("key").forEach(column -> key.add(column.asText()));
    if (key.isEmpty()) {
      throw new NoPlaceException("no primary key, which would name the documents");
    }
    return key;
  }

  /** {@code public.users} becomes {@code users}; other schemas stay in front. */
  private String ofTable(String collection) {
    if (!postgres) {
      return collection;
    }
    String plain =
        collection.startsWith(PUBLIC) ? collection.substring(PUBLIC.length()) : collection;
    StringBuilder unquoted = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < plain.length(); i++) {
      char c = plain.charAt(i);
      if (c != '"') {
        unquoted.append(c);
      } else if (quoted && i + 1 < plain.length() && plain.charAt(i + 1) == '"') {
        unquoted.append(c);
        i++;
      } else {
        quoted = !quoted;
      }
    }
    return unquoted.toString();
  }
}
