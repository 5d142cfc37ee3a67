package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.BackupExecutor;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.RestoreFixture.Backup;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.Retry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A swap gives the target's name to a database that was rebuilt beside it, or changes nothing. */
@Timeout(120)
class SwapRestoreTest {
  private static final int BEFORE_THE_EXCHANGE = 40;

  private static Map<String, String> expected() throws SQLException {
    try (Database source = SmallShop.source()) {
      return RestoreFixture.fingerprint(source);
    }
  }

  private static void swap(Backup backup, Database target) {
    RestoreFixture.restore(
        backup,
        SwapFixture.open(
            SwapFixture.connections(target), SwapFixture.request(backup, RestoreMode.REPLACE)));
  }

  private static HandlerException refused(Connections target, RestoreRequest request) {
    try (RestoreSession session = SwapFixture.open(target, request)) {
      return catchThrowableOfType(HandlerException.class, session::prepare);
    }
  }

  private static HandlerException refused(Database target, RestoreMode mode) throws SQLException {
    return refused(SwapFixture.connections(target), SwapFixture.request(SwapFixture.shop(), mode));
  }

  private static Connections as(String role, Database target) {
    return Connections.from(
        ConnectionSettings.of(
            Location.parse(target.uri(role, "")), new ProviderContext(Retry.none(), Map.of())));
  }

  @Test
  void rebuildsADatabaseThatAMigrationHasChanged() throws SQLException {
    try (Database target = SmallShop.filled()) {
      target.execute(
          "ALTER TABLE items DROP COLUMN price",
          "CREATE TABLE added (customer int REFERENCES customers)",
          "CREATE VIEW all_orders AS SELECT * FROM orders",
          "ALTER TABLE customers RENAME note TO remark");
      String oid = SwapFixture.oid(target);
      swap(SwapFixture.shop(), target);
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(expected());
      assertThat(SwapFixture.oid(target)).isNotEqualTo(oid);
      assertThat(SwapFixture.beside(target)).isEmpty();
    }
  }

  /** From a real backup, with whatever definitions it carries, under the eyes of an application. */
  @Test
  void theExecutorSwapsABackupIn(@TempDir Path folder) throws SQLException {
    try (Database source = SmallShop.source();
        Database target = SmallShop.filled();
        SmallPool pool = new SmallPool(target.dataSource(), 1)) {
      source.execute(
          "CREATE VIEW spent AS SELECT customer, count(*) FROM orders GROUP BY customer",
          "COMMENT ON DATABASE " + source.name() + " IS 'the source'",
          "ALTER DATABASE " + source.name() + " SET work_mem = '9MB'");
      target.execute("COMMENT ON DATABASE " + target.name() + " IS 'the target'");
      try (BackupExecutor executor =
          Backups.from(source, folder).target(PostgresHandler.at(target.uri())).build()) {
        executor.restoreFromBackup(
            executor.createBackup().backupId(),
            RestoreOptions.DEFAULT
                .withMode(RestoreMode.REPLACE)
                .withStrategy(RestoreStrategy.SWAP)
                .withoutSafetyBackup());
      }
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(RestoreFixture.fingerprint(source));
      assertThat(pool.queryAll("SELECT count(*) FROM spent")).containsExactly("200");
      assertThat(SwapFixture.traits(target)).contains("the target");
      assertThat(SwapFixture.beside(target)).isEmpty();
    }
  }

  @Test
  void fillsAnEmptyDatabase() throws SQLException {
    try (Database target = TestPostgres.createDatabase()) {
      Backup backup = SwapFixture.shop();
      RestoreFixture.restore(
          backup,
          SwapFixture.open(
              SwapFixture.connections(target),
              SwapFixture.request(backup, RestoreMode.INTO_EMPTY)));
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(expected());
    }
  }

  @Test
  void promisesAtomicityAndSaysWhatItDoes() throws SQLException {
    try (Database target = SmallShop.filled();
        RestoreSession session =
            SwapFixture.open(
                SwapFixture.connections(target),
                SwapFixture.request(SwapFixture.shop(), RestoreMode.REPLACE))) {
      RestorePlan plan = session.prepare();
      assertThat(plan.atomic()).isTrue();
      assertThat(plan.warnings()).isEmpty();
      assertThat(plan.steps()).hasSize(4);
      assertThat(SwapFixture.beside(target)).isEmpty();
    }
  }

  @Test
  void keepsWhatBelongsToTheDatabaseAsAWhole() throws SQLException {
    TestPostgres.maintenance("CREATE ROLE swap_owner");
    TestPostgres.maintenance("CREATE ROLE swap_reader");
    TestPostgres.maintenance("CREATE ROLE swap_other");
    Database target =
        TestPostgres.createDatabase("TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    try {
      String name = target.name();
      for (String sql :
          List.of(
              "ALTER DATABASE %s OWNER TO swap_owner",
              "ALTER DATABASE %s CONNECTION LIMIT 17",
              "ALTER DATABASE %s IS_TEMPLATE true",
              "REVOKE TEMPORARY ON DATABASE %s FROM PUBLIC",
              "GRANT CREATE, CONNECT ON DATABASE %s TO swap_reader WITH GRANT OPTION",
              "SET ROLE swap_reader; GRANT CONNECT ON DATABASE %s TO swap_other; RESET ROLE",
              "REVOKE CREATE ON DATABASE %s FROM swap_owner",
              "ALTER DATABASE %s SET work_mem = '7MB'",
              "ALTER DATABASE %s SET search_path = \"Odd, schema\", public",
              "ALTER DATABASE %s SET holdfast.environment = 'staging'",
              "ALTER ROLE swap_reader IN DATABASE %s SET statement_timeout = '3s'",
              "COMMENT ON DATABASE %s IS 'It''s the \\ shop'")) {
        TestPostgres.maintenance(sql.formatted(name));
      }
      List<String> before = SwapFixture.traits(target);
      assertThat(before).hasSizeGreaterThan(3);
      swap(SwapFixture.shop(), target);
      assertThat(SwapFixture.traits(target)).isEqualTo(before);
      assertThat(target.query("SELECT count(*) FROM public.orders")).containsExactly("600");
    } finally {
      TestPostgres.dropDatabase(target.name());
      TestPostgres.maintenance("DROP ROLE swap_owner, swap_reader, swap_other");
    }
  }

  @Test
  void aDatabaseThatNobodyConfiguredStaysSo() throws SQLException {
    try (Database target = SmallShop.filled()) {
      swap(SwapFixture.shop(), target);
      // The privileges are written out where they were left to the default, and mean the same.
      assertThat(
              target.query(
                  "SELECT a.grantee::regrole || ' ' || a.privilege_type FROM pg_database d,"
                      + " aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a"
                      + " WHERE datname = current_database() ORDER BY 1"))
          .isEqualTo(
              target.query(
                  "SELECT a.grantee::regrole || ' ' || a.privilege_type FROM pg_database d,"
                      + " aclexplode(acldefault('d', d.datdba)) a"
                      + " WHERE datname = current_database() ORDER BY 1"));
      assertThat(
              target.query(
                  "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
                      + " WHERE datname = current_database()"))
          .containsExactly((String) null);
    }
  }

  @Test
  void withoutFinishThereIsOnlyTheTarget() throws SQLException {
    Backup backup = SwapFixture.shop();
    try (Database target = SmallShop.filled()) {
      Map<String, String> before = RestoreFixture.fingerprint(target);
      String oid = SwapFixture.oid(target);
      try (RestoreSession session =
          SwapFixture.open(
              SwapFixture.connections(target), SwapFixture.request(backup, RestoreMode.REPLACE))) {
        session.prepare();
        session.begin();
        RestoreFixture.writeAll(backup, session);
        assertThat(session.recordsWritten()).isEqualTo(backup.counts());
        assertThat(SwapFixture.beside(target)).hasSize(1);
        assertThat(RestoreFixture.fingerprint(target)).isEqualTo(before);
      }
      assertThat(SwapFixture.beside(target)).isEmpty();
      assertThat(SwapFixture.oid(target)).isEqualTo(oid);
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(before);
    }
  }

  @Test
  void nobodyElseGetsIntoTheNewDatabase() throws SQLException {
    TestPostgres.maintenance("CREATE ROLE swap_curious LOGIN");
    try (Database target = SmallShop.filled();
        RestoreSession session =
            SwapFixture.open(
                SwapFixture.connections(target),
                SwapFixture.request(SwapFixture.shop(), RestoreMode.REPLACE))) {
      session.prepare();
      session.begin();
      String beside = SwapFixture.beside(target).get(0);
      assertThatThrownBy(
              () ->
                  DriverManager.getConnection(
                      "jdbc:postgresql://" + TestPostgres.address() + "/" + beside,
                      "swap_curious",
                      ""))
          .hasMessageContaining("permission denied");
    } finally {
      TestPostgres.maintenance("DROP ROLE swap_curious");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = RestoreMode.class,
      names = {"MERGE"})
  void refusesWhatIsNoRebuild(RestoreMode mode) throws SQLException {
    Backup backup = SwapFixture.shop();
    try (Database target = SmallShop.filled()) {
      Connections to = SwapFixture.connections(target);
      assertThat(refused(to, SwapFixture.request(backup, mode)))
          .hasMessageContaining("INTO_EMPTY and REPLACE only")
          .extracting(HandlerException::kind)
          .isEqualTo(Kind.UNSUPPORTED);
      for (RestoreRequest request :
          List.of(
              new RestoreRequest(
                  backup.header(),
                  Optional.of(backup.counts()),
                  CollectionFilter.ALL,
                  RestoreMode.REPLACE,
                  RestoreStrategy.SWAP,
                  true,
                  1,
                  Retry.none()),
              new RestoreRequest(
                  backup.header(),
                  Optional.of(backup.counts()),
                  new CollectionFilter(List.of("public.items"), List.of()),
                  RestoreMode.REPLACE,
                  RestoreStrategy.SWAP,
                  false,
                  1,
                  Retry.none()))) {
        assertThat(refused(to, request).kind()).isEqualTo(Kind.UNSUPPORTED);
      }
      Backup rowsOnly = RestoreFixture.read(target);
      assertThat(refused(to, SwapFixture.request(rowsOnly, RestoreMode.REPLACE)))
          .hasMessageContaining("no definitions of tables");
    }
  }

  @Test
  void refusesASingleDataSourceWithAdvice() throws SQLException {
    try (Database target = SmallShop.filled()) {
      RestoreRequest request = SwapFixture.request(SwapFixture.shop(), RestoreMode.REPLACE);
      assertThat(refused(Connections.from(target.dataSource()), request))
          .hasMessageContaining("databases(name -> …)")
          .extracting(HandlerException::kind)
          .isEqualTo(Kind.UNSUPPORTED);
      try (RestoreSession session = PostgresHandler.of(target.dataSource()).openRestore(request)) {
        assertThatThrownBy(session::prepare).hasMessageContaining("databases(name -> …)");
      }
    }
  }

  @Test
  void worksThroughDataSourcesOfTheApplication() throws SQLException {
    try (Database target = SmallShop.filled()) {
      Backup backup = SwapFixture.shop();
      Connections given =
          Connections.from(target.dataSource(), name -> TestPostgres.server().dataSource(name));
      RestoreFixture.restore(
          backup, SwapFixture.open(given, SwapFixture.request(backup, RestoreMode.REPLACE)));
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(expected());
    }
  }

  @Test
  void refusesToLoseWhatTheBackupDoesNotHold() throws SQLException {
    try (Database target = SmallShop.filled()) {
      target.execute(
          "CREATE SCHEMA reports",
          "CREATE TABLE reports.daily (d date)",
          "CREATE SCHEMA \"Empty one\"",
          "SELECT lo_create(0)");
      HandlerException thrown = refused(target, RestoreMode.REPLACE);
      assertThat(thrown.kind()).isEqualTo(Kind.UNSUPPORTED);
      assertThat(thrown)
          .hasMessageContaining("schema Empty one, schema reports, 1 large objects")
          .hasMessageContaining("TRANSACTION");
    }
  }

  @Test
  void intoEmptyRefusesEverythingThatIsThere() throws SQLException {
    try (Database target = TestPostgres.createDatabase()) {
      for (String sql :
          List.of(
              "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
              "CREATE SCHEMA s",
              "CREATE PUBLICATION p FOR ALL TABLES",
              "SELECT lo_create(4711)")) {
        target.execute(sql);
      }
      HandlerException thrown = refused(target, RestoreMode.INTO_EMPTY);
      assertThat(thrown.kind()).isEqualTo(Kind.NOT_EMPTY);
      assertThat(thrown)
          .hasMessageContaining("schema public, schema s, 1 large objects, publication p");
    }
  }

  @Test
  void namesEveryRightThatIsMissing() throws SQLException {
    TestPostgres.maintenance("CREATE ROLE swap_poor LOGIN");
    try (Database target = SmallShop.filled()) {
      RestoreRequest request = SwapFixture.request(SwapFixture.shop(), RestoreMode.REPLACE);
      HandlerException thrown = refused(as("swap_poor", target), request);
      assertThat(thrown.kind()).isEqualTo(Kind.PERMISSION_DENIED);
      assertThat(thrown)
          .hasMessageContaining("Grant it CREATEDB")
          .hasMessageContaining("membership in postgres");
    } finally {
      TestPostgres.maintenance("DROP ROLE swap_poor");
    }
  }

  @Test
  void namesARoleThatTheServerLacksBeforeAnythingIsCreated() throws SQLException {
    Backup backup = SwapFixture.shop();
    String owner = "ALTER TABLE public.customers OWNER TO ";
    ObjectNode table = (ObjectNode) backup.header().schema().at("/postgres/ddl/before/1");
    table
        .putArray("owner")
        .addObject()
        .put("sql", owner + "\"swap_nobody\"")
        .putArray("roles")
        .addObject()
        .put("role", "swap_nobody")
        .put("at", owner.length());
    try (Database target = SmallShop.filled()) {
      assertThat(
              refused(
                  SwapFixture.connections(target),
                  SwapFixture.request(backup, RestoreMode.REPLACE)))
          .hasMessageContaining("swap_nobody");
      assertThat(SwapFixture.beside(target)).isEmpty();
    }
  }

  @Test
  void refusesADatabaseWithAPreparedTransaction() throws SQLException {
    try (Database target = SmallShop.filled()) {
      target.execute("BEGIN; INSERT INTO items VALUES (9999); PREPARE TRANSACTION 'swap_prepared'");
      try {
        assertThat(refused(target, RestoreMode.REPLACE)).hasMessageContaining("swap_prepared");
      } finally {
        target.execute("ROLLBACK PREPARED 'swap_prepared'");
      }
    }
  }

  @Test
  void refusesADatabaseWithASubscription() throws SQLException {
    try (Database target = SmallShop.filled()) {
      target.execute(
          "CREATE SUBSCRIPTION swap_subscription CONNECTION 'host=localhost dbname=nowhere'"
              + " PUBLICATION p WITH (connect = false)");
      try {
        assertThat(refused(target, RestoreMode.REPLACE)).hasMessageContaining("swap_subscription");
      } finally {
        target.execute(
            "ALTER SUBSCRIPTION swap_subscription SET (slot_name = NONE)",
            "DROP SUBSCRIPTION swap_subscription");
      }
    }
  }

  /** One connection at a time is enough, two and three as well. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void aRoleWithFewConnectionsIsEnough(int limit) throws SQLException {
    TestPostgres.maintenance("CREATE ROLE swap_limited LOGIN CREATEDB CONNECTION LIMIT " + limit);
    Database target = SmallShop.filled();
    try {
      TestPostgres.maintenance("ALTER DATABASE " + target.name() + " OWNER TO swap_limited");
      TestPostgres.maintenance("GRANT CREATE ON DATABASE " + target.name() + " TO swap_limited");
      Backup backup = SwapFixture.shop();
      RestoreFixture.restore(
          backup,
          SwapFixture.open(
              as("swap_limited", target), SwapFixture.request(backup, RestoreMode.REPLACE)));
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(expected());
      assertThat(SwapFixture.beside(target)).isEmpty();
    } finally {
      target.close();
      TestPostgres.maintenance("DROP ROLE swap_limited");
    }
  }

  /** Every session is thrown out, but only when the rest is done, and comes back to the new one. */
  @Test
  void anApplicationsPoolGoesOnWithTheNewDatabase() throws Exception {
    Backup backup = SwapFixture.shop();
    try (Database target = SmallShop.filled();
        SmallPool pool = new SmallPool(target.dataSource(), 3)) {
      assertThat(pool.queryAll("SELECT count(*) FROM customers")).containsOnly("30");
      try (RestoreSession session =
          SwapFixture.open(
              SwapFixture.connections(target), SwapFixture.request(backup, RestoreMode.REPLACE))) {
        session.prepare();
        session.begin();
        RestoreFixture.writeAll(backup, session);
        session.recordsWritten();
        assertThat(pool.opened()).as("nobody is disturbed while the new one grows").isEqualTo(3);
        assertThat(pool.queryAll("SELECT count(*) FROM customers")).containsOnly("30");
        session.finish();
      }
      assertThat(pool.queryAll("SELECT count(*) FROM customers")).containsOnly("200");
      assertThat(pool.opened()).isEqualTo(6);
    }
  }

  /** As a pool does that was told nothing, and as a web server without a pool does. */
  @Test
  void sessionsThatComeBackAtOnceDoNotHoldItUp() throws Exception {
    try (Database target = SmallShop.filled()) {
      AtomicBoolean stop = new AtomicBoolean();
      AtomicInteger connected = new AtomicInteger();
      List<Thread> clients =
          List.of(1, 2, 3, 4).stream()
              .map(
                  i -> {
                    Thread client =
                        new Thread(
                            () -> {
                              while (!stop.get()) {
                                try (Connection connection = target.connect();
                                    Statement statement = connection.createStatement()) {
                                  connected.incrementAndGet();
                                  statement.execute("SELECT pg_sleep(0.01 * " + (i - 1) + ")");
                                } catch (SQLException e) {
                                  // Thrown out; the next time round is what matters.
                                }
                              }
                            });
                    client.start();
                    return client;
                  })
              .toList();
      try {
        while (connected.get() < 20) {
          Thread.onSpinWait();
        }
        long start = System.nanoTime();
        swap(SwapFixture.shop(), target);
        assertThat(System.nanoTime() - start).isLessThan(20_000_000_000L);
        int before = connected.get();
        while (connected.get() < before + 20) {
          Thread.onSpinWait();
        }
      } finally {
        stop.set(true);
        for (Thread client : clients) {
          client.join();
        }
      }
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(expected());
      assertThat(SwapFixture.beside(target)).isEmpty();
    }
  }

  @Test
  void aSessionThatMayNotBeEndedStopsTheExchangeAndNobodyElseIsThrownOut() throws SQLException {
    TestPostgres.maintenance("CREATE ROLE swap_plain LOGIN CREATEDB");
    TestPostgres.maintenance("CREATE ROLE swap_member LOGIN");
    Database target = SmallShop.filled();
    try {
      TestPostgres.maintenance("ALTER DATABASE " + target.name() + " OWNER TO swap_plain");
      TestPostgres.maintenance("GRANT swap_member TO swap_plain");
      Map<String, String> before = RestoreFixture.fingerprint(target);
      Backup backup = SwapFixture.shop();
      try (Connection superuser = target.connect();
          Connection member = target.dataSource("swap_member", "").getConnection();
          RestoreSession session =
              SwapFixture.open(
                  as("swap_plain", target), SwapFixture.request(backup, RestoreMode.REPLACE))) {
        assertThat(session.prepare().warnings())
            .singleElement()
            .asString()
            .contains("cannot end these sessions")
            .doesNotContain("swap_member");
        session.begin();
        RestoreFixture.writeAll(backup, session);
        session.recordsWritten();
        HandlerException thrown = catchThrowableOfType(HandlerException.class, session::finish);
        assertThat(thrown.kind()).isEqualTo(Kind.PERMISSION_DENIED);
        assertThat(thrown)
            .hasMessageContaining("of postgres")
            .hasMessageContaining("is left as it was");
        assertThat(superuser.isValid(5)).isTrue();
        assertThat(member.isValid(5)).isTrue();
      }
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(before);
      assertThat(SwapFixture.beside(target)).isEmpty();
    } finally {
      target.close();
      TestPostgres.maintenance("DROP ROLE swap_plain, swap_member");
    }
  }

  @Test
  void whatCannotBeCarriedOverShowsBeforeAnyRowIsRestored() throws SQLException {
    TestPostgres.maintenance("CREATE ROLE swap_setter LOGIN CREATEDB");
    Database target = SmallShop.filled();
    try {
      TestPostgres.maintenance("ALTER DATABASE " + target.name() + " OWNER TO swap_setter");
      // Only a superuser may set this.
      TestPostgres.maintenance("ALTER DATABASE " + target.name() + " SET log_duration = on");
      try (RestoreSession session =
          SwapFixture.open(
              as("swap_setter", target),
              SwapFixture.request(SwapFixture.shop(), RestoreMode.REPLACE))) {
        session.prepare();
        HandlerException thrown = catchThrowableOfType(HandlerException.class, session::begin);
        assertThat(thrown.kind()).isEqualTo(Kind.PERMISSION_DENIED);
        assertThat(thrown)
            .hasMessageContaining("log_duration")
            .hasMessageContaining("left as it was");
      }
      assertThat(SwapFixture.beside(target)).isEmpty();
    } finally {
      target.close();
      TestPostgres.maintenance("DROP ROLE swap_setter");
    }
  }

  @Test
  void aTargetThatIsAnotherDatabaseByThenIsLeftAlone() throws SQLException {
    Backup backup = SwapFixture.shop();
    try (Database target = SmallShop.filled()) {
      try (RestoreSession session =
          SwapFixture.open(
              SwapFixture.connections(target), SwapFixture.request(backup, RestoreMode.REPLACE))) {
        session.prepare();
        session.begin();
        RestoreFixture.writeAll(backup, session);
        session.recordsWritten();
        TestPostgres.maintenance("DROP DATABASE " + target.name());
        TestPostgres.maintenance("CREATE DATABASE " + target.name());
        target.execute("CREATE TABLE precious ()");
        assertThatThrownBy(session::finish).hasMessageContaining("not the one any more");
      }
      assertThat(target.query("SELECT count(*) FROM precious")).containsExactly("0");
      assertThat(SwapFixture.beside(target)).isEmpty();
    }
  }

  @Test
  void whatACrashLeftIsRemovedByTheNextSwap() throws SQLException {
    try (Database target = SmallShop.filled()) {
      RestoreSession dead =
          SwapFixture.open(
              SwapFixture.connections(target),
              SwapFixture.request(SwapFixture.shop(), RestoreMode.REPLACE));
      dead.prepare();
      dead.begin();
      String left = SwapFixture.beside(target).get(0);
      // Somebody else's swap meanwhile does not touch it.
      swap(SwapFixture.shop(), target);
      assertThat(SwapFixture.beside(target)).containsExactly(left);
      // All of its sessions end with the process.
      TestPostgres.maintenance(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + left + "'");
      TestPostgres.maintenance(
          "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = "
              + Leftovers.LOCK_SPACE);
      swap(SwapFixture.shop(), target);
      assertThat(SwapFixture.beside(target)).isEmpty();
      dead.close();
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(expected());
    }
  }

  /** Two swaps of one target: one after the other, or the second finds another database. */
  @Test
  void ofTwoAtOnceTheSecondIsRefused() throws SQLException {
    Backup backup = SwapFixture.shop();
    try (Database target = SmallShop.filled();
        RestoreSession slow =
            SwapFixture.open(
                SwapFixture.connections(target),
                SwapFixture.request(backup, RestoreMode.REPLACE))) {
      slow.prepare();
      slow.begin();
      swap(backup, target);
      RestoreFixture.writeAll(backup, slow);
      slow.recordsWritten();
      assertThat(catchThrowable(slow::finish)).hasMessageContaining("not the one any more");
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(expected());
    }
  }

  /** A lost connection, at every statement by which the databases are created and exchanged. */
  @Test
  @Timeout(600)
  void aConnectionLostAtAnyStepLeavesTheOldOrTheNewOne() throws SQLException {
    Backup backup = SwapFixture.shop();
    Map<String, String> restored = expected();
    int exchanged = 0;
    int undone = 0;
    try (Database target = SmallShop.filled()) {
      Map<String, String> before = RestoreFixture.fingerprint(target);
      List<String> traits = SwapFixture.traits(target);
      int step = 0;
      boolean reached = true;
      while (reached) {
        LosingConnections losing = new LosingConnections("postgres", step);
        // What comes before the exchange is tried in parts, to keep the build short.
        step += step < BEFORE_THE_EXCHANGE ? 3 : 1;
        Connections given = Connections.from(target.dataSource(), losing::dataSource);
        Throwable thrown =
            catchThrowable(
                () ->
                    RestoreFixture.restore(
                        backup,
                        SwapFixture.open(given, SwapFixture.request(backup, RestoreMode.REPLACE))));
        reached = losing.hasLost();
        // It takes connections under its name, and is one of the two.
        Map<String, String> now = RestoreFixture.fingerprint(target);
        if (thrown == null) {
          assertThat(now).as("step %s: %s", step, losing.lostAt()).isEqualTo(restored);
          exchanged++;
          target.execute("DROP TABLE customers, items, orders", SmallShop.STRUCTURE);
          target.execute(SmallShop.OTHER_ROWS);
          assertThat(RestoreFixture.fingerprint(target)).isEqualTo(before);
        } else {
          assertThat(now).as("step %s: %s: %s", step, losing.lostAt(), thrown).isEqualTo(before);
          assertThat(SwapFixture.traits(target)).hasSameSizeAs(traits);
          undone++;
        }
        TestPostgres.server().removeLeftovers();
        assertThat(SwapFixture.beside(target)).as("step %s: %s", step, losing.lostAt()).isEmpty();
      }
    }
    assertThat(undone).isGreaterThan(15);
    assertThat(exchanged).isGreaterThan(1);
  }
}
