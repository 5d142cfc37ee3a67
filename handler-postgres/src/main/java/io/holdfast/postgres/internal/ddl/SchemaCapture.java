package io.holdfast.postgres.internal.ddl;

import io.holdfast.spi.NotCaptured;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A database's schema, read from its catalogs.
 *
 * @param script the statements
 * @param settings what is said of the database as a whole
 * @param notCaptured what there is no statement for
 */
public record SchemaCapture(
    SchemaScript script, DatabaseSettings settings, List<NotCaptured> notCaptured) {
  private static final List<ObjectReader> READERS =
      List.of(
          Schemas::read,
          Extensions::read,
          Languages::read,
          AccessMethods::read,
          Collations::read,
          Conversions::read,
          ShellTypes::read,
          BaseTypes::read,
          Enums::read,
          CompositeTypes::read,
          Ranges::read,
          Domains::read,
          Functions::read,
          Aggregates::read,
          Operators::read,
          OperatorClasses::read,
          Casts::read,
          Transforms::read,
          TextSearch::read,
          ForeignServers::read,
          Views::read,
          MaterializedViews::read,
          MaterializedViewData::read,
          Rules::read,
          Triggers::read,
          ConstraintTriggers::read,
          Policies::read,
          Publications::read,
          DefaultPrivileges::read,
          EventTriggers::read,
          Sequences::read,
          Tables::read,
          Indexes::read,
          ForeignKeys::read,
          ExtendedStatistics::read,
          Privileges::read);

  /** Copies the list. */
  public SchemaCapture {
    notCaptured = List.copyOf(notCaptured);
  }

  /**
   * Reads the schema, in the connection's transaction, whose settings must be pinned.
   *
   * @throws io.holdfast.spi.HandlerException of kind {@code UNSUPPORTED} for objects that need each
   *     other in a way that no order of statements can create
   */
  public static SchemaCapture read(Connection connection) throws SQLException {
    CaptureContext context = new CaptureContext(connection);
    for (ObjectReader reader : READERS) {
      reader.read(context);
    }
    return new SchemaCapture(
        SchemaOrder.order(context), DatabaseSettings.capture(connection), context.notCaptured());
  }

  /**
   * The names of all objects, without their order, in the same transaction as {@link #read} wants.
   */
  public static Set<ObjectName> names(Connection connection) throws SQLException {
    CaptureContext context = new CaptureContext(connection);
    for (ObjectReader reader : READERS) {
      reader.read(context);
    }
    Set<ObjectName> names = new HashSet<>();
    for (Draft draft : context.drafts()) {
      names.add(new ObjectName(draft.kind(), draft.schema(), draft.name(), draft.table()));
    }
    return names;
  }

  /**
   * The statements that give PostgreSQL's own objects back the privileges that they had in the
   * beginning; those of objects that the role may not grant are left out.
   */
  public static List<SqlStatement> privilegeResets(Connection connection) throws SQLException {
    return Privileges.resets(connection);
  }
}
