package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.postgres.TestPostgres;
import io.holdfast.postgres.TestPostgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is said of a database as a whole is said of another, whatever its name and owner. */
class DatabaseSettingsTest {
  private static final String PARAMETERS =
      "SELECT coalesce(rolname, '') || ':' || unnest(setconfig) FROM pg_db_role_setting"
          + " LEFT JOIN pg_roles r ON r.oid = setrole WHERE setdatabase ="
          + " (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1";

  private static final String ACL =
      "SELECT datacl::text FROM pg_database WHERE datname = current_database()";

  private static final String COMMENT =
      "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
          + " WHERE datname = current_database()";

  @BeforeAll
  static void createRoles() throws Exception {
    for (String role : List.of("\"settings \"\"owner\"", "settings_reader", "settings_giver")) {
      TestPostgres.maintenance(
          "DO $$ BEGIN CREATE ROLE " + role + "; EXCEPTION WHEN duplicate_object THEN END $$");
    }
  }

  @Test
  void parametersAndCommentCome() throws Exception {
    try (Database source = TestPostgres.createDatabase();
        Database target = TestPostgres.createDatabase()) {
      String database = "ALTER DATABASE " + source.name() + " ";
      source.execute(
          database + "SET search_path TO \"$user\", public, 'a, b', \"Größe \"\" 2\"",
          database + "SET temp_tablespaces TO ''",
          database + "SET DateStyle TO 'SQL, DMY'",
          database + "SET app.motto TO 'a\\b''c'",
          database + "SET work_mem TO '12MB'",
          database + "SET role TO settings_reader",
          "ALTER ROLE \"settings \"\"owner\" IN DATABASE "
              + source.name()
              + " SET search_path TO ''",
          "COMMENT ON DATABASE " + source.name() + " IS 'it''s a \\ database'");

      apply(capture(source), target, false);

      assertThat(target.query(PARAMETERS)).isEqualTo(source.query(PARAMETERS)).hasSize(7);
      assertThat(target.query(COMMENT)).containsExactly("it's a \\ database");
      assertThat(capture(source).statements(target.name(), capture(target), true)).isEmpty();
    }
  }

  @Test
  void whatADatabaseIsForNeverLeavesIt() throws Exception {
    try (Database source = TestPostgres.createDatabase();
        Database target = TestPostgres.createDatabase()) {
      source.execute("ALTER DATABASE " + source.name() + " SET holdfast.environment TO 'dev'");
      target.execute(
          "ALTER DATABASE " + target.name() + " SET holdfast.production TO 'on'",
          "ALTER DATABASE " + target.name() + " SET work_mem TO '12MB'",
          "COMMENT ON DATABASE " + target.name() + " IS 'old'");
      DatabaseSettings settings = capture(source);
      assertThat(settings.parameters()).isEmpty();

      apply(settings, target, false);
      assertThat(target.query(PARAMETERS))
          .containsExactly(":holdfast.production=on", ":work_mem=12MB");
      assertThat(target.query(COMMENT)).containsExactly("old");

      apply(settings, target, true);
      assertThat(target.query(PARAMETERS)).containsExactly(":holdfast.production=on");
      assertThat(target.query(COMMENT)).containsExactly((String) null);
    }
  }

  /** A document could have been written by anybody. */
  @Test
  void aDocumentCannotMarkADatabase() throws Exception {
    try (Database target = TestPostgres.createDatabase()) {
      JsonNode document =
          new ObjectMapper()
              .readTree(
                  "{\"owner\":\"x\",\"parameters\":[{\"name\":\"Holdfast.production\","
                      + "\"value\":\"off\"},{\"name\":\"work_mem\",\"value\":\"12MB\"}]}");
      apply(DatabaseSettings.read(document), target, true);
      assertThat(target.query(PARAMETERS)).containsExactly(":work_mem=12MB");
    }
  }

  @Test
  void privilegesComeAndTheOwnersGoToTheOwner() throws Exception {
    try (Database source = TestPostgres.createDatabase();
        Database target = TestPostgres.createDatabase()) {
      source.execute(
          "ALTER DATABASE " + source.name() + " OWNER TO \"settings \"\"owner\"",
          "REVOKE ALL ON DATABASE " + source.name() + " FROM PUBLIC",
          "GRANT CONNECT, CREATE ON DATABASE "
              + source.name()
              + " TO settings_giver WITH GRANT OPTION",
          "SET ROLE settings_giver; GRANT CONNECT ON DATABASE "
              + source.name()
              + " TO settings_reader; RESET ROLE");
      target.execute(
          "GRANT TEMPORARY ON DATABASE " + target.name() + " TO settings_reader WITH GRANT OPTION",
          "SET ROLE settings_reader; GRANT TEMPORARY ON DATABASE "
              + target.name()
              + " TO settings_giver; RESET ROLE");

      apply(capture(source), target, false);

      assertThat(target.query(ACL))
          .containsExactly(
              "{postgres=CTc/postgres,settings_giver=C*c*/postgres,"
                  + "settings_reader=c/settings_giver}");
      assertThat(capture(source).grants(target.name(), capture(target))).isEmpty();
    }
  }

  @Test
  void rolesCanBeMapped() throws Exception {
    try (Database source = TestPostgres.createDatabase();
        Database target = TestPostgres.createDatabase()) {
      source.execute(
          "GRANT CREATE ON DATABASE " + source.name() + " TO settings_reader",
          "ALTER ROLE settings_reader IN DATABASE " + source.name() + " SET work_mem TO '1MB'");
      DatabaseSettings mapped =
          capture(source)
              .withRoles(role -> role.equals("settings_reader") ? "settings \"owner" : role);
      apply(mapped, target, false);
      assertThat(target.query(PARAMETERS)).containsExactly("settings \"owner:work_mem=1MB");
      assertThat(target.query(ACL).get(0)).contains("settings").doesNotContain("settings_reader");
    }
  }

  @Test
  void privilegesThatWereNeverTouchedStayAsTheyAre() throws Exception {
    try (Database source = TestPostgres.createDatabase();
        Database target = TestPostgres.createDatabase()) {
      target.execute("REVOKE CONNECT ON DATABASE " + target.name() + " FROM PUBLIC");
      DatabaseSettings settings = capture(source);
      assertThat(settings.granted()).isFalse();
      assertThat(DatabaseSettings.read(settings.toJson()).grants(target.name(), capture(target)))
          .isEmpty();
    }
  }

  @Test
  void malformedSettingsAreRefused() throws Exception {
    for (String malformed :
        List.of(
            "{}",
            "{\"owner\":1}",
            "{\"owner\":\"x\",\"acl\":[1]}",
            "{\"owner\":\"x\",\"comment\":2}",
            "{\"owner\":\"x\",\"parameters\":[{\"name\":\"work_mem\"}]}")) {
      JsonNode json = new ObjectMapper().readTree(malformed);
      assertThatThrownBy(() -> DatabaseSettings.read(json))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("settings ");
    }
  }

  private static DatabaseSettings capture(Database database) throws SQLException {
    try (Connection connection = database.connect()) {
      return DatabaseSettings.capture(connection);
    }
  }

  /** Says of a database what a document says, as a restore does: in one transaction. */
  private static void apply(DatabaseSettings settings, Database target, boolean replace)
      throws SQLException {
    DatabaseSettings read = DatabaseSettings.read(settings.toJson());
    DatabaseSettings present = capture(target);
    StringBuilder sql = new StringBuilder("BEGIN;");
    read.statements(target.name(), present, replace)
        .forEach(statement -> sql.append(statement.sql()).append(";\n"));
    read.grants(target.name(), present)
        .forEach(statement -> sql.append(statement.sql()).append(";\n"));
    target.execute(sql.append("COMMIT").toString());
  }
}
