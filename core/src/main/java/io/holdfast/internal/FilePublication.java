package io.holdfast.internal;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a finished temp file its name: all at once, and only if the name is free.
 *
 * <p>A hard link does that by itself. File systems without hard links (FAT, some network mounts)
 * have only a rename that replaces, so there a marker file, created exclusively, keeps two writers
 * of one name apart while one of them looks and renames. That holds among Holdfast's writers; a
 * file that another program creates under the same name in that instant would be replaced. A writer
 * that is killed in that instant leaves its marker, which bars this one name until it is discarded
 * as the leftover that it is.
 */
public final class FilePublication {
  /** Hard links where they work, markers elsewhere. */
  public static final FilePublication STANDARD = new FilePublication(true, Duration.ofSeconds(10));

  private static final Logger log = LoggerFactory.getLogger(FilePublication.class);
  private static final long POLL_NANOS = Duration.ofMillis(2).toNanos();

  private final boolean hardLinks;
  private final Duration patience;

  /**
   * @param hardLinks whether to try a hard link first
   * @param patience how long to wait for another writer's marker
   */
  public FilePublication(boolean hardLinks, Duration patience) {
    this.hardLinks = hardLinks;
    this.patience = patience;
  }

  /**
   * Publishes the file. It may then still have its temp name, too.
   *
   * @param marker a name that belongs to this target alone, in a folder that exists
   * @throws FileAlreadyExistsException if something else has the target's name
   */
  public void publish(Path temp, Path target, Path marker) throws IOException {
    Exception refusal = null;
    if (hardLinks) {
      try {
        Files.createLink(target, temp);
        return;
      } catch (FileAlreadyExistsException e) {
        requireSameFile(temp, target, e);
        return;
      } catch (NoSuchFileException | AccessDeniedException e) {
        throw e;
      } catch (UnsupportedOperationException | FileSystemException e) {
        // There are many ways to say that there are no hard links. If it was something else, then
        // the other way meets it, too, and nothing is lost.
        log.debug("No hard link from {} to {}, using a marker", temp, target, e);
        refusal = e;
      }
    }
    try {
      publishUnderMarker(temp, target, marker);
    } catch (IOException e) {
      if (refusal != null) {
        e.addSuppressed(refusal);
      }
      throw e;
    }
  }

  private void publishUnderMarker(Path temp, Path target, Path marker) throws IOException {
    claim(marker, target);
    try {
      if (Files.exists(target, NOFOLLOW_LINKS)) {
        requireSameFile(temp, target, null);
      } else {
        Files.move(temp, target, StandardCopyOption.ATOMIC_MOVE);
      }
    } finally {
      try {
        Files.deleteIfExists(marker);
      } catch (IOException e) {
        log.warn("Could not remove {}; it is listed as a leftover", marker, e);
      }
    }
  }

  private void claim(Path marker, Path target) throws IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        Files.createFile(marker);
        return;
      } catch (FileAlreadyExistsException e) {
        if (Files.exists(target, NOFOLLOW_LINKS)) {
          throw new FileAlreadyExistsException(target.toString());
        }
        if (System.nanoTime() - deadline >= 0) {
          throw new FileSystemException(
              marker.toString(),
              target.toString(),
              "Another writer holds the marker of this name, or was killed while it did; in that"
                  + " case discard it as a leftover");
        }
        LockSupport.parkNanos(POLL_NANOS);
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedIOException("Interrupted while waiting for " + marker);
        }
      }
    }
  }

  /**
   * The name can be taken by this very file: an NFS server that made the link and lost the answer
   * reports at the second try that it exists, see link(2).
   */
  private static void requireSameFile(
      Path temp, Path target, @Nullable FileAlreadyExistsException cause) throws IOException {
    if (Files.isSymbolicLink(target) || !Files.isSameFile(temp, target)) {
      throw cause == null ? new FileAlreadyExistsException(target.toString()) : cause;
    }
  }
}
