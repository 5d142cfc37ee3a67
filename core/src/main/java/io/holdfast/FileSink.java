package io.holdfast;

import io.holdfast.internal.FileErrors;
import io.holdfast.internal.FileListing;
import io.holdfast.internal.FilePublication;
import io.holdfast.internal.FileRangeStream;
import io.holdfast.internal.FileSinkWriter;
import io.holdfast.internal.FileTree;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Keeps backups in a folder: the object {@code a/b} is the file {@code b} in the folder {@code a}.
 * Safe for use by many threads and processes; holds nothing open between calls.
 *
 * <ul>
 *   <li><b>Publishing.</b> A write is collected in {@code .holdfast-tmp} below the root. A commit
 *       syncs the file, gives it its name with a hard link, which fails if the name is taken, and
 *       syncs the folders. Where there are no hard links, a marker file takes their place, which
 *       keeps Holdfast's writers apart, but not other programs.
 *   <li><b>The same bytes twice.</b> The sink can tell its own file by its identity, and does not
 *       guess by content: of two writers with equal bytes one wins, the other gets {@code
 *       ALREADY_EXISTS}.
 *   <li><b>Permissions.</b> Files are created with 0600 and folders with 0700, where the system
 *       knows these. What exists is left as it is.
 *   <li><b>What is no object.</b> Files whose names are no keys, symbolic links, and what lies
 *       behind a linked folder are passed over; the root itself may be a link. Files that other
 *       programs put below the root under a name that is a key are objects.
 *   <li><b>Names.</b> A file cannot be a folder, too: of the keys {@code a} and {@code a/b} only
 *       one can be written, the other is refused. Deleting leaves folders behind. Where the file
 *       system ignores case, {@code A} and {@code a} are one key.
 *   <li><b>Interruption.</b> An interrupted write or read throws {@link CancelledException}. Once a
 *       commit has published, it goes on to success, and the flag stays set.
 * </ul>
 */
public final class FileSink implements StorageSink {
  private static final String UNCHANGED = "Nothing was changed.";

  private final FileTree tree;
  private final FilePublication publication;

  /** For tests of file systems without hard links. */
  FileSink(Path root, FilePublication publication) {
    this.tree = new FileTree(root);
    this.publication = publication;
  }

  /**
   * A sink in that folder, which is created by the first write if it is missing.
   *
   * @param root the folder; a relative path is taken from the working directory
   */
  public static FileSink at(Path root) {
    return new FileSink(root, FilePublication.STANDARD);
  }

  @Override
  public String location() {
    String uri = tree.root().toUri().toString();
    // A slash is added for folders that exist, so it would come and go.
    return uri.endsWith("/") && tree.root().getNameCount() > 0
        ? uri.substring(0, uri.length() - 1)
        : uri;
  }

  @Override
  public Set<SinkCapability> capabilities() {
    return Set.of();
  }

  @Override
  public SinkWriter write(ObjectKey key, WriteOptions options) {
    if (!options.metadata().isEmpty() || options.retainUntil().isPresent()) {
      throw new StorageException(
          Kind.UNSUPPORTED,
          key.value(),
          "A folder can neither keep metadata with an object nor enforce retention; "
              + key
              + " was not written to "
              + tree.root()
              + ". Leave that option out, or choose a sink that has it.",
          null);
    }
    try {
      Optional<FileTree.Occupant> occupant = tree.occupant(key);
      if (occupant.isPresent()) {
        throw occupied(key, occupant.get());
      }
      return FileSinkWriter.open(tree, publication, key);
    } catch (IOException e) {
      throw translate(e, key, "Could not begin to write the object " + key);
    }
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long lengthBytes) {
    if (offset < 0 || lengthBytes < 0) {
      throw new IllegalArgumentException(
          "A range cannot be negative: " + lengthBytes + " bytes from " + offset);
    }
    if (find(key).isEmpty()) {
      throw missing(key, null);
    }
    try {
      return range(key, offset, lengthBytes);
    } catch (NoSuchFileException e) {
      throw missing(key, e);
    } catch (IOException e) {
      throw translate(e, key, "Could not read the object " + key);
    }
  }

  @Override
  public Optional<StoredObject> stat(ObjectKey key) {
    return find(key)
        .map(
            attributes ->
                new StoredObject(
                    key, attributes.size(), attributes.lastModifiedTime().toInstant()));
  }

  /**
   * {@inheritDoc}
   *
   * <p>A root that does not exist holds no objects; one that is no folder, or may not be read, is
   * an error.
   */
  @Override
  public Stream<StoredObject> list(String prefix) {
    try {
      if (!tree.rootExists()) {
        return Stream.empty();
      }
    } catch (IOException e) {
      throw translate(e, null, "Could not list the objects");
    }
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(
            new FileListing(tree.root(), prefix),
            Spliterator.ORDERED | Spliterator.DISTINCT | Spliterator.NONNULL),
        false);
  }

  @Override
  public void delete(ObjectKey key) {
    try {
      if (!tree.rootExists()) {
        return;
      }
      if (tree.occupant(key).filter(FileTree.Occupant::isObject).isPresent()) {
        Files.deleteIfExists(tree.path(key));
      }
      // Also if there was none: an earlier delete may have been cut off before this.
      tree.syncFoldersOf(key);
    } catch (IOException e) {
      throw FileErrors.translate(
          e,
          key.value(),
          tree.root(),
          "Could not delete the object " + key + " in " + tree.root(),
          "It may still be there.");
    }
  }

  @Override
  public List<Leftover> leftovers() {
    List<Leftover> leftovers = new ArrayList<>();
    try {
      if (!tree.rootExists() || !tree.tempFolderExists()) {
        return List.of();
      }
      try (DirectoryStream<Path> files = Files.newDirectoryStream(tree.tempFolder())) {
        for (Path file : files) {
          leftover(file).ifPresent(leftovers::add);
        }
      } catch (DirectoryIteratorException e) {
        throw e.getCause();
      }
    } catch (IOException e) {
      throw translate(e, null, "Could not list the leftovers");
    }
    return List.copyOf(leftovers);
  }

  @Override
  public void discard(Leftover leftover) {
    if (!FileSinkWriter.TEMP_NAME.matcher(leftover.id()).matches()) {
      throw new IllegalArgumentException("Not a leftover of a file sink: " + leftover.id());
    }
    try {
      if (tree.rootExists()) {
        Files.deleteIfExists(tree.tempFolder().resolve(leftover.id()));
      }
    } catch (IOException e) {
      throw translate(e, null, "Could not discard the leftover " + leftover.id());
    }
  }

  @Override
  public void close() {
    // Nothing is held open between calls.
  }

  @Override
  public String toString() {
    return location();
  }

  private Optional<BasicFileAttributes> find(ObjectKey key) {
    try {
      return tree.occupant(key)
          .filter(FileTree.Occupant::isObject)
          .map(FileTree.Occupant::attributes);
    } catch (IOException e) {
      throw translate(e, key, "Could not look for the object " + key);
    }
  }

  private InputStream range(ObjectKey key, long offset, long lengthBytes) throws IOException {
    Path path = tree.path(key);
    FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    try {
      long size = channel.size();
      if (offset > size || lengthBytes > size - offset) {
        throw new StorageException(
            Kind.OUT_OF_RANGE,
            key.value(),
            "The object "
                + key
                + " in "
                + tree.root()
                + " has "
                + size
                + " bytes; asked for were "
                + lengthBytes
                + " from "
                + offset
                + " on. It is shorter than expected: verify the backup.",
            null);
      }
      return new FileRangeStream(path, channel, offset, lengthBytes);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static Optional<Leftover> leftover(Path file) throws IOException {
    String name = String.valueOf(file.getFileName());
    if (!FileSinkWriter.TEMP_NAME.matcher(name).matches()) {
      return Optional.empty();
    }
    try {
      BasicFileAttributes attributes =
          Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return attributes.isRegularFile()
          ? Optional.of(
              new Leftover(name, attributes.size(), attributes.lastModifiedTime().toInstant()))
          : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty(); // Committed or discarded since its name was read.
    }
  }

  private StorageException occupied(ObjectKey key, FileTree.Occupant occupant) {
    if (occupant.underKey()) {
      return FileSinkWriter.taken(tree, key, null);
    }
    return new StorageException(
        Kind.OTHER,
        key.value(),
        "The object "
            + key
            + " cannot be written to "
            + tree.root()
            + ": "
            + occupant.path()
            + " would have to be a folder, and is not. It was left unchanged. Choose another key.",
        null);
  }

  private StorageException missing(ObjectKey key, @Nullable Throwable cause) {
    return new StorageException(
        Kind.NOT_FOUND,
        key.value(),
        "There is no object "
            + key
            + " in "
            + tree.root()
            + ". Check the key, the path, and that its disk is mounted.",
        cause);
  }

  private BackupException translate(IOException e, @Nullable ObjectKey key, String what) {
    return FileErrors.translate(
        e, key == null ? null : key.value(), tree.root(), what + " in " + tree.root(), UNCHANGED);
  }
}
