package io.holdfast.postgres.internal.rebuild;

import java.io.Serial;
import java.sql.SQLException;
import java.util.Optional;

/** The server refused what creates an object. Holds no statement: one can contain a secret. */
public final class EntryFailure extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final String doing;
  private final transient Optional<String> collection;
  private final SQLException error;

  /**
   * @param doing what was being done, to complete "Could not …"
   * @param collection the table concerned, as a collection is named
   * @param error what the server said
   */
  public EntryFailure(String doing, Optional<String> collection, SQLException error) {
    super(doing, error);
    this.doing = doing;
    this.collection = collection;
    this.error = error;
  }

  /** What was being done, to complete "Could not …". */
  public String doing() {
    return doing;
  }

  /** The table concerned. */
  public Optional<String> collection() {
    return collection;
  }

  /** What the server said. */
  public SQLException error() {
    return error;
  }
}
