package io.holdfast.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.Secret;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
  private static final double SMALL = 0.02;

  @TempDir private Path folder;

  private final Captured captured = new Captured();

  @Test
  void restoredDatabaseIsTheSameAsTheOriginal() throws Exception {
    int code =
        QuickStart.run(
            captured.screen(), "--to", folder.toUri().toString(), "--size", String.valueOf(SMALL));

    assertThat(captured.errors()).isEmpty();
    assertThat(captured.output())
        .contains("All of these are the same in the copy.")
        .contains("table shop.oddities: 6 rows")
        .contains("table shop.nothing: 0 rows")
        .contains("large objects: 40 objects");
    assertThat(code).isZero();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .anyMatch(name -> name.matches("quick-start-.*\\.json\\.zst"))
          .anyMatch(name -> name.matches("quick-start-.*\\.manifest\\.json"));
    }
  }

  @Test
  void changedValueSequenceAndLargeObjectInTheCopyAreReported() throws Exception {
    Choices encrypted =
        new Choices(
            folder.toUri().toString(),
            Encryption.passphrase(Secret.of("correct horse")),
            DecryptionKeys.none());

    int code =
        new Demo(captured.screen(), encrypted, SMALL)
            .run(
                copy -> {
                  try (Connection connection = copy.getConnection();
                      Statement statement = connection.createStatement()) {
                    statement.execute("UPDATE shop.products SET weight_kg = -0.0 WHERE id = 7");
                    statement.execute("SELECT nextval('shop.never_used')");
                    statement.execute(
                        "SELECT lo_put(document, 0, 'x') FROM shop.contracts WHERE id = 1");
                  }
                });

    assertThat(code).isEqualTo(QuickStart.DIFFERENT);
    assertThat(captured.output().lines().filter(line -> line.contains("DIFFERENT:")))
        .hasSize(3)
        .anyMatch(line -> line.contains("table shop.products: 80 rows"))
        .anyMatch(line -> line.contains("sequence shop.never_used: last value 5, called false"))
        .anyMatch(line -> line.contains("large objects: 40 objects"));
  }
}
