package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.BackupExecutor;
import io.holdfast.FileSink;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.spi.HandlerException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Large objects come back with owners, grants and comments. */
@Timeout(120)
class LargeObjectAccessTest {
  private static final String OBJECTS =
      "SELECT concat_ws(' ', m.oid, pg_get_userbyid(lomowner), lomacl, description,"
          + " encode(lo_get(m.oid), 'hex')) FROM pg_largeobject_metadata m LEFT JOIN pg_description"
          + " ON objoid = m.oid AND classoid = 'pg_largeobject'::regclass ORDER BY m.oid";

  private Database source;
  private Database target;
  @TempDir private Path folder;

  @BeforeEach
  void createDatabases() throws Exception {
    for (String role : List.of("lo_owner", "lo_reader", "\"lo \"\"odd\"", "lo_other")) {
      TestPostgres.maintenance(
          "DO $$ BEGIN CREATE ROLE " + role + "; EXCEPTION WHEN duplicate_object THEN END $$");
    }
    source = TestPostgres.createDatabase();
    target = TestPostgres.createDatabase();
    source.execute(
        "SELECT lo_from_bytea(16401, '\\x01')",
        "SELECT lo_from_bytea(16402, '\\x02')",
        "ALTER LARGE OBJECT 16402 OWNER TO lo_owner",
        "GRANT SELECT ON LARGE OBJECT 16402 TO lo_reader",
        "COMMENT ON LARGE OBJECT 16402 IS 'it''s \\ large'",
        "SELECT lo_create(16403)",
        "ALTER LARGE OBJECT 16403 OWNER TO \"lo \"\"odd\"",
        "GRANT SELECT, UPDATE ON LARGE OBJECT 16403 TO lo_reader WITH GRANT OPTION",
        "SET ROLE lo_reader; GRANT SELECT ON LARGE OBJECT 16403 TO lo_owner; RESET ROLE",
        "GRANT UPDATE ON LARGE OBJECT 16403 TO PUBLIC",
        "SELECT lo_create(16404)",
        "REVOKE ALL ON LARGE OBJECT 16404 FROM postgres",
        "SELECT lo_create(16405)",
        "REVOKE UPDATE ON LARGE OBJECT 16405 FROM postgres",
        "GRANT SELECT ON LARGE OBJECT 16405 TO postgres WITH GRANT OPTION",
        "GRANT UPDATE ON LARGE OBJECT 16405 TO lo_reader",
        "SELECT lo_create(4294967295::oid)");
  }

  @AfterEach
  void dropDatabases() throws Exception {
    source.close();
    target.close();
  }

  @Test
  void theyKeepOwnerGrantsAndComments() throws Exception {
    restore(RestoreOptions.DEFAULT, PostgresHandler.of(target.dataSource()));
    assertThat(target.query(OBJECTS))
        .isEqualTo(source.query(OBJECTS))
        .hasSize(6)
        .contains("16401 postgres 01");
  }

  /** What is granted by default to those who come later is not granted to these. */
  @Test
  void defaultPrivilegesOfTheTargetDoNotCount() throws Exception {
    assumeTrue(TestPostgres.majorVersion() >= 18, "New in PostgreSQL 18");
    target.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON LARGE OBJECTS TO PUBLIC, lo_other");
    restore(
        RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE),
        PostgresHandler.of(target.dataSource()));
    assertThat(
            target.query(
                "SELECT oid || ' ' || coalesce(lomacl, acldefault('L', lomowner))::text"
                    + " FROM pg_largeobject_metadata ORDER BY oid"))
        .isEqualTo(
            source.query(
                "SELECT oid || ' ' || coalesce(lomacl, acldefault('L', lomowner))::text"
                    + " FROM pg_largeobject_metadata ORDER BY oid"));
  }

  @Test
  void ownersAndGrantsCanBeLeftOutOrMapped() throws Exception {
    restore(
        RestoreOptions.DEFAULT,
        PostgresHandler.builder(target.dataSource()).noOwner().noPrivileges().build());
    assertThat(
            target.query(
                "SELECT DISTINCT pg_get_userbyid(lomowner) || coalesce(lomacl::text, '')"
                    + " FROM pg_largeobject_metadata"))
        .containsExactly("postgres");

    restore(
        RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE),
        PostgresHandler.builder(target.dataSource())
            .mapRole("lo_owner", "lo_other")
            .mapRole("lo \"odd", "lo_owner")
            .build());
    assertThat(target.query(OBJECTS))
        .contains(
            "16402 lo_other {lo_other=rw/lo_other,lo_reader=r/lo_other} it's \\ large 02",
            "16403 lo_owner {lo_owner=rw/lo_owner,lo_reader=r*w*/lo_owner,lo_other=r/lo_reader,"
                + "=w/lo_owner} ");
  }

  @Test
  void aRoleThatIsMissingIsToldBeforeAnythingIsWritten() throws Exception {
    TestPostgres.maintenance("CREATE ROLE lo_leaves");
    source.execute("GRANT SELECT ON LARGE OBJECT 16404 TO lo_leaves");
    String id = Backups.take(source, folder);
    source.execute("REVOKE SELECT ON LARGE OBJECT 16404 FROM lo_leaves");
    TestPostgres.maintenance("DROP ROLE lo_leaves");
    try (BackupExecutor executor = Backups.into(target, folder).build()) {
      assertThatThrownBy(() -> executor.restoreFromBackup(id, RestoreOptions.DEFAULT))
          .isInstanceOf(HandlerException.class)
          .hasMessageContaining("Role \"lo_leaves\" is missing in the target")
          .hasMessageContaining("large objects");
    }
    assertThat(target.query(OBJECTS)).isEmpty();
  }

  private void restore(RestoreOptions options, PostgresHandler into) throws Exception {
    String id = Backups.take(source, folder);
    try (BackupExecutor executor =
        BackupExecutor.builder().source(into).sink(FileSink.at(folder)).build()) {
      executor.restoreFromBackup(id, options);
    }
  }
}
