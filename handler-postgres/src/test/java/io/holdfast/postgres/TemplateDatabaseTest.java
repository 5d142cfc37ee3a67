package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A template is whole or not there, and its clones are as many as wanted and one's own. */
@Timeout(120)
class TemplateDatabaseTest {
  private final PostgresServer server = TestPostgres.server();
  private final String name = "template_" + System.nanoTime();
  private final TemplateDatabase template = server.template(name);
  private final AtomicInteger fillings = new AtomicInteger();

  @AfterEach
  void drop() throws SQLException {
    for (String left :
        query(
            server.dataSource("postgres"),
            "SELECT datname FROM pg_database WHERE datname LIKE '" + name + "%'")) {
      TestPostgres.dropDatabase(left);
    }
  }

  private static List<String> query(DataSource source, String sql) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (row.next()) {
        values.add(row.getString(1));
      }
      return values;
    }
  }

  private static void execute(DataSource source, String... statements) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private void fill(String database, String value) throws SQLException {
    fillings.incrementAndGet();
    execute(
        server.dataSource(database),
        "CREATE TABLE t (v text)",
        "INSERT INTO t VALUES ('" + value + "')");
  }

  private List<String> others() throws SQLException {
    return query(
        server.dataSource("postgres"),
        "SELECT datname FROM pg_database WHERE datname LIKE '"
            + name
            + "\\_%' ESCAPE '\\' ORDER BY 1");
  }

  @Test
  void isBuiltOnceAndClonedOften() throws SQLException {
    for (int i = 0; i < 3; i++) {
      server.template(name).build("1", (handler, database) -> fill(database, "one"));
    }
    assertThat(fillings).hasValue(1);
    assertThat(template.isBuilt("1")).isTrue();
    assertThat(template.isBuilt("2")).isFalse();
    try (DatabaseClone first = template.newClone();
        DatabaseClone second = template.newClone(name + "_second")) {
      execute(first.dataSource(), "UPDATE t SET v = 'changed'");
      assertThat(query(first.dataSource(), "SELECT v FROM t")).containsExactly("changed");
      assertThat(query(second.dataSource(), "SELECT v FROM t")).containsExactly("one");
      assertThat(second.name()).isEqualTo(name + "_second");
    }
    assertThat(others()).isEmpty();
    assertThat(template.drop()).isTrue();
    assertThat(template.drop()).isFalse();
    assertThat(template.isBuilt("1")).isFalse();
  }

  @Test
  void nobodyConnectsToItSoClonesNeverWait() throws SQLException {
    template.build("1", (handler, database) -> fill(database, "one"));
    assertThatThrownBy(() -> server.dataSource(name).getConnection())
        .isInstanceOf(SQLException.class)
        .extracting(e -> ((SQLException) e).getSQLState())
        .isEqualTo("55000");
  }

  @Test
  void anotherVersionReplacesIt() throws SQLException {
    template.build("1", (handler, database) -> fill(database, "one"));
    try (DatabaseClone old = template.newClone()) {
      template.build("2", (handler, database) -> fill(database, "two"));
      assertThat(template.isBuilt("2")).isTrue();
      assertThat(query(old.dataSource(), "SELECT v FROM t")).containsExactly("one");
    }
    try (DatabaseClone clone = template.newClone()) {
      assertThat(query(clone.dataSource(), "SELECT v FROM t")).containsExactly("two");
    }
    assertThat(others()).isEmpty();
  }

  @Test
  void aFailureLeavesNoneOrTheOneThatWas() throws SQLException {
    assertThatThrownBy(
            () ->
                template.build(
                    "1",
                    (handler, database) -> {
                      fill(database, "half");
                      throw new SQLException("in the middle");
                    }))
        .isInstanceOf(SQLException.class)
        .hasMessage("in the middle");
    assertThat(template.isBuilt("1")).isFalse();
    assertThat(server.exists(name)).isFalse();
    assertThat(others()).isEmpty();
    assertThatThrownBy(template::newClone)
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("Build it first");

    template.build("1", (handler, database) -> fill(database, "one"));
    assertThatThrownBy(
            () ->
                template.build(
                    "2",
                    (handler, database) -> {
                      throw new IllegalStateException("in the middle");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(template.isBuilt("1")).isTrue();
    assertThat(others()).isEmpty();
  }

  /** A builder that dies with its process: what it built stays behind, its sessions end. */
  @Test
  void whatADeadBuilderLeftIsRemovedByTheNextAndNotTakenForWhole() throws Exception {
    try (MaintenanceConnection dead = server.connect(name)) {
      DatabaseBuild half = DatabaseBuild.create(dead, name, DatabaseShape.DEFAULT);
      fill(half.name(), "half");
    }
    try (MaintenanceConnection deader = server.connect(name)) {
      deader.executeAlone(
          "CREATE DATABASE " + DatabaseName.forBuilding(name) + " ALLOW_CONNECTIONS false");
    }
    assertThat(others()).hasSize(2);
    assertThat(template.isBuilt("1")).isFalse();
    template.build("1", (handler, database) -> fill(database, "one"));
    assertThat(others()).isEmpty();
    try (DatabaseClone clone = template.newClone()) {
      assertThat(query(clone.dataSource(), "SELECT v FROM t")).containsExactly("one");
    }
  }

  @Test
  void leftoversAreRemovedUnlessTheirBuilderLives() throws SQLException {
    String dead;
    try (MaintenanceConnection connection = server.connect(name)) {
      dead = DatabaseBuild.create(connection, name, DatabaseShape.DEFAULT).name();
    }
    execute(
        server.dataSource("postgres"),
        "CREATE DATABASE " + name + "_holdfast_0123456789ab"); // a stranger's, by its looks ours
    try (MaintenanceConnection living = server.connect(name)) {
      String building = DatabaseBuild.create(living, name, DatabaseShape.DEFAULT).name();
      String connected;
      try (MaintenanceConnection brief = server.connect(name)) {
        connected = DatabaseBuild.create(brief, name, DatabaseShape.DEFAULT).name();
      }
      try (Connection inside = server.dataSource(connected).getConnection()) {
        assertThat(server.removeLeftovers()).contains(dead).doesNotContain(building, connected);
        assertThat(inside.isValid(5)).isTrue();
      }
      assertThat(others()).contains(building, connected, name + "_holdfast_0123456789ab");
    }
    server.removeLeftovers();
    assertThat(others()).containsExactly(name + "_holdfast_0123456789ab");
  }

  @Test
  void aDatabaseThatIsNoTemplateIsNeverReplacedOrDropped() throws SQLException {
    server.createDatabase(name);
    execute(server.dataSource(name), "CREATE TABLE precious ()");
    HandlerException thrown =
        catchThrowableOfType(
            HandlerException.class,
            () -> template.build("1", (handler, database) -> fill(database, "one")));
    assertThat(thrown.kind()).isEqualTo(Kind.NOT_EMPTY);
    assertThatThrownBy(template::drop).isInstanceOf(HandlerException.class);
    assertThatThrownBy(template::newClone).isInstanceOf(HandlerException.class);
    assertThat(query(server.dataSource(name), "SELECT count(*) FROM precious"))
        .containsExactly("0");
    assertThat(fillings).hasValue(0);
  }

  @Test
  void manyBuildersBuildOnceAndManyClonersGetTheirOwn() throws Exception {
    int threads = 6;
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<String>> results = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        Callable<String> work =
            () -> {
              start.await();
              TemplateDatabase own = PostgresServer.at(TestPostgres.uri("")).template(name);
              own.build("1", (handler, database) -> fill(database, "one"));
              try (DatabaseClone clone = own.newClone()) {
                execute(clone.dataSource(), "INSERT INTO t VALUES (current_database())");
                return clone.name()
                    + query(clone.dataSource(), "SELECT v FROM t ORDER BY v = 'one' DESC");
              }
            };
        results.add(pool.submit(work));
      }
      start.countDown();
      for (Future<String> result : results) {
        String text = result.get();
        String clone = text.substring(0, text.indexOf('['));
        assertThat(text).isEqualTo(clone + "[one, " + clone + "]");
      }
      assertThat(fillings).hasValue(1);
      assertThat(others()).isEmpty();
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void settingsOfTheTemplateGoToTheClonesButOurMarksDoNot() throws SQLException {
    TestPostgres.maintenance("CREATE ROLE template_role");
    try {
      template.build("1", (handler, database) -> fill(database, "one"));
      for (String setting :
          List.of(
              "ALTER DATABASE " + name + " SET work_mem = '7MB'",
              "ALTER DATABASE " + name + " SET search_path = \"Übung, 1\", public, \"a\"\"b\"",
              "ALTER DATABASE " + name + " SET application_name = 'it''s \\ a, \"name\"'",
              "ALTER DATABASE " + name + " SET holdfast.production = on",
              "ALTER DATABASE " + name + " SET my.setting = 'x y'",
              "ALTER ROLE template_role IN DATABASE " + name + " SET work_mem = '9MB'")) {
        TestPostgres.maintenance(setting);
      }
      String settings =
          "SELECT coalesce(r.rolname, '-') || ' ' || unnest(setconfig) FROM pg_db_role_setting s"
              + " JOIN pg_database d ON d.oid = s.setdatabase"
              + " LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE datname = '%s' ORDER BY 1";
      List<String> expected =
          new ArrayList<>(query(server.dataSource("postgres"), settings.formatted(name)));
      expected.remove("- holdfast.production=on");
      assertThat(expected).hasSize(5);
      try (DatabaseClone clone = template.newClone()) {
        assertThat(query(clone.dataSource(), settings.formatted(clone.name())))
            .containsExactlyElementsOf(expected);
        assertThat(query(clone.dataSource(), "SHOW work_mem")).containsExactly("7MB");
      }
    } finally {
      drop();
      TestPostgres.maintenance("DROP ROLE template_role");
    }
  }

  @Test
  void aRoleThatMayCreateDatabasesIsEnough() throws SQLException {
    TestPostgres.maintenance("CREATE ROLE template_user LOGIN CREATEDB CONNECTION LIMIT 3");
    try {
      PostgresServer plain =
          PostgresServer.at("postgresql://template_user@" + TestPostgres.address());
      TemplateDatabase own = plain.template(name);
      own.build(
          "1", (handler, database) -> execute(plain.dataSource(database), "CREATE TABLE t ()"));
      own.build(
          "2", (handler, database) -> execute(plain.dataSource(database), "CREATE TABLE u ()"));
      try (DatabaseClone clone = own.newClone()) {
        assertThat(
                query(
                    clone.dataSource(), "SELECT relname FROM pg_class WHERE relname IN ('t', 'u')"))
            .containsExactly("u");
      }
      assertThat(own.drop()).isTrue();
    } finally {
      drop();
      TestPostgres.maintenance("DROP ROLE template_user");
    }
  }

  @Test
  void largeOnesAreCopiedByFilesWhereThatIsFaster() throws SQLException {
    template.build(
        "1",
        (handler, database) ->
            execute(
                server.dataSource(database),
                "CREATE TABLE big AS SELECT i, md5(i::text) FROM generate_series(1, 700000) i"));
    try (DatabaseClone clone = template.newClone()) {
      assertThat(query(clone.dataSource(), "SELECT count(*) FROM big")).containsExactly("700000");
    }
  }

  @Test
  void namesOfItsKindFitWhateverTheBase() {
    for (String base : List.of("a", "x".repeat(63), "ü".repeat(31), "😀".repeat(15))) {
      String building = DatabaseName.forBuilding(base);
      assertThat(DatabaseName.require(building)).startsWith(DatabaseName.prefix(base));
      assertThat(DatabaseName.isBuilding(building)).isTrue();
      assertThat(DatabaseName.require(DatabaseName.forClone(base))).contains("_clone_");
      assertThat(base).startsWith(DatabaseName.prefix(base).replace("_holdfast_", ""));
    }
    assertThat(Optional.of("shop").map(DatabaseName::isBuilding)).contains(false);
  }
}
