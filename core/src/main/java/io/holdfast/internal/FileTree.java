package io.holdfast.internal;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import io.holdfast.spi.ObjectKey;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of a file sink: finds what stands under a key, makes folders and files for the owner's
 * eyes only, and makes names durable. Safe for use by many threads.
 *
 * <p>The root may be a symbolic link. Below it no link is followed: a link is neither an object nor
 * a folder of objects. That keeps a stray link from leading out of the root; it is no defence
 * against somebody who may change the folder while it is used.
 */
public final class FileTree {
  /** Where writes are collected, below the root. No key can name it, since it begins with a dot. */
  public static final String TEMP_FOLDER = ".holdfast-tmp";

  private static final Logger log = LoggerFactory.getLogger(FileTree.class);
  private static final FileAttribute<?>[] NONE = {};

  private final Path root;
  private final boolean posix;
  private final AtomicBoolean ancestorsSynced = new AtomicBoolean();

  /**
   * What stands where an object would.
   *
   * @param path where it stands
   * @param attributes its own, those of a link where it is one
   * @param underKey whether it has the key's name; otherwise it stands where a folder of it would
   */
  public record Occupant(Path path, BasicFileAttributes attributes, boolean underKey) {
    /** Whether it is an object of that key. */
    public boolean isObject() {
      return underKey && attributes.isRegularFile();
    }
  }

  /**
   * @param root the folder; need not exist yet
   */
  public FileTree(Path root) {
    this.root = root.toAbsolutePath();
    this.posix = root.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  /** The folder, absolute. */
  public Path root() {
    return root;
  }

  /** Where the object of that key is, or would be. */
  public Path path(ObjectKey key) {
    return root.resolve(key.value());
  }

  /** Where writes are collected; need not exist. */
  public Path tempFolder() {
    return root.resolve(TEMP_FOLDER);
  }

  /**
   * Whether the root is there.
   *
   * @throws IOException if it cannot be looked at, or if something else has its name
   */
  public boolean rootExists() throws IOException {
    try {
      if (!Files.readAttributes(root, BasicFileAttributes.class).isDirectory()) {
        throw new NotDirectoryException(root.toString());
      }
      return true;
    } catch (NoSuchFileException e) {
      // Asks for a link, not for existence: another writer may create the root in this instant.
      if (Files.isSymbolicLink(root) && !Files.isDirectory(root)) {
        throw new FileSystemException(
            root.toString(), null, "The link points to a folder that is not there");
      }
      return false;
    }
  }

  /**
   * What stands under the key's name or bars the way to it; empty if the name is free.
   *
   * @throws IOException if the folders cannot be looked at, or the root is not a folder
   */
  public Optional<Occupant> occupant(ObjectKey key) throws IOException {
    if (!rootExists()) {
      return Optional.empty();
    }
    Path path = root;
    for (Iterator<Path> segments = segments(key); segments.hasNext(); ) {
      path = path.resolve(segments.next());
      BasicFileAttributes attributes;
      try {
        attributes = Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS);
      } catch (NoSuchFileException e) {
        return Optional.empty();
      }
      if (!segments.hasNext() || !attributes.isDirectory()) {
        return Optional.of(new Occupant(path, attributes, !segments.hasNext()));
      }
    }
    throw new IllegalStateException("A key has a segment: " + key);
  }

  /**
   * Whether the folder for temp files is there.
   *
   * @throws IOException if it cannot be looked at, which must not pass for having nothing in it
   */
  public boolean tempFolderExists() throws IOException {
    try {
      return Files.readAttributes(tempFolder(), BasicFileAttributes.class, NOFOLLOW_LINKS)
          .isDirectory();
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Creates the root, where it is missing, and the folder for temp files. */
  public void createTempFolder() throws IOException {
    if (!rootExists()) {
      createRoot(root);
    }
    createFolder(tempFolder());
  }

  /** Creates an empty file that only its owner may read, from its first instant on. */
  public FileChannel createFile(Path file) throws IOException {
    return FileChannel.open(
        file,
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
        ownerOnly("rw-------"));
  }

  /** Creates the folders between the root and the object, where they are missing. */
  public void createFoldersOf(ObjectKey key) throws IOException {
    Path folder = root;
    for (Iterator<Path> segments = segments(key); segments.hasNext(); ) {
      Path segment = segments.next();
      if (segments.hasNext()) {
        folder = folder.resolve(segment);
        createFolder(folder);
      }
    }
  }

  /**
   * Makes durable which names the folders of that key hold, as far up as they exist. Goes up to the
   * root each time: a folder may be new even if somebody else made it. Not interruptible, since it
   * follows what can no longer be stopped; an interruption stays set.
   */
  public void syncFoldersOf(ObjectKey key) throws IOException {
    Path folder = path(key).getParent();
    while (folder != null && !folder.equals(root)) {
      if (Files.isDirectory(folder, NOFOLLOW_LINKS)) {
        sync(folder);
      }
      folder = folder.getParent();
    }
    sync(root);
    syncAncestorsOnce();
  }

  private Iterator<Path> segments(ObjectKey key) {
    return root.getFileSystem().getPath(key.value()).iterator();
  }

  private void createRoot(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    Path parent = folder.getParent();
    if (parent != null) {
      createRoot(parent);
    }
    try {
      Files.createDirectory(folder, ownerOnly("rwx------"));
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder)) {
        throw new NotDirectoryException(folder.toString());
      }
    }
    if (parent != null) {
      sync(parent);
    }
  }

  private void createFolder(Path folder) throws IOException {
    try {
      Files.createDirectory(folder, ownerOnly("rwx------"));
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder, NOFOLLOW_LINKS)) {
        throw new NotDirectoryException(folder.toString());
      }
    }
  }

  private FileAttribute<?>[] ownerOnly(String permissions) {
    return posix
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : NONE;
  }

  /**
   * The root's own name and those above it may still be on their way to the disk, if another
   * process has just made them. Folders that may not be read are somebody else's, and were there.
   */
  private void syncAncestorsOnce() {
    if (!ancestorsSynced.compareAndSet(false, true)) {
      return;
    }
    for (Path folder = root.getParent(); folder != null; folder = folder.getParent()) {
      try {
        sync(folder);
      } catch (IOException e) {
        log.debug("Could not sync {}, a folder above the sink's", folder, e);
        return;
      }
    }
  }

  private void sync(Path folder) throws IOException {
    if (!posix) {
      return; // Windows cannot open a folder; NTFS journals names by itself.
    }
    boolean interrupted = false;
    try {
      while (true) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
          channel.force(true);
          return;
        } catch (ClosedByInterruptException e) {
          interrupted |= Thread.interrupted();
        }
      }
    } catch (IOException e) {
      // Some file systems have no sync for folders; PostgreSQL's fsync_fname_ext passes over the
      // same two.
      String reason = String.valueOf(e.getMessage());
      if (!reason.contains("Invalid argument") && !reason.contains("Bad file descriptor")) {
        throw e;
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
