package io.holdfast;

import org.jspecify.annotations.Nullable;

/** An encrypted backup could not be opened. */
public final class EncryptionException extends BackupException {
  private static final long serialVersionUID = 1L;

  /** What kind of failure it was. */
  public enum Kind {
    /** The backup is encrypted and no key or passphrase was given. */
    KEY_MISSING,
    /** None of the keys or passphrases given opens the backup. */
    WRONG_KEY,
    /** The bytes of the backup were changed, cut or added to. */
    TAMPERED,
    /** The file is not an age file, or uses something this version does not know. */
    UNSUPPORTED
  }

  private final Kind kind;

  /**
   * @param kind what kind of failure it was
   * @param message what is wrong and what to do; never a key
   * @param cause what led to it, or null
   */
  public EncryptionException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** What kind of failure it was. */
  public Kind kind() {
    return kind;
  }
}
