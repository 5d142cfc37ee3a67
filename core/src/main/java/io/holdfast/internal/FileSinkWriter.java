package io.holdfast.internal;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StoredObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Collects an object in a temp file, and publishes it under its key. Used by one thread. */
public final class FileSinkWriter implements SinkWriter {
  /** What the names of temp files and markers look like. */
  public static final Pattern TEMP_NAME =
      Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*\\.(?:part|publishing)");

  private static final Logger log = LoggerFactory.getLogger(FileSinkWriter.class);

  /** The JDK copies heap buffers into a direct one of the same size, and keeps that one. */
  private static final int PIECE_BYTES = 256 * 1024;

  private final FileTree tree;
  private final FilePublication publication;
  private final ObjectKey key;
  private final Path temp;
  private final FileChannel channel;
  private long written;
  private boolean ended;
  private boolean closed;

  private FileSinkWriter(
      FileTree tree, FilePublication publication, ObjectKey key, Path temp, FileChannel channel) {
    this.tree = tree;
    this.publication = publication;
    this.key = key;
    this.temp = temp;
    this.channel = channel;
  }

  /** Begins an object, whose key was found to be free. */
  public static FileSinkWriter open(FileTree tree, FilePublication publication, ObjectKey key)
      throws IOException {
    tree.createTempFolder();
    // The key's last part is for people who look into the folder.
    String readable = key.value().substring(key.value().lastIndexOf('/') + 1);
    String random = UUID.randomUUID().toString().replace("-", "");
    Path temp = tree.tempFolder().resolve(readable + "." + random + ".part");
    return new FileSinkWriter(tree, publication, key, temp, tree.createFile(temp));
  }

  @Override
  public void write(ByteBuffer bytes) {
    requireUsable();
    int limit = bytes.limit();
    try {
      while (bytes.position() < limit) {
        bytes.limit(Math.min(limit, bytes.position() + PIECE_BYTES));
        written += channel.write(bytes);
      }
    } catch (IOException e) {
      ended = true;
      throw FileErrors.translate(e, key.value(), tree.root(), couldNotWrite(), NOTHING_PUBLISHED);
    } finally {
      bytes.limit(limit);
    }
  }

  @Override
  public StoredObject commit(ObjectDigest digest) {
    requireUsable();
    ended = true;
    if (digest.lengthBytes() != written) {
      throw new StorageException(
          StorageException.Kind.CORRUPT,
          key.value(),
          couldNotWrite()
              + ": "
              + digest.lengthBytes()
              + " bytes were announced and "
              + written
              + " written. "
              + NOTHING_PUBLISHED,
          null);
    }
    try {
      BasicFileAttributes attributes = finishTempFile();
      publish();
      makeNameDurable(attributes.fileKey());
      removeTempFile();
      return new StoredObject(key, written, attributes.lastModifiedTime().toInstant());
    } catch (FileAlreadyExistsException e) {
      throw taken(tree, key, e);
    } catch (NoSuchFileException e) {
      throw Files.exists(temp, NOFOLLOW_LINKS)
          ? FileErrors.translate(e, key.value(), tree.root(), couldNotWrite(), NOTHING_PUBLISHED)
          : new StorageException(
              StorageException.Kind.OTHER,
              key.value(),
              couldNotWrite()
                  + ": its temp file was removed meanwhile, as a leftover perhaps: "
                  + temp
                  + ". "
                  + NOTHING_PUBLISHED
                  + " Write it again, and discard only leftovers that are old.",
              e);
    } catch (IOException e) {
      throw FileErrors.translate(e, key.value(), tree.root(), couldNotWrite(), NOTHING_PUBLISHED);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    ended = true;
    try {
      channel.close();
    } catch (IOException e) {
      log.debug("Could not close {}", temp, e);
    }
    removeTempFile();
  }

  /** The error for a name that is taken, by an object or by something that is none. */
  public static StorageException taken(
      FileTree tree, ObjectKey key, @Nullable FileAlreadyExistsException cause) {
    Path path = tree.path(key);
    return Files.isRegularFile(path, NOFOLLOW_LINKS)
        ? new StorageException(
            StorageException.Kind.ALREADY_EXISTS,
            key.value(),
            "The object "
                + key
                + " exists already in "
                + tree.root()
                + "; it was left unchanged. Choose another key, or delete it first.",
            cause)
        : new StorageException(
            StorageException.Kind.OTHER,
            key.value(),
            "Something that is no object has the name of "
                + key
                + ": "
                + path
                + " is a folder, a link or the like, and was left unchanged. Choose another key,"
                + " or move it away.",
            cause);
  }

  private static final String NOTHING_PUBLISHED =
      "Nothing was published, other objects are unchanged.";

  private String couldNotWrite() {
    return "Could not write the object " + key + " to " + tree.root();
  }

  private void requireUsable() {
    if (ended) {
      throw new IllegalStateException(
          "The writer of " + key + " was committed or closed, or has failed; open another.");
    }
  }

  private BasicFileAttributes finishTempFile() throws IOException {
    // A long write is not as old as its beginning: its time is that of its publication.
    Files.setLastModifiedTime(temp, FileTime.from(Instant.now()));
    channel.force(true);
    channel.close();
    return Files.readAttributes(temp, BasicFileAttributes.class, NOFOLLOW_LINKS);
  }

  private void publish() throws IOException {
    tree.createFoldersOf(key);
    Path marker =
        tree.tempFolder()
            .resolve(
                ObjectDigest.of(key.value().getBytes(StandardCharsets.US_ASCII)).sha256()
                    + ".publishing");
    publication.publish(temp, tree.path(key), marker);
  }

  private void makeNameDurable(@Nullable Object fileKey) throws IOException {
    try {
      tree.syncFoldersOf(key);
    } catch (IOException e) {
      withdraw(fileKey, e);
      throw e;
    }
  }

  /** A name that may not outlive a crash must not be seen; unless it has become another file's. */
  private void withdraw(@Nullable Object fileKey, IOException reason) {
    Path path = tree.path(key);
    try {
      if (fileKey != null
          && fileKey.equals(
              Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS).fileKey())) {
        Files.delete(path);
      }
    } catch (IOException e) {
      log.warn("Could not withdraw {} after its folder could not be synced", path, e);
      reason.addSuppressed(e);
    }
  }

  private void removeTempFile() {
    try {
      Files.deleteIfExists(temp);
    } catch (IOException e) {
      log.warn("Could not remove {}; it is listed as a leftover", temp, e);
    }
  }
}
