package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.postgres.TestPostgres;
import io.holdfast.postgres.TestPostgres.Database;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Policies, publications, foreign servers and default privileges come back, with the roles that
 * they name; what cannot come is named.
 */
class SharedObjectsTest {
  private Database source;
  private Database target;

  @BeforeEach
  void createDatabases() throws Exception {
    for (String role : List.of("shared_one", "\"shared \"\"two\"", "shared_login LOGIN")) {
      TestPostgres.maintenance(
          "DO $$ BEGIN CREATE ROLE " + role + "; EXCEPTION WHEN duplicate_object THEN END $$");
    }
    source = TestPostgres.createDatabase();
    target = TestPostgres.createDatabase();
    source.execute(
        "CREATE SCHEMA \"Größe 2\"",
        "CREATE TABLE users (id int NOT NULL, name text, \"select\" text)",
        "CREATE TABLE \"Größe 2\".\"Order Items\" (id int)",
        "CREATE TABLE child () INHERITS (users)");
  }

  @AfterEach
  void dropDatabases() throws Exception {
    source.close();
    target.close();
  }

  @Test
  void policiesComeWithTheirRoles() throws Exception {
    source.execute(
        "CREATE POLICY \"p \"\"1\" ON users AS RESTRICTIVE FOR SELECT"
            + " TO \"shared \"\"two\", shared_one USING (id > 3)",
        "CREATE POLICY p2 ON users FOR INSERT WITH CHECK (name = CURRENT_USER)",
        "CREATE POLICY p3 ON users TO PUBLIC USING (true) WITH CHECK (false)",
        "CREATE POLICY p4 ON users FOR UPDATE TO shared_one USING (true)",
        "CREATE POLICY p5 ON users FOR DELETE USING (id IN (SELECT id FROM child))",
        "COMMENT ON POLICY p2 ON users IS 'a policy'");
    SchemaReplay.assertReplays(source, target);
    String policies =
        "SELECT concat_ws(' ', polname, polcmd, polpermissive, polroles::regrole[],"
            + " pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid),"
            + " obj_description(oid)) FROM pg_policy ORDER BY 1";
    assertThat(target.query(policies)).isEqualTo(source.query(policies)).hasSize(5);
    assertThat(SchemaReplay.capture(source).script().after())
        .filteredOn(entry -> entry.name().equals("p \"1"))
        .flatExtracting(entry -> entry.sql().get(0).roles())
        .extracting(SqlStatement.RoleMention::role)
        .containsExactly("shared \"two", "shared_one");
  }

  @Test
  void publicationsComeWithWhatTheyPublish() throws Exception {
    source.execute(
        "CREATE PUBLICATION everything FOR ALL TABLES"
            + " WITH (publish = 'insert', publish_via_partition_root)",
        "CREATE PUBLICATION \"pub \"\"t\" FOR TABLE users, \"Größe 2\".\"Order Items\"",
        "CREATE PUBLICATION only_parent FOR TABLE ONLY users",
        "CREATE PUBLICATION nothing WITH (publish = '')",
        "COMMENT ON PUBLICATION nothing IS 'no events'",
        "ALTER PUBLICATION nothing OWNER TO shared_one");
    if (TestPostgres.majorVersion() >= 15) {
      source.execute(
          "CREATE FUNCTION never_used() RETURNS int LANGUAGE sql AS 'SELECT 1'",
          "CREATE PUBLICATION parts FOR TABLE ONLY users (id, \"select\")"
              + " WHERE (id > 4 AND name <> 'x;')",
          "CREATE PUBLICATION schemas FOR TABLES IN SCHEMA \"Größe 2\", TABLE child");
    }
    if (TestPostgres.majorVersion() >= 18) {
      source.execute(
          "CREATE PUBLICATION generated FOR TABLE child"
              + " WITH (publish_generated_columns = stored)");
    }
    SchemaReplay.assertReplays(source, target);
    String members =
        TestPostgres.majorVersion() >= 15
            ? "SELECT concat_ws(' ', pubname, prrelid::regclass, prattrs,"
                + " pg_get_expr(prqual, prrelid)) FROM pg_publication_rel r"
                + " JOIN pg_publication p ON p.oid = prpubid"
                + " UNION ALL SELECT concat_ws(' ', pubname, pnnspid::regnamespace)"
                + " FROM pg_publication_namespace JOIN pg_publication p ON p.oid = pnpubid"
                + " ORDER BY 1"
            : "SELECT concat_ws(' ', pubname, prrelid::regclass) FROM pg_publication_rel"
                + " JOIN pg_publication p ON p.oid = prpubid ORDER BY 1";
    assertThat(target.query(members)).isEqualTo(source.query(members)).hasSizeGreaterThan(3);
    String publications =
        "SELECT (to_jsonb(p) - 'oid')::text || obj_description(oid, 'pg_publication')"
            + " FROM pg_publication p ORDER BY 1";
    assertThat(target.query(publications)).isEqualTo(source.query(publications));
  }

  @Test
  void subscriptionsAreNamedAsMissing() throws Exception {
    source.execute(
        "CREATE SUBSCRIPTION secret CONNECTION 'host=nowhere password=hidden' PUBLICATION p"
            + " WITH (connect = false, slot_name = NONE)");
    try {
      SchemaCapture capture = SchemaReplay.capture(source);
      assertThat(capture.notCaptured())
          .extracting(missing -> missing.object())
          .containsExactly("subscription secret");
      assertThat(capture.script().toJson().toString()).doesNotContain("hidden");
    } finally {
      source.execute("DROP SUBSCRIPTION secret");
    }
  }

  @Test
  void foreignServersComeWithUserMappings() throws Exception {
    source.execute(
        "CREATE EXTENSION postgres_fdw",
        "CREATE FOREIGN DATA WRAPPER \"w \"\"1\" VALIDATOR postgresql_fdw_validator",
        "CREATE FOREIGN DATA WRAPPER bare OPTIONS (a 'x''y', \"B b\" E'z\\\\')",
        "CREATE SERVER \"s 1\" TYPE 'a ''type''' VERSION '1.0' FOREIGN DATA WRAPPER postgres_fdw"
            + " OPTIONS (host 'h', dbname 'd')",
        "CREATE SERVER s2 FOREIGN DATA WRAPPER bare",
        "CREATE USER MAPPING FOR PUBLIC SERVER \"s 1\" OPTIONS (user 'u', password 'p')",
        "CREATE USER MAPPING FOR \"shared \"\"two\" SERVER \"s 1\"",
        "GRANT USAGE ON FOREIGN SERVER \"s 1\" TO shared_one WITH GRANT OPTION",
        "GRANT USAGE ON FOREIGN DATA WRAPPER bare TO \"shared \"\"two\"",
        "GRANT USAGE ON FOREIGN DATA WRAPPER bare TO shared_one",
        "ALTER SERVER s2 OWNER TO shared_one",
        "COMMENT ON SERVER s2 IS 'a server'",
        "COMMENT ON FOREIGN DATA WRAPPER bare IS 'a wrapper'");
    SchemaReplay.assertReplays(source, target);
    for (String query :
        List.of(
            "SELECT concat_ws(' ', fdwname, fdwhandler::regproc, fdwvalidator::regproc, fdwacl,"
                + " fdwoptions, obj_description(oid)) FROM pg_foreign_data_wrapper ORDER BY 1",
            "SELECT concat_ws(' ', srvname, srvtype, srvversion, srvacl, srvoptions,"
                + " pg_get_userbyid(srvowner), obj_description(oid)) FROM pg_foreign_server"
                + " ORDER BY 1",
            "SELECT concat_ws(' ', srvname, usename, umoptions) FROM pg_user_mappings"
                + " ORDER BY 1")) {
      assertThat(target.query(query)).isEqualTo(source.query(query)).hasSizeGreaterThan(1);
    }
  }

  @Test
  void userMappingsThatMayNotBeSeenAreNamedAsMissing() throws Exception {
    source.execute(
        "CREATE EXTENSION postgres_fdw",
        "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw",
        "GRANT USAGE ON FOREIGN SERVER s TO shared_login",
        "CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (password 'p')",
        "CREATE USER MAPPING FOR shared_login SERVER s OPTIONS (user 'mine')");
    try (Connection connection = DriverManager.getConnection(source.url(), "shared_login", "");
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("SET LOCAL search_path = ''");
      SchemaCapture capture = SchemaCapture.read(connection);
      assertThat(capture.notCaptured())
          .extracting(missing -> missing.object())
          .containsExactly("user mapping for PUBLIC on server s");
      assertThat(capture.script().before())
          .filteredOn(entry -> entry.kind() == ObjectKind.USER_MAPPING)
          .extracting(entry -> entry.sql().get(0).sql())
          .containsExactly(
              "CREATE USER MAPPING FOR \"shared_login\" SERVER s\n"
                  + "  OPTIONS (\n    \"user\" 'mine'\n  )");
    }
  }

  @Test
  void defaultPrivilegesComeBack() throws Exception {
    source.execute(
        "ALTER DEFAULT PRIVILEGES FOR ROLE shared_one GRANT SELECT ON TABLES TO \"shared \"\"two\"",
        "ALTER DEFAULT PRIVILEGES FOR ROLE shared_one REVOKE ALL ON FUNCTIONS FROM PUBLIC",
        "ALTER DEFAULT PRIVILEGES FOR ROLE shared_one GRANT ALL ON TYPES TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES FOR ROLE shared_one GRANT CREATE ON SCHEMAS TO \"shared \"\"two\"",
        "ALTER DEFAULT PRIVILEGES FOR ROLE \"shared \"\"two\" IN SCHEMA \"Größe 2\""
            + " GRANT USAGE, SELECT ON SEQUENCES TO shared_one WITH GRANT OPTION",
        "ALTER DEFAULT PRIVILEGES FOR ROLE \"shared \"\"two\" IN SCHEMA public"
            + " GRANT ALL ON TABLES TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES FOR ROLE \"shared \"\"two\""
            + " REVOKE ALL ON TABLES FROM \"shared \"\"two\"");
    if (TestPostgres.majorVersion() >= 18) {
      source.execute(
          "ALTER DEFAULT PRIVILEGES FOR ROLE shared_one GRANT SELECT ON LARGE OBJECTS TO PUBLIC");
    }
    SchemaReplay.assertReplays(source, target);
    String privileges =
        "SELECT concat_ws(' ', defaclrole::regrole, nspname, defaclobjtype, defaclacl)"
            + " FROM pg_default_acl LEFT JOIN pg_namespace n ON n.oid = defaclnamespace ORDER BY 1";
    assertThat(target.query(privileges)).isEqualTo(source.query(privileges)).hasSizeGreaterThan(5);
  }

  /** No server of the tests has a module that gives labels, so they are written by hand. */
  @Test
  void securityLabelsAreSaidOfObjectsAndColumns() throws Exception {
    try (Connection connection = source.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET allow_system_table_mods = on");
      statement.execute(
          "INSERT INTO pg_seclabel VALUES"
              + " ('users'::regclass, 'pg_class'::regclass, 0, 'Dummy', 'it''s \\ secret'),"
              + " ('users'::regclass, 'pg_class'::regclass, 2, 'Dummy', 'a column')");
    } catch (SQLException e) {
      assumeTrue(false, "The catalogs cannot be written here: " + e.getMessage());
    }
    assertThat(SchemaReplay.capture(source).script().before())
        .filteredOn(entry -> entry.name().equals("users"))
        .flatExtracting(SchemaEntry::sql)
        .extracting(SqlStatement::sql)
        .contains(
            "SECURITY LABEL FOR \"Dummy\" ON TABLE public.users IS E'it''s \\\\ secret'",
            "SECURITY LABEL FOR \"Dummy\" ON COLUMN public.users.name IS 'a column'");
  }
}
