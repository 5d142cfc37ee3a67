package io.holdfast.postgres;

import io.holdfast.spi.RecordBatch;

/** Turns records of one collection into rows of one {@code COPY}. Used by one thread at a time. */
interface RowConverter {
  /**
   * Appends a row per record.
   *
   * @throws io.holdfast.format.FormatException of kind {@code CORRUPT} if a record is not JSON
   * @throws io.holdfast.spi.HandlerException of kind {@code MISMATCH} if a record does not fit the
   *     table
   */
  void convert(RecordBatch batch, CopyBuffer out);
}
