package io.holdfast.format;

import io.holdfast.spi.DocumentHeader;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/**
 * Reads one document front to back as frames that others decompress. Used by one thread, which
 * closes it; that frees what it holds, and leaves the stream it reads from open.
 */
public interface DocumentReader extends AutoCloseable {
  /** What stands before the records. */
  DocumentHeader header();

  /** How the frames of {@link #next} are compressed. */
  Codec codec();

  /** The collections and how many records each has, if known beforehand. */
  Optional<Map<String, Long>> expectedCounts();

  /**
   * The next record frame, or empty after the last one, when everything around the records has been
   * checked to the end of the stream.
   *
   * @throws FormatException of kind {@code CORRUPT} if the document is not as it was written
   * @throws IOException if the stream fails
   */
  Optional<Frame> next() throws IOException;

  /** How many records each collection has; complete once {@link #next} was empty. */
  Map<String, Long> counts();

  @Override
  void close();
}
