package io.holdfast.internal.age;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Encrypts what is written to it. {@link #finish()} completes the file; {@link #close()} without it
 * leaves a file that every reader recognises as cut off, so that a failed backup never looks like a
 * whole one. The sink stays open. For one thread.
 */
public final class EncryptingOutputStream extends OutputStream {
  private enum State {
    OPEN,
    FAILED,
    FINISHED,
    CLOSED
  }

  private final OutputStream sink;
  private final @Nullable WritableByteChannel encrypting;
  private State state = State.OPEN;

  private EncryptingOutputStream(OutputStream sink, @Nullable WritableByteChannel encrypting) {
    this.sink = sink;
    this.encrypting = encrypting;
  }

  static EncryptingOutputStream plain(OutputStream sink) {
    return new EncryptingOutputStream(sink, null);
  }

  static EncryptingOutputStream of(OutputStream sink, WritableByteChannel encrypting) {
    return new EncryptingOutputStream(sink, encrypting);
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    requireOpen();
    // Failed until it went well: after a failed write, jagged would encrypt a chunk again under the
    // nonce it has already used, so no second attempt is let through.
    state = State.FAILED;
    if (encrypting == null) {
      sink.write(bytes, offset, length);
    } else {
      encrypting.write(ByteBuffer.wrap(bytes, offset, length));
    }
    state = State.OPEN;
  }

  /** Flushes the sink. Bytes of a chunk that is not full yet stay here: age cannot write them. */
  @Override
  public void flush() throws IOException {
    sink.flush();
  }

  /**
   * Writes the last chunk. Nothing can be written afterwards.
   *
   * @throws IOException what the sink throws, or if an earlier write failed, or if this was closed
   */
  public void finish() throws IOException {
    if (state == State.FINISHED) {
      return;
    }
    requireOpen();
    state = State.FAILED;
    if (encrypting != null) {
      encrypting.close();
    }
    sink.flush();
    state = State.FINISHED;
  }

  /** Forgets what was not written. Does not finish the file, and does not close the sink. */
  @Override
  public void close() {
    if (state != State.FINISHED) {
      state = State.CLOSED;
    }
  }

  private void requireOpen() throws IOException {
    switch (state) {
      case OPEN -> {}
      case FAILED ->
          throw new IOException("An earlier write of this encrypted stream failed; start again");
      case FINISHED -> throw new IOException("This encrypted stream is already finished");
      case CLOSED -> throw new IOException("This encrypted stream was closed before finish()");
    }
  }
}
