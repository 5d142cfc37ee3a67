package io.holdfast.postgres.internal.ddl;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A column of a table as the catalogs describe it.
 *
 * @param number its number, which counts dropped columns too
 * @param name its name, unquoted
 * @param quoted the name for a statement
 * @param type its type, with its modifier, for a statement
 * @param collation its collation for a statement, if it is not that of its type
 * @param notNull whether it refuses NULL
 * @param local whether the table has it by itself, and not only from a parent
 * @param identity {@code a} for ALWAYS, {@code d} for BY DEFAULT, empty if it is no identity
 * @param generated {@code s} for stored, {@code v} for virtual, empty if it is not generated
 * @param expressionOid OID of its default or of what generates it; 0 if it has neither
 * @param expression the default, or what generates it
 * @param statistics its statistics target, if it has one of its own
 * @param storage how long values are stored: one letter
 * @param typeStorage how its type stores them if nothing else is said
 * @param compression {@code p} or {@code l}, empty if nothing is said
 * @param options its settings, {@code name=value}
 * @param acl its access control list, if anything was ever granted
 * @param foreignOptions what its foreign data wrapper is told, {@code name=value}
 */
record CatalogColumn(
    int number,
    String name,
    String quoted,
    String type,
    Optional<String> collation,
    boolean notNull,
    boolean local,
    String identity,
    String generated,
    long expressionOid,
    Optional<String> expression,
    OptionalInt statistics,
    String storage,
    String typeStorage,
    String compression,
    List<String> options,
    Optional<List<String>> acl,
    List<String> foreignOptions) {
  /** Takes a row of {@link TableCatalog}'s query for columns. */
  static CatalogColumn of(ResultSet row) throws SQLException {
    int statistics = row.getInt(13);
    boolean hasStatistics = !row.wasNull();
    Array acl = row.getArray(18);
    return new CatalogColumn(
        row.getInt(2),
        row.getString(3),
        row.getString(4),
        row.getString(5),
        Optional.ofNullable(row.getString(6)),
        row.getBoolean(7),
        row.getBoolean(8),
        row.getString(9).strip(),
        row.getString(10).strip(),
        row.getLong(11),
        Optional.ofNullable(row.getString(12)),
        hasStatistics ? OptionalInt.of(statistics) : OptionalInt.empty(),
        row.getString(14),
        row.getString(15),
        row.getString(16).strip(),
        TableCatalog.texts(row.getArray(17)),
        acl == null ? Optional.empty() : Optional.of(TableCatalog.texts(acl)),
        TableCatalog.texts(row.getArray(19)));
  }

  boolean isGenerated() {
    return !generated.isEmpty();
  }

  boolean hasDefault() {
    return expression.isPresent() && !isGenerated();
  }

  /** The type with the collation. */
  String fullType() {
    return type + collation.map(name -> " COLLATE " + name).orElse("");
  }

  /** The clause that makes it a generated column. */
  String generation() {
    return "GENERATED ALWAYS AS ("
        + expression.orElseThrow()
        + ")"
        + (generated.equals("v") ? " VIRTUAL" : " STORED");
  }

  /** The word for a letter of {@code attstorage}. */
  static String storageWord(String letter) {
    return switch (letter) {
      case "p" -> "PLAIN";
      case "e" -> "EXTERNAL";
      case "m" -> "MAIN";
      case "x" -> "EXTENDED";
      default -> throw new IllegalStateException("Unknown storage " + letter);
    };
  }

  /** The word for a letter of {@code attcompression}. */
  static String compressionWord(String letter) {
    return switch (letter) {
      case "" -> "DEFAULT";
      case "p" -> "pglz";
      case "l" -> "lz4";
      default -> throw new IllegalStateException("Unknown compression " + letter);
    };
  }
}
