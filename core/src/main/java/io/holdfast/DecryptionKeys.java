package io.holdfast;

import io.holdfast.internal.age.AgeKeys;
import io.holdfast.internal.age.IdentityFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The secret keys and passphrases that may open a backup. All of them are tried, so old and new
 * keys can stand side by side. Immutable, safe to share, and printed without its secrets.
 */
public final class DecryptionKeys {
  private static final DecryptionKeys NONE = new DecryptionKeys(List.of(), List.of());

  private final List<Secret> identities;
  private final List<Secret> passphrases;

  private DecryptionKeys(List<Secret> identities, List<Secret> passphrases) {
    this.identities = identities;
    this.passphrases = passphrases;
  }

  /** No key: opens unencrypted backups only. */
  public static DecryptionKeys none() {
    return NONE;
  }

  /**
   * A passphrase, for backups written with {@link Encryption#passphrase} or {@code age -p}. Each
   * passphrase tried takes about a second and, for files as this library and age write them, 256
   * MiB of heap.
   *
   * @throws ConfigurationException if it is empty
   */
  public static DecryptionKeys passphrase(Secret passphrase) {
    List<String> problems = AgeKeys.passphraseProblems(passphrase);
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return new DecryptionKeys(List.of(), List.of(passphrase));
  }

  /**
   * Secret X25519 keys.
   *
   * @param identities {@code AGE-SECRET-KEY-1…} each; at least one; space around them is ignored
   * @throws ConfigurationException if there is none, or any is not an age secret key; names them by
   *     their position only
   */
  public static DecryptionKeys identities(Secret... identities) {
    List<String> problems = new ArrayList<>();
    List<Secret> keys = new ArrayList<>();
    for (int i = 0; i < identities.length; i++) {
      Secret key = Secret.of(identities[i].revealString().strip());
      Optional<String> problem = AgeKeys.identityProblem(key);
      if (problem.isPresent()) {
        problems.add("Identity " + (i + 1) + " " + problem.get());
      } else {
        keys.add(key);
      }
    }
    if (identities.length == 0) {
      problems.add(
          "No identity was given: name at least one age secret key (AGE-SECRET-KEY-1…), or choose"
              + " DecryptionKeys.none().");
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return new DecryptionKeys(List.copyOf(keys), List.of());
  }

  /**
   * The secret keys in a file as {@code age-keygen} writes it: one a line, with comments ({@code
   * #}) and blank lines between them. The file is read now, and not again. A warning is logged if
   * everybody on the machine may read it.
   *
   * @throws ConfigurationException if the file cannot be read, holds no key, or holds a line that
   *     is none; names lines by their number only
   */
  public static DecryptionKeys identityFile(Path file) {
    return new DecryptionKeys(IdentityFile.read(file), List.of());
  }

  /** These keys and those of the other. */
  public DecryptionKeys and(DecryptionKeys other) {
    return new DecryptionKeys(
        joined(identities, other.identities), joined(passphrases, other.passphrases));
  }

  /** Whether there is no key and no passphrase. */
  public boolean isNone() {
    return identities.isEmpty() && passphrases.isEmpty();
  }

  /** The secret X25519 keys, in the order in which they were given. */
  public List<Secret> identitySecrets() {
    return identities;
  }

  /** The passphrases, in the order in which they were given. */
  public List<Secret> passphraseSecrets() {
    return passphrases;
  }

  @Override
  public String toString() {
    return "DecryptionKeys[identities="
        + identities.size()
        + ", passphrases="
        + passphrases.size()
        + "]";
  }

  private static List<Secret> joined(List<Secret> first, List<Secret> second) {
    List<Secret> all = new ArrayList<>(first);
    all.addAll(second);
    return List.copyOf(all);
  }
}
