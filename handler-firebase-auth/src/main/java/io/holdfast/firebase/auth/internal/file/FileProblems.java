package io.holdfast.firebase.auth.internal.file;

import io.holdfast.CancelledException;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Says in Holdfast's words what is wrong with a file, without any of its values. */
public final class FileProblems {
  /** The collection of users. */
  public static final String USERS = "users";

  private FileProblems() {}

  /** The file's content is not what {@code firebase auth:export} writes, or cannot be carried. */
  public static HandlerException unsupported(String message) {
    return new HandlerException(Kind.UNSUPPORTED, USERS, message, null);
  }

  /** What the file system refused. An interruption becomes a {@link CancelledException}. */
  public static RuntimeException translate(IOException e, String what, Path path) {
    if (e instanceof ClosedByInterruptException || e instanceof InterruptedIOException) {
      Thread.currentThread().interrupt();
      return new CancelledException(what + " " + path + ": the thread was interrupted.", e);
    }
    return new HandlerException(kind(e), null, what + " " + path + ": " + reason(e), e);
  }

  private static Kind kind(IOException e) {
    if (e instanceof NoSuchFileException) {
      return Kind.NOT_FOUND;
    }
    if (e instanceof AccessDeniedException) {
      return Kind.PERMISSION_DENIED;
    }
    if (e instanceof FileAlreadyExistsException) {
      return Kind.NOT_EMPTY;
    }
    // The JDK has no type for a full disk, only the system's words.
    return words(e.getMessage()).contains("No space left") ? Kind.NO_SPACE : Kind.OTHER;
  }

  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file or folder.";
    }
    if (e instanceof AccessDeniedException) {
      return "access is denied.";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "a file of that name is there. Choose another name, or REPLACE.";
    }
    return words(e.getMessage()).contains("No space left")
        ? "the disk is full."
        : "an I/O error (" + e.getClass().getSimpleName() + ").";
  }

  private static String words(@Nullable String message) {
    return message == null ? "" : message;
  }
}
