package io.holdfast.postgres.internal.ddl;

import java.util.Locale;
import java.util.Optional;

/**
 * The kinds of entries in a schema, in the order in which they are created where nothing else
 * decides.
 */
public enum ObjectKind {
  SCHEMA(Section.BEFORE),
  EXTENSION(Section.BEFORE),
  LANGUAGE(Section.BEFORE),
  ACCESS_METHOD(Section.BEFORE),
  COLLATION(Section.BEFORE),
  CONVERSION(Section.BEFORE),
  SHELL_TYPE(Section.BEFORE),
  TYPE(Section.BEFORE),
  /** Early: nothing tells that a parsed expression makes use of one that is no function. */
  CAST(Section.BEFORE),
  DOMAIN(Section.BEFORE),
  DOMAIN_CONSTRAINT(Section.BEFORE),
  FUNCTION(Section.BEFORE),
  PROCEDURE(Section.BEFORE),
  AGGREGATE(Section.BEFORE),
  OPERATOR(Section.BEFORE),
  OPERATOR_FAMILY(Section.BEFORE),
  OPERATOR_CLASS(Section.BEFORE),
  TRANSFORM(Section.BEFORE),
  TEXT_SEARCH_PARSER(Section.BEFORE),
  TEXT_SEARCH_TEMPLATE(Section.BEFORE),
  TEXT_SEARCH_DICTIONARY(Section.BEFORE),
  TEXT_SEARCH_CONFIGURATION(Section.BEFORE),
  FOREIGN_DATA_WRAPPER(Section.BEFORE),
  SERVER(Section.BEFORE),
  USER_MAPPING(Section.BEFORE),
  SEQUENCE(Section.BEFORE),
  TABLE(Section.BEFORE),
  FOREIGN_TABLE(Section.BEFORE),
  TABLE_ATTACH(Section.BEFORE),
  DEFAULT(Section.BEFORE),
  CHECK(Section.BEFORE),
  SEQUENCE_OWNER(Section.BEFORE),
  VIEW(Section.BEFORE),
  MATERIALIZED_VIEW(Section.BEFORE),
  CONSTRAINT(Section.AFTER),
  INDEX(Section.AFTER),
  INDEX_ATTACH(Section.AFTER),
  /** The index that tells rows apart in logical replication. */
  REPLICA_IDENTITY(Section.AFTER),
  STATISTICS(Section.AFTER),
  FOREIGN_KEY(Section.AFTER),
  RULE(Section.AFTER),
  TRIGGER(Section.AFTER),
  /** Row-level security being on. */
  ROW_SECURITY(Section.AFTER),
  POLICY(Section.AFTER),
  PUBLICATION(Section.AFTER),
  /** The privileges of something that an extension or the system created. */
  PRIVILEGES(Section.AFTER),
  MATERIALIZED_VIEW_DATA(Section.LAST),
  DEFAULT_PRIVILEGES(Section.LAST),
  EVENT_TRIGGER(Section.LAST);

  /** When an entry's turn comes. */
  public enum Section {
    /** Before the data. */
    BEFORE,
    /** After the data. */
    AFTER,
    /** After the data, the other entries and all grants; stands at the end of {@code after}. */
    LAST
  }

  private final Section section;

  ObjectKind(Section section) {
    this.section = section;
  }

  /** Where entries of the kind stand if nothing moves them. */
  public Section section() {
    return section;
  }

  /** The kind as it stands in a document: {@code materialized_view}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The kind of that word. */
  public static Optional<ObjectKind> ofWord(String word) {
    for (ObjectKind kind : values()) {
      if (kind.word().equals(word)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }
}
