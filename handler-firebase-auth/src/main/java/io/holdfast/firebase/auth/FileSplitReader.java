package io.holdfast.firebase.auth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.CancelledException;
import io.holdfast.firebase.auth.internal.file.FileUser;
import io.holdfast.firebase.auth.internal.file.UserFile;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads a file from its beginning to its end. */
final class FileSplitReader implements SplitReader {
  private final Path file;
  private @Nullable UserFile users;
  private long read;
  private volatile boolean closed;

  FileSplitReader(Path file) {
    this.file = file;
  }

  @Override
  public synchronized void open(Split split) {
    requireOpen();
    closeFile();
    users = UserFile.open(file);
    read = 0;
  }

  @Override
  public synchronized boolean read(RecordBuffer into) {
    UserFile current = users;
    if (current == null) {
      requireOpen();
      throw new IllegalStateException("open comes before read");
    }
    while (!into.isFull()) {
      requireOpen();
      if (Thread.currentThread().isInterrupted()) {
        throw new CancelledException("Reading " + file + " was interrupted.", null);
      }
      Optional<ObjectNode> user = current.next();
      if (user.isEmpty()) {
        return false;
      }
      byte[] record = FileUser.of(user.get(), ++read);
      into.begin();
      into.append(record, 0, record.length);
      into.end();
    }
    return true;
  }

  private void requireOpen() {
    if (closed) {
      throw new HandlerException(HandlerException.Kind.OTHER, null, "The reader was closed.", null);
    }
  }

  private void closeFile() {
    UserFile current = users;
    users = null;
    if (current != null) {
      current.close();
    }
  }

  /** Ends a read that is at work at its next user. */
  @Override
  public void close() {
    closed = true;
    synchronized (this) {
      closeFile();
    }
  }
}
