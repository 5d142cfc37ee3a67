package io.holdfast;

import io.holdfast.internal.age.AgeKeys;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How a new backup is encrypted: not at all, with a passphrase, or to the public keys of those who
 * may read it. The result is an age file, which {@code age -d} reads too. Immutable and safe to
 * share.
 *
 * <p>With public keys, the machine that writes backups cannot read them. A passphrase and public
 * keys cannot be combined: the age format does not allow it.
 */
public final class Encryption {
  /**
   * The most public keys that one backup can be encrypted to. It keeps the header within what
   * readers accept.
   */
  public static final int MAX_RECIPIENTS = 256;

  private static final Encryption NONE = new Encryption(List.of(), Optional.empty());

  private final List<String> publicKeys;
  private final Optional<Secret> passphrase;

  private Encryption(List<String> publicKeys, Optional<Secret> passphrase) {
    this.publicKeys = publicKeys;
    this.passphrase = passphrase;
  }

  /** No encryption: the backup is readable by whoever can read the storage. */
  public static Encryption none() {
    return NONE;
  }

  /**
   * Encrypts with a passphrase. Writing and reading then each take about a second and 256 MiB of
   * heap once per object, which is what makes guessing expensive.
   *
   * @param passphrase what {@code age -d} will ask for; its UTF-8 bytes count, so the same letters
   *     in another Unicode normalisation are another passphrase
   * @throws ConfigurationException if it is empty or holds a line break (then nobody could type it)
   */
  public static Encryption passphrase(Secret passphrase) {
    List<String> problems = new ArrayList<>(AgeKeys.passphraseProblems(passphrase));
    if (AgeKeys.hasLineBreak(passphrase)) {
      problems.add(
          "The passphrase holds a line break, so nobody could type it into `age -d`. If it was read"
              + " from a file, strip the line break at its end.");
    }
    throwIfAny(problems);
    return new Encryption(List.of(), Optional.of(passphrase));
  }

  /**
   * Encrypts to public keys; each of their secret keys opens the backup by itself.
   *
   * @param publicKeys X25519 recipients, {@code age1…}; at least one, at most {@link
   *     #MAX_RECIPIENTS}; space around them and repetitions are ignored
   * @throws ConfigurationException if there is none, or any is not an age public key; lists them
   *     all
   */
  public static Encryption recipients(String... publicKeys) {
    return recipients(List.of(publicKeys));
  }

  /**
   * Encrypts to public keys; each of their secret keys opens the backup by itself.
   *
   * @param publicKeys X25519 recipients, {@code age1…}; at least one, at most {@link
   *     #MAX_RECIPIENTS}; space around them and repetitions are ignored
   * @throws ConfigurationException if there is none, or any is not an age public key; lists them
   *     all
   */
  public static Encryption recipients(Collection<String> publicKeys) {
    List<String> problems = new ArrayList<>();
    Set<String> keys = new LinkedHashSet<>();
    int position = 0;
    for (String publicKey : publicKeys) {
      position++;
      String key = publicKey.strip();
      Optional<String> problem = AgeKeys.recipientProblem(key);
      if (problem.isPresent()) {
        problems.add("Recipient " + position + " " + problem.get());
      } else {
        keys.add(key);
      }
    }
    if (position == 0) {
      problems.add(
          "No recipient was given: name at least one age public key (age1…), or choose"
              + " Encryption.none().");
    } else if (keys.size() > MAX_RECIPIENTS) {
      problems.add(
          keys.size() + " recipients were given; a backup has at most " + MAX_RECIPIENTS + ".");
    }
    throwIfAny(problems);
    return new Encryption(List.copyOf(keys), Optional.empty());
  }

  /** Whether backups are left unencrypted. */
  public boolean isNone() {
    return publicKeys.isEmpty() && passphrase.isEmpty();
  }

  /** The public keys that backups are encrypted to; empty without public keys. Not secret. */
  public List<String> publicKeys() {
    return publicKeys;
  }

  /** The passphrase that backups are encrypted with, where one was given. */
  public Optional<Secret> passphraseSecret() {
    return passphrase;
  }

  @Override
  public String toString() {
    if (isNone()) {
      return "no encryption";
    }
    return passphrase.isPresent() ? "age, passphrase ***" : "age, recipients " + publicKeys;
  }

  private static void throwIfAny(List<String> problems) {
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
  }
}
