package io.holdfast.firestore.internal.definitions;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.google.internal.Right;
import io.holdfast.google.internal.Shown;
import io.holdfast.google.internal.Uris;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;

/**
 * Something that the server is still at work on.
 *
 * @param words what it is
 * @param path where to ask, below the database
 * @param right what that needs
 */
record Building(String words, String path, Right right) {
  /** The operation that a change began. */
  static Building operation(String words, ObjectNode operation) {
    String name = operation.path("name").asText("");
    return new Building(
        words,
        "operations/" + Uris.encode(name.substring(name.lastIndexOf('/') + 1)),
        FirestoreRight.READ_OPERATION);
  }

  /** An index that was there already. */
  static Building index(String words, ResourceName index) {
    return new Building(
        words,
        "collectionGroups/"
            + Uris.encode(index.collectionGroup())
            + "/indexes/"
            + Uris.encode(index.id()),
        FirestoreRight.LIST_INDEXES);
  }

  /** A field that was set already. */
  static Building field(String words, TtlField field) {
    return new Building(words, AdminApi.fieldPath(field), FirestoreRight.LIST_INDEXES);
  }

  /**
   * Whether an answer says that the work is done.
   *
   * @throws HandlerException if it says that it failed
   */
  boolean isDone(ObjectNode answer) {
    if (right == FirestoreRight.READ_OPERATION) {
      if (answer.path("error").isObject()) {
        throw failed(answer.path("error").path("message").asText(""));
      }
      return answer.path("done").asBoolean(false);
    }
    if (answer.path("state").asText("").equals("NEEDS_REPAIR")
        || answer.path("ttlConfig").path("state").asText("").equals("NEEDS_REPAIR")) {
      throw failed("it needs repair");
    }
    return !answer.path("state").asText("").equals("CREATING") && !FieldForm.isBuilding(answer);
  }

  private HandlerException failed(String why) {
    return new HandlerException(
        Kind.OTHER,
        null,
        "The server could not build "
            + words
            + ": \""
            + Shown.text(why)
            + "\". Delete it in the target, and restore the definitions again.",
        null);
  }
}
