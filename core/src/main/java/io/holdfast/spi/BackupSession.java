package io.holdfast.spi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * One consistency point of a source, held open while splits are read from it. Used by one thread at
 * a time, while {@link SplitReader}s work on others.
 */
public interface BackupSession extends AutoCloseable {
  /** What is backed up, and how strong its instant is. */
  SourceInfo source();

  /**
   * What a restore needs besides the records: fields with types, settings. Shape: {@code
   * docs/FORMAT.md}, section Schema. Holds no secret unless the handler's documentation says so.
   */
  ObjectNode schema();

  /** The collections in the order in which they are written, without those filtered out. */
  List<CollectionInfo> collections();

  /**
   * The splits of a collection, which together yield each of its records exactly once. At least
   * one, in any number.
   */
  List<Split> splits(CollectionInfo collection);

  /** What the source holds and the backup will not; empty unless the request allowed it. */
  List<NotCaptured> notCaptured();

  /**
   * Confirms, after all splits were read, that the consistency point held until the end.
   *
   * @throws HandlerException of kind {@code SNAPSHOT_LOST} if it did not
   */
  void finish();

  /** Releases the consistency point. May be called twice. */
  @Override
  void close();
}
