package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.BackupExecutor;
import io.holdfast.Compression;
import io.holdfast.FileSink;
import io.holdfast.postgres.EveryObject;
import io.holdfast.postgres.PostgresHandler;
import io.holdfast.postgres.TestPostgres.Database;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The definitions in a backup are made a script by {@code zstd}, {@code sed} and {@code jq} as
 * {@code docs/FORMAT.md} says, and {@code psql} runs it, long after this library is gone.
 */
@Timeout(120)
class SchemaToolsTest {
  private static final Path FORMAT = Path.of("..", "docs", "FORMAT.md");

  @TempDir private Path folder;

  @Test
  void theDefinitionsAreAScriptForPsql() throws Exception {
    Path sql = folder.resolve("ddl.sql");
    Path filter = Files.writeString(folder.resolve("ddl.jq"), block("jq"));
    try (Database source = EveryObject.create();
        Database target = EveryObject.empty()) {
      back(source);
      run(
          sql,
          List.of("zstd", "-dc", document()),
          List.of("sed", "-n", sedScript()),
          List.of("jq", "-r", "-f", filter.toString()));
      target.execute("DROP SCHEMA public");
      run(
          folder.resolve("psql.out"),
          List.of("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", sql.toString(), target.uri()));
      assertThat(SchemaReplay.capture(target).script().toJson().toPrettyString())
          .isEqualTo(SchemaReplay.capture(source).script().toJson().toPrettyString());
    }
  }

  private void back(Database source) {
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(PostgresHandler.of(source.dataSource()))
            .sink(FileSink.at(folder.resolve("backups")))
            .compression(Compression.zstd(1))
            .allowUncaptured(true)
            .build()) {
      executor.createBackup();
    }
  }

  private String document() throws IOException {
    try (Stream<Path> walk = Files.walk(folder.resolve("backups"))) {
      List<String> found =
          walk.map(Path::toString).filter(name -> name.endsWith(".json.zst")).toList();
      assertThat(found).hasSize(1);
      return found.get(0);
    }
  }

  /** The code of that language in the text of the format. */
  private static String block(String language) throws IOException {
    Matcher block =
        Pattern.compile("```" + language + "\n(.*?)\n```", Pattern.DOTALL)
            .matcher(Files.readString(FORMAT));
    assertThat(block.find()).as("a block of " + language + " in " + FORMAT).isTrue();
    return block.group(1);
  }

  private static String sedScript() throws IOException {
    Matcher script = Pattern.compile("sed -n '([^']+)'").matcher(block("sh"));
    assertThat(script.find()).isTrue();
    return script.group(1);
  }

  @SafeVarargs
  private static void run(Path output, List<String>... commands) throws Exception {
    List<ProcessBuilder> pipeline = new ArrayList<>();
    for (List<String> command : commands) {
      assumeTrue(isInstalled(command.get(0)), command.get(0) + " is not installed here");
      pipeline.add(new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT));
    }
    pipeline.get(pipeline.size() - 1).redirectOutput(output.toFile());
    List<Process> processes = ProcessBuilder.startPipeline(pipeline);
    for (Process process : processes) {
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    }
    // Those before it may be cut short: the script is at the document's beginning.
    assertThat(processes.get(processes.size() - 1).exitValue()).isZero();
  }

  private static boolean isInstalled(String tool) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
  }
}
