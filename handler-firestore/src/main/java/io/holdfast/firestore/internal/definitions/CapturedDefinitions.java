package io.holdfast.firestore.internal.definitions;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.NotCaptured;
import java.util.List;
import java.util.Optional;

/**
 * The definitions of a database as a backup stores them; {@link FirestoreDefinitions} describes the
 * JSON.
 *
 * @param json the definitions; a part that could not be read is missing
 * @param notCaptured the missing parts, and why
 */
public record CapturedDefinitions(ObjectNode json, List<NotCaptured> notCaptured) {
  /** Copies the list. */
  public CapturedDefinitions {
    notCaptured = List.copyOf(notCaptured);
  }

  /** The database itself; empty if the caller may not read that. */
  public Optional<DatabaseResource> database() {
    return DatabaseResource.of(json);
  }
}
