package io.holdfast.firestore;

import com.google.firestore.v1.BatchGetDocumentsResponse;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.Value;
import com.google.protobuf.Timestamp;
import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.firestore.internal.rpc.FirestoreCalls;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.Retry;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A document that stands in a database while a restore is at work there, and stays if it does not
 * finish. It is no part of any backup.
 *
 * @param backupId the backup that is being restored
 * @param mode how, by the name of a {@code RestoreMode}
 * @param began when the restore began
 */
record RestoreMarker(String backupId, String mode, Instant began) {
  /** Where it stands. */
  static final String PATH = "holdfast_restore/state";

  private static final String BACKUP = "backup_id";
  private static final String MODE = "mode";
  private static final String BEGAN = "began_at";
  private static final String NOTE = "note";

  /**
   * What a database says at an instant.
   *
   * @param marker its marker, if there is one
   * @param at the instant
   */
  record Sighting(Optional<RestoreMarker> marker, Timestamp at) {}

  /**
   * Looks for it; the answer's time is the server's own.
   *
   * @param at the instant to look at; empty for now
   */
  static Sighting look(FirestoreCalls calls, Retry retry, Optional<Timestamp> at) {
    String name = calls.database().name(PATH);
    List<BatchGetDocumentsResponse> answers =
        retry.call("look at the database", () -> calls.get(List.of(name), at));
    for (BatchGetDocumentsResponse answer : answers) {
      if (answer.hasReadTime()) {
        Optional<RestoreMarker> marker =
            answer.hasFound() ? Optional.of(of(answer.getFound())) : Optional.empty();
        return new Sighting(marker, answer.getReadTime());
      }
    }
    throw new HandlerException(
        HandlerException.Kind.OTHER,
        null,
        "The service read a document of " + calls.database().display() + " and told no time.",
        null);
  }

  private static RestoreMarker of(Document document) {
    Value unknown = Value.newBuilder().setStringValue("unknown").build();
    Timestamp began =
        document.getFieldsOrDefault(BEGAN, Value.getDefaultInstance()).getTimestampValue();
    return new RestoreMarker(
        document.getFieldsOrDefault(BACKUP, unknown).getStringValue(),
        document.getFieldsOrDefault(MODE, unknown).getStringValue(),
        Instant.ofEpochSecond(began.getSeconds(), began.getNanos()));
  }

  /** The document. */
  Document document(DatabaseName database) {
    return Document.newBuilder()
        .setName(database.name(PATH))
        .putFields(BACKUP, Value.newBuilder().setStringValue(backupId).build())
        .putFields(MODE, Value.newBuilder().setStringValue(mode).build())
        .putFields(
            BEGAN,
            Value.newBuilder()
                .setTimestampValue(
                    Timestamp.newBuilder()
                        .setSeconds(began.getEpochSecond())
                        .setNanos(began.getNano() / 1000 * 1000))
                .build())
        .putFields(
            NOTE,
            Value.newBuilder()
                .setStringValue(
                    "Holdfast is restoring a backup into this database, or did not finish. Restore"
                        + " the same backup again to finish; then this document goes away.")
                .build())
        .build();
  }

  /** For messages. */
  String describe() {
    return "a restore ("
        + mode
        + ") of the backup "
        + (backupId.isEmpty() ? "in a file without an id" : backupId)
        + ", begun at "
        + began
        + ", did not finish";
  }
}
