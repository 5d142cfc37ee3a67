package io.holdfast.spi;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Many records as they stand in a document: UTF-8 JSON objects joined by a comma and a newline,
 * which occurs nowhere inside a record. A view of bytes that belong to somebody else, valid only as
 * long as its giver says. Read by one thread.
 */
public final class RecordBatch {
  private final byte[] bytes;
  private final int start;
  private final int end;
  private final int count;
  private final Turn turn;

  /** Waits until the batches before this one were written. */
  @FunctionalInterface
  public interface Turn {
    /** Returns at once if nothing is before it. */
    void await();
  }

  /**
   * @param bytes the array that holds the records; not copied
   * @param start where the first record begins
   * @param end where the last record ends, exclusive
   * @param count how many records there are, ≥ 1
   */
  public RecordBatch(byte[] bytes, int start, int end, int count) {
    this(bytes, start, end, count, () -> {});
  }

  private RecordBatch(byte[] bytes, int start, int end, int count, Turn turn) {
    this.turn = turn;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.count = count;
  }

  /** The records of these texts, for tests and small uses. */
  public static RecordBatch of(List<String> records) {
    byte[] bytes = String.join(",\n", records).getBytes(StandardCharsets.UTF_8);
    return new RecordBatch(bytes, 0, bytes.length, records.size());
  }

  /** The same records, with that turn. */
  public RecordBatch withTurn(Turn newTurn) {
    return new RecordBatch(bytes, start, end, count, newTurn);
  }

  /**
   * Waits until every batch of the same collection that stands before this one in the document has
   * been written, that is, its {@code write} has returned. A session that wants the records in the
   * document's order calls this in {@code write}, after what can be done beside other threads and
   * before what decides the order.
   *
   * @throws io.holdfast.CancelledException if the restore is given up meanwhile
   */
  public void awaitTurn() {
    turn.await();
  }

  /** The array that holds the records; not to be changed. */
  public byte[] array() {
    return bytes;
  }

  /** Where the first record begins. */
  public int start() {
    return start;
  }

  /** Where the last record ends, exclusive. */
  public int end() {
    return end;
  }

  /** How many records there are. */
  public int count() {
    return count;
  }

  /** How many bytes they take, separators included. */
  public int lengthBytes() {
    return end - start;
  }

  /**
   * Where the record that begins at {@code recordStart} ends, exclusive. The next one, if any,
   * begins two bytes later.
   */
  public int endOfRecord(int recordStart) {
    for (int i = recordStart; i < end; i++) {
      if (bytes[i] == '\n') {
        return i - 1;
      }
    }
    return end;
  }

  /** Every record as text, for tests and small uses. */
  public List<String> toStrings() {
    List<String> records = new ArrayList<>(count);
    for (int from = start; from < end; ) {
      int to = endOfRecord(from);
      records.add(new String(bytes, from, to - from, StandardCharsets.UTF_8));
      from = to + 2;
    }
    return records;
  }
}
