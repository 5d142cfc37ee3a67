package io.holdfast.firebase.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.RestoreMode;
import io.holdfast.firebase.auth.UserImportException.UserError;
import io.holdfast.firebase.auth.internal.rest.AuthApi;
import io.holdfast.firebase.auth.internal.users.LeftBehind;
import io.holdfast.firebase.auth.internal.users.UserRecord;
import io.holdfast.google.internal.GoogleRest;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.Retry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Sends accounts, at most a thousand at a time, each request of one tenant and one way of hashing,
 * and notes which ones were refused. Safe for use by many threads.
 */
final class UserImport {
  private static final int KEPT_ERRORS = 10_000;
  private static final int REASON_CHARS = 200;

  /** What services and emulators say of a uid that is taken. */
  private static final Pattern EXISTS =
      Pattern.compile("(?i)existing account|already exists|DUPLICATE_LOCAL_ID");

  private final AuthApi api;
  private final Retry retry;
  private final RestoreMode mode;
  private final ExistingUsers existing;
  private final LeftBehind left;
  private final List<UserError> errors = new ArrayList<>();
  private long errorCount;

  UserImport(AuthApi api, Retry retry, RestoreMode mode, ExistingUsers existing, LeftBehind left) {
    this.api = api;
    this.retry = retry;
    this.mode = mode;
    this.existing = existing;
    this.left = left;
  }

  /**
   * What became of accounts that were sent.
   *
   * @param taken how many are in the target now, as they were sent or kept as they were
   * @param refused the uids that are not
   * @param kept the uids that were there and were left alone
   */
  record Outcome(long taken, Set<String> refused, Set<String> kept) {}

  /** Sends accounts of one tenant. */
  Outcome send(String tenant, List<UserRecord> users, Optional<HashParameters> hash) {
    ObjectNode body = GoogleRest.JSON.createObjectNode();
    ArrayNode list = body.putArray("users");
    for (UserRecord user : users) {
      list.add(user.toImport(left));
    }
    if (users.stream().anyMatch(UserRecord::hasPassword)) {
      hash.ifPresent(parameters -> parameters.addTo(body));
    }
    body.put("sanityCheck", true);
    boolean overwrites =
        mode == RestoreMode.REPLACE
            || (mode == RestoreMode.MERGE && existing == ExistingUsers.OVERWRITE);
    boolean[] uncertain = {false};
    ObjectNode answer =
        retry.call(
            "import accounts",
            () -> {
              // After a lost answer, what is there may be what the lost one has brought.
              body.put(
                  "allowOverwrite", overwrites || (uncertain[0] && mode == RestoreMode.INTO_EMPTY));
              try {
                return api.importUsers(tenant, body);
              } catch (HandlerException e) {
                uncertain[0] |= e.retryable();
                throw e;
              }
            });
    return outcome(tenant, users, answer, uncertain[0]);
  }

  private Outcome outcome(
      String tenant, List<UserRecord> users, ObjectNode answer, boolean repeated) {
    Set<String> refused = new HashSet<>();
    Set<String> kept = new HashSet<>();
    for (JsonNode error : answer.path("error")) {
      int index = error.path("index").asInt(0);
      if (index < 0 || index >= users.size()) {
        throw new HandlerException(
            HandlerException.Kind.OTHER,
            UserRecord.USERS,
            "The service told an error of an account that was not sent.",
            null);
      }
      UserRecord user = users.get(index);
      String message = error.path("message").asText("");
      boolean keeps = existing == ExistingUsers.KEEP || repeated;
      if (mode == RestoreMode.MERGE && keeps && EXISTS.matcher(message).find()) {
        kept.add(user.uid());
      } else if (refused.add(user.uid())) {
        note(new UserError(user.uid(), tenant, reason(message, user)));
      }
    }
    return new Outcome(users.size() - refused.size(), refused, kept);
  }

  /** What the service said, without what it may have quoted. */
  private static String reason(String message, UserRecord user) {
    String reason = message;
    for (String field :
        List.of(
            "email",
            "phoneNumber",
            "passwordHash",
            "salt",
            "customAttributes",
            "displayName",
            "photoUrl")) {
      Optional<String> value = user.text(field);
      if (value.isPresent()) {
        reason = reason.replace(value.get(), "…");
      }
    }
    return reason.length() > REASON_CHARS ? reason.substring(0, REASON_CHARS) + "…" : reason;
  }

  private synchronized void note(UserError error) {
    errorCount++;
    if (errors.size() < KEPT_ERRORS) {
      errors.add(error);
    }
  }

  /**
   * Throws if there were errors.
   *
   * @throws UserImportException that names the accounts
   */
  synchronized void requireNoErrors() {
    if (errorCount > 0) {
      throw new UserImportException(errors, errorCount);
    }
  }
}
