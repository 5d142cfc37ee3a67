package io.holdfast.postgres;

import io.holdfast.postgres.PostgresSchema.SequenceState;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.CollectionFilter;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * The sequences of a database and where they stand. A sequence that belongs to a column goes with
 * its table; of the others, the filter accepts or refuses each by its own name.
 *
 * @param readable those whose state can be read
 * @param withoutRight quoted names of those that the role may not read
 * @param unlogged quoted names of those that a standby does not have; empty on a primary
 */
record Sequences(
    List<Sql.QualifiedName> readable, List<String> withoutRight, List<String> unlogged) {
  private static final int BATCH = 500;

  private static final String SEQUENCES =
      """
      SELECT n.nspname, c.relname,
             quote_ident(n.nspname) || '.' || quote_ident(c.relname),
             coalesce((SELECT quote_ident(tn.nspname) || '.' || quote_ident(t.relname)
                         FROM pg_catalog.pg_depend d
                         JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
                         JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
                        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                          AND d.objid = c.oid AND d.objsubid = 0
                          AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                          AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') LIMIT 1), ''),
             pg_catalog.has_schema_privilege(n.oid, 'USAGE')
               AND pg_catalog.has_sequence_privilege(c.oid, 'SELECT'),
             c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery()
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'S' AND c.relpersistence <> 't'
         AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
         AND (EXISTS (SELECT FROM pg_catalog.pg_extension x WHERE c.oid = ANY (x.extconfig))
              OR NOT EXISTS (
                   SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                      AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'))
       ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
      """;

  /** Lists the sequences that the filter accepts. */
  static Sequences list(Connection connection, CollectionFilter filter) throws SQLException {
    List<Sql.QualifiedName> readable = new ArrayList<>();
    List<String> withoutRight = new ArrayList<>();
    List<String> unlogged = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(SEQUENCES)) {
      while (row.next()) {
        String quoted = row.getString(3);
        String owningTable = row.getString(4);
        if (!filter.accepts(owningTable.isEmpty() ? quoted : owningTable)) {
          continue;
        }
        if (row.getBoolean(6)) {
          unlogged.add(quoted);
        } else if (!row.getBoolean(5)) {
          withoutRight.add(quoted);
        } else {
          readable.add(new Sql.QualifiedName(row.getString(1), row.getString(2)));
        }
      }
    }
    return new Sequences(readable, withoutRight, unlogged);
  }

  /**
   * Where each stands. Sequences do not obey snapshots, so this is read after the snapshot was
   * taken: no row of the backup holds a number that a restored sequence would give out again.
   */
  List<SequenceState> states(PinnedConnection connection) throws SQLException {
    connection.markLocks();
    List<SequenceState> states = new ArrayList<>(readable.size());
    for (int from = 0; from < readable.size(); from += BATCH) {
      List<Sql.QualifiedName> batch =
          readable.subList(from, Math.min(from + BATCH, readable.size()));
      StringBuilder sql = new StringBuilder();
      for (int i = 0; i < batch.size(); i++) {
        sql.append(i == 0 ? "" : " UNION ALL ")
            .append("SELECT ")
            .append(i)
            .append(", last_value, is_called FROM ")
            .append(batch.get(i).toSql());
      }
      try (Statement statement = connection.jdbc().createStatement();
          ResultSet row = statement.executeQuery(sql.append(" ORDER BY 1").toString())) {
        while (row.next()) {
          Sql.QualifiedName name = batch.get(row.getInt(1));
          states.add(
              new SequenceState(name.schema(), name.name(), row.getLong(2), row.getBoolean(3)));
        }
      }
      connection.releaseLocks();
    }
    return states;
  }
}
