package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rows of a COPY from a real server, taken without the driver. */
@Timeout(120)
class CopyRowsTest {
  private TestPostgres.Database database;
  private PinnedConnection connection;

  @BeforeEach
  void connect() throws Exception {
    database = TestPostgres.createDatabase();
    connection = open(database.uri());
  }

  @AfterEach
  void disconnect() throws Exception {
    connection.close();
    database.close();
  }

  private static PinnedConnection open(String uri) {
    return Connections.from(ConnectionSettings.of(Location.parse(uri), ProviderContext.system()))
        .openForReading();
  }

  @Test
  void takesRowsAndLeavesTheConnectionInOrder() throws Exception {
    for (int round = 0; round < 3; round++) {
      CopyRows rows =
          connection.copyOut("COPY (SELECT i, 'x' FROM generate_series(1, 50000) AS i) TO STDOUT");
      assertThat(rows.isTapped()).isTrue();
      for (int i = 1; i <= 50000; i++) {
        assertThat(rows.next()).isTrue();
        if (i % 1000 == 0) {
          assertThat(text(rows)).isEqualTo(i + "\tx\n");
        }
      }
      assertThat(rows.next()).isFalse();
      assertThat(rows.isTapped()).isTrue();
      assertThat(queryOne("SELECT 'still here'")).isEqualTo("still here");
    }
  }

  @Test
  void takesNothingFromACopyWithoutRows() throws Exception {
    assertThat(connection.copyOut("COPY (SELECT 1 WHERE false) TO STDOUT").next()).isFalse();
    assertThat(queryOne("SELECT 'still here'")).isEqualTo("still here");
  }

  @Test
  void readsRowsOfSizesAroundThatOfTheBuffer() throws Exception {
    int capacity = MessageStream.CAPACITY;
    CopyRows rows =
        connection.copyOut(
            "COPY (SELECT repeat('x', i), 'y' FROM generate_series("
                + (capacity - 12)
                + ", "
                + (capacity + 3)
                + ") AS i) TO STDOUT");
    for (int i = capacity - 12; i <= capacity + 3; i++) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.to() - rows.from()).isEqualTo(i + 3);
      assertThat(text(rows)).startsWith("xx").endsWith("x\ty\n");
    }
    assertThat(rows.next()).isFalse();
  }

  @Test
  void readsAVeryLongRowBetweenShortOnes() throws Exception {
    CopyRows rows =
        connection.copyOut(
            "COPY (SELECT repeat('x', CASE i WHEN 2 THEN 64 * 1024 * 1024 ELSE i END)"
                + " FROM generate_series(1, 3) AS i) TO STDOUT");
    assertThat(rows.next()).isTrue();
    assertThat(text(rows)).isEqualTo("x\n");
    assertThat(rows.next()).isTrue();
    assertThat(rows.to() - rows.from()).isEqualTo(64 * 1024 * 1024 + 1);
    assertThat(rows.next()).isTrue();
    assertThat(text(rows)).isEqualTo("xxx\n");
    assertThat(rows.isTapped()).isTrue();
    assertThat(rows.next()).isFalse();
  }

  @Test
  void leavesNoticesInTheMiddleToTheDriver() throws Exception {
    database.execute(
        """
        CREATE FUNCTION noisy(i int) RETURNS int LANGUAGE plpgsql AS $$
        BEGIN
          IF i % 3 = 0 THEN RAISE NOTICE 'at %', i; END IF;
          RETURN i;
        END $$
        """);
    CopyRows rows =
        connection.copyOut(
            "COPY (SELECT public.noisy(i) FROM generate_series(1, 1000) AS i) TO STDOUT");
    for (int i = 1; i <= 1000; i++) {
      assertThat(rows.next()).isTrue();
      assertThat(text(rows)).isEqualTo(i + "\n");
      assertThat(rows.isTapped()).isTrue();
    }
    assertThat(rows.next()).isFalse();
    SQLWarning warning = connection.jdbc().getWarnings();
    assertThat(warning == null ? "" : warning.getMessage()).isEqualTo("at 3");
  }

  @Test
  void failsWithTheServersErrorInTheMiddle() throws Exception {
    CopyRows rows =
        connection.copyOut("COPY (SELECT 1 / (i - 900) FROM generate_series(1, 999) i) TO STDOUT");
    for (int i = 1; i < 900; i++) {
      assertThat(rows.next()).isTrue();
    }
    assertThatThrownBy(rows::next)
        .isInstanceOf(SQLException.class)
        .matches(e -> "22012".equals(((SQLException) e).getSQLState()));
    connection.jdbc().rollback();
    assertThat(queryOne("SELECT 'still here'")).isEqualTo("still here");
  }

  @Test
  void failsWhenTheServerEndsTheConnection() throws Exception {
    String process = queryOne("SELECT pg_backend_pid()::text");
    CopyRows rows =
        connection.copyOut(
            "COPY (SELECT i, repeat('x', 1000) FROM generate_series(1, 10000000) i) TO STDOUT");
    assertThat(rows.next()).isTrue();
    database.query("SELECT pg_terminate_backend(" + process + ")::text");
    assertThatThrownBy(
            () -> {
              while (rows.next()) {
                assertThat(rows.array()[rows.to() - 1]).isEqualTo((byte) '\n');
              }
            })
        .isInstanceOf(SQLException.class);
  }

  @Test
  void failsWhenAnotherThreadAbortsWhileItWaits() throws Exception {
    CopyRows rows =
        connection.copyOut(
            "COPY (SELECT repeat('x', 100000), CASE WHEN i > 1 THEN pg_sleep(60)::text END"
                + " FROM generate_series(1, 2) i) TO STDOUT");
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    CountDownLatch ended = new CountDownLatch(1);
    new Thread(
            () -> {
              try {
                while (rows.next()) {
                  assertThat(rows.to()).isPositive();
                }
              } catch (SQLException e) {
                thrown.set(e);
              }
              ended.countDown();
            })
        .start();
    Thread.sleep(200);
    connection.abort();
    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(thrown.get()).isInstanceOf(SQLException.class);
  }

  @Test
  void leavesAllRowsToTheDriverWhereTheStreamIsNotKnown() throws Exception {
    try (PinnedConnection plain = Connections.from(database.dataSource()).openForReading()) {
      CopyRows rows = plain.copyOut("COPY (SELECT generate_series(1, 2)) TO STDOUT");
      assertThat(rows.isTapped()).isFalse();
      List<String> read = new ArrayList<>();
      while (rows.next()) {
        read.add(text(rows));
      }
      assertThat(read).containsExactly("1\n", "2\n");
    }
  }

  @Test
  void takesNothingFromTheStreamOfAnotherConnection() throws Exception {
    try (PinnedConnection other = Connections.from(database.dataSource()).open()) {
      MessageStream foreign = new MessageStream(InputStream.nullInputStream());
      CopyRows rows =
          CopyRows.start(other.driver(), foreign, "COPY (SELECT generate_series(1, 2)) TO STDOUT");
      assertThat(rows.isTapped()).isFalse();
      assertThat(rows.next()).isTrue();
      assertThat(rows.next()).isTrue();
      assertThat(rows.next()).isFalse();
    }
  }

  private String queryOne(String sql) throws SQLException {
    try (Statement statement = connection.jdbc().createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    }
  }

  private static String text(CopyRows rows) {
    return new String(rows.array(), rows.from(), rows.to() - rows.from(), StandardCharsets.UTF_8);
  }
}
