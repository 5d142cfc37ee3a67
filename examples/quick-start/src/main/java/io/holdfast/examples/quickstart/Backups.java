package io.holdfast.examples.quickstart;

import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.VerifyResult;
import io.holdfast.spi.NotCaptured;

/** The steps that both jobs share: take a backup, show it, verify it. */
final class Backups {
  private final Screen screen;
  private final Choices choices;
  private final BackupExecutor executor;

  Backups(Screen screen, Choices choices, BackupExecutor executor) {
    this.screen = screen;
    this.choices = choices;
    this.executor = executor;
  }

  BackupResult take() throws Exception {
    return screen.step(
        "Take a backup",
        () -> {
          BackupResult backup = executor.createBackup();
          screen.line(
              Screen.number(backup.records())
                  + " records of "
                  + backup.counts().size()
                  + " collections in "
                  + Screen.seconds(backup.duration())
                  + ": "
                  + Screen.megabytes(backup.rawBytes())
                  + " of JSON, "
                  + Screen.megabytes(backup.storedBytes())
                  + " stored, "
                  + choices.encryptionInWords());
          screen.line(StoredFile.of(executor, backup, choices).path().toString());
          for (NotCaptured missing : backup.notCaptured()) {
            screen.line("Not in the backup: " + missing.object() + ": " + missing.reason());
          }
          return backup;
        });
  }

  void show(BackupResult backup) throws Exception {
    screen.step(
        "Look at the file",
        () -> {
          StoredFile file = StoredFile.of(executor, backup, choices);
          file.showHead(screen);
          screen.line("");
          screen.line("Without Holdfast:");
          file.showCommands(screen);
          return file;
        });
  }

  void verify(BackupResult backup) throws Exception {
    screen.step(
        "Verify it: read every byte back, check every sum and count",
        () -> {
          if (!choices.canRead()) {
            screen.line("Left out: only the secret key opens it. Give it with --identity.");
            return 0L;
          }
          VerifyResult verified = executor.verify(backup.backupId());
          screen.line(
              Screen.number(verified.records())
                  + " records, intact, in "
                  + Screen.seconds(verified.duration()));
          return verified.records();
        });
  }
}
