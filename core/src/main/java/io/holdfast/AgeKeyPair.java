package io.holdfast;

import com.exceptionfactory.jagged.x25519.X25519KeyPairGenerator;
import java.security.GeneralSecurityException;
import java.security.KeyPair;

/**
 * A new X25519 key pair for backups, as {@code age-keygen} makes it. Keep the identity away from
 * the machine that writes backups; without it, what was encrypted to the recipient is lost.
 * Immutable.
 */
public final class AgeKeyPair {
  private final String recipient;
  private final Secret identity;

  private AgeKeyPair(String recipient, Secret identity) {
    this.recipient = recipient;
    this.identity = identity;
  }

  /** A new pair from the platform's secure random numbers. */
  public static AgeKeyPair generate() {
    try {
      KeyPair pair = new X25519KeyPairGenerator().generateKeyPair();
      return new AgeKeyPair(pair.getPublic().toString(), Secret.of(pair.getPrivate().toString()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java runtime has no X25519 keys", e);
    }
  }

  /** The public key, {@code age1…}, for {@link Encryption#recipients}. Not secret. */
  public String recipient() {
    return recipient;
  }

  /** The secret key, {@code AGE-SECRET-KEY-1…}, for {@link DecryptionKeys#identities}. */
  public Secret identity() {
    return identity;
  }

  @Override
  public String toString() {
    return "AgeKeyPair[recipient=" + recipient + ", identity=***]";
  }
}
