package io.holdfast.postgres;

import static io.holdfast.postgres.RestoreFixture.fingerprint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.RestoreFixture.Backup;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.rebuild.RebuildOptions;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RestoreSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A restore of definitions that cannot be done says why, and leaves the target as it was. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RebuildFailureTest {
  private static final String ROLE = "rebuilds_without_rights";

  @TempDir private Path folder;

  private Database source;
  private Database target;

  @BeforeEach
  void createDatabases() throws SQLException {
    TestPostgres.maintenance(
        "DO $$ BEGIN CREATE ROLE " + ROLE + " LOGIN; EXCEPTION WHEN duplicate_object THEN END $$");
    source = TestPostgres.createDatabase().execute(RebuildIntoEmptyTest.SHOP);
    target = TestPostgres.createDatabase();
  }

  @AfterEach
  void dropDatabases() throws SQLException {
    source.close();
    target.close();
  }

  private Backup backup() throws SQLException {
    return RebuildIntoEmptyTest.shop().with(RestoreFixture.read(source));
  }

  private RestoreSession asRole(Backup backup, RestoreMode mode) {
    return PostgresRestoreSession.open(
        Connections.from(target.dataSource(ROLE, "")),
        RebuildScripts.request(backup, mode, RestoreStrategy.TRANSACTION, CollectionFilter.ALL),
        new RestoreSettings(RebuildOptions.AS_IT_WAS, Duration.ofSeconds(2)));
  }

  private HandlerException refused(RestoreSession opened) {
    try (RestoreSession session = opened) {
      return catchThrowableOfType(HandlerException.class, session::prepare);
    }
  }

  @Test
  void rightsThatAreMissingAreNamed() throws Exception {
    target.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC"); // given before PostgreSQL 15
    Backup backup =
        RebuildIntoEmptyTest.shop()
            .add(ObjectKind.FOREIGN_DATA_WRAPPER, "wrapper", "CREATE FOREIGN DATA WRAPPER wrapper")
            .inPublic(ObjectKind.TABLE, "owned", "CREATE TABLE public.owned ()")
            .on("owned", ObjectKind.TRIGGER, "none", List.of())
            .owned("TABLE public.owned", "postgres", "postgres")
            .with(RestoreFixture.read(source));
    HandlerException error = refused(asRole(backup, RestoreMode.INTO_EMPTY));
    assertThat(error.kind()).isEqualTo(Kind.PERMISSION_DENIED);
    assertThat(error)
        .hasMessageContaining("lacks CREATE on schema \"public\"")
        .hasMessageContaining("Only a superuser can create foreign data wrapper wrapper")
        .hasMessageContaining("Role \"postgres\" owns trigger public.none on public.owned")
        .hasMessageContaining("nothing was changed");
  }

  @Test
  void whatTheRoleMayNotDropIsNamed() throws Exception {
    target.execute(
        "CREATE TABLE people (id int)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "GRANT ALL ON DATABASE " + target.name() + " TO " + ROLE);
    HandlerException error = refused(asRole(backup(), RestoreMode.REPLACE));
    assertThat(error.kind()).isEqualTo(Kind.PERMISSION_DENIED);
    assertThat(error)
        .hasMessageContaining("may not drop table public.people")
        .hasMessageContaining("may not drop function public.f()");
  }

  @Test
  void anOwnerOfADatabaseNeedsNoSuperuser() throws Exception {
    target.execute("ALTER DATABASE " + target.name() + " OWNER TO " + ROLE);
    target.execute("ALTER SCHEMA public OWNER TO " + ROLE);
    Backup backup = backup();
    RestoreFixture.restore(backup, asRole(backup, RestoreMode.INTO_EMPTY));
    assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
    RestoreFixture.restore(backup, asRole(backup, RestoreMode.REPLACE));
    assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
  }

  @Test
  void aSchemaOfAnotherIsFilledNotDropped() throws Exception {
    target.execute(
        "GRANT ALL ON DATABASE " + target.name() + " TO " + ROLE,
        "ALTER SCHEMA public OWNER TO postgres",
        "GRANT ALL ON SCHEMA public TO " + ROLE,
        "SET ROLE " + ROLE + "; CREATE TABLE public.people (mine int)");
    Backup backup = backup();
    try (RestoreSession session = asRole(backup, RestoreMode.REPLACE)) {
      assertThat(session.prepare().warnings())
          .anyMatch(warning -> warning.contains("\"public\" belongs to another role"));
    }
    RestoreFixture.restore(backup, asRole(backup, RestoreMode.REPLACE));
    assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
    assertThat(target.query("SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE oid = 2200"))
        .containsExactly("postgres");
  }

  @Test
  void anExtensionThatTheServerLacksIsNamed() throws Exception {
    Backup backup =
        RebuildIntoEmptyTest.shop()
            .add(ObjectKind.EXTENSION, "no_such", "CREATE EXTENSION no_such")
            .with(RestoreFixture.read(source));
    HandlerException error =
        refused(
            RebuildScripts.open(
                target, backup, RestoreMode.INTO_EMPTY, RestoreStrategy.TRANSACTION));
    assertThat(error.kind()).isEqualTo(Kind.NOT_FOUND);
    assertThat(error).hasMessageContaining("\"no_such\" is not installed");
  }

  @Test
  void aLostConnectionUndoesEverything() throws Exception {
    target.execute("CREATE TABLE people (id int); INSERT INTO people VALUES (7)");
    Backup backup = backup();
    try (RestoreSession session =
        RebuildScripts.open(target, backup, RestoreMode.REPLACE, RestoreStrategy.TRANSACTION)) {
      session.prepare();
      session.begin();
      RestoreFixture.writeAll(backup, session);
      session.recordsWritten();
      TestPostgres.maintenance(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
              + target.name()
              + "'");
      HandlerException error = catchThrowableOfType(HandlerException.class, session::finish);
      assertThat(error.kind()).isEqualTo(Kind.UNREACHABLE);
      assertThat(error).hasMessageContaining("as it was");
    }
    assertThat(target.query("SELECT id FROM people")).containsExactly("7");
    assertThat(target.query("SELECT to_regclass('orders') IS NULL")).containsExactly("t");
  }

  @ParameterizedTest
  @EnumSource(
      value = RestoreStrategy.class,
      names = {"TRANSACTION", "IN_PLACE"})
  void aFailureAfterTheRowsSaysWhatTheTargetHolds(RestoreStrategy strategy) throws Exception {
    Backup backup =
        RebuildIntoEmptyTest.shop()
            .on(
                "orders",
                ObjectKind.TRIGGER,
                "validated",
                List.of(),
                "ALTER TABLE public.orders ADD CONSTRAINT impossible CHECK (total < 0)")
            .with(RestoreFixture.read(source));
    Throwable thrown =
        catchThrowable(
            () ->
                RestoreFixture.restore(
                    backup, RebuildScripts.open(target, backup, RestoreMode.INTO_EMPTY, strategy)));
    assertThat(thrown).isInstanceOf(HandlerException.class);
    if (strategy == RestoreStrategy.TRANSACTION) {
      assertThat(thrown).hasMessageContaining("left as it was");
      assertThat(target.query("SELECT relname FROM pg_class WHERE oid >= 16384")).isEmpty();
    } else {
      assertThat(thrown).hasMessageContaining("keeps the objects and rows that were committed");
      assertThat(target.query("SELECT to_regclass('people') IS NOT NULL")).containsExactly("t");
      // As advised:
      Backup whole = backup();
      RestoreFixture.restore(
          whole, RebuildScripts.open(target, whole, RestoreMode.REPLACE, strategy));
      assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
    }
  }

  @Test
  void aFullDiskLeavesTheTargetAsItWas() throws Exception {
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=40m,mode=777", "tmpfs", folder.toString()),
        "this user may not mount a file system");
    String space = "full_" + ProcessHandle.current().pid();
    try {
      Path data = Path.of(target.query("SHOW data_directory").get(0));
      Path inside = Files.createDirectory(folder.resolve("space"));
      Files.setOwner(inside, Files.getOwner(data));
      TestPostgres.maintenance("CREATE TABLESPACE " + space + " LOCATION '" + inside + "'");
      try (Database small = TestPostgres.createDatabase("TABLESPACE " + space)) {
        small.execute("CREATE TABLE people (id int); INSERT INTO people VALUES (7)");
        source.execute(
            "CREATE TABLE noise (t text);"
                + " ALTER TABLE noise ALTER t SET STORAGE EXTERNAL;"
                + " INSERT INTO noise SELECT repeat(md5(i::text), 30000) FROM generate_series(1, 60) i");
        Backup backup =
            RebuildIntoEmptyTest.shop()
                .inPublic(
                    ObjectKind.TABLE,
                    "noise",
                    "CREATE TABLE public.noise (t text)",
                    "ALTER TABLE public.noise ALTER t SET STORAGE EXTERNAL")
                .with(RestoreFixture.read(source));
        HandlerException error =
            catchThrowableOfType(
                HandlerException.class,
                () ->
                    RestoreFixture.restore(
                        backup,
                        RebuildScripts.open(
                            small, backup, RestoreMode.REPLACE, RestoreStrategy.TRANSACTION)));
        assertThat(error.kind()).isEqualTo(Kind.NO_SPACE);
        assertThat(small.query("SELECT id FROM people")).containsExactly("7");
        assertThat(small.query("SELECT to_regclass('noise') IS NULL")).containsExactly("t");
      }
    } finally {
      TestPostgres.maintenance("DROP TABLESPACE IF EXISTS " + space);
      run("umount", folder.toString());
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(command));
    try {
      Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false; // there is no such program
    }
  }
}
