package io.holdfast.postgres;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of databases: which are possible, and new ones that nobody else has. */
final class DatabaseName {
  /** What the server keeps of a name (NAMEDATALEN - 1); it would cut a longer one silently. */
  private static final int MAX_BYTES = 63;

  private static final int RANDOM_DIGITS = 12;
  private static final Pattern BUILT = Pattern.compile(".*_holdfast_([0-9a-f]{12})");

  private DatabaseName() {}

  /**
   * The name itself, if a database can have it.
   *
   * @throws IllegalArgumentException if not
   */
  static String require(String name) {
    if (name.isEmpty() || name.indexOf('\0') >= 0 || bytes(name) > MAX_BYTES) {
      throw new IllegalArgumentException(
          "A database's name has 1 to "
              + MAX_BYTES
              + " bytes in UTF-8, not "
              + bytes(name)
              + (name.isEmpty() || name.indexOf('\0') >= 0 ? "" : ": " + name));
    }
    return name;
  }

  /** A name for a database that is to take the place of another, or has lost it. */
  static String forBuilding(String base) {
    return prefix(base) + random();
  }

  /** A name of its own for a copy. */
  static String forClone(String base) {
    return cut(base, "_clone_".length() + RANDOM_DIGITS) + "_clone_" + random();
  }

  /** What {@link #forBuilding} begins with. */
  static String prefix(String base) {
    return cut(base, "_holdfast_".length() + RANDOM_DIGITS) + "_holdfast_";
  }

  /** Whether {@link #forBuilding} made the name. */
  static boolean isBuilding(String name) {
    return BUILT.matcher(name).matches();
  }

  /** The number of the advisory lock that the builder of such a database holds. */
  static int lockNumber(String building) {
    Matcher matcher = BUILT.matcher(building);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("Not the name of a database that is built: " + building);
    }
    return Integer.parseUnsignedInt(matcher.group(1).substring(0, 8), 16);
  }

  private static String random() {
    return UUID.randomUUID()
        .toString()
        .replace("-", "")
        .substring(0, RANDOM_DIGITS)
        .toLowerCase(Locale.ROOT);
  }

  /** As much of the name as leaves room, without half a character. */
  private static String cut(String base, int room) {
    int end = base.length();
    while (bytes(base.substring(0, end)) > MAX_BYTES - room) {
      end = base.offsetByCodePoints(end, -1);
    }
    return base.substring(0, end);
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
