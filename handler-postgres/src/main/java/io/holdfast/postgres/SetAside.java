package io.holdfast.postgres;

import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.HandlerException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What would get in the way of loading rows in any order, set aside before and put back after:
 * foreign keys that touch the tables, from either side, and triggers of users. A foreign key that
 * is added again is checked against all rows, so a violation is found before the commit.
 *
 * @param foreignKeys the constraints, each the topmost of its kind where tables are partitioned
 * @param triggers triggers that fire now
 */
record SetAside(List<ForeignKey> foreignKeys, List<Trigger> triggers) {
  /** Nothing is in the way. */
  static final SetAside NOTHING = new SetAside(List.of(), List.of());

  // Constraints of partitions hang on those of their parents (conparentid), and go and come with
  // them. A parent may be in no backup, since it holds no rows.
  private static final String FOREIGN_KEYS =
      """
      WITH RECURSIVE touching(oid, parent) AS (
        SELECT c.oid, c.conparentid FROM pg_catalog.pg_constraint c
          JOIN unnest(?::oid[]) AS w(oid) ON w.oid IN (c.conrelid, c.confrelid)
         WHERE c.contype = 'f'
        UNION
        SELECT p.oid, p.conparentid FROM touching t
          JOIN pg_catalog.pg_constraint p ON p.oid = t.parent)
      SELECT n.nspname, r.relname, quote_ident(n.nspname) || '.' || quote_ident(r.relname),
             c.conname, pg_catalog.pg_get_constraintdef(c.oid),
             coalesce(pg_catalog.obj_description(c.oid, 'pg_constraint'), ''),
             pg_catalog.pg_has_role(r.relowner, 'USAGE'),
             pg_catalog.has_table_privilege(c.confrelid, 'REFERENCES'),
             fn.nspname, f.relname,
             EXISTS (SELECT FROM pg_catalog.pg_trigger g
                      WHERE g.tgconstraint = c.oid AND g.tgenabled <> 'O')
        FROM touching t
        JOIN pg_catalog.pg_constraint c ON c.oid = t.oid
        JOIN pg_catalog.pg_class r ON r.oid = c.conrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
        JOIN pg_catalog.pg_class f ON f.oid = c.confrelid
        JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
       WHERE c.conparentid = 0
       ORDER BY c.oid
      """;

  // Clones of a partitioned table's trigger count as internal before PostgreSQL 15; they have a
  // parent and, other than those that implement constraints, no constraint.
  private static final String TRIGGERS =
      """
      SELECT n.nspname, r.relname, quote_ident(n.nspname) || '.' || quote_ident(r.relname),
             g.tgname, g.tgenabled, pg_catalog.pg_has_role(r.relowner, 'USAGE')
        FROM unnest(?::oid[]) AS w(oid)
        JOIN pg_catalog.pg_trigger g ON g.tgrelid = w.oid
        JOIN pg_catalog.pg_class r ON r.oid = g.tgrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
       WHERE (NOT g.tgisinternal OR (g.tgparentid <> 0 AND g.tgconstraint = 0))
         AND g.tgenabled <> 'D'
       ORDER BY n.nspname, r.relname, g.tgname
      """;

  /**
   * A foreign key.
   *
   * @param table the table that has it, quoted for a statement
   * @param collection the same, as a collection is named
   * @param references the table that it refers to, quoted for a statement
   * @param owned whether the role owns the table, which dropping and adding need
   * @param mayReference whether the role may refer to the other table
   * @param checksOff whether some of its triggers were switched off by hand
   */
  record ForeignKey(
      String table,
      String collection,
      String name,
      String definition,
      String comment,
      String references,
      boolean owned,
      boolean mayReference,
      boolean checksOff) {
    String dropSql() {
      return "ALTER TABLE " + table + " DROP CONSTRAINT " + Sql.quoteIdentifier(name);
    }

    String addSql() {
      return "ALTER TABLE "
          + table
          + " ADD CONSTRAINT "
          + Sql.quoteIdentifier(name)
          + " "
          + definition;
    }

    /** The same without a check of the rows that are there. */
    String addUncheckedSql() {
      boolean unchecked = definition.endsWith(" NOT VALID") || definition.endsWith(" NOT ENFORCED");
      return addSql() + (unchecked ? "" : " NOT VALID");
    }

    Optional<String> commentSql() {
      return comment.isEmpty()
          ? Optional.empty()
          : Optional.of(
              "COMMENT ON CONSTRAINT "
                  + Sql.quoteIdentifier(name)
                  + " ON "
                  + table
                  + " IS "
                  + Sql.quoteLiteral(comment));
    }
  }

  /**
   * A trigger of a user.
   *
   * @param table its table, quoted for a statement
   * @param collection the same, as a collection is named
   * @param enabled {@code pg_trigger.tgenabled}: O, R or A
   * @param owned whether the role owns the table
   */
  record Trigger(String table, String collection, String name, char enabled, boolean owned) {
    String disableSql() {
      return "ALTER TABLE ONLY " + table + " DISABLE TRIGGER " + Sql.quoteIdentifier(name);
    }

    String enableSql() {
      String how =
          switch (enabled) {
            case 'R' -> " ENABLE REPLICA TRIGGER ";
            case 'A' -> " ENABLE ALWAYS TRIGGER ";
            default -> " ENABLE TRIGGER ";
          };
      return "ALTER TABLE ONLY " + table + how + Sql.quoteIdentifier(name);
    }
  }

  /** Copies the lists. */
  SetAside {
    foreignKeys = List.copyOf(foreignKeys);
    triggers = List.copyOf(triggers);
  }

  /** Reads what is in the way of the tables with these OIDs. */
  static SetAside read(Connection connection, Array oids) throws SQLException {
    List<ForeignKey> foreignKeys = new ArrayList<>();
    Catalog.query(
        connection,
        FOREIGN_KEYS,
        oids,
        row ->
            foreignKeys.add(
                new ForeignKey(
                    Sql.qualified(row.getString(1), row.getString(2)),
                    row.getString(3),
                    row.getString(4),
                    row.getString(5),
                    row.getString(6),
                    Sql.qualified(row.getString(9), row.getString(10)),
                    row.getBoolean(7),
                    row.getBoolean(8),
                    row.getBoolean(11))));
    List<Trigger> triggers = new ArrayList<>();
    Catalog.query(
        connection,
        TRIGGERS,
        oids,
        row ->
            triggers.add(
                new Trigger(
                    Sql.qualified(row.getString(1), row.getString(2)),
                    row.getString(3),
                    row.getString(4),
                    row.getString(5).charAt(0),
                    row.getBoolean(6))));
    return new SetAside(foreignKeys, triggers);
  }

  boolean isEmpty() {
    return foreignKeys.isEmpty() && triggers.isEmpty();
  }

  /** Both together. */
  SetAside and(SetAside other) {
    List<ForeignKey> allKeys = new ArrayList<>(foreignKeys);
    allKeys.addAll(other.foreignKeys);
    List<Trigger> allTriggers = new ArrayList<>(triggers);
    allTriggers.addAll(other.triggers);
    return new SetAside(allKeys, allTriggers);
  }

  /** Sets it aside, in the connection's transaction. */
  void remove(PinnedConnection connection) throws SQLException {
    for (ForeignKey key : foreignKeys) {
      connection.execute(key.dropSql());
    }
    for (Trigger trigger : triggers) {
      connection.execute(trigger.disableSql());
    }
  }

  /**
   * Puts everything back as it was, checking foreign keys against all rows.
   *
   * @throws HandlerException of kind {@code CONSTRAINT}, naming the key that rows violate
   */
  void putBack(PinnedConnection connection) throws SQLException {
    for (ForeignKey key : foreignKeys) {
      try {
        connection.execute(key.addSql());
      } catch (SQLException e) {
        throw PostgresErrors.translate(
            e,
            "add foreign key " + Sql.quoteIdentifier(key.name) + " of " + key.collection + " again",
            key.collection);
      }
      if (key.commentSql().isPresent()) {
        connection.execute(key.commentSql().get());
      }
    }
    enableTriggers(connection);
  }

  /** Puts everything back after a failure, without a look at the rows. */
  void putBackUnchecked(PinnedConnection connection) throws SQLException {
    for (ForeignKey key : foreignKeys) {
      connection.execute(key.addUncheckedSql());
      if (key.commentSql().isPresent()) {
        connection.execute(key.commentSql().get());
      }
    }
    enableTriggers(connection);
  }

  private void enableTriggers(PinnedConnection connection) throws SQLException {
    for (Trigger trigger : triggers) {
      connection.execute(trigger.enableSql());
    }
  }

  /** The statements that put everything back, for whoever has to do it by hand. */
  List<String> putBackSql() {
    List<String> statements = new ArrayList<>();
    for (ForeignKey key : foreignKeys) {
      statements.add(key.addSql() + ";");
      key.commentSql().ifPresent(sql -> statements.add(sql + ";"));
    }
    triggers.forEach(trigger -> statements.add(trigger.enableSql() + ";"));
    return statements;
  }
}
