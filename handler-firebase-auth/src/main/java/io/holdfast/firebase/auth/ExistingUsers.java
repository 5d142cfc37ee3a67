package io.holdfast.firebase.auth;

/** What a restore by {@code MERGE} does with an account whose uid the target has. */
public enum ExistingUsers {
  /** The account of the backup replaces it, field for field. */
  OVERWRITE,
  /** It stays as it is. */
  KEEP,
  /** It is an error of that account. */
  FAIL
}
