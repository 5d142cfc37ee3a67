package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;

/**
 * Reads sequences, but for those of identity columns, which are written with their table. A column
 * that owns a sequence is told so once both are there: the column's default needs the sequence
 * first.
 */
final class Sequences {
  private Sequences() {}

  static void read(CaptureContext context) throws SQLException {
    Sequence.read(context, false, sequence -> add(context, sequence));
  }

  private static void add(CaptureContext context, Sequence sequence) throws SQLException {
    String title = "SEQUENCE " + sequence.quoted();
    String type = sequence.type().equals("bigint") ? "" : " AS " + sequence.type();
    Draft draft =
        context
            .add(ObjectKind.SEQUENCE, sequence.address(), sequence.schema(), sequence.name())
            .table(sequence.collection())
            .sql(
                (sequence.unlogged() ? "CREATE UNLOGGED " : "CREATE ")
                    + title
                    + type
                    + sequence.options())
            .owner(title, sequence.owner());
    context.describe(draft, title);
    CaptureContext.grants(draft, title, sequence.acl(), sequence.initialAcl(), sequence.owner());
    sequence
        .ownedBy()
        .ifPresent(
            column ->
                context
                    .add(
                        ObjectKind.SEQUENCE_OWNER,
                        new Address("ownership of a sequence", sequence.oid()),
                        sequence.schema(),
                        sequence.name())
                    .table(sequence.collection())
                    .sql("ALTER " + title + " OWNED BY " + column)
                    .needs(sequence.address())
                    .needs(Address.relation(sequence.owningTable())));
  }
}
