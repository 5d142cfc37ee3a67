package io.holdfast.testkit;

import io.holdfast.spi.DocumentHeader;
import io.holdfast.spi.NotCaptured;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A whole backup in memory, as {@link Pump} reads and restores it.
 *
 * @param header what stands before the records
 * @param records the records of each collection, in the order of the collections
 * @param notCaptured what the source holds and the backup does not
 */
public record MemoryBackup(
    DocumentHeader header, Map<String, List<String>> records, List<NotCaptured> notCaptured) {
  /** Copies the lists, and the map in its order. */
  public MemoryBackup {
    Map<String, List<String>> copy = new LinkedHashMap<>();
    records.forEach((collection, texts) -> copy.put(collection, List.copyOf(texts)));
    records = copy;
    notCaptured = List.copyOf(notCaptured);
  }

  /** How many records each collection has, in the order of the collections. */
  public Map<String, Long> counts() {
    Map<String, Long> counts = new LinkedHashMap<>();
    records.forEach((collection, texts) -> counts.put(collection, (long) texts.size()));
    return counts;
  }

  /** The same backup with other records in a collection, which comes last if it is new. */
  public MemoryBackup with(String collection, List<String> texts) {
    Map<String, List<String>> changed = new LinkedHashMap<>(records);
    changed.put(collection, texts);
    return new MemoryBackup(header, changed, notCaptured);
  }
}
