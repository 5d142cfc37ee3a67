package io.holdfast.firestore.internal.restore;

import io.holdfast.firestore.internal.values.ContentHash;
import io.holdfast.firestore.internal.values.RecordParser;
import java.util.concurrent.atomic.LongAdder;

/** Where the records of one collection of a backup go, and how many arrived. */
public final class TargetCollection {
  private final String collection;
  private final String group;
  private final RecordParser parser;
  private final LongAdder written = new LongAdder();
  private final ContentHash content = new ContentHash();

  /**
   * A collection of which nothing is written yet.
   *
   * @param collection its name in the backup
   * @param group the id of the collections of the target
   * @param parser what makes documents of its records
   */
  public TargetCollection(String collection, String group, RecordParser parser) {
    this.collection = collection;
    this.group = group;
    this.parser = parser;
  }

  /** Its name in the backup. */
  public String collection() {
    return collection;
  }

  /** The id of the collections of the target. */
  public String group() {
    return group;
  }

  RecordParser parser() {
    return parser;
  }

  /** How many documents the service says that it took. */
  public long written() {
    return written.sum();
  }

  /** Count and hash of what was written. */
  public ContentHash.Sum content() {
    return content.sum();
  }

  void written(ContentHash.Sum document) {
    written.increment();
    content.add(document);
  }
}
