package io.holdfast.examples.quickstart;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import javax.sql.DataSource;

/**
 * A small shop to back up: the tables of {@code shop-schema.sql}, the rows of {@code
 * shop-data.sql}.
 */
final class Shop {
  private static final String STEP = "--: ";

  private final Screen screen;

  Shop(Screen screen) {
    this.screen = screen;
  }

  /** Creates the tables, without rows. */
  void createTables(DataSource database) throws SQLException, IOException {
    try (Connection connection = database.getConnection()) {
      run(connection, "shop-schema.sql");
    }
  }

  /**
   * Fills the tables, with the same rows every time.
   *
   * @param size how large; 1 gives 250,000 rows
   * @return how many rows there are
   */
  long fill(DataSource database, double size) throws SQLException, IOException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(String.format(Locale.ROOT, "SET shop.size = '%f'", size));
      run(connection, "shop-data.sql");
      // Counted by the ANALYZE at the end: exact, since it looks at every page of tables this
      // small.
      try (ResultSet row =
          statement.executeQuery(
              "SELECT sum(reltuples)::bigint FROM pg_class WHERE relkind = 'r'"
                  + " AND relnamespace IN ('shop'::regnamespace, '\"Weird \"\"Schema\"\"\"'::regnamespace)")) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private void run(Connection connection, String script) throws SQLException, IOException {
    String[] steps = read(script).split("(?m)^" + STEP, -1);
    try (Statement statement = connection.createStatement()) {
      for (int i = 1; i < steps.length; i++) { // Before the first step are comments only.
        int endOfTitle = steps[i].indexOf('\n');
        screen.progress(steps[i].substring(0, endOfTitle));
        statement.execute(steps[i].substring(endOfTitle));
      }
    }
  }

  private static String read(String script) throws IOException {
    try (InputStream in = Shop.class.getResourceAsStream(script)) {
      if (in == null) {
        throw new IOException(script + " is missing beside " + Shop.class.getName());
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
