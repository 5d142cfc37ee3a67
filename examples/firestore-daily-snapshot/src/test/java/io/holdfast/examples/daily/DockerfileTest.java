package io.holdfast.examples.daily;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What can be said of the image without building it. */
final class DockerfileTest {
  /** Where Maven runs the tests: the module's folder. */
  private static final Path MODULE = Path.of("").toAbsolutePath();

  private static final Path ROOT = MODULE.resolve("../..").normalize();

  private static List<String> words(String instruction) throws IOException {
    return Files.readString(MODULE.resolve("Dockerfile"))
        .replace("\\\n", " ")
        .lines()
        .filter(line -> line.startsWith(instruction + " "))
        .toList();
  }

  @Test
  void everythingThatIsCopiedExists() throws Exception {
    List<String> copies = words("COPY");
    assertThat(copies).hasSize(2);
    for (String copy : copies) {
      String[] parts = copy.split("\\s+", -1);
      if (!parts[1].startsWith("--from=")) {
        for (int i = 1; i < parts.length - 1; i++) {
          assertThat(ROOT.resolve(parts[i])).exists();
        }
      }
    }
    assertThat(copies.get(1)).contains("/src/examples/firestore-daily-snapshot/target/app");
    assertThat(Files.readAllLines(ROOT.resolve(".dockerignore")))
        .doesNotContain(".mvn", "mvnw", "**");
    assertThat(ROOT.resolve("mvnw")).isExecutable();
  }

  @Test
  void itRunsTheProgramAsAUserWithoutRights() throws Exception {
    assertThat(words("USER")).singleElement().asString().doesNotContain("root");
    assertThat(words("ENTRYPOINT"))
        .singleElement()
        .asString()
        .contains(DailySnapshot.class.getName());
  }
}
