package io.holdfast.firestore;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auth.Credentials;
import io.holdfast.firestore.internal.definitions.CapturedDefinitions;
import io.holdfast.firestore.internal.definitions.CollectionGroupNames;
import io.holdfast.firestore.internal.definitions.DatabaseResource;
import io.holdfast.firestore.internal.definitions.FirestoreDefinitions;
import io.holdfast.firestore.internal.definitions.GoogleEndpoints;
import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.firestore.internal.read.NameRange;
import io.holdfast.firestore.internal.rpc.FirestoreCalls;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.Retry;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/**
 * What sessions need to know of their handler.
 *
 * @param connection how documents are reached
 * @param endpoints where Google's other APIs are
 * @param readTime the instant that backups show; empty for when they begin
 * @param ranges which documents they hold
 * @param withDefinitions whether they hold indexes, TTL policies and rules as well
 * @param emulated whether queries cost what they cost the emulator, which reads a whole collection
 *     for a few documents of it
 */
record FirestoreSource(
    FirestoreConnection connection,
    GoogleEndpoints endpoints,
    Optional<Instant> readTime,
    List<NameRange> ranges,
    boolean withDefinitions,
    boolean emulated) {
  FirestoreCalls calls() {
    return connection.calls(emulated);
  }

  /** The service has no version to tell; whether it is the service at all matters. */
  String server() {
    return connection.emulator().isPresent() ? "emulator" : "";
  }

  String identity() {
    return connection.emulator().map(hostPort -> "emulator/" + hostPort + "/").orElse("")
        + connection.database().resource();
  }

  /** Google's other APIs; empty for an emulator, which has nothing of the kind. */
  Optional<FirestoreDefinitions> definitions(Retry retry) {
    DatabaseName database = connection.database();
    return credentials()
        .map(
            credentials ->
                FirestoreDefinitions.of(
                    database.project(), database.database(), credentials, retry, endpoints));
  }

  private Optional<Credentials> credentials() {
    return connection.emulator().isPresent() ? Optional.empty() : connection.credentials();
  }

  /**
   * What there is besides documents.
   *
   * @param notCaptured gets what the caller may not read
   * @throws HandlerException of kind {@code UNSUPPORTED} if the database is none of documents
   */
  Optional<ObjectNode> capture(Retry retry, List<NotCaptured> notCaptured) {
    Optional<FirestoreDefinitions> definitions =
        withDefinitions ? definitions(retry) : Optional.empty();
    if (definitions.isEmpty()) {
      return Optional.empty();
    }
    CapturedDefinitions captured = definitions.get().capture();
    captured.database().filter(resource -> !resource.isFirestoreNative()).ifPresent(this::refuse);
    notCaptured.addAll(captured.notCaptured());
    return Optional.of(captured.json());
  }

  private void refuse(DatabaseResource resource) {
    throw new HandlerException(
        HandlerException.Kind.UNSUPPORTED,
        null,
        "The database "
            + connection.database().display()
            + " is of type "
            + resource.type()
            + "; only databases in Native mode hold documents and collections.",
        null);
  }

  /**
   * The collection groups that the Datastore API knows of; empty if it does not serve the database.
   */
  Optional<List<String>> kinds(Instant at, Retry retry, LongAdder reads) {
    DatabaseName database = connection.database();
    return credentials()
        .flatMap(
            credentials ->
                CollectionGroupNames.of(
                        database.project(), database.database(), credentials, retry, endpoints)
                    .at(at))
        .map(
            found -> {
              reads.add(found.entitiesRead());
              return found.names();
            });
  }
}
