package io.holdfast.firestore.internal.values;

/**
 * A column of a table of a backup, as its schema describes it.
 *
 * @param name its name
 * @param type the database's own name of its type
 * @param as how its values are written: FORMAT.md, section 3
 */
public record TableColumn(String name, String type, String as) {
  /** The key that it has in records. */
  String key() {
    return name.startsWith("$") ? "$" + name : name;
  }

  ColumnValues values() {
    return ColumnValues.of(as, type);
  }
}
