package io.holdfast.firestore.internal.restore;

import io.holdfast.CancelledException;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blocks of equally many hashes in a temp file, which is created with the first block and gone when
 * this is closed, or with the process at the latest. Safe for use by many threads, as long as no
 * block is written while it is read.
 */
final class HashFile implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HashFile.class);

  /** Opens the file. */
  @FunctionalInterface
  interface Opening {
    FileChannel open() throws IOException;
  }

  private final int blockSize;
  private final String folder;
  private final Opening opening;
  private final AtomicInteger blocks = new AtomicInteger();
  private volatile @Nullable FileChannel channel;
  private volatile boolean closed;

  /**
   * A file that is not there yet.
   *
   * @param blockSize hashes in a block
   * @param folder where the file is, for messages
   */
  HashFile(int blockSize, String folder, Opening opening) {
    this.blockSize = blockSize;
    this.folder = folder;
    this.opening = opening;
  }

  /** A file in a folder, which only this user may read. */
  static HashFile in(Path folder, int blockSize) {
    return new HashFile(blockSize, folder.toString(), () -> create(folder));
  }

  private static FileChannel create(Path folder) throws IOException {
    Path file = Files.createTempFile(folder, "holdfast-", ".names"); // 0600 where there are such
    try {
      // On POSIX systems the name is taken away at once; elsewhere the system does when it closes.
      return FileChannel.open(
          file,
          StandardOpenOption.READ,
          StandardOpenOption.WRITE,
          StandardOpenOption.DELETE_ON_CLOSE,
          LinkOption.NOFOLLOW_LINKS);
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  int blockSize() {
    return blockSize;
  }

  /**
   * Adds a block.
   *
   * @return its number
   * @throws HandlerException if it is not in the file, because the disk is full, say
   */
  int append(long[] hashes) {
    int block = blocks.getAndIncrement(); // one that fails leaves a gap, which nobody reads
    write(block, hashes, 0);
    return block;
  }

  /**
   * Writes a block.
   *
   * @param from the index of its first hash
   */
  void write(int block, long[] hashes, int from) {
    ByteBuffer bytes = ByteBuffer.allocate(blockSize * Long.BYTES);
    bytes.asLongBuffer().put(hashes, from, blockSize);
    try {
      FileChannel file = open();
      long at = position(block);
      while (bytes.hasRemaining()) {
        at += file.write(bytes, at);
      }
    } catch (IOException e) {
      throw failed("be written", e);
    }
  }

  /**
   * Reads a block.
   *
   * @param from the index for its first hash
   */
  void read(int block, long[] into, int from) {
    ByteBuffer bytes = ByteBuffer.allocate(blockSize * Long.BYTES);
    try {
      FileChannel file = open();
      long at = position(block);
      while (bytes.hasRemaining()) {
        int count = file.read(bytes, at);
        if (count < 0) {
          throw new IOException("it was cut by somebody else");
        }
        at += count;
      }
    } catch (IOException e) {
      throw failed("be read", e);
    }
    bytes.flip().asLongBuffer().get(into, from, blockSize);
  }

  private long position(int block) {
    return (long) block * blockSize * Long.BYTES;
  }

  private FileChannel open() throws IOException {
    FileChannel open = channel;
    return open != null && !closed ? open : openFirst();
  }

  private synchronized FileChannel openFirst() throws IOException {
    if (closed) {
      throw closedAlready();
    }
    FileChannel open = channel;
    if (open == null) {
      open = opening.open();
      channel = open;
      log.debug("Names of written documents go to a temp file in {} from here on.", folder);
    }
    return open;
  }

  private static IllegalStateException closedAlready() {
    return new IllegalStateException("The names were closed.");
  }

  private RuntimeException failed(String what, IOException e) {
    if (closed) {
      return closedAlready();
    }
    if (e instanceof ClosedChannelException) {
      // A thread that is interrupted while it reads or writes closes the file for all.
      return new CancelledException(
          "Interrupted while the names of written documents were kept.", e);
    }
    return unusable("could not " + what + " (" + e + ")", e);
  }

  /** What to tell when a block is not what was written. */
  HandlerException damaged() {
    return unusable("is not what was written any more", null);
  }

  private HandlerException unusable(String what, @Nullable IOException e) {
    return new HandlerException(
        Kind.OTHER,
        null,
        "The temp file in "
            + folder
            + ", where the restore keeps 8 bytes for each document that it writes, "
            + what
            + ". What was written to the target stays, and is marked as partly restored. Free space in"
            + " that folder or choose another one with -Djava.io.tmpdir, and restore the same backup"
            + " again.",
        e);
  }

  /** Takes the file away. May be called twice. */
  @Override
  public synchronized void close() {
    closed = true;
    FileChannel open = channel;
    channel = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        log.warn("A temp file in {} could not be closed.", folder, e); // nobody needs it any more
      }
    }
  }
}
