package io.holdfast.firestore.internal.definitions;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auth.Credentials;
import io.holdfast.CancelledException;
import io.holdfast.google.internal.GoogleRest;
import io.holdfast.google.internal.RestException;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.Retry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what a Firestore database has besides documents, and gives it to another database.
 *
 * <p>The JSON is close to {@code firestore.indexes.json} of firebase-tools, so that its {@code
 * indexes} and {@code fieldOverrides} can be used by hand, and names no resource of the source's
 * project:
 *
 * <pre>{@code
 * {"indexes":[{"collectionGroup":"posts","queryScope":"COLLECTION","apiScope":"ANY_API",
 *              "fields":[{"fieldPath":"author","order":"ASCENDING"},{"fieldPath":"tags","arrayConfig":"CONTAINS"}]}],
 *  "fieldOverrides":[{"collectionGroup":"posts","fieldPath":"body","indexes":[]},
 *                    {"collectionGroup":"posts","fieldPath":"title","indexes":[{"order":"ASCENDING","queryScope":"COLLECTION_GROUP"}]}],
 *  "ttl":[{"collectionGroup":"sessions","fieldPath":"expires"}],
 *  "rules":{"files":[{"name":"firestore.rules","content":"…"}]},
 *  "database":{"type":"FIRESTORE_NATIVE","locationId":"nam5","uid":"…", …}}
 * }</pre>
 *
 * <ul>
 *   <li>A part that could not be read is missing; an empty list, and rules without files, say that
 *       there was nothing.
 *   <li>Properties that are not known here are kept where they were, and sent back. Those of a
 *       field's {@code indexConfig} and {@code ttlConfig} stand under these names.
 *   <li>The settings of all fields are an override of {@code *} in {@code __default__}, if they are
 *       not what every database begins with.
 *   <li>Entries are sorted. What changes by itself (state, names, etags) is left out, except in
 *       {@code database}.
 * </ul>
 *
 * <p>Safe to share. Holds no connection that must be closed, and does not close the credentials.
 */
public final class FirestoreDefinitions {
  private static final Logger log = LoggerFactory.getLogger(FirestoreDefinitions.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

  private final DatabasePath database;
  private final AdminApi admin;
  private final RulesApi rules;
  private final Retry.Sleeper sleeper;

  FirestoreDefinitions(
      DatabasePath database,
      GoogleRest rest,
      GoogleEndpoints endpoints,
      Retry retry,
      Retry.Sleeper sleeper) {
    this.database = database;
    this.sleeper = sleeper;
    this.admin = new AdminApi(rest, endpoints.firestore(), database, retry);
    this.rules = new RulesApi(rest, endpoints.firebaseRules(), database, retry);
  }

  /**
   * For one database.
   *
   * @param project the project's id
   * @param database the database's id; {@code (default)} is the first
   * @param credentials with the scope {@code https://www.googleapis.com/auth/cloud-platform}
   * @param retry how each call is repeated
   * @param endpoints where the APIs are
   */
  public static FirestoreDefinitions of(
      String project,
      String database,
      Credentials credentials,
      Retry retry,
      GoogleEndpoints endpoints) {
    return new FirestoreDefinitions(
        new DatabasePath(project, database),
        new GoogleRest(credentials, GoogleRest.Limits.STANDARD),
        endpoints,
        retry,
        pause -> Thread.sleep(pause.toMillis()));
  }

  /**
   * What the database says of itself; empty if the caller may not read that.
   *
   * @throws HandlerException if there is no such database, or for other reasons
   */
  public Optional<DatabaseResource> database() {
    return DatabaseResource.of(captureDatabase(new ArrayList<>()));
  }

  /**
   * Reads all definitions. What the caller may not read, or what needs an API that is not enabled,
   * is named among what was not captured.
   *
   * @throws HandlerException if a part cannot be read for another reason
   */
  public CapturedDefinitions capture() {
    List<NotCaptured> missing = new ArrayList<>();
    ObjectNode databaseOnly = captureDatabase(missing);
    ObjectNode json = Forms.object();
    readable("indexes", admin::indexes, missing)
        .ifPresent(indexes -> json.set("indexes", storedIndexes(indexes)));
    boolean enterprise =
        databaseOnly.path("database").path("databaseEdition").asText("").equals("ENTERPRISE");
    readable("field overrides and TTL policies", admin::fields, missing)
        .ifPresent(fields -> storeFields(fields, enterprise, json));
    readable("security rules", rules::stored, missing)
        .ifPresent(source -> json.set("rules", source));
    json.setAll(databaseOnly);
    return new CapturedDefinitions(json, missing);
  }

  /**
   * What {@link #restore} would do, in sentences; changes nothing.
   *
   * @throws HandlerException if the target cannot be read, or what was captured is malformed
   */
  public List<String> plan(ObjectNode captured, RestoreSelection what) {
    RestoreSteps todo = new RestoreSteps(admin, rules, database).compare(captured, what);
    List<String> sentences = new ArrayList<>(todo.notes());
    todo.steps().forEach(step -> sentences.add(step.sentence()));
    return sentences;
  }

  /**
   * Gives this database the captured definitions. What is there already is left alone, and so is
   * what the backup does not have. Doing it again does what is still missing.
   *
   * @param captured what {@link #capture} gave; not trusted
   * @param what which parts
   * @param progress told in a sentence of each step before it is taken
   * @throws HandlerException if a step fails; says what was done until then, which stays
   */
  public RestoredDefinitions restore(
      ObjectNode captured, RestoreSelection what, Consumer<String> progress) {
    Tally tally = new Tally();
    try {
      RestoreSteps todo = new RestoreSteps(admin, rules, database).compare(captured, what);
      todo.notes().forEach(progress);
      List<Building> building = new ArrayList<>(todo.building());
      for (RestoreSteps.Step step : todo.steps()) {
        progress.accept(step.sentence());
        step.run().get().ifPresent(building::add);
        tally.count(step.parts());
      }
      return tally.result(await(building, what.waitAtMost(), progress));
    } catch (HandlerException e) {
      throw new HandlerException(
          e.kind(), null, e.getMessage() + " " + tally.sentence(), e, e.retryable());
    }
  }

  /**
   * The fields by which documents expire: after a restore, those with a time in the past vanish.
   */
  public static List<TtlField> ttlFields(ObjectNode captured) {
    return List.copyOf(RestoreSteps.ttl(captured).keySet());
  }

  private ObjectNode captureDatabase(List<NotCaptured> missing) {
    ObjectNode json = Forms.object();
    readable("settings of the database", admin::database, missing)
        .ifPresent(
            resource -> {
              ObjectNode stored = Forms.object();
              Forms.copy(resource, stored, "type");
              Forms.copy(resource, stored, "locationId");
              Forms.copyOthers(resource, stored, Set.of("name", "etag", "type", "locationId"));
              json.set("database", stored);
            });
    return json;
  }

  private <T> Optional<T> readable(String part, Supplier<T> read, List<NotCaptured> missing) {
    try {
      return Optional.of(read.get());
    } catch (RestException e) {
      if (!e.isRefusal()) {
        throw e;
      }
      log.info("Leaving out the {}: {}", part, e.getMessage());
      missing.add(new NotCaptured(part + " of " + database, e.advice()));
      return Optional.empty();
    }
  }

  private static ArrayNode storedIndexes(List<ObjectNode> indexes) {
    return Forms.sorted(
        indexes.stream().map(IndexForm::stored).toList(), List.of("collectionGroup", "queryScope"));
  }

  private static void storeFields(List<ObjectNode> fields, boolean enterprise, ObjectNode json) {
    List<ObjectNode> overrides = new ArrayList<>();
    List<ObjectNode> ttl = new ArrayList<>();
    for (ObjectNode field : fields) {
      // An Enterprise database has no single-field indexes by default. Restored into a Standard
      // one, that would take all of them away.
      if (!enterprise || !ResourceName.of(field).collectionGroup().equals(Segments.DEFAULT_GROUP)) {
        FieldForm.storedOverride(field).ifPresent(overrides::add);
      }
      FieldForm.storedTtl(field).ifPresent(ttl::add);
    }
    json.set("fieldOverrides", Forms.sorted(overrides, List.of("collectionGroup", "fieldPath")));
    json.set("ttl", Forms.sorted(ttl, List.of("collectionGroup", "fieldPath")));
  }

  /** Asks until everything is built or the time is over; gives how much is left. */
  private int await(List<Building> building, Duration atMost, Consumer<String> progress) {
    List<Building> left = new ArrayList<>(building);
    Duration waited = Duration.ZERO;
    Duration pause = FIRST_PAUSE;
    while (!left.isEmpty() && waited.plus(pause).compareTo(atMost) <= 0) {
      progress.accept("Wait for " + left.size() + " to be built.");
      sleep(pause);
      waited = waited.plus(pause);
      pause =
          pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
              ? pause.multipliedBy(2)
              : LONGEST_PAUSE;
      left.removeIf(
          one ->
              one.isDone(
                  admin.read(one.path(), "ask whether " + one.words() + " is built", one.right())));
    }
    return left.size();
  }

  private void sleep(Duration pause) {
    try {
      sleeper.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException(
          "Interrupted while waiting for indexes of " + database + "; the server goes on.", e);
    }
  }
}
