package io.holdfast.examples.sync;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import javax.sql.DataSource;

/**
 * Makes personal data harmless by SQL, and then looks whether it is: an update that misses rows is
 * an error, too.
 *
 * @param updates what to change
 * @param leftovers queries that count what must not be there any more
 */
record Sanitizer(List<String> updates, List<String> leftovers) {
  /** Something personal is still there. */
  static final class NotSanitizedException extends Exception {
    private static final long serialVersionUID = 1L;

    NotSanitizedException(String message) {
      super(message);
    }
  }

  /** Does all of it in one transaction, or nothing. */
  void run(DataSource database) throws SQLException, NotSanitizedException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (String update : updates) {
        statement.executeUpdate(update);
      }
      for (String query : leftovers) {
        requireNone(statement, query);
      }
      connection.commit();
    }
  }

  private static void requireNone(Statement statement, String query)
      throws SQLException, NotSanitizedException {
    try (ResultSet result = statement.executeQuery(query)) {
      result.next();
      long left = result.getLong(1);
      if (left != 0) {
        throw new NotSanitizedException(
            String.format(Locale.ROOT, "%d rows are still as they were: %s", left, query));
      }
    }
  }
}
