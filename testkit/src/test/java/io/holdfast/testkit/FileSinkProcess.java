package io.holdfast.testkit;

import io.holdfast.FileSink;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.WriteOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;

/**
 * A process of its own that writes to a file sink, told by lines on its standard input what to do.
 * Ends when its input does.
 */
final class FileSinkProcess implements AutoCloseable {
  /** How long an object of a process is. */
  static final int LENGTH = 300_000;

  private final Process process;
  private final BufferedReader answers;
  private final Writer orders;

  private FileSinkProcess(Process process) {
    this.process = process;
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.orders = process.outputWriter(StandardCharsets.UTF_8);
  }

  static FileSinkProcess start(Path root) throws IOException {
    return new FileSinkProcess(
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-XX:TieredStopAtLevel=1",
                FileSinkProcess.class.getName(),
                root.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  /** Writes to that key, without committing, an object made from the seed. */
  void begin(String key, long seed) throws IOException {
    order("begin " + key + " " + seed);
  }

  /** Commits the object begun. Answers "won" or "lost". */
  void commit() throws IOException {
    order("commit");
  }

  /** Commits 0, 1, 2, … in that folder until it is killed, and answers with each key. */
  void commitForEver(String folder) throws IOException {
    order("forever " + folder);
  }

  /** The next answer. */
  String answer() throws IOException {
    String answer = answers.readLine();
    if (answer == null) {
      throw new AssertionError("The process ended without an answer");
    }
    return answer;
  }

  /** Kills it at once, with SIGKILL where there are signals. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private void order(String line) throws IOException {
    orders.write(line + "\n");
    orders.flush();
  }

  static byte[] content(long seed) {
    byte[] content = new byte[LENGTH];
    new Random(seed).nextBytes(content);
    return content;
  }

  /** The process itself. */
  public static void main(String[] arguments) throws IOException {
    FileSink sink = FileSink.at(Path.of(arguments[0]));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    SinkWriter writer = null;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ", -1);
      switch (words[0]) {
        case "begin" -> {
          writer = sink.write(ObjectKey.of(words[1]), WriteOptions.NONE);
          writer.write(ByteBuffer.wrap(content(Long.parseLong(words[2]))));
          out.println("begun");
        }
        case "commit" -> {
          String outcome = tryCommit(writer);
          writer.close(); // First: once it has answered it may be killed.
          out.println(outcome);
        }
        case "forever" -> {
          for (int i = 0; ; i++) {
            String key = words[1] + "/" + i;
            try (SinkWriter next = sink.write(ObjectKey.of(key), WriteOptions.NONE)) {
              next.write(ByteBuffer.wrap(content(i)));
              next.commit(new ObjectDigest(LENGTH, "0".repeat(64)));
            }
            out.println(key);
          }
        }
        default -> throw new IllegalArgumentException(line);
      }
    }
  }

  private static String tryCommit(SinkWriter writer) {
    try {
      writer.commit(new ObjectDigest(LENGTH, "0".repeat(64)));
      return "won";
    } catch (StorageException e) {
      if (e.kind() != Kind.ALREADY_EXISTS) {
        throw e;
      }
      return "lost";
    }
  }
}
