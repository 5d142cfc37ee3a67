package io.holdfast.examples.quickstart;

import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.RestoreResult;
import java.util.List;
import javax.sql.DataSource;

/**
 * The whole story on a server of its own: fill a database, back it up, restore it into another,
 * compare the two.
 */
final class Demo {
  private static final String ORIGINAL = "shop";
  private static final String COPY = "shop_copy";

  private final Screen screen;
  private final Choices choices;
  private final double size;

  /** Something to do to the copy before it is compared; for tests. */
  interface Meddling {
    void with(DataSource copy) throws Exception;
  }

  Demo(Screen screen, Choices choices, double size) {
    this.screen = screen;
    this.choices = choices;
    this.size = size;
  }

  /** Returns the exit code. */
  int run() throws Exception {
    return run(copy -> {});
  }

  int run(Meddling meddling) throws Exception {
    try (EmbeddedServer server = screen.step("Start a PostgreSQL server", this::start)) {
      screen.step("Fill a shop with rows of every kind", () -> fill(server));
      restoreAndCompare(server, meddling);
      boolean same = compare(server);
      screen.times();
      return same ? 0 : QuickStart.DIFFERENT;
    }
  }

  private EmbeddedServer start() throws Exception {
    screen.progress("unpacking and starting, takes some seconds");
    EmbeddedServer server = EmbeddedServer.start();
    screen.line(server.uri(ORIGINAL) + ", in a temporary folder");
    return server;
  }

  private long fill(EmbeddedServer server) throws Exception {
    server.createDatabase(ORIGINAL);
    Shop shop = new Shop(screen);
    shop.createTables(server.database(ORIGINAL));
    long rows = shop.fill(server.database(ORIGINAL), size);
    screen.line(Screen.number(rows) + " rows");
    return rows;
  }

  private void restoreAndCompare(EmbeddedServer server, Meddling meddling) throws Exception {
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(server.uri(ORIGINAL))
            .target(server.uri(COPY))
            .sink(choices.sink())
            .prefix("quick-start")
            .encryption(choices.encryption())
            .decryptionKeys(choices.keys())
            .listener(screen)
            .build()) {
      Backups backups = new Backups(screen, choices, executor);
      BackupResult backup = backups.take();
      backups.show(backup);
      backups.verify(backup);
      screen.step(
          "Restore it into a second database", () -> restore(server, executor, backup.backupId()));
      meddling.with(server.database(COPY));
    }
  }

  private RestoreResult restore(EmbeddedServer server, BackupExecutor executor, String backupId)
      throws Exception {
    server.createDatabase(COPY); // and nothing in it: definitions come from the backup
    RestoreResult restored = executor.restoreFromBackup(backupId);
    screen.line(
        Screen.number(restored.records())
            + " records in "
            + Screen.seconds(restored.duration())
            + ", in one transaction");
    return restored;
  }

  private boolean compare(EmbeddedServer server) throws Exception {
    return screen.step(
        "Compare both databases, by sums that PostgreSQL computes",
        () -> {
          screen.progress("the original");
          Fingerprint original = Fingerprint.of(server.database(ORIGINAL));
          screen.progress("the copy");
          List<String> differences = original.differencesTo(Fingerprint.of(server.database(COPY)));
          original.parts().forEach((part, sum) -> screen.cutLine(part + ": " + sum));
          if (differences.isEmpty()) {
            screen.line("All of these are the same in the copy.");
          } else {
            differences.forEach(difference -> screen.line("DIFFERENT: " + difference));
          }
          return differences.isEmpty();
        });
  }
}
