package io.holdfast.postgres;

import static io.holdfast.postgres.BackupReader.only;
import static io.holdfast.postgres.BackupReader.readAll;
import static io.holdfast.postgres.BackupReader.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.CancelledException;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.Location;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.Retry;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class PostgresBackupSessionTest {
  private TestPostgres.Database database;
  private PostgresHandler handler;

  @BeforeEach
  void create() throws Exception {
    database = TestPostgres.createDatabase();
    handler = PostgresHandler.at(database.uri());
  }

  @AfterEach
  void drop() throws Exception {
    database.close();
  }

  @Test
  void readsTablesAsRecords() throws Exception {
    database.execute(
        "CREATE TABLE users (id bigint PRIMARY KEY, name text, score double precision, doc jsonb,"
            + " ok boolean, twice bigint GENERATED ALWAYS AS (id * 2) STORED)",
        "INSERT INTO users VALUES (1, E'A\"d\\\\a\\n', 1, '{\"a\": [1]}', true),"
            + " (2, NULL, 'NaN', 'null', NULL)",
        "CREATE TABLE empty (a int)");
    Map<String, List<String>> all = readAll(handler, request());
    assertThat(all.get("public.users"))
        .containsExactly(
            "{\"id\":1,\"name\":\"A\\\"d\\\\a\\n\",\"score\":1.0,\"doc\":{\"a\": [1]},\"ok\":true}",
            "{\"id\":2,\"name\":null,\"score\":{\"$numberDouble\":\"NaN\"},"
                + "\"doc\":{\"$json\":\"null\"},\"ok\":null}");
    assertThat(all.get("public.empty")).isEmpty();
  }

  @Test
  void saysWhatItReads() throws Exception {
    Instant before = Instant.now().minusSeconds(5);
    try (BackupSession session = handler.openBackup(request())) {
      assertThat(session.source().handler()).isEqualTo("postgres");
      assertThat(session.source().name()).isEqualTo(database.name());
      assertThat(session.source().server()).matches("\\d+(\\.\\d+|beta\\d|rc\\d)");
      assertThat(session.source().asOf()).isBetween(before, Instant.now().plusSeconds(5));
      assertThat(session.source().consistency()).isEqualTo(Consistency.SNAPSHOT);
      assertThat(session.collections()).isEmpty();
      session.finish();
    }
  }

  @Test
  void describesFieldsAndSequences() throws Exception {
    database.execute(
        "CREATE TABLE users (id bigserial PRIMARY KEY, doc jsonb)",
        "INSERT INTO users (doc) SELECT NULL FROM generate_series(1, 77)",
        "CREATE SEQUENCE \"Free One\" START 5",
        "CREATE TABLE audit (id int GENERATED ALWAYS AS IDENTITY)");
    try (BackupSession session =
        handler.openBackup(
            request(new CollectionFilter(List.of(), List.of("public.audit")), 1, 1 << 20))) {
      // Read again, since a number of a tree knows how it was made.
      JsonNode described = BackupReader.JSON.readTree(session.schema().toString());
      assertThat(described.path("postgres").path("ddl").has("before")).isTrue();
      ((ObjectNode) described.path("postgres")).remove("ddl");
      assertThat(described)
          .isEqualTo(
              BackupReader.JSON.readTree(
                  """
                  {"collections":{"public.users":{"fields":[
                    {"name":"id","type":"bigint","as":"integer"},
                    {"name":"doc","type":"jsonb","as":"json"}],"key":["id"]}},
                   "postgres":{"version":1,"encoding":"UTF8","sequences":[
                    {"schema":"public","name":"Free One","last_value":5,"is_called":false},
                    {"schema":"public","name":"users_id_seq","last_value":77,"is_called":true}],
                    "settings":{"owner":"postgres","parameters":[]}}}
                  """));
      PostgresSchema schema = PostgresSchema.read(session.schema());
      assertThat(schema.toJson()).isEqualTo(session.schema());
      assertThat(schema.collection("public.users").orElseThrow().key()).containsExactly("id");
    }
  }

  @Test
  void readsTablesAndColumnsOfAnyName() throws Exception {
    for (String name : SqlTest.AWKWARD) {
      database.execute(
          "CREATE TABLE %1$s (%1$s text)".formatted(Sql.quoteIdentifier(name)),
          "INSERT INTO %s VALUES (%s)"
              .formatted(Sql.quoteIdentifier(name), Sql.quoteLiteral(name)));
    }
    Map<String, List<String>> all = readAll(handler, request());
    assertThat(all).hasSameSizeAs(SqlTest.AWKWARD);
    for (List<String> records : all.values()) {
      JsonNode record = BackupReader.parse(records).get(0);
      String key = record.fieldNames().next();
      assertThat(key.startsWith("$$") ? key.substring(1) : key)
          .isEqualTo(record.elements().next().asText());
    }
  }

  @Test
  void readsTablesWithoutColumns() throws Exception {
    database.execute(
        "CREATE TABLE empty ()",
        "INSERT INTO empty DEFAULT VALUES",
        "INSERT INTO empty DEFAULT VALUES",
        "CREATE TABLE computed (a int GENERATED ALWAYS AS (1) STORED)",
        "INSERT INTO computed DEFAULT VALUES");
    assertThat(readAll(handler, request()))
        .containsEntry("public.empty", List.of("{}", "{}"))
        .containsEntry("public.computed", List.of("{}"));
  }

  @Test
  void readsEveryRowOfATreeOnce() throws Exception {
    database.execute(
        "CREATE TABLE parent (a int)",
        "CREATE TABLE child () INHERITS (parent)",
        "INSERT INTO parent SELECT generate_series(1, 1000)",
        "INSERT INTO child SELECT generate_series(1001, 2000)",
        "CREATE TABLE events (a int) PARTITION BY RANGE (a)",
        "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE events_2 PARTITION OF events DEFAULT",
        "INSERT INTO events SELECT generate_series(1, 20)");
    // Small splits, so that the parent is read by ranges too.
    Map<String, List<String>> all = readAll(handler, request(CollectionFilter.ALL, 2, 8192));
    assertThat(all.get("public.parent")).hasSize(1000);
    assertThat(all.get("public.child")).hasSize(1000);
    assertThat(all.get("public.events_1")).hasSize(9);
    assertThat(all.get("public.events_2")).hasSize(11);
  }

  @Test
  void readsOnlyTheRowsThatAnExtensionMarks() throws Exception {
    database.execute(
        "CREATE EXTENSION hstore",
        "CREATE TABLE config (a int)",
        "INSERT INTO config SELECT generate_series(1, 10)",
        "ALTER EXTENSION hstore ADD TABLE config",
        "UPDATE pg_extension SET extconfig = ARRAY['config'::regclass::oid], extcondition ="
            + " ARRAY['WHERE a > 8'] WHERE extname = 'hstore'");
    assertThat(readAll(handler, request()).get("public.config"))
        .containsExactly("{\"a\":9}", "{\"a\":10}");
  }

  @Test
  void splitsBigTablesOnly() throws Exception {
    database.execute(
        "CREATE TABLE big (a int, b text)",
        "INSERT INTO big SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i",
        "CREATE TABLE toasted (a int, b text)",
        "ALTER TABLE toasted ALTER b SET STORAGE EXTERNAL",
        "INSERT INTO toasted SELECT i, repeat('x', 20000) FROM generate_series(1, 300) i",
        "CREATE TABLE small (a int)",
        "INSERT INTO small SELECT generate_series(1, 100)");
    int version = version();
    assertThat(splitCounts(2, 200_000).get("public.big"))
        .isGreaterThan(version >= 14 ? 10 : 0)
        .isLessThan(30);
    // Its heap is small: the TOAST counts, and no range is thinner than a page.
    assertThat(splitCounts(2, 200_000).get("public.toasted")).isBetween(version >= 14 ? 2 : 1, 40);
    assertThat(splitCounts(2, 200_000)).containsEntry("public.small", 1);
    assertThat(splitCounts(1, 200_000)).containsEntry("public.big", 1);
  }

  private Map<String, Integer> splitCounts(int parallelism, long splitBytes) {
    try (BackupSession session =
        handler.openBackup(request(CollectionFilter.ALL, parallelism, splitBytes))) {
      Map<String, Integer> counts = new HashMap<>();
      for (CollectionInfo collection : session.collections()) {
        counts.put(collection.name(), session.splits(collection).size());
      }
      return counts;
    }
  }

  @Test
  void readsEachRowOfTheSnapshotOnceWhileOthersWrite() throws Exception {
    database.execute(
        "CREATE TABLE busy (id int PRIMARY KEY, filler text)",
        "INSERT INTO busy SELECT i, repeat('x', 200) FROM generate_series(1, 20000) i",
        "DELETE FROM busy WHERE id % 7 = 0");
    Set<Integer> expected = new TreeSet<>();
    database.query("SELECT id FROM busy").forEach(id -> expected.add(Integer.valueOf(id)));
    BackupRequest request = request(CollectionFilter.ALL, 4, 100_000);
    AtomicBoolean stop = new AtomicBoolean();
    try (BackupSession session = handler.openBackup(request)) {
      Thread writer = new Thread(() -> churn(stop));
      writer.start();
      List<Integer> seen = new ArrayList<>();
      List<Split> splits = session.splits(session.collections().get(0));
      assertThat(splits.size()).isGreaterThan(version() >= 14 ? 20 : 0);
      for (Split split : splits) {
        // A reader of its own for each, as other machines would have.
        try (SplitReader reader = handler.openReader(request)) {
          for (JsonNode record : BackupReader.parse(BackupReader.read(reader, split))) {
            seen.add(record.get("id").asInt());
          }
        }
      }
      session.finish();
      stop.set(true);
      writer.join();
      assertThat(seen).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  private void churn(AtomicBoolean stop) {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      for (int i = 0; !stop.get(); i++) {
        statement.execute("UPDATE busy SET filler = 'y' WHERE id % 50 = " + i % 50);
        statement.execute("DELETE FROM busy WHERE id % 50 = " + (i + 25) % 50);
        statement.execute(
            "INSERT INTO busy SELECT i, 'z' FROM generate_series(%d, %d) i"
                .formatted(100_000 + 100 * i, 100_099 + 100 * i));
        statement.execute("VACUUM busy");
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void namesEveryTableThatTheRoleMayNotRead() throws Exception {
    database.execute(
        "CREATE SCHEMA shut",
        "CREATE TABLE open (a int)",
        "CREATE TABLE closed (a int)",
        "CREATE TABLE shut.within (a int)",
        "CREATE TABLE secured (a int)",
        "ALTER TABLE secured ENABLE ROW LEVEL SECURITY",
        "CREATE SEQUENCE numbers");
    withRole(
        (role, source) -> {
          database.execute(
              "GRANT SELECT ON open, secured TO " + role, "GRANT SELECT ON shut.within TO " + role);
          HandlerException error =
              catchThrowableOfType(
                  HandlerException.class,
                  () -> PostgresHandler.of(source).openBackup(request()).close());
          assertThat(error.kind()).isEqualTo(HandlerException.Kind.PERMISSION_DENIED);
          assertThat(error)
              .hasMessageContaining(role)
              .hasMessageContaining("public.closed, shut.within")
              .hasMessageContaining("Row-level security may hide rows from it: public.secured")
              .hasMessageContaining("public.numbers");
          assertThat(error.getMessage()).doesNotContain("public.open");

          database.execute(
              "GRANT SELECT ON closed, numbers TO " + role,
              "GRANT USAGE ON SCHEMA shut TO " + role,
              "ALTER TABLE secured OWNER TO " + role);
          PostgresHandler.of(source).openBackup(request()).close();
        });
  }

  @Test
  void readsForTheOwnerUnlessRowSecurityIsForced() throws Exception {
    database.execute("CREATE TABLE secured (a int)", "INSERT INTO secured VALUES (1)");
    withRole(
        (role, source) -> {
          database.execute(
              "ALTER TABLE secured OWNER TO " + role,
              "ALTER TABLE secured ENABLE ROW LEVEL SECURITY");
          assertThat(readAll(PostgresHandler.of(source), request()).get("public.secured"))
              .hasSize(1);
          database.execute("ALTER TABLE secured FORCE ROW LEVEL SECURITY");
          assertThatThrownBy(() -> PostgresHandler.of(source).openBackup(request()))
              .hasMessageContaining("public.secured");
        });
  }

  @Test
  void refusesAFilterThatMatchesNothing() throws Exception {
    database.execute("CREATE TABLE users (a int)");
    assertThatThrownBy(
            () -> handler.openBackup(request(only("public.users", "public.usres"), 1, 1)))
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("public.usres");
    assertThatThrownBy(
            () -> handler.openBackup(request(new CollectionFilter(List.of(), List.of("*")), 1, 1)))
        .hasMessageContaining("leaves nothing");
  }

  @Test
  void listsForeignTablesWhereThatIsAllowed() throws Exception {
    database.execute(
        "CREATE FOREIGN DATA WRAPPER nothing",
        "CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing",
        "CREATE FOREIGN TABLE far (a int) SERVER nowhere");
    try (BackupSession session = handler.openBackup(request())) {
      assertThat(session.notCaptured()).isEmpty();
    }
    BackupRequest allowing =
        new BackupRequest(CollectionFilter.ALL, true, 1, 1 << 20, Retry.none());
    try (BackupSession session = handler.openBackup(allowing)) {
      assertThat(session.notCaptured())
          .extracting(NotCaptured::object)
          .containsExactly("foreign table public.far");
    }
  }

  @Test
  void namesTheTableThatIsLockedByAnother() throws Exception {
    database.execute("CREATE TABLE migrating (a int)", "CREATE TABLE other (a int)");
    PostgresHandler impatient =
        PostgresHandler.builder(database.dataSource()).lockTimeout(Duration.ofMillis(300)).build();
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("LOCK TABLE migrating IN ACCESS EXCLUSIVE MODE");
      assertThatThrownBy(() -> impatient.openBackup(request()))
          .isInstanceOf(HandlerException.class)
          .matches(e -> ((HandlerException) e).retryable())
          .hasMessageContaining("public.migrating (by process ")
          .hasMessageContaining("lockTimeout");
      // Tables that are filtered out are not waited for.
      impatient.openBackup(request(only("public.other"), 1, 1)).close();
    }
  }

  @Test
  void doesNotWaitForEverBehindAMigrationThatWaitsForTheSession() throws Exception {
    database.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)");
    PostgresHandler impatient =
        PostgresHandler.builder(database.dataSource()).lockTimeout(Duration.ofMillis(300)).build();
    BackupSession session = impatient.openBackup(request());
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      Thread migration =
          new Thread(
              () -> {
                try {
                  statement.execute("TRUNCATE t");
                } catch (SQLException ignored) {
                  // The session is closed in the end, or the connection is.
                }
              });
      migration.start();
      awaitTrue("SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'");
      try (SplitReader reader = impatient.openReader(request())) {
        Split split = session.splits(session.collections().get(0)).get(0);
        assertThatThrownBy(() -> BackupReader.read(reader, split))
            .isInstanceOf(HandlerException.class)
            .hasMessageContaining("public.t")
            .hasMessageContaining("lockTimeout");
      }
      session.close();
      migration.join();
    }
  }

  @Test
  void noticesATableThatWasEmptiedBetweenSnapshotAndLock() throws Exception {
    database.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)");
    try (PinnedConnection connection = Connections.from(database.dataSource()).open()) {
      connection.beginReading(Optional.empty());
      Catalog catalog = Catalog.read(connection.jdbc(), CollectionFilter.ALL);
      database.execute("SET lock_timeout = '5s'", "TRUNCATE t", "INSERT INTO t VALUES (2)");
      assertThatThrownBy(
              () -> TableLocks.acquire(connection, catalog.tables(), Duration.ofSeconds(5)))
          .isInstanceOf(HandlerException.class)
          .matches(e -> ((HandlerException) e).kind() == HandlerException.Kind.SNAPSHOT_LOST)
          .hasMessageContaining("public.t");
    }
  }

  @Test
  void explainsASnapshotThatIsNotToBeHad() throws Exception {
    database.execute("CREATE TABLE t (a int)");
    Split split;
    try (BackupSession session = handler.openBackup(request())) {
      split = session.splits(session.collections().get(0)).get(0);
    }
    try (SplitReader reader = handler.openReader(request())) {
      assertThatThrownBy(() -> reader.open(split))
          .isInstanceOf(HandlerException.class)
          .matches(e -> ((HandlerException) e).kind() == HandlerException.Kind.SNAPSHOT_LOST)
          .hasMessageContaining("pooler");
    }
  }

  @Test
  void noticesThatTheExportingConnectionWasLost() throws Exception {
    BackupSession session = handler.openBackup(request());
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            + " AND state = 'idle in transaction'");
    assertThatThrownBy(session::finish)
        .isInstanceOf(HandlerException.class)
        .matches(e -> ((HandlerException) e).kind() == HandlerException.Kind.SNAPSHOT_LOST);
    session.close();
    session.close();
  }

  @Test
  void doesNotDependOnWhatTheConnectionIsSetTo() throws Exception {
    database.execute(
        "CREATE TABLE t (a timestamptz, b interval, c bytea, d double precision, e money,"
            + " f regclass)",
        "INSERT INTO t VALUES ('2026-01-09 12:00:00+02', '1 day 2 hours', '\\x00ff', 0.1::float8 +"
            + " 0.2, 5, 't')");
    String name = database.name();
    for (String setting :
        List.of(
            "timezone = 'Asia/Tokyo'",
            "intervalstyle = 'sql_standard'",
            "bytea_output = 'escape'",
            "extra_float_digits = -15",
            "quote_all_identifiers = on",
            "default_transaction_read_only = on",
            "search_path = public")) {
      TestPostgres.maintenance("ALTER DATABASE " + name + " SET " + setting);
    }
    assertThat(readAll(handler, request()))
        .containsEntry(
            "public.t",
            List.of(
                "{\"a\":\"2026-01-09 10:00:00+00\",\"b\":\"1 day 02:00:00\",\"c\":\"\\\\x00ff\","
                    + "\"d\":0.30000000000000004,\"e\":\"$5.00\",\"f\":\"public.t\"}"));
  }

  /** Whatever the database limits, a backup's statements may take their time. */
  @Test
  void noTimeoutOfTheDatabaseEndsALongRead() throws Exception {
    List<String> timeouts =
        List.of("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout");
    for (String timeout : timeouts) {
      TestPostgres.maintenance(
          "ALTER DATABASE %s SET %s = '1min'".formatted(database.name(), timeout));
    }
    try (Connection connection = database.connect();
        PinnedConnection pinned = PinnedConnection.of(unclosable(connection))) {
      for (String timeout : timeouts) {
        assertThat(setting(connection, timeout)).as("before: %s", timeout).isEqualTo("1min");
      }
      connection.rollback();
      pinned.beginReading(Optional.empty());
      for (String timeout : timeouts) {
        assertThat(setting(connection, timeout)).as(timeout).isEqualTo("0");
      }
    }
  }

  private static String setting(Connection connection, String name) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW " + name)) {
      row.next();
      return row.getString(1);
    }
  }

  @Test
  void givesConnectionsOfADataSourceBackAsTheyWere() throws Exception {
    database.execute("CREATE TABLE t (a int)");
    try (Connection connection = database.connect()) {
      try (PinnedConnection pinned = PinnedConnection.of(unclosable(connection))) {
        pinned.beginReading(Optional.empty());
      }
      assertThat(connection.getAutoCommit()).isTrue();
      try (Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "SELECT current_setting('search_path'), current_setting('row_security'),"
                      + " current_setting('transaction_read_only')")) {
        row.next();
        assertThat(row.getString(1)).contains("public");
        assertThat(row.getString(2)).isEqualTo("on");
        assertThat(row.getString(3)).isEqualTo("off");
      }
    }
  }

  private static Connection unclosable(Connection connection) {
    return (Connection)
        Proxy.newProxyInstance(
            PostgresBackupSessionTest.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) ->
                method.getName().equals("close") ? null : method.invoke(connection, arguments));
  }

  private static String metadata(long oid, String grants, String comment) {
    return "{\"oid\":%d,\"owner\":\"postgres\",\"grants\":%s,\"comment\":%s,\"labels\":null}"
        .formatted(oid, grants, comment);
  }

  @Test
  void carriesLargeObjectsInPieces() throws Exception {
    database.execute(
        "SELECT lo_from_bytea(70001, decode(repeat('abcdef', 500000), 'hex'))",
        "SELECT lo_from_bytea(70002, '')",
        "GRANT SELECT ON LARGE OBJECT 70002 TO PUBLIC",
        "COMMENT ON LARGE OBJECT 70002 IS 'it''s \"empty\"'",
        "SELECT lo_from_bytea(70003, '\\x01')",
        // A gap, which reads as zeros.
        "SELECT lo_put(70003, 2500000, '\\x02')",
        "SELECT lo_from_bytea(70004, decode(repeat('00', 1048576), 'hex'))");
    Map<String, List<String>> all = readAll(handler, request(CollectionFilter.ALL, 2, 500_000));
    assertThat(all.get("pg_catalog.pg_largeobject_metadata"))
        .containsExactlyInAnyOrder(
            metadata(70001, "null", "null"),
            metadata(
                70002,
                "[{\"by\": \"postgres\", \"to\": \"postgres\", \"option\": false, \"privilege\":"
                    + " \"SELECT\"}, {\"by\": \"postgres\", \"to\": \"postgres\", \"option\":"
                    + " false, \"privilege\": \"UPDATE\"}, {\"by\": \"postgres\", \"to\": null,"
                    + " \"option\": false, \"privilege\": \"SELECT\"}]",
                "\"it's \\\"empty\\\"\""),
            metadata(70003, "null", "null"),
            metadata(70004, "null", "null"));
    Map<Long, byte[]> contents = new HashMap<>();
    contents.put(70002L, new byte[0]);
    for (JsonNode piece : BackupReader.parse(all.get("pg_catalog.pg_largeobject"))) {
      byte[] data = HexFormat.of().parseHex(piece.get("data").asText().substring(2));
      assertThat(data.length).isBetween(1, 1 << 20);
      int offset = piece.get("offset").asInt();
      contents.merge(
          piece.get("loid").asLong(), place(data, offset), PostgresBackupSessionTest::overlay);
    }
    for (Map.Entry<Long, byte[]> object : contents.entrySet()) {
      String expected =
          database.query("SELECT encode(lo_get(" + object.getKey() + "), 'hex')").get(0);
      assertThat(HexFormat.of().formatHex(object.getValue()).equals(expected))
          .as("large object " + object.getKey())
          .isTrue();
    }
    try (BackupSession session = handler.openBackup(request(CollectionFilter.ALL, 2, 10_000))) {
      assertThat(session.splits(session.collections().get(1)).size()).isGreaterThan(1);
    }
  }

  private static byte[] place(byte[] data, int offset) {
    byte[] placed = new byte[offset + data.length];
    System.arraycopy(data, 0, placed, offset, data.length);
    return placed;
  }

  private static byte[] overlay(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, Math.max(a.length, b.length));
    for (int i = 0; i < b.length; i++) {
      both[i] |= b[i];
    }
    return both;
  }

  @Test
  void namesLargeObjectsThatTheRoleMayNotRead() throws Exception {
    database.execute("SELECT lo_from_bytea(80001, '\\x01')", "SELECT lo_from_bytea(80002, '')");
    withRole(
        (role, source) -> {
          database.execute("GRANT SELECT ON LARGE OBJECT 80001 TO " + role);
          assertThatThrownBy(() -> PostgresHandler.of(source).openBackup(request()))
              .hasMessageContaining("80002")
              .hasMessageNotContainingAny("80001");
          database.execute("GRANT SELECT ON LARGE OBJECT 80002 TO PUBLIC");
          assertThat(
                  readAll(PostgresHandler.of(source), request()).get("pg_catalog.pg_largeobject"))
              .containsExactly("{\"loid\":80001,\"offset\":0,\"data\":\"\\\\x01\"}");
        });
  }

  @Test
  void refusesBytesThatAreNotTextInASqlAsciiDatabase() throws Exception {
    try (TestPostgres.Database ascii =
        TestPostgres.createDatabase(
            "TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")) {
      ascii.execute("CREATE TABLE t (a text)", "INSERT INTO t VALUES ('Grüße')");
      PostgresHandler ofAscii = PostgresHandler.of(ascii.dataSource());
      assertThat(readAll(ofAscii, request()).get("public.t")).containsExactly("{\"a\":\"Grüße\"}");
      ascii.execute("INSERT INTO t VALUES (convert_from('\\x67ff', 'SQL_ASCII'))");
      assertThatThrownBy(() -> readAll(ofAscii, request()))
          .isInstanceOf(HandlerException.class)
          .matches(e -> ((HandlerException) e).kind() == HandlerException.Kind.UNSUPPORTED)
          .hasMessageContaining("public.t")
          .hasMessageContaining("after 1 record")
          .hasMessageContaining("SQL_ASCII");
    }
  }

  @Test
  void convertsFromOtherEncodings() throws Exception {
    try (TestPostgres.Database latin =
        TestPostgres.createDatabase(
            "TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")) {
      latin.execute("CREATE TABLE größe (a text)", "INSERT INTO größe VALUES ('Grüße')");
      assertThat(readAll(PostgresHandler.of(latin.dataSource()), request()))
          .containsEntry("public.\"größe\"", List.of("{\"a\":\"Grüße\"}"));
    }
  }

  @Test
  void stopsWhenInterrupted() throws Exception {
    database.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS a");
    try (BackupSession session = handler.openBackup(request());
        SplitReader reader = handler.openReader(request())) {
      reader.open(session.splits(session.collections().get(0)).get(0));
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> reader.read(new RecordBuffer(1 << 20, 1 << 20)))
          .isInstanceOf(CancelledException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void abortsAReadThatWaitsWhenClosedByAnotherThread() throws Exception {
    database.execute("CREATE TABLE t (a int)");
    PostgresHandler patient =
        PostgresHandler.builder(Location.parse(database.uri()), ProviderContext.system())
            .lockTimeout(Duration.ZERO)
            .build();
    BackupSession session = patient.openBackup(request());
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      Split split = session.splits(session.collections().get(0)).get(0);
      Thread migration =
          new Thread(
              () -> {
                try {
                  statement.execute("TRUNCATE t");
                } catch (SQLException ignored) {
                  // Ends with the session.
                }
              });
      migration.start();
      awaitTrue("SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'");
      SplitReader reader = patient.openReader(request());
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      CountDownLatch ended = new CountDownLatch(1);
      new Thread(
              () -> {
                try {
                  BackupReader.read(reader, split);
                } catch (RuntimeException e) {
                  thrown.set(e);
                }
                ended.countDown();
              })
          .start();
      awaitTrue("SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessShareLock'");
      reader.close();
      assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(thrown.get()).isInstanceOf(HandlerException.class).hasMessageContaining("closed");
      reader.close();
      session.close();
      migration.join();
    }
  }

  @Test
  void keepsFewLocksHoweverManyTablesThereAre() throws Exception {
    StringBuilder tables = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      tables.append("CREATE TABLE t").append(i).append(" (id serial);");
    }
    database.execute(tables.toString());
    BackupRequest request = request();
    try (BackupSession session = handler.openBackup(request);
        SplitReader reader = handler.openReader(request)) {
      for (CollectionInfo collection : session.collections()) {
        BackupReader.read(reader, session.splits(collection).get(0));
      }
      long locks =
          Long.parseLong(
              database
                  .query(
                      "SELECT count(*) FROM pg_locks WHERE relation IS NOT NULL AND database ="
                          + " (SELECT oid FROM pg_database WHERE datname = current_database())")
                  .get(0));
      // The session's 300, the reader's last 50, and those of system tables; no sequences.
      assertThat(locks).isBetween(300L, 400L);
      session.finish();
    }
  }

  @Test
  void leavesNoConnectionBehind() throws Exception {
    database.execute("CREATE TABLE t AS SELECT generate_series(1, 100000) AS a");
    try (BackupSession session = handler.openBackup(request());
        SplitReader reader = handler.openReader(request())) {
      reader.open(session.splits(session.collections().get(0)).get(0));
      reader.read(new RecordBuffer(1000, 1 << 20)); // and not to its end
    }
    awaitTrue(
        "SELECT 1 WHERE (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            + " AND pid <> pg_backend_pid()) = 0");
  }

  @Test
  void readsTheSameThroughADataSource() throws Exception {
    database.execute(
        "CREATE TABLE t AS SELECT i AS a, repeat('x', i * 7 % 300) AS b"
            + " FROM generate_series(1, 10000) AS i");
    assertThat(readAll(PostgresHandler.of(database.dataSource()), request()))
        .isEqualTo(readAll(handler, request()));
  }

  @Test
  void connectsByUri() throws Exception {
    database.execute("CREATE TABLE t (a int)");
    PostgresHandler byUri = PostgresHandler.at(database.uri());
    assertThat(readAll(byUri, request())).containsOnlyKeys("public.t");
    assertThatThrownBy(() -> PostgresHandler.at(database.uri() + "x").openBackup(request()))
        .isInstanceOf(HandlerException.class)
        .matches(e -> ((HandlerException) e).kind() == HandlerException.Kind.NOT_FOUND);
    assertThatThrownBy(() -> PostgresHandler.at("postgresql://localhost:1/x").openBackup(request()))
        .isInstanceOf(HandlerException.class)
        .matches(e -> ((HandlerException) e).kind() == HandlerException.Kind.UNREACHABLE);
  }

  private interface RoleTest {
    void run(String role, DataSource source) throws Exception;
  }

  private void withRole(RoleTest test) throws Exception {
    String role = "role_" + database.name();
    TestPostgres.maintenance("CREATE ROLE " + role + " LOGIN PASSWORD 'pw'");
    try {
      test.run(role, database.dataSource(role, "pw"));
    } finally {
      database.execute("REASSIGN OWNED BY " + role + " TO postgres", "DROP OWNED BY " + role);
      TestPostgres.maintenance("DROP ROLE " + role);
    }
  }

  private void awaitTrue(String query) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (database.query(query).isEmpty()) {
      assertThat(System.nanoTime()).as(query).isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  private int version() throws Exception {
    return Integer.parseInt(database.query("SHOW server_version_num").get(0)) / 10_000;
  }
}
