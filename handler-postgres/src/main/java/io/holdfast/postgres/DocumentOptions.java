package io.holdfast.postgres;

/**
 * What becomes of the documents of a backup.
 *
 * @param schema the schema of their tables, unquoted
 * @param columns whether fields get columns of their own
 */
record DocumentOptions(String schema, boolean columns) {
  /** Tables in {@code public}, a column for all fields. */
  static final DocumentOptions DEFAULT = new DocumentOptions("public", false);
}
