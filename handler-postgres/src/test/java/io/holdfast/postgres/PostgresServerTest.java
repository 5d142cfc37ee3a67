package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** Databases are created as asked and dropped when nobody minds. */
@Timeout(60)
class PostgresServerTest {
  private final PostgresServer server = TestPostgres.server();
  private final List<String> created = new ArrayList<>();

  @AfterEach
  void dropAll() throws SQLException {
    for (String name : created) {
      TestPostgres.dropDatabase(name);
    }
  }

  private String name(String part) {
    String name = "server_" + part + "_" + System.nanoTime();
    created.add(name);
    return name;
  }

  private List<String> query(String database, String sql) throws SQLException {
    try (Connection connection = server.dataSource(database).getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (row.next()) {
        values.add(row.getString(1));
      }
      return values;
    }
  }

  private String property(String database, String column) throws SQLException {
    return query(
            "postgres",
            "SELECT " + column + " FROM pg_database d WHERE datname = '" + database + "'")
        .get(0);
  }

  @Test
  void createsAnEmptyDatabaseThatIsThereUntilItIsDropped() throws SQLException {
    String name = name("Ein 'Name\" mit %");
    assertThat(server.exists(name)).isFalse();
    server.createDatabase(name);
    assertThat(server.exists(name)).isTrue();
    assertThat(query(name, "SELECT current_database()")).containsExactly(name);
    assertThat(server.dropDatabase(name)).isTrue();
    assertThat(server.exists(name)).isFalse();
    assertThat(server.dropDatabase(name)).isFalse();
    assertThat(server.dropDatabaseInUse(name)).isFalse();
  }

  @Test
  void worksThroughDataSourcesOfTheApplication() throws SQLException {
    PostgresServer given =
        PostgresServer.of(
            database -> {
              PGSimpleDataSource source = new PGSimpleDataSource();
              source.setUrl("jdbc:postgresql://" + TestPostgres.address() + "/");
              source.setDatabaseName(database);
              source.setUser("postgres");
              return source;
            });
    String name = name("given");
    given.createDatabase(name);
    try (Connection connection = given.dataSource(name).getConnection()) {
      assertThat(connection.getCatalog()).isEqualTo(name);
    }
    assertThat(given.dropDatabase(name)).isTrue();
  }

  @Test
  void createsItAsAsked() throws SQLException {
    TestPostgres.maintenance("CREATE ROLE server_owner");
    String name = name("options");
    try {
      server.createDatabase(
          name,
          DatabaseOptions.builder()
              .owner("server_owner")
              .encoding("LATIN1")
              .locale("C")
              .connectionLimit(7)
              .build());
      assertThat(property(name, "pg_get_userbyid(datdba)")).isEqualTo("server_owner");
      assertThat(property(name, "pg_encoding_to_char(encoding)")).isEqualTo("LATIN1");
      assertThat(property(name, "datcollate || datctype")).isEqualTo("CC");
      assertThat(property(name, "datconnlimit")).isEqualTo("7");
      server.dropDatabase(name);
    } finally {
      TestPostgres.dropDatabase(name);
      TestPostgres.maintenance("DROP ROLE server_owner");
    }
  }

  @Test
  void choosesTheProviderOfTheLocaleWhereTheServerKnowsIt() throws SQLException {
    DatabaseOptions icu = DatabaseOptions.builder().icuLocale("de-DE").build();
    DatabaseOptions builtin = DatabaseOptions.builder().builtinLocale("C.UTF-8").build();
    String name = name("provider");
    if (TestPostgres.majorVersion() < 15) {
      assertThatThrownBy(() -> server.createDatabase(name, icu))
          .hasMessageContaining("locale provider icu came with 15");
    } else {
      assumeThat(query("postgres", "SELECT 1 FROM pg_collation WHERE collprovider = 'i'"))
          .as("The server was built with ICU")
          .isNotEmpty();
      server.createDatabase(name, icu);
      assertThat(property(name, "datlocprovider")).isEqualTo("i");
      server.dropDatabase(name);
    }
    if (TestPostgres.majorVersion() < 17) {
      assertThatThrownBy(() -> server.createDatabase(name, builtin))
          .hasMessageContaining("locale provider builtin came with 17");
    } else {
      server.createDatabase(name, builtin);
      assertThat(property(name, "concat(datlocprovider, datlocale)")).isEqualTo("bC.UTF-8");
    }
  }

  @Test
  void leavesADatabaseOfThatNameAlone() throws SQLException {
    String name = name("twice");
    server.createDatabase(name);
    HandlerException thrown =
        catchThrowableOfType(HandlerException.class, () -> server.createDatabase(name));
    assertThat(thrown.kind()).isEqualTo(Kind.NOT_EMPTY);
    assertThat(server.exists(name)).isTrue();
  }

  @Test
  void refusesNamesThatTheServerWouldCut() {
    for (String name : List.of("", "x".repeat(64), "ü".repeat(32), "a\0b")) {
      assertThatThrownBy(() -> server.createDatabase(name))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(DatabaseName.require("ü".repeat(31))).hasSize(31);
  }

  @Test
  void dropsADatabaseInUseOnlyIfToldTo() throws SQLException {
    String name = name("used");
    server.createDatabase(name);
    try (Connection user = server.dataSource(name).getConnection()) {
      HandlerException thrown =
          catchThrowableOfType(HandlerException.class, () -> server.dropDatabase(name));
      assertThat(thrown.retryable()).isTrue();
      assertThat(user.isValid(5)).isTrue();
      assertThat(server.dropDatabaseInUse(name)).isTrue();
      assertThat(user.isValid(5)).isFalse();
    }
  }

  @Test
  void saysWhichRightIsMissing() throws SQLException {
    TestPostgres.maintenance("CREATE ROLE server_nobody LOGIN");
    try {
      PostgresServer poor =
          PostgresServer.at("postgresql://server_nobody@" + TestPostgres.address());
      HandlerException thrown =
          catchThrowableOfType(
              HandlerException.class, () -> poor.createDatabase(name("not permitted")));
      assertThat(thrown.kind()).isEqualTo(Kind.PERMISSION_DENIED);
    } finally {
      TestPostgres.maintenance("DROP ROLE server_nobody");
    }
  }

  @Test
  void connectsToTheMaintenanceDatabaseThatIsNamed() {
    PostgresServer other = server.withMaintenanceDatabase("not_there");
    assertThatThrownBy(() -> other.exists("x"))
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("not_there")
        .hasMessageContaining("maintenanceDatabase");
    assertThat(server.withMaintenanceDatabase("template1").exists("postgres")).isTrue();
  }

  @Test
  void givesAnApplicationsConnectionBackAsItWas() throws SQLException {
    try (Connection own = server.dataSource("postgres").getConnection();
        Statement statement = own.createStatement()) {
      statement.execute("SET statement_timeout = '4711ms'");
      PostgresServer given = PostgresServer.of(database -> new OneConnection(own));
      assertThat(given.exists("postgres")).isTrue();
      try (ResultSet row = statement.executeQuery("SHOW statement_timeout")) {
        row.next();
        assertThat(row.getString(1)).isEqualTo("4711ms");
      }
      assertThat(own.getAutoCommit()).isTrue();
    }
  }

  @Test
  void keepsThePasswordToItself() {
    PostgresServer secret =
        PostgresServer.at("postgresql://postgres:hunter2@" + TestPostgres.address() + "/x");
    assertThat(secret + secret.location() + secret.handler("y") + secret.template("z"))
        .doesNotContain("hunter2");
    assertThat(secret.handler("y").location()).endsWith("/y");
  }
}
