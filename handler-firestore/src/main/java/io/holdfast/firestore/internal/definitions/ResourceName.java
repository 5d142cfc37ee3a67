package io.holdfast.firestore.internal.definitions;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.google.internal.Shown;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of an index or field as the Admin API gives it, without project and database.
 *
 * @param collectionGroup the collection group
 * @param id the index's id or the field's path, which may have slashes
 */
record ResourceName(String collectionGroup, String id) {
  private static final Pattern FORM =
      Pattern.compile(
          "projects/[^/]+/databases/[^/]+/collectionGroups/([^/]+)/(?:indexes|fields)/(.+)",
          Pattern.DOTALL);

  static ResourceName of(ObjectNode resource) {
    Matcher name = FORM.matcher(resource.path("name").asText(""));
    if (!name.matches()) {
      throw new HandlerException(
          Kind.OTHER,
          null,
          "The Cloud Firestore API answered with an index or field whose name is none: \""
              + Shown.text(resource.path("name").asText(""))
              + "\".",
          null);
    }
    return new ResourceName(name.group(1), name.group(2));
  }
}
