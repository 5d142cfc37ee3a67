package io.holdfast.examples.clone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.postgres.PostgresServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestDatabaseCloneTest {
  @TempDir private Path folder;

  @Test
  void everyTestGetsItsOwnAndNothingIsLeft() throws Exception {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    try (EmbeddedPostgres server =
        EmbeddedPostgres.builder().setServerConfig("fsync", "off").start()) {
      List<String> before = databases(server);
      new TestDatabaseClone(
              PostgresServer.at("postgresql://postgres@localhost:" + server.getPort()),
              folder,
              new PrintStream(output, true, UTF_8))
          .run();
      assertThat(output.toString(UTF_8))
          .contains("build the template", "test 3", "Two clones at once changed");
      assertThat(databases(server)).isEqualTo(before);
    }
  }

  private static List<String> databases(EmbeddedPostgres server) throws Exception {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT datname FROM pg_database ORDER BY datname")) {
      List<String> names = new ArrayList<>();
      while (row.next()) {
        names.add(row.getString(1));
      }
      return names;
    }
  }
}
