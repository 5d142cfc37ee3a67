package io.holdfast.spi;

import io.holdfast.BackupException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A database could not be read or written as asked. */
public class HandlerException extends BackupException {
  private static final long serialVersionUID = 1L;

  /** What kind of failure it was; decides what a caller can do. */
  public enum Kind {
    /** The server did not answer or the connection was lost. */
    UNREACHABLE,
    /** The credentials are missing, wrong or expired. */
    UNAUTHENTICATED,
    /** There is no such database, project or collection. */
    NOT_FOUND,
    /** The credentials are valid, but lack a right; the message names it. */
    PERMISSION_DENIED,
    /** Backup and target do not fit together: collections, fields or types differ. */
    MISMATCH,
    /** The target holds data and the restore mode does not allow that. */
    NOT_EMPTY,
    /** A constraint of the target refused the data. */
    CONSTRAINT,
    /** The source holds, or the target was given, something that cannot be carried faithfully. */
    UNSUPPORTED,
    /** The consistency point was lost while the source was being read. */
    SNAPSHOT_LOST,
    /** The database has no space left. */
    NO_SPACE,
    /** Fewer or other records were written than the backup holds. */
    INCOMPLETE,
    /** Anything else. */
    OTHER
  }

  private final Kind kind;
  private final @Nullable String collection;
  private final boolean retryable;

  /**
   * @param kind what kind of failure it was
   * @param collection the collection concerned, or null where no single one is
   * @param message what happened, and what to do; no values of records
   * @param cause what led to it, or null
   * @param retryable whether doing the same again may succeed
   */
  public HandlerException(
      Kind kind,
      @Nullable String collection,
      String message,
      @Nullable Throwable cause,
      boolean retryable) {
    super(message, cause);
    this.kind = kind;
    this.collection = collection;
    this.retryable = retryable;
  }

  /** As above, for failures that a retry does not help. */
  public HandlerException(
      Kind kind, @Nullable String collection, String message, @Nullable Throwable cause) {
    this(kind, collection, message, cause, false);
  }

  /** What kind of failure it was. */
  public Kind kind() {
    return kind;
  }

  /** The collection concerned. */
  public Optional<String> collection() {
    return Optional.ofNullable(collection);
  }

  @Override
  public boolean retryable() {
    return retryable;
  }
}
