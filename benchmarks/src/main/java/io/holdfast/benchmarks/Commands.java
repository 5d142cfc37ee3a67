package io.holdfast.benchmarks;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs programs that are not measured. */
public final class Commands {
  private static final int COMMAND_CHARS = 120;

  private Commands() {}

  /**
   * Runs a command to its end.
   *
   * @return what it printed
   * @throws IOException if it cannot be started, or ends with anything but success
   */
  public static String run(List<String> command) throws IOException, InterruptedException {
    // Into a file, not a pipe: a server that pg_ctl started holds a pipe open for ever.
    Path output = Files.createTempFile("holdfast-benchmark", ".out");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      int status = process.waitFor();
      String printed = Files.readString(output, Charset.defaultCharset()).strip();
      if (status != 0) {
        throw new IOException(shortened(command) + " ended with status " + status + ": " + printed);
      }
      return printed;
    } finally {
      Files.delete(output);
    }
  }

  /** A class path may fill pages. */
  private static String shortened(List<String> command) {
    String text = String.join(" ", command);
    return text.length() <= COMMAND_CHARS ? text : text.substring(0, COMMAND_CHARS) + " …";
  }
}
