package io.holdfast.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Memory does not grow with an export. */
@Tag("long")
class LargeExportTest {
  private static final long USERS = (1L << 30) / GeneratedExport.USER_BYTES;

  @Test
  @Timeout(900)
  void aGigabytePassesThroughAHeapOf64Megabytes() throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName())
            .redirectErrorStream(true)
            .start();
    List<String> lines = new ArrayList<>();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      out.lines().forEach(lines::add);
      assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      child.destroyForcibly();
    }
    lines.forEach(System.out::println);
    assertThat(child.exitValue()).isZero();
    assertThat(lines).anyMatch(line -> line.startsWith("read: "));
  }

  /** Reads the export and says how large it was. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) throws Exception {
      long began = System.nanoTime();
      long bytes = 0;
      long records = 0;
      try (InputStream in = new GeneratedExport(USERS);
          DocumentReader reader = PlainDocuments.open(in, Limits.DEFAULT_RECORD_BYTES);
          FrameDecoder decoder = new FrameDecoder(reader.codec())) {
        for (Optional<Frame> f = reader.next(); f.isPresent(); f = reader.next()) {
          bytes += decoder.decode(f.get()).lengthBytes();
          records += f.get().records();
        }
      }
      if (records != 3 * USERS) {
        throw new AssertionError("not all of it: " + records);
      }
      System.out.println(
          "read: "
              + records
              + " records, "
              + bytes
              + " bytes, in "
              + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began)
              + " s with a heap of "
              + (Runtime.getRuntime().maxMemory() >> 20)
              + " MB");
    }
  }
}
