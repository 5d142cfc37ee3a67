package io.holdfast.firestore.internal.definitions;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.google.internal.GoogleRest;
import io.holdfast.google.internal.RestException;
import io.holdfast.google.internal.RestRequest;
import io.holdfast.google.internal.Right;
import io.holdfast.google.internal.Uris;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.Retry;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Security rules: a release names the ruleset that is in force, a ruleset has the source
 * (https://firebase.google.com/docs/reference/rules/rest). The stored form is the ruleset's {@code
 * source}.
 */
final class RulesApi {
  private static final Pattern RULESET = Pattern.compile("projects/[^/]+/rulesets/([^/]+)");

  private final GoogleRest rest;
  private final URI base;
  private final DatabasePath database;
  private final Retry retry;

  RulesApi(GoogleRest rest, URI base, DatabasePath database, Retry retry) {
    this.rest = rest;
    this.base = base;
    this.database = database;
    this.retry = retry;
  }

  /** The rules that are in force, with no files where there are none. */
  ObjectNode stored() {
    Optional<String> ruleset = released();
    if (ruleset.isEmpty()) {
      ObjectNode none = Forms.object();
      none.set("files", Forms.array());
      return none;
    }
    ObjectNode answer =
        call(
            "GET",
            "/rulesets/" + Uris.encode(ruleset.get()),
            null,
            "read the security rules of " + database,
            FirestoreRight.READ_RULES);
    return answer.get("source") instanceof ObjectNode source
        ? normal(source)
        : normal(Forms.object());
  }

  /** Whether two stored rules have the same files. */
  static boolean same(ObjectNode existing, ObjectNode wanted) {
    return normal(existing).equals(normal(wanted));
  }

  /** Uploads stored rules without putting them in force; gives the ruleset's name. */
  String upload(ObjectNode stored) {
    ObjectNode body = Forms.object();
    body.set("source", normal(stored));
    String doing = "upload the backup's security rules to the project of " + database;
    ObjectNode answer = call("POST", "/rulesets", body, doing, FirestoreRight.WRITE_RULES);
    return "projects/" + database.project() + "/rulesets/" + rulesetId(answer, "name");
  }

  /** Puts an uploaded ruleset in force. */
  void release(String ruleset) {
    String name = "projects/" + database.project() + "/releases/" + release(false);
    ObjectNode release = Forms.object().put("name", name).put("rulesetName", ruleset);
    ObjectNode change = Forms.object();
    change.set("release", release);
    String doing = "put the backup's security rules in force for " + database;
    String path = "/releases/" + release(true);
    try {
      // First as if there were one, as firebase-tools does: that needs no reading beforehand.
      call("PATCH", path, change, doing, FirestoreRight.WRITE_RULES);
    } catch (RestException e) {
      if (!e.isMissing()) {
        throw e;
      }
      try {
        call("POST", "/releases", release, doing, FirestoreRight.WRITE_RULES);
      } catch (RestException raced) {
        if (!raced.isAlreadyThere()) {
          throw raced;
        }
        // Ours, from a try whose answer was lost, or somebody else's.
        call("PATCH", path, change, doing, FirestoreRight.WRITE_RULES);
      }
    }
  }

  /** The id of the ruleset that is in force. */
  private Optional<String> released() {
    try {
      ObjectNode answer =
          call(
              "GET",
              "/releases/" + release(true),
              null,
              "read which security rules " + database + " has",
              FirestoreRight.READ_RULES);
      return Optional.of(rulesetId(answer, "rulesetName"));
    } catch (RestException e) {
      if (e.isMissing()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private String release(boolean encoded) {
    return database.isDefault()
        ? "cloud.firestore"
        : "cloud.firestore/" + (encoded ? Uris.encode(database.database()) : database.database());
  }

  private static String rulesetId(ObjectNode answer, String property) {
    Matcher name = RULESET.matcher(answer.path(property).asText(""));
    if (name.matches()) {
      return name.group(1);
    }
    throw new HandlerException(
        Kind.OTHER, null, "The Firebase Rules API answered without the name of a ruleset.", null);
  }

  /** Files in their order, each with name and content first; the server's fingerprint goes. */
  private static ObjectNode normal(ObjectNode source) {
    ArrayNode files = Forms.array();
    for (ObjectNode file : Forms.entries(source, "files")) {
      ObjectNode copy = Forms.object();
      copy.put("name", Forms.text(file, "name"));
      copy.put("content", Forms.text(file, "content"));
      Forms.copyOthers(file, copy, Set.of("name", "content", "fingerprint"));
      files.add(copy);
    }
    ObjectNode normal = Forms.object();
    normal.set("files", files);
    Forms.copyOthers(source, normal, Set.of("files"));
    return normal;
  }

  private ObjectNode call(
      String method, String path, @Nullable ObjectNode body, String doing, Right right) {
    URI uri = Uris.of(base, "v1/" + database.projectPath() + path, Map.of());
    RestRequest request =
        new RestRequest(method, uri, body, Map.of(), database.project(), doing, right);
    return retry.call(doing, () -> rest.send(request));
  }

  /** How many files stored rules have. */
  static int files(ObjectNode stored) {
    List<ObjectNode> files = Forms.entries(stored, "files");
    return files.size();
  }
}
