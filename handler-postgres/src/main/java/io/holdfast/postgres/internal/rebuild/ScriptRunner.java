package io.holdfast.postgres.internal.rebuild;

import io.holdfast.CancelledException;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import io.holdfast.postgres.internal.ddl.SqlStatement;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.regex.Pattern;

/** Runs the statements of entries, one after another, on one connection. For one thread. */
final class ScriptRunner {
  private static final String BACK_TO_ONESELF = "RESET ROLE";

  private static final Pattern ATOMIC_BODY =
      Pattern.compile("\\bBEGIN\\s+ATOMIC\\b", Pattern.CASE_INSENSITIVE);

  private final Connection connection;
  private final RebuildOptions options;

  ScriptRunner(Connection connection, RebuildOptions options) {
    this.connection = connection;
    this.options = options;
  }

  /** Creates what an entry describes, and gives it to its owner. */
  void create(SchemaEntry entry) throws EntryFailure {
    run("create " + entry.title(), entry.table(), options.creation(entry));
  }

  /** Makes the privileges of what an entry describes what they were. */
  void grant(SchemaEntry entry) throws EntryFailure {
    run("grant the privileges on " + entry.title(), entry.table(), options.grants(entry));
  }

  /** Says of the database as a whole what the backup says of it. */
  void configure(List<SqlStatement> settings) throws EntryFailure {
    run("set what the backup says of the database", Optional.empty(), settings);
  }

  /** Gathers the statistics of a table. */
  void analyze(String collection, String quoted) throws EntryFailure {
    run(
        "analyze " + collection,
        Optional.of(collection),
        List.of(SqlStatement.of("ANALYZE " + quoted)));
  }

  private void run(String doing, Optional<String> collection, List<SqlStatement> statements)
      throws EntryFailure {
    if (statements.isEmpty()) {
      return;
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new CancelledException("Interrupted while restoring the schema.", null);
    }
    try {
      StringJoiner together = new StringJoiner(";\n");
      for (SqlStatement statement : statements) {
        String text = statement.withRoles(options::role);
        if (text.equals(BACK_TO_ONESELF)) {
          // RESET would last beyond the transaction, and change what a pool gave us.
          together.add("SET LOCAL ROLE " + ownRole());
        } else if (ATOMIC_BODY.matcher(text).find()) {
          // The driver does not find the end of such a body, so nothing can follow it.
          execute(together.toString());
          together = new StringJoiner(";\n");
          execute(text);
        } else {
          together.add(text);
        }
      }
      execute(together.toString());
    } catch (SQLException e) {
      throw new EntryFailure(doing, collection, e);
    }
  }

  /** Runs statements that return nothing; nothing at all if there are none. */
  void execute(String sql) throws SQLException {
    if (sql.isEmpty()) {
      return;
    }
    try (Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(false); // or the driver takes {…} for JDBC's own syntax
      statement.execute(sql);
    }
  }

  private String ownRole() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT current_setting('role')")) {
      row.next();
      String role = row.getString(1);
      return role.equals("none") ? "NONE" : Sql.quoteIdentifier(role);
    }
  }
}
