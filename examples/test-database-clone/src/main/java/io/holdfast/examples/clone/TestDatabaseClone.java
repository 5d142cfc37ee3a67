package io.holdfast.examples.clone;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.BackupExecutor;
import io.holdfast.FileSink;
import io.holdfast.postgres.DatabaseClone;
import io.holdfast.postgres.PostgresServer;
import io.holdfast.postgres.TemplateDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Gives every test a database of its own with production's data: a backup is restored once, into a
 * template, and each test gets a copy of that. Prints how long everything took.
 */
public final class TestDatabaseClone {
  private static final String PRODUCTION = "shop_clone_example";
  private static final String TEMPLATE = "shop_clone_example_template";

  private final PostgresServer server;
  private final Path backups;
  private final PrintStream out;

  TestDatabaseClone(PostgresServer server, Path backups, PrintStream out) {
    this.server = server;
    this.backups = backups;
    this.out = out;
  }

  /**
   * Does it all on a server, and drops what it created there.
   *
   * @param args the server's URI, with a role that may create databases, and a folder for backups
   */
  public static void main(String[] args) throws Exception {
    if (args.length != 2) {
      System.err.println("Arguments: postgresql://role@host <folder for backups>");
      System.exit(64);
    }
    new TestDatabaseClone(PostgresServer.at(args[0]), Path.of(args[1]), System.out).run();
  }

  void run() throws Exception {
    // In place of production, which a real pipeline does not create.
    server.createDatabase(PRODUCTION);
    TemplateDatabase template = server.template(TEMPLATE);
    try {
      timed("create a shop", () -> new Shop(server.dataSource(PRODUCTION)).create(script()));
      String backupId = timed("back it up", this::backUp);
      // Every job may call this: the first one builds, the others wait, later ones find it there.
      timed("build the template", () -> template.buildFromBackup(FileSink.at(backups), backupId));
      timed("build it again", () -> template.buildFromBackup(FileSink.at(backups), backupId));
      for (int i = 1; i <= 3; i++) {
        timed("test " + i + ", clone and drop included", () -> aTestThatChangesMuch(template));
      }
      twoTestsAtOnce(template);
    } finally {
      template.drop();
      server.dropDatabase(PRODUCTION);
    }
  }

  private String backUp() {
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(server.handler(PRODUCTION))
            .sink(FileSink.at(backups))
            .build()) {
      return executor.createBackup().backupId();
    }
  }

  /** What a test does: in JUnit, the clone is made in BeforeEach and closed in AfterEach. */
  private static boolean aTestThatChangesMuch(TemplateDatabase template) throws Exception {
    try (DatabaseClone clone = template.newClone()) {
      Shop shop = new Shop(clone.dataSource());
      long before = shop.orders();
      int forgotten = shop.forget(7);
      require(forgotten > 0 && shop.orders() == before - forgotten, "all orders are forgotten");
      return true;
    }
  }

  private void twoTestsAtOnce(TemplateDatabase template) throws Exception {
    try (DatabaseClone one = template.newClone();
        DatabaseClone other = template.newClone()) {
      Shop first = new Shop(one.dataSource());
      Shop second = new Shop(other.dataSource());
      long before = first.orders();
      // Sequences are copies, too.
      require(first.order(1, 9.99) == second.order(2, 1.99), "both number their orders alike");
      first.forget(1);
      require(second.orders() == before + 1, "neither sees what the other does");
      out.println("Two clones at once changed their data independently.");
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException("Not true: " + what);
    }
  }

  private static String script() throws IOException {
    try (InputStream script = TestDatabaseClone.class.getResourceAsStream("/shop.sql")) {
      return new String(Objects.requireNonNull(script).readAllBytes(), UTF_8);
    }
  }

  /** Something that takes its time. */
  @FunctionalInterface
  private interface Step<T> {
    T run() throws Exception;
  }

  /** Something that takes its time and gives nothing. */
  @FunctionalInterface
  private interface Action {
    void run() throws Exception;
  }

  private void timed(String what, Action action) throws Exception {
    timed(
        what,
        () -> {
          action.run();
          return what;
        });
  }

  private <T> T timed(String what, Step<T> step) throws Exception {
    long start = System.nanoTime();
    T result = step.run();
    out.printf("%6d ms  %s%n", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start), what);
    return result;
  }
}
