package io.holdfast.internal;

import io.holdfast.spi.ObjectDigest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Counts and digests the bytes that pass. */
final class DigestingInputStream extends FilterInputStream {
  private final MessageDigest sha256 = Digesting.sha256();
  private long length;

  DigestingInputStream(InputStream in) {
    super(in);
  }

  @Override
  public int read() throws IOException {
    int b = in.read();
    if (b >= 0) {
      sha256.update((byte) b);
      length++;
    }
    return b;
  }

  @Override
  public int read(byte[] into, int offset, int count) throws IOException {
    int n = in.read(into, offset, count);
    if (n > 0) {
      sha256.update(into, offset, n);
      length += n;
    }
    return n;
  }

  @Override
  public long skip(long n) {
    return 0; // what is skipped would not be digested
  }

  @Override
  public boolean markSupported() {
    return false; // what is read twice would be digested twice
  }

  /** Reads what is left, which may be much: an interruption ends it. */
  void skipToEnd() throws IOException {
    byte[] buffer = new byte[1 << 16];
    while (read(buffer, 0, buffer.length) >= 0) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("interrupted");
      }
    }
  }

  /** What has passed; to be asked once, at the end. */
  ObjectDigest digest() {
    return new ObjectDigest(length, HexFormat.of().formatHex(sha256.digest()));
  }
}
