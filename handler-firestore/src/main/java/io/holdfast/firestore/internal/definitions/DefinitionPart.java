package io.holdfast.firestore.internal.definitions;

/** A part of a database's definitions that can be restored by itself. */
public enum DefinitionPart {
  /** The composite and vector indexes. */
  INDEXES,
  /** What single-field indexes a field has, where that is not the default. */
  FIELD_OVERRIDES,
  /** By which field the documents of a collection group expire. */
  TTL,
  /** The security rules: who may read and write from the client libraries. */
  RULES
}
