package io.holdfast;

import java.time.Duration;

/**
 * How far an operation has come.
 *
 * @param operation what is being done
 * @param records records done so far
 * @param estimatedRecords about how many there are in all; -1 if unknown
 * @param bytes bytes of JSON done so far
 * @param storedBytes bytes written to or read from the sink so far
 * @param collectionsDone collections that are complete
 * @param collectionsTotal how many collections there are; -1 if unknown
 * @param elapsed since the operation began
 */
public record Progress(
    Operation operation,
    long records,
    long estimatedRecords,
    long bytes,
    long storedBytes,
    int collectionsDone,
    int collectionsTotal,
    Duration elapsed) {
  /** Records a second since the beginning. */
  public double recordsPerSecond() {
    return records / seconds();
  }

  /** Bytes of JSON a second since the beginning. */
  public double bytesPerSecond() {
    return bytes / seconds();
  }

  private double seconds() {
    return Math.max(elapsed.toNanos(), 1) / 1e9;
  }
}
