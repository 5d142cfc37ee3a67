package io.holdfast.postgres;

import static io.holdfast.postgres.RestoreFixture.fingerprint;
import static io.holdfast.postgres.RestoreFixture.request;
import static io.holdfast.postgres.RestoreFixture.restore;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.CancelledException;
import io.holdfast.RestoreMode;
import io.holdfast.format.FormatException;
import io.holdfast.postgres.RestoreFixture.Backup;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.Retry;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a restore promises beside the values: checks, order, undoing, and what it leaves behind. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RestoreSessionTest {
  private static final String SHOP =
      """
      CREATE TABLE people (id int PRIMARY KEY, boss int REFERENCES people, best_order int, name text);
      CREATE TABLE orders (id int PRIMARY KEY, person int NOT NULL REFERENCES people ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED, total numeric(8,2));
      ALTER TABLE people ADD CONSTRAINT "best ""one"" key" FOREIGN KEY (best_order) REFERENCES orders;
      COMMENT ON CONSTRAINT "best ""one"" key" ON people IS 'it''s \\ a comment';
      CREATE TABLE old (id int);
      ALTER TABLE old ADD CONSTRAINT unchecked FOREIGN KEY (id) REFERENCES people NOT VALID;
      CREATE TABLE counters (id int GENERATED ALWAYS AS IDENTITY, t text DEFAULT 'x', twice int GENERATED ALWAYS AS (id * 2) STORED);
      CREATE SEQUENCE free INCREMENT BY -3 MINVALUE -1000 MAXVALUE 5 START 5;
      """;

  private static final String SHOP_ROWS =
      """
      INSERT INTO people SELECT i, 31 - i, NULL, 'p' || i FROM generate_series(1, 30) i;
      INSERT INTO orders SELECT i, i, i / 3.0 FROM generate_series(1, 30) i;
      UPDATE people SET best_order = 31 - id;
      INSERT INTO counters (t) SELECT 'c' FROM generate_series(1, 9);
      SELECT nextval('free'), nextval('free');
      """;

  private static final String TRIGGERS =
      """
      CREATE TABLE fired (what text);
      CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $f$
        BEGIN INSERT INTO public.fired VALUES (tg_name); RETURN new; END $f$;
      CREATE TRIGGER origin BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note();
      CREATE TRIGGER "al ways" AFTER INSERT OR TRUNCATE ON orders FOR EACH STATEMENT EXECUTE FUNCTION note();
      CREATE TRIGGER replica BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note();
      CREATE TRIGGER off BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note();
      CREATE CONSTRAINT TRIGGER late AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION note();
      ALTER TABLE orders ENABLE ALWAYS TRIGGER "al ways", ENABLE REPLICA TRIGGER replica, DISABLE TRIGGER off;
      """;

  private Database source;
  private Database target;

  @BeforeEach
  void createDatabases() throws SQLException {
    source = TestPostgres.createDatabase();
    target = TestPostgres.createDatabase();
  }

  @AfterEach
  void dropDatabases() throws SQLException {
    source.close();
    target.close();
  }

  private Backup shop() throws SQLException {
    source.execute(SHOP, SHOP_ROWS);
    return RestoreFixture.read(source);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cyclesOfForeignKeysAndTheirDetailsSurvive(boolean atomic) throws Exception {
    Backup backup = shop();
    target.execute(SHOP);
    assertThat(restore(backup, target, RestoreMode.INTO_EMPTY, atomic))
        .containsEntry("public.people", 30L);
    assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
  }

  @Test
  void aViolatedForeignKeyIsFoundBeforeTheCommit() throws Exception {
    Backup backup = shop();
    target.execute(SHOP);
    Map<String, String> before = fingerprint(target);
    Backup broken =
        backup.with("public.orders", backup.records().get("public.orders").subList(0, 29));
    HandlerException error =
        catchThrowableOfType(
            HandlerException.class, () -> restore(broken, target, RestoreMode.INTO_EMPTY, true));
    assertThat(error.kind()).isEqualTo(Kind.CONSTRAINT);
    assertThat(error.collection()).contains("public.people");
    assertThat(error)
        .hasMessageContaining("best \"\"one\"\"")
        .hasMessageContaining("left as it was");
    assertThat(fingerprint(target)).isEqualTo(before);
  }

  @Test
  void withoutAtomicityAViolationLeavesTheForeignKeysUnchecked() throws Exception {
    Backup backup = shop();
    target.execute(SHOP);
    Backup broken =
        backup.with("public.orders", backup.records().get("public.orders").subList(0, 29));
    assertThatThrownBy(() -> restore(broken, target, RestoreMode.INTO_EMPTY, false))
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("not atomic");
    assertThat(target.query("SELECT count(*) FROM pg_constraint WHERE contype = 'f'"))
        .containsExactly("4");
    assertThat(target.query("SELECT count(*) FROM people")).containsExactly("30");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void triggersDoNotFireAndGetTheirStatesBack(boolean atomic) throws Exception {
    Backup backup = shop();
    target.execute(SHOP, TRIGGERS);
    Map<String, String> before = fingerprint(target);
    for (RestoreMode mode : RestoreMode.values()) {
      if (mode == RestoreMode.MERGE) {
        target.execute(
            "ALTER TABLE old ADD PRIMARY KEY (id)", "ALTER TABLE counters ADD PRIMARY KEY (id)");
        restore(backup.with("public.old", List.of()), target, mode, atomic);
      } else {
        restore(backup, target, mode, atomic);
      }
      assertThat(target.query("SELECT count(*) FROM fired")).containsExactly("0");
      assertThat(target.query("SELECT count(*) FROM orders")).containsExactly("30");
      assertThat(fingerprint(target).get("triggers")).isEqualTo(before.get("triggers"));
    }
  }

  @Test
  void partitionsAreLoadedAndTheForeignKeysOfTheirParentComeBack() throws Exception {
    String ddl =
        """
        CREATE TABLE people (id int PRIMARY KEY);
        CREATE TABLE events (id int, at date, person int REFERENCES people, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
        CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2021-01-01') TO ('2022-01-01') PARTITION BY LIST (id);
        CREATE TABLE events_2a PARTITION OF events_2 DEFAULT;
        CREATE TABLE refers (id int, at date, FOREIGN KEY (id, at) REFERENCES events);
        CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''fired''; END';
        """;
    source.execute(
        ddl,
        "INSERT INTO people VALUES (1), (2)",
        "INSERT INTO events VALUES (1, '2020-05-05', 1), (2, '2021-05-05', 2)",
        "INSERT INTO refers VALUES (2, '2021-05-05')");
    target.execute(
        ddl, "CREATE TRIGGER t BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION stop()");
    String triggers = fingerprint(target).get("triggers");
    restore(RestoreFixture.read(source), target, RestoreMode.INTO_EMPTY, true);
    assertThat(fingerprint(target).get("triggers")).isEqualTo(triggers);
    target.execute("DROP TRIGGER t ON events");
    assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void replaceMakesTheTargetTheBackup(boolean atomic) throws Exception {
    Backup backup = shop();
    target.execute(
        SHOP,
        SHOP_ROWS,
        "UPDATE people SET name = 'other'",
        "UPDATE orders SET total = 0",
        "INSERT INTO counters (t) VALUES ('more')");
    target.execute(
        "CREATE TABLE outside (person int REFERENCES people)", "INSERT INTO outside VALUES (7)");
    restore(backup, target, RestoreMode.REPLACE, atomic);
    assertThat(target.query("SELECT person FROM outside")).containsExactly("7");
    target.execute("DROP TABLE outside");
    assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
  }

  @Test
  void replaceRefusesToOrphanRowsOutsideOfTheBackup() throws Exception {
    Backup backup = shop();
    target.execute(
        SHOP,
        "CREATE TABLE outside (person int REFERENCES people)",
        "INSERT INTO people VALUES (77)",
        "INSERT INTO outside VALUES (77)");
    Map<String, String> before = fingerprint(target);
    assertThatThrownBy(() -> restore(backup, target, RestoreMode.REPLACE, true))
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("public.outside");
    assertThat(fingerprint(target)).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void mergeReplacesByKeyAndRemovesNothing(boolean atomic) throws Exception {
    String ddl =
        "CREATE TABLE t (a int, b text, v text, id int GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (id, a));"
            + " CREATE TABLE keys (k text PRIMARY KEY);";
    source.execute(
        ddl,
        "INSERT INTO t (a, b, v) VALUES (1, 'x', 'new'), (2, 'y', 'new')",
        "INSERT INTO keys VALUES ('a'), ('b')");
    target.execute(
        ddl,
        "ALTER TABLE t ADD COLUMN extra int DEFAULT 5",
        "INSERT INTO t (a, b, v, extra) VALUES (1, 'x', 'old', 9), (5, 'z', 'old', 9), (6, 'q', 'old', 9)",
        "INSERT INTO keys VALUES ('b'), ('c')");
    Map<String, Long> rows =
        restore(RestoreFixture.read(source), target, RestoreMode.MERGE, atomic);
    assertThat(rows).containsEntry("public.t", 2L).containsEntry("public.keys", 2L);
    assertThat(target.query("SELECT concat_ws(' ', id, a, v, extra) FROM t ORDER BY id, a"))
        .containsExactly("1 1 new 9", "2 2 new 5", "2 5 old 9", "3 6 old 9");
    assertThat(target.query("SELECT k FROM keys ORDER BY k")).containsExactly("a", "b", "c");
    // The target's sequence is ahead of the backup's and must not fall back.
    assertThat(target.query("SELECT last_value FROM t_id_seq")).containsExactly("3");
  }

  @Test
  void sequencesStandExactlyWhereTheyStoodAndARollbackUndoesThat() throws Exception {
    Backup backup = shop();
    target.execute(SHOP, "SELECT nextval('free')");
    Map<String, String> before = fingerprint(target);
    try (RestoreSession session =
        RestoreFixture.open(target, request(backup, RestoreMode.INTO_EMPTY, true))) {
      session.prepare();
      session.begin();
      // Half of the rows violate a foreign key, which is looked at after the sequences were set.
      RestoreFixture.write(session, "public.people", backup.records().get("public.people"));
      session.recordsWritten();
      assertThatThrownBy(session::finish).isInstanceOf(HandlerException.class);
    }
    assertThat(fingerprint(target)).isEqualTo(before);
    restore(backup, target, RestoreMode.INTO_EMPTY, true);
    assertThat(fingerprint(target))
        .isEqualTo(fingerprint(source))
        .containsEntry("public.free", "2 true");
  }

  @Test
  void aSettledSequenceIsUndoneByRollback() throws Exception {
    target.execute("CREATE SEQUENCE s", "SELECT setval('s', 5)");
    try (PinnedConnection connection = Connections.from(target.dataSource()).open()) {
      connection.beginLoading();
      new SequenceRestore(
              List.of(
                  new SequenceRestore.Step(
                      new PostgresSchema.SequenceState("public", "s", 77, false), 1, true, true)),
              List.of(),
              List.of())
          .apply(connection, false);
    }
    assertThat(target.query("SELECT last_value || ' ' || is_called FROM s"))
        .containsExactly("5 true");
  }

  @Test
  void everyProblemIsReportedAtOnceAndNothingIsChanged() throws Exception {
    source.execute(
        "CREATE TABLE gone (a int)",
        "CREATE TABLE t (same int, gone text, other_type int, stored int, x varchar(5))",
        "CREATE TABLE full_one (a int)",
        "CREATE SEQUENCE missing");
    target.execute(
        "CREATE TABLE t (same int, other_type bigint, stored int GENERATED ALWAYS AS (1) STORED, more int, x varchar(6))",
        "CREATE TABLE full_one (a int)",
        "INSERT INTO full_one VALUES (1)");
    Backup backup = RestoreFixture.read(source);
    Map<String, String> before = fingerprint(target);
    try (RestoreSession session =
        RestoreFixture.open(target, request(backup, RestoreMode.INTO_EMPTY, true))) {
      assertThatThrownBy(session::prepare)
          .isInstanceOfSatisfying(
              HandlerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MISMATCH))
          .hasMessageContaining("nothing was changed")
          .hasMessageContaining("Table public.gone is missing in the target.")
          .hasMessageContaining("Column \"gone\" of public.t is missing in the target.")
          .hasMessageContaining(
              "Column \"other_type\" of public.t has type integer in the backup, bigint here.")
          .hasMessageContaining(
              "Column \"x\" of public.t has type character varying(5) in the backup, character varying(6) here.")
          .hasMessageContaining("Column \"stored\" of public.t is generated")
          .hasMessageContaining("Column \"more\" of public.t is missing in the backup.")
          .hasMessageContaining("Table public.full_one holds rows.")
          .hasMessageContaining("Sequence \"public\".\"missing\" of the backup is missing");
    }
    assertThat(fingerprint(target)).isEqualTo(before);
  }

  @Test
  void aTargetThatHoldsRowsIsRefusedAlsoWhenTheyCameAfterTheChecks() throws Exception {
    Backup backup = shop();
    target.execute(SHOP);
    try (RestoreSession session =
        RestoreFixture.open(target, request(backup, RestoreMode.INTO_EMPTY, true))) {
      session.prepare();
      target.execute("INSERT INTO people VALUES (1)");
      assertThatThrownBy(session::begin)
          .isInstanceOfSatisfying(
              HandlerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_EMPTY));
    }
    assertThat(target.query("SELECT count(*) FROM people")).containsExactly("1");
  }

  @Test
  void mergeNeedsPrimaryKeys() throws Exception {
    Backup backup = shop();
    target.execute(SHOP);
    assertThatThrownBy(() -> restore(backup, target, RestoreMode.MERGE, true))
        .hasMessageContaining("public.old has no primary key")
        .hasMessageContaining("public.counters has no primary key");
  }

  @Test
  void missingRightsAreNamed() throws Exception {
    Backup backup = shop();
    String role = "clerk_" + target.name();
    target.execute(
        SHOP,
        "CREATE ROLE " + role + " LOGIN",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role,
        "GRANT INSERT ON people TO " + role,
        "ALTER TABLE counters ENABLE ROW LEVEL SECURITY",
        TRIGGERS);
    RestoreRequest asked = request(backup, RestoreMode.REPLACE, true);
    try (RestoreSession session =
        PostgresRestoreSession.open(
            Connections.from(target.dataSource(role, "")), asked, RestoreSettings.DEFAULT)) {
      assertThatThrownBy(session::prepare)
          .isInstanceOfSatisfying(
              HandlerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PERMISSION_DENIED))
          .hasMessageContaining("The role lacks INSERT on table public.orders.")
          .hasMessageContaining("The role lacks TRUNCATE or DELETE on table public.people.")
          .hasMessageContaining("public.counters has row-level security")
          .hasMessageContaining("Trigger \"al ways\" of public.orders")
          .hasMessageContaining("Foreign key \"people_boss_fkey\" of public.people")
          .hasMessageContaining("may not set sequence");
    } finally {
      target.execute("DROP OWNED BY " + role, "DROP ROLE " + role);
    }
  }

  @Test
  void aRoleThatMayInsertIsEnoughForTablesWithoutKeysAndTriggers() throws Exception {
    source.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (2)");
    String role = "writer_" + target.name();
    target.execute(
        "CREATE TABLE t (a int)",
        "CREATE ROLE " + role + " LOGIN",
        "GRANT SELECT, INSERT ON t TO " + role);
    Backup backup = RestoreFixture.read(source);
    restore(
        backup,
        PostgresRestoreSession.open(
            Connections.from(target.dataSource(role, "")),
            request(backup, RestoreMode.INTO_EMPTY, true),
            RestoreSettings.DEFAULT));
    assertThat(target.query("SELECT a FROM t ORDER BY a")).containsExactly("1", "2");
    target.execute("DROP OWNED BY " + role, "DROP ROLE " + role);
  }

  @Test
  void aFilteredRestoreTouchesNothingElse() throws Exception {
    Backup backup = shop();
    target.execute(SHOP, "INSERT INTO people VALUES (1, NULL, NULL, 'kept')");
    Backup part =
        new Backup(
            backup.header(), Map.of("public.counters", backup.records().get("public.counters")));
    CollectionFilter filter = new CollectionFilter(List.of("public.counters"), List.of());
    restore(part, RestoreFixture.open(target, request(part, RestoreMode.INTO_EMPTY, true, filter)));
    assertThat(target.query("SELECT count(*) FROM counters")).containsExactly("9");
    assertThat(target.query("SELECT last_value FROM counters_id_seq")).containsExactly("9");
    assertThat(target.query("SELECT last_value FROM free")).containsExactly("5");
    assertThat(target.query("SELECT name FROM people")).containsExactly("kept");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void manyThreadsMayWrite(boolean atomic) throws Exception {
    source.execute(
        "CREATE TABLE a (id int PRIMARY KEY, t text)",
        "CREATE TABLE b (id int PRIMARY KEY, t text)",
        "INSERT INTO a SELECT i, repeat('x', i % 100) FROM generate_series(1, 20000) i",
        "INSERT INTO b SELECT i, repeat('y', i % 100) FROM generate_series(1, 20000) i");
    target.execute(
        "CREATE TABLE a (id int PRIMARY KEY, t text)",
        "CREATE TABLE b (id int PRIMARY KEY, t text)");
    Backup backup = RestoreFixture.read(source);
    ExecutorService threads = Executors.newFixedThreadPool(6);
    try (RestoreSession session =
        RestoreFixture.open(target, request(backup, RestoreMode.INTO_EMPTY, atomic))) {
      session.prepare();
      session.begin();
      for (String collection : List.of("public.a", "public.b")) {
        List<String> records = backup.records().get(collection);
        List<Future<?>> writes = new java.util.ArrayList<>();
        for (int from = 0; from < records.size(); from += 500) {
          List<String> part = records.subList(from, from + 500);
          writes.add(threads.submit(() -> session.write(collection, RecordBatch.of(part))));
        }
        for (Future<?> write : writes) {
          write.get();
        }
      }
      assertThat(session.recordsWritten()).isEqualTo(backup.counts());
      session.finish();
    } finally {
      threads.shutdownNow();
    }
    assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
    assertThat(
            target.query(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in%'"))
        .containsExactly("0");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void closingWithoutFinishUndoes(boolean recordsAskedFor) throws Exception {
    Backup backup = shop();
    target.execute(SHOP, SHOP_ROWS, TRIGGERS);
    Map<String, String> before = fingerprint(target);
    RestoreSession session =
        RestoreFixture.open(target, request(backup, RestoreMode.REPLACE, true));
    session.prepare();
    session.begin();
    RestoreFixture.writeAll(backup, session);
    if (recordsAskedFor) {
      session.recordsWritten();
    }
    session.close();
    session.close();
    assertThat(fingerprint(target)).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aWriteThatWaitsIsAbortedByClose(boolean atomic) throws Exception {
    // COPY into a table waits while another session holds the row's unique key.
    String ddl = "CREATE TABLE t (id int PRIMARY KEY, t text)";
    source.execute(
        ddl, "INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 20000) i");
    Backup backup = RestoreFixture.read(source);
    target.execute(
        ddl,
        "CREATE FUNCTION slow(int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN true; END'",
        "ALTER TABLE t ADD CHECK (slow(id))");
    RestoreSession session =
        RestoreFixture.open(target, request(backup, RestoreMode.INTO_EMPTY, atomic));
    session.prepare();
    session.begin();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<?> write =
          thread.submit(
              () -> {
                session.write("public.t", RecordBatch.of(backup.records().get("public.t")));
                session.recordsWritten();
              });
      Thread.sleep(500);
      long start = System.nanoTime();
      session.close();
      assertThatThrownBy(() -> write.get(20, TimeUnit.SECONDS)).hasMessageContaining("closed");
      assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)).isLessThan(20);
    } finally {
      thread.shutdownNow();
      session.close();
    }
    target.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    assertThat(target.query("SELECT count(*) FROM t")).containsExactly("0");
  }

  @Test
  void anInterruptedThreadStops() throws Exception {
    Backup backup = shop();
    target.execute(SHOP);
    try (RestoreSession session =
        RestoreFixture.open(target, request(backup, RestoreMode.INTO_EMPTY, true))) {
      session.prepare();
      session.begin();
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> RestoreFixture.writeAll(backup, session))
          .isInstanceOf(CancelledException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(target.query("SELECT count(*) FROM people")).containsExactly("0");
  }

  @Test
  void valuesNeverShowInErrors() throws Exception {
    source.execute("CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n < 5), s text)");
    target.execute("CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n < 5), s text)");
    Backup empty = RestoreFixture.read(source);
    Map<String, Object> cases =
        Map.of(
            "{\"id\":1,\"n\":7,\"s\":\"secret\"}", Kind.CONSTRAINT,
            "{\"id\":1,\"n\":\"secret\",\"s\":\"secret\"}", Kind.MISMATCH,
            "{\"id\":99999999999,\"n\":1,\"s\":\"secret\"}", Kind.MISMATCH,
            "{\"id\":1,\"n\":1,\"s\":\"secret\",\"secret\":1}", Kind.MISMATCH,
            "{\"id\":1,\"n\":1,\"s\":\"secret\\u0000\"}", Kind.MISMATCH,
            "{\"id\":1,\"n\":1,\"s\":\"secret\"", FormatException.Kind.CORRUPT,
            "{\"id\":1,\"n\":1,\"s\":\"secret\",\"s\":\"secret\"}", FormatException.Kind.CORRUPT,
            "{\"id\":1,\"n\":1,\"s\":\"secret}", FormatException.Kind.CORRUPT);
    for (Map.Entry<String, Object> one : cases.entrySet()) {
      Throwable error =
          org.assertj.core.api.Assertions.catchThrowable(
              () ->
                  restore(
                      empty.with("public.t", List.of(one.getKey())),
                      target,
                      RestoreMode.INTO_EMPTY,
                      true));
      assertThat(error).as(one.getKey()).hasMessageContaining("public.t");
      assertThat(error instanceof HandlerException h ? h.kind() : ((FormatException) error).kind())
          .as(one.getKey())
          .isEqualTo(one.getValue());
      java.io.StringWriter trace = new java.io.StringWriter();
      error.printStackTrace(new java.io.PrintWriter(trace));
      assertThat(trace.toString()).doesNotContain("secret");
      assertThat(target.query("SELECT count(*) FROM t")).containsExactly("0");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void collectionsMayComeWithoutAnnouncement(boolean atomic) throws Exception {
    target.execute(
        "CREATE TABLE a (id int PRIMARY KEY, t text)",
        "CREATE TABLE b (id int REFERENCES a, t text)",
        "CREATE TABLE c (id int)");
    RestoreRequest unannounced =
        new RestoreRequest(
            RestoreFixture.foreign("plain", Map.of()).header(),
            Optional.empty(),
            CollectionFilter.ALL,
            RestoreMode.INTO_EMPTY,
            RestoreFixture.strategy(atomic),
            false,
            2,
            Retry.none());
    try (RestoreSession session = RestoreFixture.open(target, unannounced)) {
      session.prepare();
      session.begin();
      session.write("public.b", RecordBatch.of(List.of("{\"id\":1, \"t\" : null}")));
      session.write("a", RecordBatch.of(List.of("{\"t\":\"x\",\"id\":1}", "{\"id\":2}")));
      assertThat(session.recordsWritten()).isEqualTo(Map.of("public.b", 1L, "a", 2L));
      session.finish();
    }
    assertThat(
            target.query("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated"))
        .containsExactly("1");
    assertThat(target.query("SELECT id || coalesce(t, '-') FROM a ORDER BY id"))
        .containsExactly("1x", "2-");
  }

  @Test
  void recordsOfOtherHandlersDescribeThemselves() throws Exception {
    target.execute(
        "CREATE TABLE users (id text PRIMARY KEY, data jsonb)",
        "CREATE TABLE typed (id text, at timestamptz, n numeric, f float8, b boolean, raw bytea, doc jsonb, t text, i bigint, v varchar)");
    Backup backup =
        RestoreFixture.foreign(
            "firestore",
            Map.of(
                "users",
                List.of(
                    "{\"id\":\"u1\",\"name\":\"Ada\",\"at\":{\"$date\":\"2026-01-09T00:00:00.123456Z\"},\"tags\":[1,2.0]}",
                    "{\"id\":\"u2\"}",
                    "{\"id\":\"u3\",\"$parent\":\"a/b\",\"data\":{\"x\":null},\"$id\":\"é\\n\"}"),
                "typed",
                List.of(
                    "{\"id\":\"a\",\"at\":{\"$date\":\"2026-01-09T00:00:00.123456Z\"},\"n\":{\"$numberDecimal\":\"12.50\"},"
                        + "\"f\":{\"$numberDouble\":\"-Infinity\"},\"b\":true,\"raw\":{\"$binary\":{\"base64\":\"AAEC/w==\",\"subType\":\"00\"}},"
                        + "\"doc\":{\"$ref\":\"x\"},\"t\":{\"$geo\":[1.0,2.0]},\"i\":5,\"v\":[1,\"é\"]}",
                    "{\"id\":\"b\",\"doc\":\"text\",\"t\":1.50,\"n\":7,\"f\":-0.0}")));
    restore(backup, target, RestoreMode.INTO_EMPTY, true);
    assertThat(target.query("SELECT id || ' ' || data FROM users ORDER BY id"))
        .containsExactly(
            "u1 {\"at\": {\"$date\": \"2026-01-09T00:00:00.123456Z\"}, \"name\": \"Ada\", \"tags\": [1, 2.0]}",
            "u2 {}",
            "u3 {\"$id\": \"é\\n\", \"data\": {\"x\": null}, \"$parent\": \"a/b\"}");
    assertThat(
            target.query(
                "SELECT concat_ws('|', id, at AT TIME ZONE 'UTC', n, f, b, raw, doc, t, i, v)"
                    + " FROM typed ORDER BY id"))
        .containsExactly(
            "a|2026-01-09 00:00:00.123456|12.50|-Infinity|t|\\x000102ff|{\"$ref\": \"x\"}"
                + "|{\"$geo\":[1.0,2.0]}|5|[1,\"é\"]",
            "b|7|-0|\"text\"|1.50");
    assertThatThrownBy(
            () ->
                restore(
                    RestoreFixture.foreign(
                        "firestore", Map.of("typed", List.of("{\"id\":\"c\",\"i\":{\"a\":1}}"))),
                    target,
                    RestoreMode.REPLACE,
                    true))
        .hasMessageContaining("column \"i\"")
        .hasMessageContaining("only a column of json, jsonb or text can take");
  }

  @Test
  void largeObjectsKeepIdOwnerAndBytes() throws Exception {
    String role = "owner_" + target.name();
    TestPostgres.maintenance("CREATE ROLE " + role);
    target.execute("CREATE TABLE t (a int)");
    source.execute("CREATE TABLE t (a int)");
    Backup backup =
        RestoreFixture.read(source)
            .with(
                PostgresSchema.LARGE_OBJECTS,
                List.of(
                    "{\"oid\":16400,\"owner\":\"" + role + "\"}",
                    "{\"oid\":4294967295,\"owner\":\"nobody here\"}",
                    "{\"oid\":5,\"owner\":\"postgres\"}"))
            .with(
                PostgresSchema.LARGE_OBJECT_DATA,
                List.of(
                    "{\"loid\":16400,\"offset\":3,\"data\":\"\\\\x0304\"}",
                    "{\"loid\":16400,\"offset\":0,\"data\":\"\\\\x000102\"}",
                    "{\"loid\":5,\"offset\":5000,\"data\":\"\\\\xff\"}"));
    assertThat(restore(backup, target, RestoreMode.INTO_EMPTY, true))
        .containsEntry(PostgresSchema.LARGE_OBJECTS, 3L)
        .containsEntry(PostgresSchema.LARGE_OBJECT_DATA, 3L);
    String objects =
        "SELECT oid || ' ' || pg_get_userbyid(lomowner) || ' ' || length(lo_get(oid)) || ' ' || left(encode(lo_get(oid), 'hex'), 10) FROM pg_largeobject_metadata ORDER BY oid";
    List<String> expected =
        List.of(
            "5 postgres 5001 0000000000",
            "16400 " + role + " 5 0001020304",
            "4294967295 postgres 0 ");
    assertThat(target.query(objects)).isEqualTo(expected);
    assertThatThrownBy(() -> restore(backup, target, RestoreMode.INTO_EMPTY, true))
        .hasMessageContaining("large objects");
    target.execute("SELECT lo_create(777)", "SELECT lo_put(16400, 100, 'x')");
    restoreWithout(backup, target, RestoreMode.MERGE, true, "public.t");
    assertThat(target.query(objects)).hasSize(4).containsAll(expected);
    restore(backup, target, RestoreMode.REPLACE, false);
    assertThat(target.query(objects)).isEqualTo(expected);
    target.execute("SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
    TestPostgres.maintenance("DROP ROLE " + role);
  }

  /** Without one collection. */
  private static void restoreWithout(
      Backup backup, Database target, RestoreMode mode, boolean atomic, String without) {
    CollectionFilter filter = new CollectionFilter(List.of(), List.of(without));
    Map<String, List<String>> records = new java.util.LinkedHashMap<>(backup.records());
    records.remove(without);
    Backup part = new Backup(backup.header(), records);
    RestoreFixture.restore(part, RestoreFixture.open(target, request(part, mode, atomic, filter)));
  }

  @Test
  void aPlanTellsWhatWillHappen() throws Exception {
    Backup backup = shop();
    target.execute(SHOP);
    try (RestoreSession session =
        RestoreFixture.open(target, request(backup, RestoreMode.REPLACE, false))) {
      RestorePlan plan = session.prepare();
      assertThat(plan.atomic()).isFalse();
      assertThat(plan.steps())
          .contains(
              "Set aside 4 foreign keys and 0 triggers.",
              "Remove all rows of these tables.",
              "Set 2 sequences.");
      assertThat(plan.warnings()).anyMatch(warning -> warning.contains("not atomic"));
    }
  }

  @Test
  void aConnectionOfAPoolComesBackAsItWas() throws Exception {
    source.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)");
    target.execute("CREATE TABLE t (a int)");
    Backup backup = RestoreFixture.read(source);
    try (Connection only = target.connect();
        Statement statement = only.createStatement()) {
      statement.execute(
          "SET search_path = pg_catalog, public; SET TimeZone = 'Asia/Tokyo'; SET maintenance_work_mem = '3MB'");
      restore(
          backup,
          PostgresRestoreSession.open(
              Connections.from(new OneConnection(only)),
              request(backup, RestoreMode.INTO_EMPTY, true),
              RestoreSettings.DEFAULT));
      assertThat(only.getAutoCommit()).isTrue();
      try (var row =
          statement.executeQuery(
              "SELECT current_setting('search_path') || ' ' || current_setting('TimeZone') || ' ' || current_setting('maintenance_work_mem')")) {
        row.next();
        assertThat(row.getString(1)).isEqualTo("pg_catalog, public Asia/Tokyo 3MB");
      }
    }
  }
}
