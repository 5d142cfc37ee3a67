package io.holdfast.firebase.auth.internal.file;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * The users of a file, one after another, as {@code firebase auth:export} writes them in JSON. Used
 * by one thread.
 */
public interface UserFile extends AutoCloseable {
  /**
   * The next user; empty at the end.
   *
   * @throws io.holdfast.spi.HandlerException if the file cannot be read, or is not what it should
   *     be
   */
  Optional<ObjectNode> next();

  @Override
  void close();

  /** Whether the path is that of a CSV file; it is of JSON otherwise. */
  static boolean isCsv(Path path) {
    return path.toString().toLowerCase(Locale.ROOT).endsWith(".csv");
  }

  /**
   * Opens the file.
   *
   * @throws io.holdfast.spi.HandlerException if that is not possible
   */
  static UserFile open(Path path) {
    try {
      return isCsv(path)
          ? new CsvUsers(path, Files.newInputStream(path))
          : new JsonUsers(path, Files.newInputStream(path));
    } catch (IOException e) {
      throw FileProblems.translate(e, "Cannot read", path);
    }
  }
}
