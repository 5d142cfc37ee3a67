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

  /** The choice of encryption, in words. */
  String encryptionInWords() {
    int keys = encryption.publicKeys().size();
    if (encryption.isNone()) {
      return "not encrypted";
    }
    return keys == 0
        ? "encrypted with a passphrase"
        : "encrypted to " + keys + (keys == 1 ? " key" : " keys");
  }

  /** The command that opens what was written, before it is decompressed. */
  String ageCommand() {
    return encryption.publicKeys().isEmpty() ? "age -d" : "age -d -i key.txt";
  }
}
