package io.holdfast.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.AgeKeyPair;
import io.holdfast.BackupExecutor;
import io.holdfast.FileSink;
import io.holdfast.postgres.PostgresHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README tells the truth: its code compiles, and what can run here runs. */
class ReadmeTest {
  @TempDir private Path folder;

  @Test
  void javaInTheReadmeIsTheCodeThatIsCompiledHere() throws IOException {
    Path root = root();
    String readme = Files.readString(root.resolve("README.md"));
    String code =
        Files.readString(
            root.resolve(
                "examples/quick-start/src/test/java/io/holdfast/examples/quickstart/ReadmeCode.java"));

    assertThat(blocks(readme)).isNotEmpty().isEqualTo(regions(code));
  }

  @Test
  void commandOfTheReadmeIsTheOneInTheDescription() throws IOException {
    Path root = root();
    assertThat(Files.readString(root.resolve("README.md")))
        .contains("./mvnw -pl examples/quick-start -am compile exec:java\n");
    assertThat(Files.readString(root.resolve("examples/quick-start/pom.xml")))
        .contains("./mvnw -pl examples/quick-start -am compile exec:java<");
  }

  @Test
  void protectedActionThatFailsLeavesTheRowsAsTheyWere() throws Exception {
    try (EmbeddedServer server = EmbeddedServer.start()) {
      server.createDatabase("app");
      DataSource database = server.database("app");
      execute(database, "CREATE TABLE users (id int PRIMARY KEY, name text)");
      execute(database, "INSERT INTO users VALUES (1, 'Ada'), (2, 'Lin')");
      Fingerprint before = Fingerprint.of(database);

      assertThatThrownBy(
              () ->
                  ReadmeCode.protect(
                      database,
                      folder,
                      () -> {
                        execute(database, "UPDATE users SET name = 'x'");
                        execute(database, "DELETE FROM users WHERE id = 2");
                        throw new IllegalStateException("the migration failed");
                      }))
          .hasMessage("the migration failed")
          .hasNoSuppressedExceptions();

      assertThat(before.differencesTo(Fingerprint.of(database))).isEmpty();
      execute(database, "DELETE FROM users");
      try (BackupExecutor executor =
          BackupExecutor.builder()
              .source(PostgresHandler.of(database))
              .sink(FileSink.at(folder))
              .build()) {
        ReadmeCode.replace(executor, BackupExecutor.LATEST);
      }
      assertThat(before.differencesTo(Fingerprint.of(database))).isEmpty();
    }
  }

  @Test
  void executorsOfTheReadmeAreConfiguredRightly() {
    try (BackupExecutor nightly = ReadmeCode.encrypted(AgeKeyPair.generate().recipient())) {
      assertThat(nightly).isNotNull();
    }
  }

  private static void execute(DataSource database, String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("README.md"))) {
      folder = folder.getParent();
    }
    return folder;
  }

  private static List<String> blocks(String markdown) {
    List<String> blocks = new ArrayList<>();
    Matcher matcher = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(markdown);
    while (matcher.find()) {
      blocks.add(matcher.group(1));
    }
    return blocks;
  }

  /** Per method, what stands between its arrows, without the indentation of a method's body. */
  private static List<String> regions(String java) {
    List<String> regions = new ArrayList<>();
    for (String method : java.split("\n  static ", -1)) {
      Matcher matcher = Pattern.compile("// -->\n(.*?) *// <--", Pattern.DOTALL).matcher(method);
      String region = matcher.results().map(found -> found.group(1)).collect(Collectors.joining());
      if (!region.isEmpty()) {
        regions.add(region.replaceAll("(?m)^    ", ""));
      }
    }
    return regions;
  }
}
