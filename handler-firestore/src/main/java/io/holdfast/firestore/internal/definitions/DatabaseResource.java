package io.holdfast.firestore.internal.definitions;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;

/**
 * What a database says of itself.
 *
 * @param location where it is: {@code nam5}
 * @param type {@code FIRESTORE_NATIVE} or {@code DATASTORE_MODE}; others may come
 * @param pointInTimeRecovery whether it keeps seven days of versions rather than an hour
 * @param earliestVersionTime the earliest time that can be read, when it was asked
 * @param uid what tells it from a database of the same name that was deleted; may be empty
 */
public record DatabaseResource(
    String location,
    String type,
    boolean pointInTimeRecovery,
    Optional<Instant> earliestVersionTime,
    String uid) {
  /** Whether documents and collections can be read from it. */
  public boolean isFirestoreNative() {
    return type.equals("FIRESTORE_NATIVE");
  }

  /** That of captured definitions; empty if they do not have it. */
  static Optional<DatabaseResource> of(JsonNode captured) {
    JsonNode database = captured.path("database");
    if (!database.isObject()) {
      return Optional.empty();
    }
    return Optional.of(
        new DatabaseResource(
            database.path("locationId").asText(""),
            database.path("type").asText(""),
            database
                .path("pointInTimeRecoveryEnablement")
                .asText("")
                .equals("POINT_IN_TIME_RECOVERY_ENABLED"),
            instant(database.path("earliestVersionTime").asText("")),
            database.path("uid").asText("")));
  }

  private static Optional<Instant> instant(String text) {
    try {
      return text.isEmpty()
          ? Optional.empty()
          : Optional.of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
