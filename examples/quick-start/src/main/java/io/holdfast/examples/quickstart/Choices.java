package io.holdfast.examples.quickstart;

import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;

/**
 * What the user chose for backups.
 *
 * @param sink the URI of where they are kept
 * @param encryption how they are encrypted
 * @param keys what opens them, where that is not the passphrase of the encryption
 */
record Choices(String sink, Encryption encryption, DecryptionKeys keys) {
  /** Whether what is written now can be read here, too. */
  boolean canRead() {
    return encryption.publicKeys().isEmpty() || !keys.isNone();
  }
}
