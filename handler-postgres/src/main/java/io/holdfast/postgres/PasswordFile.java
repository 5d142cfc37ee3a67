package io.holdfast.postgres;

import io.holdfast.Secret;
import io.holdfast.spi.ProviderContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * libpq's password file, {@code ~/.pgpass}: lines of {@code host:port:database:user:password},
 * where {@code *} matches anything and a backslash takes {@code :} and itself literally. The first
 * line that matches counts.
 */
final class PasswordFile {
  private static final Logger log = LoggerFactory.getLogger(PasswordFile.class);

  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.GROUP_EXECUTE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.OTHERS_EXECUTE);

  private final List<String> lines;

  private PasswordFile(List<String> lines) {
    this.lines = lines;
  }

  /** Where the file is if nothing says otherwise. */
  static Path locate(ProviderContext context) {
    Optional<String> appData = context.variable("APPDATA");
    if (appData.isPresent() && isWindows()) {
      return Path.of(appData.get(), "postgresql", "pgpass.conf");
    }
    return Path.of(context.variable("HOME").orElse(System.getProperty("user.home", "")), ".pgpass");
  }

  private static boolean isWindows() {
    return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");
  }

  /**
   * Reads the file. As with libpq, one that does not exist holds nothing, and one that others than
   * its owner may touch is ignored, with a warning.
   */
  static PasswordFile read(Path file) {
    if (!Files.isRegularFile(file)) {
      return new PasswordFile(List.of());
    }
    try {
      if (Files.getFileStore(file).supportsFileAttributeView("posix")
          && Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
        log.warn(
            "The password file {} is ignored, since others than its owner have access to it. Its"
                + " permissions should be u=rw (0600) or less.",
            file);
        return new PasswordFile(List.of());
      }
      return new PasswordFile(Files.readAllLines(file));
    } catch (IOException e) {
      log.warn("The password file {} is ignored, since it cannot be read: {}", file, e.toString());
      return new PasswordFile(List.of());
    }
  }

  /** The password of the first line that matches. */
  Optional<Secret> find(String host, int port, String database, String user) {
    for (String line : lines) {
      if (line.startsWith("#")) {
        continue;
      }
      List<String> fields = fields(line);
      if (fields.size() >= 5
          && matches(fields.get(0), host)
          && matches(fields.get(1), Integer.toString(port))
          && matches(fields.get(2), database)
          && matches(fields.get(3), user)) {
        return Optional.of(Secret.of(unescape(fields.get(4))));
      }
    }
    return Optional.empty();
  }

  /** Splits at the colons that no backslash protects; keeps the backslashes. */
  private static List<String> fields(String line) {
    List<String> fields = new ArrayList<>();
    int start = 0;
    for (int at = 0; at <= line.length(); at++) {
      if (at == line.length() || line.charAt(at) == ':') {
        fields.add(line.substring(start, at));
        start = at + 1;
      } else if (line.charAt(at) == '\\' && at + 1 < line.length()) {
        at++;
      }
    }
    return fields;
  }

  private static boolean matches(String pattern, String value) {
    return pattern.equals("*") || unescape(pattern).equals(value);
  }

  private static String unescape(String field) {
    StringBuilder text = new StringBuilder(field.length());
    for (int at = 0; at < field.length(); at++) {
      if (field.charAt(at) == '\\' && at + 1 < field.length()) {
        at++;
      }
      text.append(field.charAt(at));
    }
    return text.toString();
  }
}
