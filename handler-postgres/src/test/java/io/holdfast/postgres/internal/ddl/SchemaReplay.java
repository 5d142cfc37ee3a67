package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.postgres.TestPostgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Reads a schema and creates it again elsewhere, statement by statement, as the superuser. */
final class SchemaReplay {
  private SchemaReplay() {}

  /** The schema of a database, read under the settings of a backup. */
  static SchemaCapture capture(Database database) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
      statement.execute("SET LOCAL search_path = ''; SET LOCAL quote_all_identifiers = off");
      return SchemaCapture.read(connection);
    }
  }

  /** Creates it in one transaction in an empty database. */
  static void replay(SchemaScript script, Database target) throws SQLException {
    try (Connection connection = target.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(
          "SET LOCAL search_path = ''; SET LOCAL check_function_bodies = false;"
              + " SET LOCAL client_min_messages = error; DROP SCHEMA IF EXISTS public");
      List<SqlStatement> late = new ArrayList<>();
      for (List<SchemaEntry> section : List.of(script.before(), script.after())) {
        for (SchemaEntry entry : section) {
          List<SqlStatement> own = new ArrayList<>(entry.sql());
          own.addAll(entry.owner());
          if (entry.kind().section() == ObjectKind.Section.LAST) {
            late.addAll(own);
          } else {
            run(statement, entry, own);
          }
        }
      }
      for (List<SchemaEntry> section : List.of(script.before(), script.after())) {
        for (SchemaEntry entry : section) {
          run(statement, entry, entry.grants());
        }
      }
      for (SqlStatement sql : late) {
        statement.execute(sql.sql());
      }
      connection.commit();
    }
  }

  private static void run(Statement statement, SchemaEntry entry, List<SqlStatement> all)
      throws SQLException {
    for (SqlStatement sql : all) {
      try {
        statement.execute(sql.sql());
      } catch (SQLException e) {
        throw new SQLException(entry.title() + ": " + sql.sql() + "\n" + e.getMessage(), e);
      }
    }
  }

  /**
   * Creates the schema of one database in another, and reads the same schema there. What no reader
   * reads this cannot see: compare with pg_dump as well.
   */
  static void assertReplays(Database source, Database target) throws SQLException {
    SchemaScript script = capture(source).script();
    replay(SchemaScript.read(script.toJson()), target);
    assertThat(capture(target).script().toJson().toPrettyString())
        .isEqualTo(script.toJson().toPrettyString());
  }
}
