package io.holdfast.internal.age;

import io.holdfast.ConfigurationException;
import io.holdfast.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads secret keys from a file as {@code age-keygen} writes it. */
public final class IdentityFile {
  private static final Logger LOG = LoggerFactory.getLogger(IdentityFile.class);

  /** A key takes 75 bytes; whatever is larger is some other file. */
  private static final int MAX_BYTES = 1 << 20;

  private IdentityFile() {}

  /**
   * The keys in a file.
   *
   * @throws ConfigurationException if it cannot be read, holds none, or holds a line that is none
   */
  public static List<Secret> read(Path file) {
    byte[] content;
    try (InputStream in = Files.newInputStream(file)) {
      content = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException e) {
      throw new ConfigurationException(List.of("There is no identity file " + file + "."));
    } catch (IOException e) {
      throw new ConfigurationException(
          List.of("The identity file " + file + " cannot be read: " + e));
    }
    if (content.length > MAX_BYTES) {
      throw new ConfigurationException(
          List.of(file + " is larger than 1 MiB, so it is not an identity file."));
    }
    warnIfEverybodyMayRead(file);
    return parse(file, new String(content, StandardCharsets.UTF_8));
  }

  private static List<Secret> parse(Path file, String content) {
    List<String> problems = new ArrayList<>();
    List<Secret> identities = new ArrayList<>();
    int number = 0;
    for (String raw : content.split("\n", -1)) {
      number++;
      String line = raw.strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      Secret identity = Secret.of(line);
      Optional<String> problem = AgeKeys.identityProblem(identity);
      if (problem.isPresent()) {
        problems.add(file + ": line " + number + " " + problem.get());
        if (line.startsWith("age-encryption.org/") || line.startsWith("-----BEGIN")) {
          break; // The rest is not lines of keys either.
        }
      } else {
        identities.add(identity);
      }
    }
    if (problems.isEmpty() && identities.isEmpty()) {
      problems.add(file + " holds no age secret key (AGE-SECRET-KEY-1…).");
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return identities;
  }

  /**
   * Only a warning, and only about everybody: secrets mounted into containers are often readable by
   * a group, or by all users of a machine that has one user.
   */
  private static void warnIfEverybodyMayRead(Path file) {
    Set<PosixFilePermission> permissions;
    try {
      permissions = Files.getPosixFilePermissions(file);
    } catch (IOException | UnsupportedOperationException e) {
      return; // Windows and the like: other permissions, which are not judged here.
    }
    if (permissions.contains(PosixFilePermission.OTHERS_READ)) {
      LOG.warn(
          "Every user of this machine may read the secret keys in {}. Narrow it: chmod 600 {}",
          file,
          file);
    }
  }
}
