package io.holdfast.firebase.auth;

import io.holdfast.spi.HandlerException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Accounts that the target refused, each with its reason. Those that it took are there. Names uids,
 * and no emails, phone numbers or hashes.
 */
public final class UserImportException extends HandlerException {
  private static final long serialVersionUID = 1L;
  private static final int NAMED = 20;

  /**
   * An account that was refused.
   *
   * @param uid its uid
   * @param tenant its tenant in the target; empty for the project itself
   * @param reason what the service said of it
   */
  public record UserError(String uid, String tenant, String reason) {
    @Override
    public String toString() {
      return uid + (tenant.isEmpty() ? "" : " of tenant " + tenant) + ": " + reason;
    }
  }

  private final transient List<UserError> errors;
  private final long count;

  UserImportException(List<UserError> errors, long count) {
    super(
        Kind.INCOMPLETE,
        "users",
        count
            + " accounts were not taken by the target: "
            + errors.stream()
                .limit(NAMED)
                .map(UserError::toString)
                .collect(Collectors.joining("; "))
            + (count > Math.min(errors.size(), NAMED) ? "; …" : "")
            + ". The others are there. Mend what is said of them, and restore again with MERGE.",
        null);
    this.errors = List.copyOf(errors);
    this.count = count;
  }

  /** The accounts, the first 10,000 of them. */
  public List<UserError> errors() {
    return errors;
  }

  /** How many there are. */
  public long count() {
    return count;
  }
}
