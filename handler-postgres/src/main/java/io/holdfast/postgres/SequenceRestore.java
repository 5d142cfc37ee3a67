package io.holdfast.postgres;

import io.holdfast.postgres.PostgresSchema.SequenceState;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The sequences that a restore sets, and how far it may move them. A sequence goes with the tables
 * that own it or whose defaults draw from it.
 *
 * @param steps what is to be set
 * @param problems why some of it cannot be
 * @param warnings what the caller should know, a sentence each
 */
record SequenceRestore(List<Step> steps, List<Problem> problems, List<String> warnings) {
  private static final int PIECE = 500;

  private static final String SEQUENCES =
      """
      SELECT n.nspname, c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname),
             s.seqmin, s.seqmax, s.seqincrement,
             pg_catalog.pg_has_role(c.relowner, 'USAGE'),
             pg_catalog.has_sequence_privilege(c.oid, 'UPDATE'),
             c.oid::bigint
        FROM pg_catalog.pg_sequence s
        JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relpersistence <> 't'
      """;

  // A partitioned table holds no rows, so its partitions stand for it.
  private static final String TABLES =
      """
      WITH RECURSIVE held(sequence, relation) AS (
        SELECT d.objid, d.refobjid FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid
         WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')
           AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        UNION
        SELECT d.refobjid, a.adrelid FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_attrdef a ON a.oid = d.objid
          JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.refobjid
         WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
           AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass),
      leaves(sequence, relation) AS (
        SELECT sequence, relation FROM held
        UNION
        SELECT l.sequence, i.inhrelid FROM leaves l
          JOIN pg_catalog.pg_class p ON p.oid = l.relation AND p.relkind = 'p'
          JOIN pg_catalog.pg_inherits i ON i.inhparent = p.oid)
      SELECT l.sequence::bigint, l.relation::bigint FROM leaves l
        JOIN pg_catalog.pg_class c ON c.oid = l.relation AND c.relkind NOT IN ('p', 'f', 'v')
      """;

  /**
   * One sequence.
   *
   * @param state where it is to stand
   * @param increment its step; the sign tells the direction
   * @param owned whether it can be altered, and so be set in a way that a rollback undoes
   * @param onlyForward whether it must not fall behind where it stands
   */
  record Step(SequenceState state, long increment, boolean owned, boolean onlyForward) {
    String toSql() {
      return Sql.qualified(state.schema(), state.name());
    }
  }

  /** Why a sequence cannot be set. */
  record Problem(Kind kind, String sentence) {}

  private record Found(
      long oid, String collection, long min, long max, long increment, boolean owned, boolean may) {
    boolean holds(long value) {
      return value >= min && value <= max;
    }
  }

  /** Copies the lists. */
  SequenceRestore {
    steps = List.copyOf(steps);
    problems = List.copyOf(problems);
    warnings = List.copyOf(warnings);
  }

  /**
   * Checks what can be set.
   *
   * @param states what the backup holds
   * @param tables OIDs of the tables that are restored
   * @param merge whether the target keeps what it has
   * @param everything whether this restore has created everything itself, so that no other table
   *     draws from a sequence
   */
  static SequenceRestore check(
      Connection connection,
      List<SequenceState> states,
      Set<Long> tables,
      CollectionFilter filter,
      boolean merge,
      boolean everything)
      throws SQLException {
    if (states.isEmpty()) {
      return new SequenceRestore(List.of(), List.of(), List.of());
    }
    Map<String, Found> found = readSequences(connection);
    Map<Long, Set<Long>> tablesOf = readTables(connection);
    List<Step> steps = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    for (SequenceState state : states) {
      String name = Sql.qualified(state.schema(), state.name());
      Found sequence = found.get(name);
      if (sequence == null) {
        // Without the sequence nothing tells which tables it belongs to.
        if (filter.equals(CollectionFilter.ALL)) {
          problems.add(
              new Problem(
                  Kind.MISMATCH, "Sequence " + name + " of the backup is missing in the target."));
        }
        continue;
      }
      Set<Long> its = tablesOf.getOrDefault(sequence.oid, Set.of());
      boolean wanted =
          everything
              || (its.isEmpty()
                  ? filter.accepts(sequence.collection)
                  : its.stream().anyMatch(tables::contains));
      if (!wanted) {
        continue;
      }
      if (!sequence.holds(state.lastValue())) {
        problems.add(
            new Problem(
                Kind.MISMATCH,
                "Sequence " + name + " stands outside the target's MINVALUE and MAXVALUE for it."));
      } else if (!sequence.owned && !sequence.may) {
        problems.add(
            new Problem(
                Kind.PERMISSION_DENIED,
                "The role may not set sequence " + name + ": it needs UPDATE on it."));
      } else {
        if (!sequence.owned) {
          warnings.add(
              "Sequence "
                  + name
                  + " belongs to another role, so it is set without a transaction and stays set if"
                  + " the commit fails.");
        }
        boolean shared = !everything && !tables.containsAll(its);
        steps.add(new Step(state, sequence.increment, sequence.owned, merge || shared));
      }
    }
    return new SequenceRestore(steps, problems, warnings);
  }

  private static Map<String, Found> readSequences(Connection connection) throws SQLException {
    Map<String, Found> found = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(SEQUENCES)) {
      while (row.next()) {
        found.put(
            Sql.qualified(row.getString(1), row.getString(2)),
            new Found(
                row.getLong(9),
                row.getString(3),
                row.getLong(4),
                row.getLong(5),
                row.getLong(6),
                row.getBoolean(7),
                row.getBoolean(8)));
      }
    }
    return found;
  }

  private static Map<Long, Set<Long>> readTables(Connection connection) throws SQLException {
    Map<Long, Set<Long>> tables = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(TABLES)) {
      while (row.next()) {
        tables.computeIfAbsent(row.getLong(1), oid -> new HashSet<>()).add(row.getLong(2));
      }
    }
    return tables;
  }

  /**
   * Sets all sequences, those that a rollback would not undo last.
   *
   * @param inPieces whether to commit after some of them: each takes a lock
   */
  void apply(PinnedConnection connection, boolean inPieces) throws SQLException {
    int done = 0;
    for (Step step : steps) {
      if (step.owned) {
        apply(step, connection);
        if (inPieces && ++done % PIECE == 0) {
          connection.jdbc().commit();
          connection.beginLoading();
        }
      }
    }
    for (Step step : steps) {
      if (!step.owned) {
        apply(step, connection);
      }
    }
  }

  private static void apply(Step step, PinnedConnection connection) throws SQLException {
    if (step.owned && step.onlyForward) {
      // Changes nothing, but takes the lock that keeps nextval() out until we commit.
      connection.execute("ALTER SEQUENCE " + step.toSql() + " INCREMENT BY " + step.increment);
    }
    if (step.onlyForward && !isAhead(step, connection)) {
      return;
    }
    // setval() writes the sequence in place, whatever becomes of the transaction. RESTART gives it
    // a new file, which a rollback throws away together with what setval() did to it.
    String restart = step.owned ? "ALTER SEQUENCE " + step.toSql() + " RESTART;" : "";
    connection.execute(
        restart
            + "SELECT pg_catalog.setval("
            + Sql.quoteLiteral(step.toSql())
            + "::pg_catalog.regclass,"
            + step.state.lastValue()
            + ","
            + step.state.isCalled()
            + ")");
  }

  private static boolean isAhead(Step step, PinnedConnection connection) throws SQLException {
    try (Statement statement = connection.jdbc().createStatement();
        ResultSet row =
            statement.executeQuery("SELECT last_value, is_called FROM " + step.toSql())) {
      row.next();
      long now = row.getLong(1);
      long then = step.state.lastValue();
      if (now == then) {
        return step.state.isCalled() && !row.getBoolean(2);
      }
      return step.increment > 0 ? then > now : then < now;
    }
  }
}
