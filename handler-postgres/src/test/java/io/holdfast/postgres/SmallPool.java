package io.holdfast.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** Keeps connections open, and opens another where one turns out to be dead when it is wanted. */
final class SmallPool implements AutoCloseable {
  private final DataSource source;
  private final List<Connection> connections = new ArrayList<>();
  private int opened;

  SmallPool(DataSource source, int size) throws SQLException {
    this.source = source;
    for (int i = 0; i < size; i++) {
      connections.add(open());
    }
  }

  private Connection open() throws SQLException {
    opened++;
    return source.getConnection();
  }

  /** How many connections it has opened so far. */
  int opened() {
    return opened;
  }

  /** The answer on each of its connections. */
  List<String> queryAll(String sql) throws SQLException {
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < connections.size(); i++) {
      if (!connections.get(i).isValid(5)) {
        connections.get(i).close();
        connections.set(i, open());
      }
      try (Statement statement = connections.get(i).createStatement();
          ResultSet row = statement.executeQuery(sql)) {
        row.next();
        answers.add(row.getString(1));
      }
    }
    return answers;
  }

  @Override
  public void close() throws SQLException {
    for (Connection connection : connections) {
      connection.close();
    }
  }
}
