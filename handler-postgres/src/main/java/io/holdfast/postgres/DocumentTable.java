package io.holdfast.postgres;

import io.holdfast.postgres.internal.Sql;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The table that holds the documents of one collection: {@code id}, {@code parent}, {@code data},
 * and maybe a column for some of the fields.
 *
 * @param collection the collection's name
 * @param schema the table's schema, unquoted
 * @param name the table's name, unquoted
 */
record DocumentTable(String collection, String schema, String name) {
  /** The columns that each has. */
  static final List<String> COLUMNS = List.of("id", "parent", "data");

  /** What identifies a document, in the order of its index. */
  static final List<String> KEY = List.of("parent", "id");

  private static final int MAX_NAME_BYTES = 63;
  private static final int HASH_DIGITS = 12;

  // OIDs of built-in types never change: src/include/catalog/pg_type.dat.
  private static final long TEXT = 25;
  private static final long JSONB = 3802;

  /** The table for a collection, in that schema: always the same one. */
  static DocumentTable of(String collection, String schema) {
    return new DocumentTable(collection, schema, tableName(collection));
  }

  /** What PostgreSQL can call a table stays; of anything else a part, made unique by a hash. */
  private static String tableName(String collection) {
    StringBuilder usable = new StringBuilder();
    int bytes = 0;
    for (int at = 0; at < collection.length(); ) {
      int code = collection.codePointAt(at);
      at += Character.charCount(code);
      boolean half = code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE;
      if (code != 0 && !half) {
        usable.appendCodePoint(code);
      }
    }
    String name = usable.toString();
    if (!name.isEmpty() && name.equals(collection) && bytes(name) <= MAX_NAME_BYTES) {
      return name;
    }
    int end = 0;
    while (end < name.length()) {
      int code = name.codePointAt(end);
      bytes += bytes(Character.toString(code));
      if (bytes > MAX_NAME_BYTES - 1 - HASH_DIGITS) {
        break;
      }
      end += Character.charCount(code);
    }
    return name.substring(0, end) + "_" + hash(collection).substring(0, HASH_DIGITS);
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static String hash(String text) {
    try {
      // UTF-16 has a form for halves of surrogate pairs, too.
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_16BE));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  /** Whether a table has the columns that hold documents, each of the type that this takes. */
  static boolean fits(Table table) {
    return has(table, "id", type -> type == TEXT)
        && has(table, "parent", type -> type == TEXT)
        && has(table, "data", type -> type == JSONB);
  }

  private static boolean has(Table table, String column, Predicate<Long> type) {
    return table.columns().stream()
        .anyMatch(
            each -> each.name().equals(column) && !each.generated() && type.test(each.baseType()));
  }

  /** Whether that is this table, and nobody has made something else of it. */
  boolean isHeldBy(Table table) {
    return table.documents().filter(collection::equals).isPresent()
        && (table.primaryKey().isEmpty() || Set.copyOf(table.primaryKey()).equals(Set.copyOf(KEY)));
  }

  /** Schema and name, quoted for a statement. */
  String toSql() {
    return Sql.qualified(schema, name);
  }

  /** Schema and name, for people. */
  String shown() {
    return Sql.shown(schema, name);
  }

  /** Where documents are put first that are to be spread over columns, quoted for a statement. */
  String landingSql() {
    return Sql.qualified(schema, "holdfast_documents_" + shortHash());
  }

  /** The statements that create it. Its key comes by {@link #keySql}. */
  List<String> createSql() {
    return List.of(
        "CREATE TABLE "
            + toSql()
            + " (id text NOT NULL, parent text NOT NULL DEFAULT '', data jsonb NOT NULL)",
        "COMMENT ON TABLE "
            + toSql()
            + " IS "
            + Sql.quoteLiteral(DocumentMark.comment(collection)));
  }

  /** The statement that adds the key: after the rows where they need not have it before. */
  String keySql() {
    return "ALTER TABLE " + toSql() + " ADD PRIMARY KEY (" + Sql.quoteIdentifiers(KEY) + ")";
  }

  /** What takes the key's place where ids and paths are too long for an index. */
  String hashKeySql() {
    return "CREATE UNIQUE INDEX IF NOT EXISTS "
        + Sql.quoteIdentifier("holdfast_documents_key_" + shortHash())
        + " ON "
        + toSql()
        + " (md5(parent), md5(id))";
  }

  private String shortHash() {
    return hash(schema + "." + name).substring(0, HASH_DIGITS);
  }

  /** The statements that create the place where documents are put first. */
  List<String> createLandingSql() {
    // If there is one, it is what an interrupted restore left.
    return List.of(
        "DROP TABLE IF EXISTS " + landingSql(),
        "CREATE UNLOGGED TABLE "
            + landingSql()
            + " (id text NOT NULL, parent text NOT NULL, data jsonb NOT NULL)");
  }
}
