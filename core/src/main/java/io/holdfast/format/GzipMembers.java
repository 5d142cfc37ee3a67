package io.holdfast.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * Reads gzip members (RFC 1952) one after another to the end of a stream. The JDK's own stream
 * takes an {@code available()} of 0 for the end of the last member (JDK-7036144) and ignores what
 * follows a member if it is not another one; here every byte belongs to a member or is an error.
 * Closing frees the inflater and leaves the stream underneath open.
 */
final class GzipMembers extends InputStream {
  private static final int HEADER_CRC = 2;
  private static final int EXTRA = 4;
  private static final int NAME = 8;
  private static final int COMMENT = 16;
  private static final int RESERVED = 0xe0;

  private final InputStream in;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();
  private final byte[] buffer;
  private int start;
  private int end;
  private boolean inMember;
  private boolean ended;

  GzipMembers(InputStream in, int bufferBytes) {
    this.in = in;
    this.buffer = new byte[bufferBytes];
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (!ended) {
      if (!inMember && !beginMember()) {
        ended = true;
        break;
      }
      int count = inflate(into, offset, length);
      crc.update(into, offset, count);
      if (inflater.finished()) {
        endMember();
      }
      if (count > 0) {
        return count;
      }
    }
    return -1;
  }

  private int inflate(byte[] into, int offset, int length) throws IOException {
    try {
      int count = inflater.inflate(into, offset, length);
      if (count == 0 && inflater.needsInput()) {
        if (!fill()) {
          throw new EOFException("the last gzip member is cut");
        }
        inflater.setInput(buffer, start, end - start);
        start = end;
      } else if (count == 0 && inflater.needsDictionary()) {
        throw new ZipException("a dictionary is asked for");
      }
      return count;
    } catch (DataFormatException e) {
      throw (ZipException) new ZipException(e.getMessage()).initCause(e);
    }
  }

  /** Reads a member's header; false at the end of the stream. */
  private boolean beginMember() throws IOException {
    if (!fill()) {
      return false;
    }
    crc.reset();
    if (next() != 0x1f || next() != 0x8b) {
      throw new ZipException("something that is no gzip member follows");
    }
    int method = next();
    int flags = next();
    if (method != 8 || (flags & RESERVED) != 0) {
      throw new ZipException("a gzip member has an unknown form");
    }
    skip(6);
    if ((flags & EXTRA) != 0) {
      int low = next();
      skip(low | next() << 8);
    }
    if ((flags & NAME) != 0) {
      skipText();
    }
    if ((flags & COMMENT) != 0) {
      skipText();
    }
    if ((flags & HEADER_CRC) != 0) {
      int expected = (int) crc.getValue() & 0xffff;
      int low = next();
      if ((low | next() << 8) != expected) {
        throw new ZipException("the checksum of a gzip member's header differs");
      }
    }
    inflater.reset();
    inflater.setInput(buffer, start, end - start);
    start = end;
    crc.reset();
    inMember = true;
    return true;
  }

  private void endMember() throws IOException {
    start = end - inflater.getRemaining();
    long expectedCrc = crc.getValue();
    long expectedSize = inflater.getBytesWritten() & 0xffffffffL;
    if (littleEndian() != expectedCrc || littleEndian() != expectedSize) {
      throw new ZipException("the checksum of a gzip member differs");
    }
    inMember = false;
  }

  private long littleEndian() throws IOException {
    long value = 0;
    for (int shift = 0; shift < 32; shift += 8) {
      value |= (long) next() << shift;
    }
    return value;
  }

  private void skip(int bytes) throws IOException {
    for (int i = 0; i < bytes; i++) {
      next();
    }
  }

  private void skipText() throws IOException {
    int b = next();
    while (b != 0) {
      b = next();
    }
  }

  /** The next byte of a header or trailer, which must be there. */
  private int next() throws IOException {
    if (!fill()) {
      throw new EOFException("a gzip member is cut");
    }
    int b = buffer[start++] & 0xff;
    crc.update(b);
    return b;
  }

  private boolean fill() throws IOException {
    if (start == end) {
      start = 0;
      end = Math.max(0, in.read(buffer, 0, buffer.length));
    }
    return start < end;
  }

  @Override
  public void close() {
    inflater.end();
  }
}
