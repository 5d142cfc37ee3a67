package io.holdfast.spi;

import java.util.Map;

/**
 * Reads splits one after another, holding what that takes (a connection, a cursor). Belongs to one
 * thread, but for {@link #close}, which another thread may call to abort a read that is waiting.
 */
public interface SplitReader extends AutoCloseable {
  /** Begins a split. The one before has been read to its end. */
  void open(Split split);

  /**
   * Appends records to the buffer until {@link RecordBuffer#isFull} or the split ends.
   *
   * <p>A call that throws may have appended some records; the buffer is then thrown away.
   *
   * @return whether the split may have more records; false once it has ended
   * @throws HandlerException if reading failed; the reader can then only be closed
   * @throws io.holdfast.CancelledException if the thread was interrupted
   */
  boolean read(RecordBuffer into);

  /**
   * What it has read so far, over all splits, in the units that the database bills; as in {@link
   * BackupSession#usage}. Asked between two splits.
   */
  default Map<String, Long> usage() {
    return Map.of();
  }

  /** Releases what the reader holds, aborting a read that is waiting. May be called twice. */
  @Override
  void close();
}
