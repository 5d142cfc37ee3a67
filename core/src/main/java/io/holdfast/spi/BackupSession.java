package io.holdfast.spi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

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

  /**
   * What the source holds and the backup will not. Records are here only if the request allowed it;
   * what lies beside them and is kept elsewhere as well (indexes, access rules of a database
   * without a schema) may be here without.
   */
  List<NotCaptured> notCaptured();

  /**
   * What the session itself has read so far, in the units that the database bills, by name: {@code
   * document_reads}. Empty where nothing is billed. Readers tell theirs.
   */
  default Map<String, Long> usage() {
    return Map.of();
  }

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
