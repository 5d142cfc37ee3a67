package io.holdfast.firestore.internal.values;

import com.google.firestore.v1.Document;

/** Turns records of one collection of a backup into documents. Safe for use by many threads. */
@FunctionalInterface
public interface RecordParser {
  /**
   * The document of a record, with its name in the target.
   *
   * @param bytes holds the record, one JSON object in UTF-8
   * @param offset where it begins
   * @param length how many bytes it has
   * @throws BadRecordException if it cannot become a document
   */
  Document parse(byte[] bytes, int offset, int length);
}
