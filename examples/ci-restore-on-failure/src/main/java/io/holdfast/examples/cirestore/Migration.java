package io.holdfast.examples.cirestore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** A script of SQL: in place of Flyway, Liquibase or your own. Used by one thread. */
final class Migration {
  private final DataSource database;
  private final Path script;
  private boolean begun;

  Migration(DataSource database, Path script) {
    this.database = database;
    this.script = script;
  }

  void run() throws SQLException, IOException {
    begun = true;
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(Files.readString(script));
    }
  }

  /** Whether it was run, with whatever result. */
  boolean begun() {
    return begun;
  }
}
