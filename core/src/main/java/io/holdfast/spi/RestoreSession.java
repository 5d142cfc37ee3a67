package io.holdfast.spi;

import java.util.List;
import java.util.Map;

/**
 * One restore into a target. The calls come in this order: {@link #prepare}, for a session that
 * {@link #inspects} also {@link #inspect} from many threads and {@link #inspected}, then {@link
 * #begin}, {@link #write} from many threads, {@link #recordsWritten}, {@link #finish}, {@link
 * #report}; {@link #close} at any point. Only {@code inspect} and {@code write} are called from
 * several threads at a time.
 */
public interface RestoreSession extends AutoCloseable {
  /** In which order a session wants its batches. */
  enum Ordering {
    /**
     * One collection after another; batches of one collection from many threads. {@link
     * RecordBatch#awaitTurn} tells when those before are written.
     */
    BY_COLLECTION,
    /** Batches of any collection from any thread at any time. */
    ANY
  }

  /** In which order it wants its batches. */
  Ordering ordering();

  /**
   * Checks all that can be checked without a write: rights, collections, fields, types, emptiness.
   *
   * @throws HandlerException that names the problems found, not only the first; the target is
   *     unchanged
   */
  RestorePlan prepare();

  /**
   * Whether it wants to see every record before anything is changed: to find what contradicts
   * another record, say. It costs a pass over the backup.
   */
  default boolean inspects() {
    return false;
  }

  /**
   * Shows records that {@link #write} will get later, in any order.
   *
   * @param collection the collection's name in the backup
   * @param batch the records; valid only during the call
   */
  default void inspect(String collection, RecordBatch batch) {}

  /**
   * Called once all records were shown.
   *
   * @throws HandlerException that names the problems found, not only the first; the target is
   *     unchanged
   */
  default void inspected() {}

  /** Starts to change the target. */
  void begin();

  /**
   * Writes records. With {@link Ordering#BY_COLLECTION}, returns to a collection never again once
   * another has begun.
   *
   * @param collection the collection's name in the backup
   * @param batch the records; valid only during the call
   * @throws HandlerException if the target refused; the session can then only be closed
   */
  void write(String collection, RecordBatch batch);

  /**
   * Completes what {@code write} began and tells how many records the target says it took, by
   * collection. Core compares that with the backup before it calls {@link #finish}. A collection
   * without records may be missing.
   */
  Map<String, Long> recordsWritten();

  /**
   * Does what follows the records (sequences, constraints), checks the whole, and makes the restore
   * final: commits.
   *
   * @throws HandlerException if a check failed; {@link #close} then undoes what can be undone
   */
  void finish();

  /**
   * What the caller should know of a restore that is final: what the target took and could not keep
   * as it was, a sentence each. No values of records but their ids.
   */
  default List<String> report() {
    return List.of();
  }

  /**
   * Releases everything. Without a successful {@link #finish}, undoes the restore where the target
   * can do that. May be called twice, also while another thread waits in {@code write}, which is
   * then aborted.
   */
  @Override
  void close();
}
