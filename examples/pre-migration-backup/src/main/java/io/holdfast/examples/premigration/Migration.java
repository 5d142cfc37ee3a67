package io.holdfast.examples.premigration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;

/**
 * Scripts of SQL, each committed by itself: in place of Flyway, Liquibase or your own. Migrations
 * do not fit into one transaction when they build indexes concurrently, add values to enums, or
 * change large tables in steps.
 *
 * @param database what is migrated
 * @param scripts files, in order
 */
record Migration(DataSource database, List<Path> scripts) {
  /** Runs the scripts until one fails. What ran before that is committed. */
  void run() throws SQLException, IOException {
    for (Path script : scripts) {
      try (Connection connection = database.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute(Files.readString(script));
      }
    }
  }
}
