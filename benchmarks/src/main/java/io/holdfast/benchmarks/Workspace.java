package io.holdfast.benchmarks;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The folder of a run: the server's files, what the arms write, their logs.
 *
 * @param root the folder
 * @param keep whether it stays
 */
public record Workspace(Path root, boolean keep) {
  private static final String MARKER = "holdfast-benchmark";

  /**
   * Opens a workspace.
   *
   * @param folder where it is to be, if not in a new folder under the temp folder
   * @throws IOException if the folder holds anything that is not a workspace
   */
  public static Workspace open(Optional<Path> folder, boolean keep) throws IOException {
    Path root =
        folder.isPresent()
            ? Files.createDirectories(folder.get().toAbsolutePath().normalize())
            : Files.createTempDirectory(MARKER);
    Path marker = root.resolve(MARKER);
    try (var entries = Files.list(root)) {
      if (!Files.exists(marker) && entries.findAny().isPresent()) {
        throw new IOException(
            root + " holds other files, which this program would delete. Name an empty folder.");
      }
    }
    if (!Files.exists(marker)) {
      Files.createFile(marker);
    }
    // The server may run as another user.
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
    return new Workspace(root, keep);
  }

  public Path resolve(String name) {
    return root.resolve(name);
  }

  /** Deletes it all, unless it is to be kept. */
  public void finish() throws IOException {
    if (!keep) {
      delete(root);
    }
  }

  /** Deletes a file or folder, if it is there. */
  public static void delete(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException error)
              throws IOException {
            if (error != null) {
              throw error;
            }
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** The lengths of all files in a folder. */
  public static long sizeBytes(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
      return bytes;
    }
  }
}
