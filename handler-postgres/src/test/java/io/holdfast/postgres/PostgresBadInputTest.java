package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.BackupEvent;
import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.Compression;
import io.holdfast.FileSink;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.format.FormatException;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What goes wrong is told by its kind and in words that say what to do, and neither the sink nor
 * the target is changed by it.
 */
@Timeout(120)
class PostgresBadInputTest {
  @TempDir private Path folder;
  private Database source;
  private Database target;

  @BeforeEach
  void createDatabases() throws SQLException {
    source = SmallShop.source();
    target = SmallShop.filled();
  }

  @AfterEach
  void dropDatabases() throws SQLException {
    source.close();
    target.close();
  }

  // ---------------------------------------------------------------------------------------------
  // Reaching the server

  @Test
  void aWrongPasswordIsToldAndNotRepeated() throws Exception {
    String id = Backups.take(source, folder);
    String role = "locked_" + source.name();
    // PostgreSQL 13 would keep an MD5 of it, which the rule below does not take.
    TestPostgres.maintenance(
        "SET password_encryption = 'scram-sha-256';"
            + " CREATE ROLE "
            + role
            + " LOGIN SUPERUSER PASSWORD 'right-one'");
    String rules = serverFile("hba_file");
    try {
      writeServerFile("hba_file", "host all " + role + " all scram-sha-256\n" + rules);
      TestPostgres.maintenance("SELECT pg_reload_conf()");
      awaitRefused(role);
      for (String password : List.of("wrong-one", "")) {
        String uri = source.uri(role, password);
        assertBackupRefused(uri, HandlerException.Kind.UNAUTHENTICATED, "password");
        assertThat(catchThrowable(() -> backup(uri)).toString()).doesNotContain("wrong-one");
        assertRestoreRefused(
            id,
            target.uri(role, password),
            Backups.REPLACE,
            HandlerException.Kind.UNAUTHENTICATED,
            "password");
      }
      backup(source.uri(role, "right-one"));
    } finally {
      writeServerFile("hba_file", rules);
      TestPostgres.maintenance("SELECT pg_reload_conf()");
      TestPostgres.maintenance("DROP ROLE " + role);
    }
  }

  private String serverFile(String setting) throws SQLException {
    return source.query("SELECT pg_read_file(current_setting('" + setting + "'))").get(0);
  }

  /** By the server itself, which may run as another user. */
  private void writeServerFile(String setting, String text) throws SQLException {
    String path = source.query("SELECT current_setting('" + setting + "')").get(0);
    source.execute(
        "COPY (SELECT unnest(string_to_array("
            + Sql.quoteLiteral(String.join("\n", text.lines().filter(l -> !l.isBlank()).toList()))
            + ", E'\\n'))) TO "
            + Sql.quoteLiteral(path)
            + " WITH (DELIMITER E'\\x02')");
  }

  private void awaitRefused(String role) throws Exception {
    for (int i = 0; i < 500; i++) {
      try {
        source.dataSource(role, "wrong-one").getConnection().close();
      } catch (SQLException refused) {
        return;
      }
      Thread.sleep(10);
    }
    throw new AssertionError("The server did not take the new rules");
  }

  @Test
  void aDatabaseThatIsNotThereIsNotFound() throws Exception {
    String id = Backups.take(source, folder);
    assertBackupRefused(source.uri() + "_not", HandlerException.Kind.NOT_FOUND, "_not");
    assertRestoreRefused(
        id, target.uri() + "_not", Backups.REPLACE, HandlerException.Kind.NOT_FOUND, "_not");
  }

  @Test
  void aServerThatDoesNotListenIsUnreachable() throws Exception {
    String id = Backups.take(source, folder);
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    String uri = "postgresql://postgres@127.0.0.1:" + port + "/x";
    assertBackupRefused(uri, HandlerException.Kind.UNREACHABLE, String.valueOf(port));
    assertRestoreRefused(
        id, uri, Backups.REPLACE, HandlerException.Kind.UNREACHABLE, String.valueOf(port));
  }

  @Test
  void aPoolerThatSwitchesWithinATransactionIsRefused() throws Exception {
    try (SwitchingPooler pooler =
        new SwitchingPooler(TestPostgres.address(), SwitchingPooler.Mode.STATEMENT)) {
      String uri = "postgresql://postgres@" + pooler.address() + "/" + source.name();
      HandlerException thrown = (HandlerException) catchThrowable(() -> backup(uri));
      assertThat(thrown).hasMessageContaining("pooler");
      assertThat(Backups.files(folder)).isEmpty();
    }
  }

  @Test
  void aPoolerThatSwitchesBetweenTransactionsDoesNoHarm() throws Exception {
    try (SwitchingPooler pooler =
        new SwitchingPooler(TestPostgres.address(), SwitchingPooler.Mode.TRANSACTION)) {
      backup("postgresql://postgres@" + pooler.address() + "/" + source.name());
    }
    try (BackupExecutor executor = Backups.into(target, folder).build()) {
      executor.restoreFromBackup("latest", Backups.REPLACE);
    }
    assertThat(Contents.hashes(target)).isEqualTo(Contents.hashes(source));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aConnectionThatIsLostMidwayFailsTheBackup(boolean session) throws Exception {
    source.execute(
        "CREATE TABLE z AS SELECT i, repeat(md5(i::text), 20) AS t FROM generate_series(1, 50000) i");
    AtomicBoolean cut = new AtomicBoolean();
    try (BackupExecutor executor =
        Backups.from(source, folder)
            .parallelism(1)
            .listener(
                event -> {
                  if (event instanceof BackupEvent.CollectionDone && !cut.getAndSet(true)) {
                    // The session idles in its transaction; the reader is at work.
                    terminate(source, session ? "state LIKE 'idle%'" : "query LIKE 'COPY%'");
                  }
                })
            .build()) {
      Throwable thrown = catchThrowable(executor::createBackup);
      assertThat(cut).isTrue();
      assertThat(thrown).isInstanceOf(HandlerException.class);
      assertThat(((HandlerException) thrown).kind())
          .isIn(HandlerException.Kind.SNAPSHOT_LOST, HandlerException.Kind.UNREACHABLE);
      assertThat(executor.list()).isEmpty();
      assertThat(Backups.files(folder)).isEmpty();
    }
  }

  @Test
  void aConnectionThatIsLostMidwayUndoesAnAtomicRestore() throws Exception {
    String id = Backups.take(source, folder);
    AtomicBoolean cut = new AtomicBoolean();
    Map<String, String> before = RestoreFixture.fingerprint(target);
    try (BackupExecutor executor =
        Backups.into(target, folder)
            .listener(
                event -> {
                  if (event instanceof BackupEvent.CollectionDone && !cut.getAndSet(true)) {
                    terminate(target, "true");
                  }
                })
            .build()) {
      assertThatThrownBy(
              () -> executor.restoreFromBackup(id, Backups.REPLACE.withoutSafetyBackup()))
          .isInstanceOf(HandlerException.class)
          .matches(e -> ((HandlerException) e).kind() == HandlerException.Kind.UNREACHABLE)
          .hasMessageContaining("left as it was");
      assertThat(cut).isTrue();
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(before);
      executor.restoreFromBackup(id, Backups.REPLACE);
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(RestoreFixture.fingerprint(source));
    }
  }

  private static void terminate(Database database, String which) {
    try {
      database.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
              + " AND datname = current_database() AND "
              + which);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Rights

  @Test
  void aTableThatMayNotBeReadIsNamed() throws Exception {
    withRole(
        role -> {
          source.execute("GRANT SELECT ON customers, items, customers_id_seq TO " + role);
          HandlerException thrown =
              assertBackupRefused(
                  source.uri(role, "pw"), HandlerException.Kind.PERMISSION_DENIED, "public.orders");
          assertThat(thrown.getMessage())
              .contains(role)
              .contains("Nothing was read")
              .doesNotContain("public.items");
        });
  }

  @Test
  void aTableWhoseRowsMayBeHiddenIsNamed() throws Exception {
    withRole(
        role -> {
          source.execute(
              "GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role,
              "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO " + role,
              "ALTER TABLE items ENABLE ROW LEVEL SECURITY",
              "CREATE POLICY visible ON items USING (id < 10)");
          HandlerException thrown =
              assertBackupRefused(
                  source.uri(role, "pw"),
                  HandlerException.Kind.PERMISSION_DENIED,
                  "Row-level security");
          assertThat(thrown.getMessage()).contains("public.items").doesNotContain("public.orders");
        });
  }

  @Test
  void rightsThatTheTargetLacksAreAllNamed() throws Exception {
    String id = Backups.take(source, folder);
    withRole(
        role -> {
          target.execute("GRANT SELECT, INSERT ON customers TO " + role);
          HandlerException thrown =
              assertRestoreRefused(
                  id,
                  target.uri(role, "pw"),
                  Backups.REPLACE.dataOnly(),
                  HandlerException.Kind.PERMISSION_DENIED,
                  "nothing was changed");
          assertThat(thrown.getMessage())
              .contains("TRUNCATE or DELETE on table public.customers")
              .contains("INSERT on table public.items")
              .contains("INSERT on table public.orders");
        });
  }

  @Test
  void aTargetThatIsReadOnlyIsNotOverruled() throws Exception {
    String id = Backups.take(source, folder);
    target.execute("ALTER DATABASE " + target.name() + " SET default_transaction_read_only = on");
    try {
      assertRestoreRefused(
          id,
          target.uri(),
          Backups.REPLACE,
          HandlerException.Kind.PERMISSION_DENIED,
          "default_transaction_read_only");
    } finally {
      TestPostgres.maintenance(
          "ALTER DATABASE " + target.name() + " RESET default_transaction_read_only");
    }
  }

  /** Something with a role that has a password. */
  @FunctionalInterface
  private interface RoleTest {
    void run(String role) throws Exception;
  }

  private void withRole(RoleTest test) throws Exception {
    String role = "role_" + source.name();
    TestPostgres.maintenance("CREATE ROLE " + role + " LOGIN PASSWORD 'pw'");
    try {
      test.run(role);
    } finally {
      source.execute("DROP OWNED BY " + role);
      target.execute("DROP OWNED BY " + role);
      TestPostgres.maintenance("DROP ROLE " + role);
    }
  }

  // ---------------------------------------------------------------------------------------------
  // The sink

  @Test
  void aFileInThePlaceOfTheFolderIsLeftAlone() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "mine");
    try (BackupExecutor executor = Backups.from(source, file).build()) {
      assertThatThrownBy(executor::createBackup)
          .isInstanceOf(StorageException.class)
          .hasMessageContaining(file.toString());
    }
    assertThat(file).hasContent("mine");
    assertThat(Backups.files(folder)).containsExactly("file");
  }

  @Test
  void aFolderThatMayNotBeWrittenIsToldBeforeTheDatabaseIsAsked() throws Exception {
    withTmpfs(
        "size=2m,ro",
        () -> {
          // A server that nobody listens at: it would be the error if it were asked first.
          try (BackupExecutor executor =
              Backups.from(source, folder).source("postgresql://localhost:1/x").build()) {
            assertThatThrownBy(executor::createBackup)
                .isInstanceOf(StorageException.class)
                .matches(
                    e -> ((StorageException) e).kind() == StorageException.Kind.PERMISSION_DENIED,
                    "PERMISSION_DENIED")
                .hasMessageContaining(folder.toString());
            assertThat(executor.list()).isEmpty();
          }
          return null;
        });
  }

  @Test
  void aDiskThatIsFullMidwayLeavesNoBackup() throws Exception {
    source.execute(
        "CREATE TABLE noise AS SELECT i, (SELECT string_agg(md5(random()::text || i || j), '')"
            + " FROM generate_series(1, 30) j) AS t FROM generate_series(1, 8000) i");
    withTmpfs(
        "size=2m",
        () -> {
          try (BackupExecutor executor = Backups.from(source, folder).build()) {
            assertThatThrownBy(executor::createBackup)
                .isInstanceOf(StorageException.class)
                .matches(
                    e -> ((StorageException) e).kind() == StorageException.Kind.NO_SPACE,
                    "NO_SPACE");
            assertThat(executor.list()).isEmpty();
            assertThat(Backups.files(folder)).allMatch(file -> file.startsWith(".holdfast-tmp/"));
          }
          // With room again, or less to write, it works.
          try (BackupExecutor executor =
              Backups.from(source, folder).exclude("public.noise").build()) {
            executor.verify(executor.createBackup().backupId());
          }
          return null;
        });
  }

  private void withTmpfs(String options, Callable<Void> test) throws Exception {
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder.toString()),
        "this user may not mount a file system");
    try {
      test.call();
    } finally {
      run("umount", folder.toString());
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false; // there is no such program
    }
  }

  @Test
  void aNameThatIsTakenIsNotOverwritten() throws Exception {
    Clock stopped = Clock.fixed(Instant.parse("2026-01-09T00:00:00Z"), ZoneOffset.UTC);
    try (BackupExecutor executor = Backups.from(source, folder).clock(stopped).build()) {
      executor.createBackup();
      byte[] document = Files.readAllBytes(Backups.document(folder));
      byte[] manifest = Files.readAllBytes(Backups.manifest(folder));
      source.execute("DELETE FROM orders");
      assertThatThrownBy(executor::createBackup)
          .isInstanceOf(StorageException.class)
          .matches(e -> ((StorageException) e).kind() == StorageException.Kind.ALREADY_EXISTS)
          .hasMessageContaining("Nothing was changed");
      assertThat(Backups.files(folder)).hasSize(2);
      assertThat(Backups.document(folder)).hasBinaryContent(document);
      assertThat(Backups.manifest(folder)).hasBinaryContent(manifest);
    }
  }

  @Test
  void ofTwoBackupsInTheSameInstantOneWinsAndIsWhole() throws Exception {
    Clock stopped = Clock.fixed(Instant.parse("2026-01-09T00:00:00Z"), ZoneOffset.UTC);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try (BackupExecutor executor = Backups.from(source, folder).clock(stopped).build()) {
      List<Future<?>> both = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        both.add(threads.submit(executor::createBackup));
      }
      int won = 0;
      for (Future<?> one : both) {
        try {
          one.get();
          won++;
        } catch (ExecutionException e) {
          assertThat(e.getCause())
              .isInstanceOf(StorageException.class)
              .matches(c -> ((StorageException) c).kind() == StorageException.Kind.ALREADY_EXISTS);
        }
      }
      assertThat(won).isEqualTo(1);
      assertThat(executor.list()).hasSize(1);
      executor.verify(BackupExecutor.LATEST);
      assertThat(Backups.files(folder)).hasSize(2);
    } finally {
      threads.shutdownNow();
    }
  }

  // ---------------------------------------------------------------------------------------------
  // What is in the sink

  @Test
  void aManifestOfALaterVersionIsRefused() throws Exception {
    String id = Backups.take(source, folder);
    Path file = Backups.manifest(folder);
    String body = Files.readString(file);
    body = body.substring(0, body.indexOf("\"sha256\":", body.indexOf("\"not_captured\"")));
    body = body.replaceFirst("\"holdfast_manifest\":1", "\"holdfast_manifest\":2");
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8));
    Files.writeString(file, body + "\"sha256\":\"" + HexFormat.of().formatHex(digest) + "\"}\n");
    assertFormatRefused(id, FormatException.Kind.UNSUPPORTED_VERSION, "2", "1");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aDocumentOfALaterVersionIsRefused(boolean atomic) throws Exception {
    try (BackupExecutor executor =
        Backups.from(source, folder).compression(Compression.none()).build()) {
      executor.createBackup();
    }
    Files.delete(Backups.manifest(folder));
    Path document = Backups.document(folder);
    Files.writeString(
        document, Files.readString(document).replaceFirst("\"version\":1", "\"version\":2"));
    Map<String, String> before = RestoreFixture.fingerprint(target);
    try (BackupExecutor executor = Backups.into(target, folder).build()) {
      assertThatThrownBy(
              () ->
                  executor.restoreFromFile(
                      document, atomic ? Backups.REPLACE : Backups.REPLACE.withoutAtomicity()))
          .isInstanceOf(FormatException.class)
          .matches(e -> ((FormatException) e).kind() == FormatException.Kind.UNSUPPORTED_VERSION)
          .hasMessageContaining("2");
    }
    assertThat(RestoreFixture.fingerprint(target)).isEqualTo(before);
  }

  @Test
  void aManifestThatWasCutIsRefusedAndListedAsUnreadable() throws Exception {
    String id = Backups.take(source, folder);
    byte[] whole = Files.readAllBytes(Backups.manifest(folder));
    for (int length : new int[] {0, 1, 20, whole.length / 2, whole.length - 2}) {
      Files.write(Backups.manifest(folder), Arrays.copyOf(whole, length));
      assertFormatRefused(id, FormatException.Kind.CORRUPT, id);
      try (BackupExecutor executor = Backups.into(target, folder).build()) {
        assertThat(executor.list()).hasOnlyElementsOfType(CatalogEntry.Unreadable.class).hasSize(1);
        assertThatThrownBy(() -> executor.restoreFromBackup(BackupExecutor.LATEST, Backups.REPLACE))
            .isInstanceOf(BackupException.class)
            .hasMessageContaining("Nothing was changed");
      }
    }
  }

  private void assertFormatRefused(String id, FormatException.Kind kind, String... texts)
      throws SQLException {
    Map<String, String> before = RestoreFixture.fingerprint(target);
    try (BackupExecutor executor = Backups.into(target, folder).build()) {
      for (Throwable thrown :
          List.of(
              catchThrowable(() -> executor.verify(id)),
              catchThrowable(() -> executor.restoreFromBackup(id, Backups.REPLACE)))) {
        assertThat(thrown).isInstanceOf(FormatException.class);
        assertThat(((FormatException) thrown).kind()).isEqualTo(kind);
        assertThat(thrown.getMessage()).contains(texts);
      }
    }
    assertThat(RestoreFixture.fingerprint(target)).isEqualTo(before);
  }

  // ---------------------------------------------------------------------------------------------
  // The target's shape and rows

  @Test
  void everythingThatDiffersInTheTargetIsToldAtOnce() throws Exception {
    String id = Backups.take(source, folder);
    target.execute(
        "DROP TABLE orders",
        "ALTER TABLE items DROP COLUMN data, ALTER COLUMN price TYPE numeric(10, 2)",
        "ALTER TABLE customers ADD COLUMN extra int");
    HandlerException thrown =
        assertRestoreRefused(
            id,
            target.uri(),
            Backups.REPLACE.dataOnly(),
            HandlerException.Kind.MISMATCH,
            "nothing was changed");
    assertThat(thrown.getMessage())
        .contains("Table public.orders is missing in the target")
        .contains("Column \"data\" of public.items is missing in the target")
        .contains(
            "Column \"price\" of public.items has type numeric(8,2) in the backup, numeric(10,2)")
        .contains("Column \"extra\" of public.customers is missing in the backup");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aTargetThatHoldsRowsIsRefused(boolean atomic) throws Exception {
    String id = Backups.take(source, folder);
    HandlerException thrown =
        assertRestoreRefused(
            id,
            target.uri(),
            atomic ? RestoreOptions.DEFAULT : RestoreOptions.DEFAULT.withoutAtomicity(),
            HandlerException.Kind.NOT_EMPTY,
            "REPLACE");
    assertThat(thrown.getMessage())
        .contains("public.customers")
        .contains("public.items")
        .contains("public.orders");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"id\":1,\"customer\":99,\"item\":1} | orders_customer_fkey",
        "{\"id\":1,\"customer\":null,\"item\":1} | customer",
        "{\"id\":1,\"customer\":1,\"item\":1},{\"id\":1,\"customer\":1,\"item\":1} | orders_pkey",
      })
  void rowsThatBreakAConstraintAreUndone(String orders, String named) throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("by-hand.json"),
            """
            {"timestamp":"2026-01-09T00:00:00Z","collections":{
             "customers":[{"id":1,"name":"Ada","note":null}],
             "items":[{"id":1,"price":1.5,"data":null}],
             "orders":[%s]}}
            """
                .formatted(orders));
    Map<String, String> before = RestoreFixture.fingerprint(target);
    try (BackupExecutor executor = Backups.into(target, folder).build()) {
      assertThatThrownBy(() -> executor.restoreFromFile(file, Backups.REPLACE))
          .isInstanceOf(HandlerException.class)
          .matches(
              e -> ((HandlerException) e).kind() == HandlerException.Kind.CONSTRAINT, "CONSTRAINT")
          .hasMessageContaining(named)
          .hasMessageContaining("orders")
          .hasMessageContaining("left as it was");
    }
    assertThat(RestoreFixture.fingerprint(target)).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource(
      value = RestoreMode.class,
      names = {"REPLACE", "MERGE"})
  void aFilterThatMatchesNothingIsTold(RestoreMode mode) throws Exception {
    String id = Backups.take(source, folder);
    assertRestoreRefused(
        id,
        target.uri(),
        RestoreOptions.DEFAULT.withMode(mode).including("public.custmers"),
        HandlerException.Kind.NOT_FOUND,
        "public.custmers");
  }

  @Test
  void aBackupThatIsNotThereIsNotFound() throws Exception {
    Map<String, String> before = RestoreFixture.fingerprint(target);
    try (BackupExecutor executor = Backups.into(target, folder).build()) {
      for (String ref : List.of("backup-2026-01-09-00-00-00", "latest", "/no/such/file.json")) {
        assertThatThrownBy(() -> executor.restoreFromBackup(ref, Backups.REPLACE))
            .isInstanceOf(StorageException.class)
            .matches(e -> ((StorageException) e).kind() == StorageException.Kind.NOT_FOUND);
      }
    }
    assertThat(RestoreFixture.fingerprint(target)).isEqualTo(before);
  }

  // ---------------------------------------------------------------------------------------------

  private void backup(String uri) {
    try (BackupExecutor executor =
        Backups.from(source, folder).source(PostgresHandler.at(uri)).build()) {
      executor.createBackup();
    }
  }

  /** Refused, without a trace in the sink. */
  private HandlerException assertBackupRefused(
      String uri, HandlerException.Kind kind, String message) {
    List<String> before = Backups.files(folder);
    Throwable thrown = catchThrowable(() -> backup(uri));
    assertThat(thrown).isInstanceOf(HandlerException.class).hasMessageContaining(message);
    assertThat(((HandlerException) thrown).kind()).as(thrown.getMessage()).isEqualTo(kind);
    assertThat(Backups.files(folder)).isEqualTo(before);
    return (HandlerException) thrown;
  }

  /** Refused, with the target as it was. */
  private HandlerException assertRestoreRefused(
      String id, String uri, RestoreOptions options, HandlerException.Kind kind, String message)
      throws SQLException {
    Map<String, String> before = RestoreFixture.fingerprint(target);
    List<String> files = Backups.files(folder);
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(PostgresHandler.at(uri))
            .sink(FileSink.at(folder))
            .retry(Retry.none())
            .build()) {
      Throwable thrown = catchThrowable(() -> executor.restoreFromBackup(id, options));
      assertThat(thrown).isInstanceOf(HandlerException.class).hasMessageContaining(message);
      assertThat(((HandlerException) thrown).kind()).as(thrown.getMessage()).isEqualTo(kind);
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(before);
      assertThat(Backups.files(folder)).isEqualTo(files);
      return (HandlerException) thrown;
    }
  }
}
