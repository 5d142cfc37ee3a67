package io.holdfast.internal;

import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Says in Holdfast's words what a file system refused: the only place that looks into its
 * exceptions.
 */
public final class FileErrors {
  /** Less free space than this, and an error that nobody can read is taken as a full disk. */
  private static final long NEARLY_FULL_BYTES = 64 * 1024;

  private FileErrors() {}

  /**
   * The error to throw. An interruption becomes a {@link CancelledException} with the flag set.
   *
   * @param key the object's key, or null where no single object is concerned
   * @param root the sink's folder, to ask how full its disk is
   * @param what what could not be done, on which object or path: "Could not delete a/b in /backups"
   * @param unchanged what was left as it was, a sentence
   */
  public static BackupException translate(
      IOException e, @Nullable String key, Path root, String what, String unchanged) {
    if (e instanceof ClosedByInterruptException || e instanceof InterruptedIOException) {
      Thread.currentThread().interrupt();
      return new CancelledException(what + ": the thread was interrupted. " + unchanged, e);
    }
    Kind kind = kind(e, root);
    return new StorageException(
        kind, key, what + ": " + reason(e) + ". " + unchanged + advice(kind), e);
  }

  private static Kind kind(IOException e, Path root) {
    if (e instanceof NoSuchFileException) {
      return Kind.NOT_FOUND;
    }
    if (e instanceof AccessDeniedException) {
      return Kind.PERMISSION_DENIED;
    }
    if (e instanceof FileAlreadyExistsException || e instanceof NotDirectoryException) {
      return Kind.OTHER;
    }
    // The JDK has no exception types for these, only the system's words.
    String reason = reason(e);
    if (containsAny(
        reason, "No space left", "quota exceeded", "not enough space", "disk is full")) {
      return Kind.NO_SPACE;
    }
    if (containsAny(reason, "Read-only file system", "Operation not permitted")) {
      return Kind.PERMISSION_DENIED;
    }
    if (containsAny(
        reason, "Stale file handle", "timed out", "Host is down", "not connected", "unreachable")) {
      return Kind.UNAVAILABLE;
    }
    // The words come in the system's language, a full disk can be recognised in any.
    return nearlyFull(root) ? Kind.NO_SPACE : Kind.OTHER;
  }

  private static boolean nearlyFull(Path root) {
    try {
      return Files.getFileStore(root).getUsableSpace() < NEARLY_FULL_BYTES;
    } catch (IOException e) {
      return false;
    }
  }

  private static String reason(IOException e) {
    if (e instanceof FileSystemException fileError) {
      String file = fileError.getFile() == null ? "" : ": " + fileError.getFile();
      if (fileError.getReason() != null) {
        return fileError.getReason() + file;
      }
      if (e instanceof NoSuchFileException) {
        return "no such file or folder" + file;
      }
      if (e instanceof AccessDeniedException) {
        return "permission denied" + file;
      }
      if (e instanceof FileAlreadyExistsException) {
        return "something else has that name" + file;
      }
      if (e instanceof NotDirectoryException) {
        return "not a folder" + file;
      }
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private static String advice(Kind kind) {
    return switch (kind) {
      case NO_SPACE -> " Free space or raise the quota, then try again.";
      case PERMISSION_DENIED -> " Give this process the right, or choose another folder.";
      case NOT_FOUND -> " Check the path, and that its disk is mounted.";
      case UNAVAILABLE -> " Check the mount, then try again.";
      default -> "";
    };
  }

  private static boolean containsAny(String text, String... parts) {
    for (String part : parts) {
      if (text.contains(part)) {
        return true;
      }
    }
    return false;
  }
}
