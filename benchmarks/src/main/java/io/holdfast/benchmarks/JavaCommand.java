package io.holdfast.benchmarks;

import java.io.File;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** Commands that run a class of this module in a JVM of its own, of the version that runs now. */
public final class JavaCommand {
  private JavaCommand() {}

  /**
   * Such a command.
   *
   * @param heap the JVM's {@code -Xmx}
   * @param main the class
   */
  public static List<String> of(String heap, Class<?> main, String... arguments) {
    List<String> command =
        new ArrayList<>(List.of(program(), "-Xmx" + heap, "-cp", classPath(), main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  private static String program() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** Our own class path; Maven's exec:java has it in a class loader and not in the property. */
  private static String classPath() {
    if (!(JavaCommand.class.getClassLoader() instanceof URLClassLoader loader)) {
      return System.getProperty("java.class.path");
    }
    StringJoiner paths = new StringJoiner(File.pathSeparator);
    for (URL url : loader.getURLs()) {
      try {
        paths.add(Path.of(url.toURI()).toString());
      } catch (URISyntaxException e) {
        throw new IllegalStateException("No path can be had of " + url, e);
      }
    }
    return paths.toString();
  }
}
