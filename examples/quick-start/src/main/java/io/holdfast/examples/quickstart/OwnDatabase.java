package io.holdfast.examples.quickstart;

import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;

/** Backs up the user's own database: reads it, checks the backup, and says how to restore it. */
final class OwnDatabase {
  private final Screen screen;
  private final Choices choices;
  private final String uri;

  OwnDatabase(Screen screen, Choices choices, String uri) {
    this.screen = screen;
    this.choices = choices;
    this.uri = uri;
  }

  /** Returns the exit code. */
  int run() throws Exception {
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(uri)
            .sink(choices.sink())
            .encryption(choices.encryption())
            .decryptionKeys(choices.keys())
            .listener(screen)
            .build()) {
      Backups backups = new Backups(screen, choices, executor);
      BackupResult backup = backups.take();
      backups.show(backup);
      backups.verify(backup);
      screen.times();
      sayHowToRestore(backup);
      return 0;
    }
  }

  private void sayHowToRestore(BackupResult backup) {
    screen.writer().println();
    screen.writer().println("To restore it, into a database that has the same tables, empty:");
    screen.line("try (BackupExecutor executor = BackupExecutor.builder()");
    screen.line("    .source(\"postgresql://user@host/other\").sink(\"" + choices.sink() + "\")");
    if (!choices.encryption().isNone()) {
      screen.line(
          choices.encryption().publicKeys().isEmpty()
              ? "    .decryptionKeys(DecryptionKeys.passphrase(passphrase))"
              : "    .decryptionKeys(DecryptionKeys.identityFile(Path.of(\"key.txt\")))");
    }
    screen.line("    .build()) {");
    screen.line("  executor.restoreFromBackup(\"" + backup.backupId() + "\");");
    screen.line("}");
  }
}
