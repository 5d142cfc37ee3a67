package io.holdfast.gcs;

import com.google.api.client.http.AbstractInputStreamContent;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a piece, which stop coming when the sending thread is interrupted: a request that
 * nobody waits for any more must neither publish nor send what its buffer holds next.
 */
final class PieceContent extends AbstractInputStreamContent {
  private static final int STEP_BYTES = 64 * 1024;

  private final ByteBuffer piece;

  /**
   * @param type the content type, or null to send none
   * @param piece the bytes, in a heap buffer, from its position to its limit; neither is changed
   */
  PieceContent(@Nullable String type, ByteBuffer piece) {
    super(type);
    this.piece = piece.duplicate();
  }

  @Override
  public long getLength() {
    return piece.remaining();
  }

  @Override
  public boolean retrySupported() {
    return true;
  }

  /** As the stream below gives them, without its way through a buffer of 4 KiB. */
  @Override
  public void writeTo(OutputStream out) throws IOException {
    byte[] bytes = piece.array();
    int end = piece.arrayOffset() + piece.limit();
    for (int at = piece.arrayOffset() + piece.position(); at < end; at += STEP_BYTES) {
      requireWanted();
      out.write(bytes, at, Math.min(STEP_BYTES, end - at));
    }
    out.flush();
  }

  @Override
  public InputStream getInputStream() {
    ByteBuffer left = piece.duplicate();
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int from, int count) throws IOException {
        Objects.checkFromIndexSize(from, count, bytes.length);
        requireWanted();
        if (!left.hasRemaining()) {
          return -1;
        }
        int taken = Math.min(Math.min(count, STEP_BYTES), left.remaining());
        left.get(bytes, from, taken);
        return taken;
      }
    };
  }

  private static void requireWanted() throws InterruptedIOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("Nobody waits for the request any more.");
    }
  }
}
