package io.holdfast.benchmarks;

/**
 * What one run of one arm took. Times are seconds, sizes bytes.
 *
 * @param wallSeconds from start to end of the command
 * @param clientCpuSeconds CPU of the command and every process below it
 * @param serverCpuSeconds CPU of all processes of the server meanwhile
 * @param otherCpuSeconds CPU that everything else on the machine used meanwhile
 * @param peakBytes peak resident memory of the largest process of the command
 * @param outputBytes what it wrote; 0 where it only reads
 */
record Measurement(
    double wallSeconds,
    double clientCpuSeconds,
    double serverCpuSeconds,
    double otherCpuSeconds,
    long peakBytes,
    long outputBytes) {
  /** The share of the machine above which others may have slowed the command down. */
  private static final double TOLERATED = 0.10;

  Measurement withOutput(long bytes) {
    return new Measurement(
        wallSeconds, clientCpuSeconds, serverCpuSeconds, otherCpuSeconds, peakBytes, bytes);
  }

  double totalCpuSeconds() {
    return clientCpuSeconds + serverCpuSeconds;
  }

  /** Whether the rest of the machine worked so much that the round should not be trusted. */
  boolean disturbed() {
    return otherCpuSeconds > TOLERATED * wallSeconds * Runtime.getRuntime().availableProcessors();
  }
}
