package io.holdfast.internal;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The digest that objects are checked with. */
final class Digesting {
  private Digesting() {}

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }
}
