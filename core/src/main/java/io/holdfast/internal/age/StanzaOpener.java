package io.holdfast.internal.age;

import com.exceptionfactory.jagged.FileKey;
import com.exceptionfactory.jagged.RecipientStanza;
import com.exceptionfactory.jagged.RecipientStanzaReader;
import io.holdfast.DecryptionKeys;
import io.holdfast.EncryptionException;
import io.holdfast.EncryptionException.Kind;
import io.holdfast.Secret;
import java.security.GeneralSecurityException;
import java.util.Optional;

/** Tries every key on every recipient of a header, and says precisely why none fits. */
final class StanzaOpener implements RecipientStanzaReader {
  private final AgeHeader header;
  private final DecryptionKeys keys;

  StanzaOpener(AgeHeader header, DecryptionKeys keys) {
    this.header = header;
    this.keys = keys;
  }

  /**
   * The file key.
   *
   * @param sameStanzas what jagged parsed; our own, stricter reading of the header is used instead
   */
  @Override
  public FileKey getFileKey(Iterable<RecipientStanza> sameStanzas) throws GeneralSecurityException {
    if (keys.isNone()) {
      throw new EncryptionException(
          Kind.KEY_MISSING,
          "The backup is encrypted ("
              + header.recipientsInWords()
              + ") and no key was given. Pass DecryptionKeys with the passphrase or the secret key.",
          null);
    }
    Optional<ScryptStanza> scrypt = header.scrypt();
    if (scrypt.isPresent()) {
      for (Secret passphrase : keys.passphraseSecrets()) {
        Optional<FileKey> fileKey = scrypt.get().open(passphrase);
        if (fileKey.isPresent()) {
          return fileKey.get();
        }
      }
    } else if (header.hasX25519()) {
      for (Secret identity : keys.identitySecrets()) {
        try {
          return AgeKeys.x25519Reader(identity).getFileKey(header.stanzas());
        } catch (GeneralSecurityException e) {
          // Not this one. What went wrong inside does not matter, and is not told to an attacker.
        }
      }
    } else {
      throw new EncryptionException(
          Kind.UNSUPPORTED,
          "The backup is encrypted ("
              + header.recipientsInWords()
              + "), and only passphrases and X25519 keys are supported. `age -d` with the right"
              + " plugin can decrypt it.",
          null);
    }
    throw new EncryptionException(
        Kind.WRONG_KEY,
        "The backup is encrypted ("
            + header.recipientsInWords()
            + "), and none of what was given opens it: "
            + keys.identitySecrets().size()
            + " secret key(s), "
            + keys.passphraseSecrets().size()
            + " passphrase(s).",
        null);
  }
}
