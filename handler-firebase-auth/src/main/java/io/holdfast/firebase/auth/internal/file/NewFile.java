package io.holdfast.firebase.auth.internal.file;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A file that shows under its name only once it is whole, and that only its owner may read. Used by
 * one thread at a time.
 */
public final class NewFile implements AutoCloseable {
  private final Path target;
  private final Path temp;
  private final FileChannel channel;
  private final OutputStream out;
  private boolean done;

  /** Begins the file in the folder of its target. */
  public NewFile(Path target) throws IOException {
    this.target = target;
    Path folder = target.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException("A root is no file.");
    }
    FileAttribute<?>[] owner =
        folder.getFileSystem().supportedFileAttributeViews().contains("posix")
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    this.temp = Files.createTempFile(folder, ".holdfast-", ".tmp", owner);
    this.channel = FileChannel.open(temp, StandardOpenOption.WRITE);
    this.out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
  }

  /** Appends bytes. */
  public void write(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  /**
   * Gives the file its name, after its bytes are on the disk.
   *
   * @param replace whether a file of that name is replaced
   * @throws FileAlreadyExistsException if there is one and it is not to be replaced
   */
  public void publish(boolean replace) throws IOException {
    out.flush();
    channel.force(true);
    channel.close();
    if (replace) {
      Files.move(temp, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } else {
      publishIfAbsent();
    }
    done = true;
  }

  /** A hard link fails if the name is taken; a rename would replace what came meanwhile. */
  private void publishIfAbsent() throws IOException {
    try {
      Files.createLink(target, temp);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (UnsupportedOperationException | FileSystemException e) {
      if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
        throw new FileAlreadyExistsException(target.toString());
      }
      Files.move(temp, target, StandardCopyOption.ATOMIC_MOVE);
    }
    Files.deleteIfExists(temp);
  }

  /** Removes what is not published. May be called twice. */
  @Override
  public void close() throws IOException {
    channel.close();
    if (!done) {
      Files.deleteIfExists(temp);
    }
  }
}
