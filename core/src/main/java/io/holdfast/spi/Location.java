package io.holdfast.spi;

import io.holdfast.ConfigurationException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A URI that a user wrote to name a database or a storage. Keeps the text as it is, since some
 * schemes allow what {@link java.net.URI} refuses (several hosts), and prints without its password.
 */
public final class Location {
  private static final Pattern SCHEME =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*):.*", Pattern.DOTALL);
  private static final Pattern SECRET_PARAMETER =
      Pattern.compile(
          "(?i)(?<=[?&;])([^=&;]*(?:pass|pwd|secret|token|key|credential|sig|auth)[^=&;]*)=[^&]*");

  private final String text;
  private final String scheme;

  private Location(String text, String scheme) {
    this.text = text;
    this.scheme = scheme;
  }

  /**
   * Takes a text as a location.
   *
   * @throws ConfigurationException if the text does not begin with a scheme
   */
  public static Location parse(String text) {
    Matcher matcher = SCHEME.matcher(text.strip());
    if (!matcher.matches()) {
      throw new ConfigurationException(
          List.of(
              "Not a URI with a scheme, such as postgresql://host/database or file:///var/backups."));
    }
    return new Location(text.strip(), matcher.group(1).toLowerCase(Locale.ROOT));
  }

  /** The scheme, in lower case, without the colon. */
  public String scheme() {
    return scheme;
  }

  /** The whole text, secrets included. Do not print it. */
  public String reveal() {
    return text;
  }

  /**
   * The text with user information's password and secret-looking parameters as {@code ***}. Hides
   * too much rather than too little where the text is not a proper URI, such as one with an
   * unescaped slash in its password.
   */
  @Override
  public String toString() {
    int authority = text.indexOf("://");
    int from = authority < 0 ? scheme.length() + 1 : authority + 3;
    int at = text.lastIndexOf('@');
    int colon = text.indexOf(':', from);
    String masked =
        colon >= 0 && colon < at ? text.substring(0, colon) + ":***" + text.substring(at) : text;
    return SECRET_PARAMETER.matcher(masked).replaceAll("$1=***");
  }
}
