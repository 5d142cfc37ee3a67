package io.holdfast.examples.clone;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * The application under test: it takes orders.
 *
 * @param database where it keeps them
 */
record Shop(DataSource database) {
  /** Runs a script that makes and fills its tables. */
  void create(String script) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(script);
    }
  }

  long orders() throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet count = statement.executeQuery("SELECT count(*) FROM orders")) {
      count.next();
      return count.getLong(1);
    }
  }

  /** Takes an order; its number. */
  int order(int customer, double total) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement insert =
            connection.prepareStatement(
                "INSERT INTO orders (customer, total) VALUES (?, ?) RETURNING id")) {
      insert.setInt(1, customer);
      insert.setDouble(2, total);
      try (ResultSet id = insert.executeQuery()) {
        id.next();
        return id.getInt(1);
      }
    }
  }

  /** Forgets all orders of a customer; how many there were. */
  int forget(int customer) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement delete =
            connection.prepareStatement("DELETE FROM orders WHERE customer = ?")) {
      delete.setInt(1, customer);
      return delete.executeUpdate();
    }
  }
}
