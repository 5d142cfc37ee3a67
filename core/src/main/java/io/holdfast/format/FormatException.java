package io.holdfast.format;

import io.holdfast.BackupException;
import org.jspecify.annotations.Nullable;

/** The bytes of a backup are not what {@code docs/FORMAT.md} allows. */
public final class FormatException extends BackupException {
  private static final long serialVersionUID = 1L;

  /** What kind of failure it was. */
  public enum Kind {
    /** The bytes were changed, cut or added to since they were written. */
    CORRUPT,
    /** Not a backup of any form that Holdfast reads. */
    NOT_A_BACKUP,
    /** Written by a newer version; the message names the one that is needed. */
    UNSUPPORTED_VERSION,
    /** A record, header or manifest is larger or more deeply nested than the documented limit. */
    TOO_LARGE
  }

  private final Kind kind;

  /**
   * @param kind what kind of failure it was
   * @param message what is wrong, where, and what to do
   * @param cause what led to it, or null
   */
  public FormatException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** As above, without a cause. */
  public FormatException(Kind kind, String message) {
    this(kind, message, null);
  }

  /** What kind of failure it was. */
  public Kind kind() {
    return kind;
  }
}
