package io.holdfast.postgres;

import java.util.Locale;
import java.util.Optional;

/** How the values of a column are written in a record: {@code as} in {@code docs/FORMAT.md}. */
enum ValueForm {
  /** A self-describing value. No column of PostgreSQL is written so; other handlers' fields are. */
  VALUE,
  INTEGER,
  DOUBLE,
  BOOLEAN,
  JSON,
  TEXT;

  /** The word that stands in a schema. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The form of that word; empty if this version knows none. */
  static Optional<ValueForm> ofWord(String word) {
    for (ValueForm form : values()) {
      if (form.word().equals(word)) {
        return Optional.of(form);
      }
    }
    return Optional.empty();
  }

  /** The form for a type, given the OID that remains when domains are resolved. */
  static ValueForm ofType(long baseTypeOid) {
    // OIDs of built-in types never change: src/include/catalog/pg_type.dat.
    return switch ((int) baseTypeOid) {
      case 16 -> BOOLEAN;
      case 20, 21, 23, 26 -> INTEGER;
      case 700, 701 -> DOUBLE;
      case 114, 3802 -> JSON;
      default -> TEXT;
    };
  }
}
