package io.holdfast.spi;

import io.holdfast.format.FormatException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Where a {@link SplitReader} puts its records, byte by byte, in the form in which they go to the
 * file. Core lends it, sizes it and reuses it. Used by one thread.
 *
 * <p>For each record call {@link #begin}, append its JSON object, call {@link #end}. The bytes must
 * be one JSON object in valid UTF-8 without any control character. Where speed matters, append by
 * writing into {@link #array} at {@link #position} after {@link #ensure}.
 */
public final class RecordBuffer {
  /** Room for a separator, and for writers that look a few bytes ahead. */
  private static final int SLACK = 64;

  private final int targetBytes;
  private final int maxRecordBytes;
  private byte[] bytes;
  private int position;
  private int recordStart;
  private int count;
  private boolean open;
  private String collection = "";
  private int split;
  private long recordsBefore;

  /**
   * @param targetBytes from how many bytes on the buffer is full
   * @param maxRecordBytes how large one record may be
   */
  public RecordBuffer(int targetBytes, int maxRecordBytes) {
    this.targetBytes = targetBytes;
    this.maxRecordBytes = maxRecordBytes;
    this.bytes = new byte[normalSize()];
  }

  /**
   * Empties the buffer, and lets go of extraordinary size.
   *
   * @param newCollection whose records come next, for error messages
   * @param newSplit the ordinal of their split
   * @param before how many records of that split came before
   */
  public void reset(String newCollection, int newSplit, long before) {
    collection = newCollection;
    split = newSplit;
    recordsBefore = before;
    position = 0;
    recordStart = 0;
    count = 0;
    open = false;
    if (bytes.length > 4L * targetBytes + SLACK) {
      bytes = new byte[normalSize()];
    }
  }

  private int normalSize() {
    return (int) Math.min(targetBytes + targetBytes / 4L, 1 << 30) + SLACK;
  }

  /** Whether the reader should stop and return. */
  public boolean isFull() {
    return position >= targetBytes;
  }

  /** How many records are complete. */
  public int count() {
    return count;
  }

  /**
   * Begins a record.
   *
   * @throws IllegalStateException if the one before was not ended
   */
  public void begin() {
    requireOpen(false);
    open = true;
    byte[] array = ensure(2);
    if (count > 0) {
      array[position++] = ',';
      array[position++] = '\n';
    }
    recordStart = position;
  }

  /**
   * Ends the record.
   *
   * @throws FormatException if it is over the limit, naming collection and record
   * @throws IllegalStateException if it was not begun or does not stand in braces
   */
  public void end() {
    requireOpen(true);
    int length = position - recordStart;
    if (length > maxRecordBytes) {
      throw tooLarge(length);
    }
    if (length < 2 || bytes[recordStart] != '{' || bytes[position - 1] != '}') {
      throw new IllegalStateException(
          "A record of " + collection + " is not a JSON object in braces.");
    }
    open = false;
    count++;
  }

  private void requireOpen(boolean expected) {
    if (open != expected) {
      throw new IllegalStateException(
          "A record of " + collection + (open ? " was not ended." : " was not begun."));
    }
  }

  /** The array behind the buffer. Any {@link #ensure} may replace it. */
  public byte[] array() {
    return bytes;
  }

  /** Where the next byte goes. */
  public int position() {
    return position;
  }

  /** Says that bytes up to there, exclusive, were written into {@link #array}. */
  public void position(int newPosition) {
    position = newPosition;
  }

  /**
   * Makes room for that many more bytes.
   *
   * @return the array to write into
   * @throws FormatException if the record would be over the limit
   */
  public byte[] ensure(int more) {
    // Written so that a huge "more" overflows neither side.
    if (more > bytes.length - SLACK - position) {
      grow(more);
    }
    return bytes;
  }

  /** Appends one byte. */
  public void append(byte value) {
    ensure(1)[position++] = value;
  }

  /** Appends a range of bytes. */
  public void append(byte[] source, int offset, int length) {
    System.arraycopy(source, offset, ensure(length), position, length);
    position += length;
  }

  /** Appends a text, for small uses. */
  public void append(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    append(utf8, 0, utf8.length);
  }

  /** Appends a whole record, for small uses. */
  public void record(String json) {
    begin();
    append(json);
    end();
  }

  /**
   * The records, at least one; valid until the buffer is used again.
   *
   * @throws IllegalStateException if one was begun and not ended
   */
  public RecordBatch batch() {
    requireOpen(false);
    return new RecordBatch(bytes, 0, position, count);
  }

  private void grow(int more) {
    long needed = (long) position + more;
    long record = needed - recordStart;
    // A caller may ask for a few times of what it will write (worst-case escaping), so the limit
    // is enforced in end(); here only what is already over it, or what no array can hold.
    if (position - recordStart > maxRecordBytes || needed > Integer.MAX_VALUE - SLACK - 8L) {
      throw tooLarge(record);
    }
    long doubled = Math.min(Integer.MAX_VALUE - SLACK - 8L, Math.max(needed, 2L * bytes.length));
    bytes = Arrays.copyOf(bytes, (int) doubled + SLACK);
  }

  private FormatException tooLarge(long length) {
    return new FormatException(
        FormatException.Kind.TOO_LARGE,
        "Record "
            + (recordsBefore + count + 1)
            + " in split "
            + split
            + " of collection "
            + collection
            + " takes at least "
            + length
            + " bytes as JSON; the limit is "
            + maxRecordBytes
            + ". Nothing was stored. Raise maxRecordBytes, up to the format's limit of 1 GiB, or"
            + " leave the collection out.");
  }
}
