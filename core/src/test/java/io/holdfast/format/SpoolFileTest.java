package io.holdfast.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SpoolFileTest {
  private static final Path OPEN_FILES = Path.of("/proc/self/fd");

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void chainsThatWereWrittenInTurnsAreReadFrontToBack() throws IOException {
    try (SpoolFile file = SpoolFile.create()) {
      long a1 = file.append(bytes("first of a"), 100, 1, SpoolFile.NONE);
      long b1 = file.append(bytes("x".repeat(1_000_000)), 200, 2, SpoolFile.NONE);
      long a2 = file.append(bytes("second of a"), 300, 3, a1);
      file.append(bytes("third of a"), 400, 4, a2);

      SpoolFile.Piece piece = file.read(a1);
      assertThat(piece.bytes()).isEqualTo(bytes("first of a"));
      assertThat(List.of(piece.rawLength(), piece.records())).isEqualTo(List.of(100, 1));
      piece = file.read(piece.next());
      assertThat(piece.bytes()).isEqualTo(bytes("second of a"));
      piece = file.read(piece.next());
      assertThat(piece.bytes()).isEqualTo(bytes("third of a"));
      assertThat(piece.next()).isEqualTo(SpoolFile.NONE);
      assertThat(file.read(b1).bytes()).isEqualTo(bytes("x".repeat(1_000_000)));
      assertThat(file.read(b1).next()).isEqualTo(SpoolFile.NONE);
    }
  }

  @Test
  void theFileHasNoNameAndShowsNothing() throws IOException {
    assumeTrue(Files.isDirectory(OPEN_FILES), "needs Linux, which shows files without a name");
    try (SpoolFile file = SpoolFile.create()) {
      file.append(bytes("somebody's secret"), 17, 1, SpoolFile.NONE);
      List<Path> open;
      try (Stream<Path> all = Files.list(OPEN_FILES)) {
        open = all.filter(SpoolFileTest::isSpool).toList();
      }
      assertThat(open).hasSize(1);
      assertThat(Files.readSymbolicLink(open.get(0)).toString()).endsWith("(deleted)");
      String content = new String(Files.readAllBytes(open.get(0)), StandardCharsets.ISO_8859_1);
      assertThat(content).hasSizeGreaterThan(17).doesNotContain("secret").doesNotContain("some");
    }
  }

  private static boolean isSpool(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().contains(".spool");
    } catch (IOException e) {
      return false; // that of the listing itself
    }
  }
}
