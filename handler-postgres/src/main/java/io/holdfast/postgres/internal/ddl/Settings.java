package io.holdfast.postgres.internal.ddl;

import io.holdfast.postgres.internal.Sql;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Writes what {@code reloptions} and its like hold as the list that follows {@code WITH} or {@code
 * OPTIONS}.
 */
final class Settings {
  private static final Pattern PLAIN_NAME = Pattern.compile("[a-z_][a-z0-9_]*");
  private static final Pattern PLAIN_NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?");
  private static final String TOAST = "toast.";

  private Settings() {}

  /** {@code name=value} for each; those of a TOAST table begin with {@code toast.}. */
  static String list(List<String> settings) {
    return settings.stream().map(Settings::setting).collect(Collectors.joining(", "));
  }

  /** {@code name 'value'} for each, as foreign data wrappers are told. */
  static String foreign(List<String> options) {
    return options.stream().map(Settings::foreignOption).collect(Collectors.joining(", "));
  }

  private static String foreignOption(String option) {
    int end = option.indexOf('=');
    return name(option.substring(0, end)) + " " + Sql.quoteLiteral(option.substring(end + 1));
  }

  private static String setting(String setting) {
    int end = setting.indexOf('=');
    String value = setting.substring(end + 1);
    return name(setting.substring(0, end))
        + "="
        + (PLAIN_NUMBER.matcher(value).matches() ? value : Sql.quoteLiteral(value));
  }

  private static String name(String name) {
    if (name.startsWith(TOAST)) {
      return TOAST + name(name.substring(TOAST.length()));
    }
    return PLAIN_NAME.matcher(name).matches() ? name : Sql.quoteIdentifier(name);
  }
}
