package io.holdfast.postgres.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The only place that quotes names and texts for SQL. */
public final class Sql {
  /** A table's or sequence's schema and name, as they are in the catalog, unquoted. */
  public record QualifiedName(String schema, String name) {
    /** Both parts quoted, for a statement. */
    public String toSql() {
      return quoteIdentifier(schema) + "." + quoteIdentifier(name);
    }
  }

  private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");

  private Sql() {}

  /** A name for a statement, always in quotes: right for every name, keywords included. */
  public static String quoteIdentifier(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** Names for a statement, quoted and joined by commas. */
  public static String quoteIdentifiers(List<String> names) {
    return names.stream().map(Sql::quoteIdentifier).collect(Collectors.joining(","));
  }

  /** A schema and a name for a statement. */
  public static String qualified(String schema, String name) {
    return quoteIdentifier(schema) + "." + quoteIdentifier(name);
  }

  /** A schema and a name for people: in quotes only where it is not plain. */
  public static String shown(String schema, String name) {
    return shown(schema) + "." + shown(name);
  }

  private static String shown(String name) {
    return PLAIN.matcher(name).matches() ? name : quoteIdentifier(name);
  }

  /**
   * A text for a statement. Right whatever {@code standard_conforming_strings} is, since a text
   * with a backslash is written as {@code E'…'}.
   */
  public static String quoteLiteral(String text) {
    String quoted = text.replace("'", "''");
    return quoted.indexOf('\\') < 0
        ? "'" + quoted + "'"
        : "E'" + quoted.replace("\\", "\\\\") + "'";
  }

  /** A text for a statement, as it is, between dollars: for what people should be able to read. */
  public static String dollarQuote(String text) {
    String tag = "$$";
    for (int i = 1; (text + "$").contains(tag); i++) {
      tag = "$q" + i + "$";
    }
    return tag + text + tag;
  }

  /**
   * Takes a collection's name, as the server's {@code quote_ident} wrote it, apart: {@code
   * public."Order Items"}. Empty if it does not consist of exactly a schema and a name.
   */
  public static Optional<QualifiedName> parseCollectionName(String collection) {
    List<String> parts = new ArrayList<>();
    int at = 0;
    while (true) {
      StringBuilder part = new StringBuilder();
      at = readIdentifier(collection, at, part);
      if (at < 0 || part.isEmpty()) {
        return Optional.empty();
      }
      parts.add(part.toString());
      if (at == collection.length()) {
        break;
      }
      if (collection.charAt(at++) != '.') {
        return Optional.empty();
      }
    }
    return parts.size() == 2
        ? Optional.of(new QualifiedName(parts.get(0), parts.get(1)))
        : Optional.empty();
  }

  /** Reads one name into {@code part}; returns where it ends, or -1 if it is malformed. */
  private static int readIdentifier(String text, int from, StringBuilder part) {
    if (from >= text.length() || text.charAt(from) != '"') {
      int at = from;
      while (at < text.length() && text.charAt(at) != '.' && text.charAt(at) != '"') {
        part.append(text.charAt(at++));
      }
      return at;
    }
    for (int at = from + 1; at < text.length(); at++) {
      if (text.charAt(at) != '"') {
        part.append(text.charAt(at));
      } else if (at + 1 < text.length() && text.charAt(at + 1) == '"') {
        part.append(text.charAt(at++));
      } else {
        return at + 1;
      }
    }
    return -1;
  }
}
