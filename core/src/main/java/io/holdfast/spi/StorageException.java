package io.holdfast.spi;

import io.holdfast.BackupException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A storage could not do what was asked. */
public final class StorageException extends BackupException {
  private static final long serialVersionUID = 1L;

  /** What kind of failure it was; decides what a caller can do. */
  public enum Kind {
    /** There is no object with that key, or no such folder, bucket or database. */
    NOT_FOUND,
    /** The key is taken by another object; nothing was changed. */
    ALREADY_EXISTS,
    /** A read asked for bytes that the object does not have. */
    OUT_OF_RANGE,
    /** The credentials are valid, but lack a right; the message names it where it is known. */
    PERMISSION_DENIED,
    /** The credentials are missing, wrong or expired. */
    UNAUTHENTICATED,
    /** No space or quota is left. */
    NO_SPACE,
    /**
     * The storage refuses to delete or change the object, because it is under retention or hold.
     */
    RETENTION,
    /** The sink lacks a capability that was asked for. */
    UNSUPPORTED,
    /** The bytes stored are not the bytes written. */
    CORRUPT,
    /** The storage did not answer, or asked to come back later. */
    UNAVAILABLE,
    /** Anything else. */
    OTHER
  }

  private final Kind kind;
  private final @Nullable String key;
  private final @Nullable Duration retryAfter;

  /**
   * @param kind what kind of failure it was
   * @param key the object's key, or null where no single object is concerned
   * @param message what happened, and what to do
   * @param cause what led to it, or null
   */
  public StorageException(
      Kind kind, @Nullable String key, String message, @Nullable Throwable cause) {
    this(kind, key, message, cause, null);
  }

  /**
   * @param kind what kind of failure it was
   * @param key the object's key, or null where no single object is concerned
   * @param message what happened, and what to do
   * @param cause what led to it, or null
   * @param retryAfter how long the storage asked to wait, or null if it did not
   */
  public StorageException(
      Kind kind,
      @Nullable String key,
      String message,
      @Nullable Throwable cause,
      @Nullable Duration retryAfter) {
    super(message, cause);
    this.kind = kind;
    this.key = key;
    this.retryAfter = retryAfter;
  }

  /** What kind of failure it was. */
  public Kind kind() {
    return kind;
  }

  /** The key of the object concerned. */
  public Optional<String> key() {
    return Optional.ofNullable(key);
  }

  @Override
  public boolean retryable() {
    return kind == Kind.UNAVAILABLE;
  }

  @Override
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
