package io.holdfast.postgres.internal.ddl;

import io.holdfast.postgres.internal.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes the value of a parameter, as the catalogs hold it, for {@code SET … TO}. The catalogs hold
 * a list of names as one text in which the names are quoted; {@code SET} wants them one by one,
 * since it would quote the whole text once more.
 */
final class ParameterValue {
  /** Those that are {@code GUC_LIST_QUOTE} (utils/misc/guc_tables.c); extensions cannot add any. */
  private static final Set<String> LISTS_OF_NAMES =
      Set.of(
          "local_preload_libraries",
          "search_path",
          "session_preload_libraries",
          "shared_preload_libraries",
          "temp_tablespaces",
          "unix_socket_directories");

  private ParameterValue() {}

  /** The value for a statement. */
  static String toSql(String name, String value) {
    if (LISTS_OF_NAMES.contains(name.toLowerCase(Locale.ROOT))) {
      Optional<List<String>> names = names(value);
      if (names.isPresent() && !names.get().isEmpty()) {
        return names.get().stream().map(Sql::quoteLiteral).collect(Collectors.joining(", "));
      }
    }
    return Sql.quoteLiteral(value);
  }

  /** Takes {@code "$user", public} apart; empty if it is no such list. */
  private static Optional<List<String>> names(String value) {
    List<String> names = new ArrayList<>();
    int at = skipSpace(value, 0);
    while (at < value.length()) {
      StringBuilder name = new StringBuilder();
      at = value.charAt(at) == '"' ? quoted(value, at, name) : plain(value, at, name);
      if (at < 0) {
        return Optional.empty();
      }
      names.add(name.toString());
      at = skipSpace(value, at);
      if (at < value.length()) {
        if (value.charAt(at) != ',') {
          return Optional.empty();
        }
        at = skipSpace(value, at + 1);
      }
    }
    return Optional.of(names);
  }

  private static int skipSpace(String value, int from) {
    int at = from;
    while (at < value.length() && Character.isWhitespace(value.charAt(at))) {
      at++;
    }
    return at;
  }

  private static int plain(String value, int from, StringBuilder name) {
    int at = from;
    while (at < value.length()
        && value.charAt(at) != ','
        && !Character.isWhitespace(value.charAt(at))) {
      name.append(value.charAt(at++));
    }
    return at == from ? -1 : at;
  }

  private static int quoted(String value, int from, StringBuilder name) {
    for (int at = from + 1; at < value.length(); at++) {
      if (value.charAt(at) != '"') {
        name.append(value.charAt(at));
      } else if (at + 1 < value.length() && value.charAt(at + 1) == '"') {
        name.append(value.charAt(at++));
      } else {
        return at + 1;
      }
    }
    return -1;
  }
}
