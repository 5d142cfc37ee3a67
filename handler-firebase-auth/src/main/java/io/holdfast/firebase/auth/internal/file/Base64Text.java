package io.holdfast.firebase.auth.internal.file;

import java.util.Base64;
import java.util.Optional;

/** Base64 as Firebase's two sides write it: standard in files, URL-safe in REST. */
final class Base64Text {
  private static final String REDACTED = "UkVEQUNURUQ";

  private Base64Text() {}

  /** The text in the URL-safe alphabet; empty if it is not base64. */
  static Optional<String> urlSafe(String text) {
    return isBase64(text)
        ? Optional.of(text.replace('+', '-').replace('/', '_'))
        : Optional.empty();
  }

  /**
   * The text in the standard alphabet with padding, as firebase-tools' import wants it; empty if it
   * is not base64.
   */
  static Optional<String> standard(String text) {
    if (!isBase64(text)) {
      return Optional.empty();
    }
    byte[] bytes = Base64.getDecoder().decode(text.replace('-', '+').replace('_', '/'));
    return Optional.of(Base64.getEncoder().encodeToString(bytes));
  }

  /** Whether it stands for a hash that the reader's rights did not let him see. */
  static boolean isRedacted(String text) {
    return text.startsWith(REDACTED) && text.length() <= REDACTED.length() + 1;
  }

  private static boolean isBase64(String text) {
    try {
      Base64.getDecoder().decode(text.replace('-', '+').replace('_', '/'));
      return true;
    } catch (IllegalArgumentException e) {
      return false; // The answer; the message would show a part of the hash.
    }
  }
}
