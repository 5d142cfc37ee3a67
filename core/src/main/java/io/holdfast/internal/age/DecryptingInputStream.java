package io.holdfast.internal.age;

import com.exceptionfactory.jagged.PayloadException;
import io.holdfast.EncryptionException;
import io.holdfast.EncryptionException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Hands out authenticated plaintext only, and fails for good at the first error.
 *
 * <p>That it stays failed is not a courtesy: when a chunk does not authenticate, jagged 1.0.0
 * leaves its buffer marked as full, and the next read of its channel would return up to 64 KiB of
 * the previous chunk as if it were the next one.
 */
final class DecryptingInputStream extends InputStream {
  private final ReadableByteChannel decrypting;
  private @Nullable EncryptionException tampered;
  private @Nullable Exception broken;
  private boolean ended;
  private boolean closed;

  DecryptingInputStream(ReadableByteChannel decrypting) {
    this.decrypting = decrypting;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) == -1 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    requireReadable();
    if (length == 0) {
      return 0;
    }
    if (ended) {
      return -1;
    }
    try {
      int read = decrypting.read(ByteBuffer.wrap(into, offset, length));
      ended = read == -1;
      return read;
    } catch (PayloadException e) {
      tampered = tampered(e);
      throw tampered;
    } catch (IOException | RuntimeException e) {
      broken = e;
      throw e;
    }
  }

  private void requireReadable() throws IOException {
    if (closed) {
      throw new IOException("This decrypting stream is closed");
    }
    if (tampered != null) {
      throw tampered;
    }
    if (broken != null) {
      throw new IOException("An earlier read of this encrypted stream failed; start again", broken);
    }
  }

  /** Forgets the key. Does not close the source. */
  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      decrypting.close();
    }
  }

  static EncryptionException tampered(Exception cause) {
    return new EncryptionException(
        Kind.TAMPERED,
        "A key opens the file, but it was changed, cut off or added to after it was written. What"
            + " was read up to here is genuine, the rest is not. Use another copy of the backup.",
        cause);
  }
}
