package io.holdfast.format;

import io.holdfast.spi.DocumentHeader;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;

/** Placeholder until the reader of foreign forms lands. */
final class LooseDocumentReader implements DocumentReader {
  LooseDocumentReader(InputStream in, int maxRecordBytes) throws IOException {
    throw new FormatException(
        FormatException.Kind.NOT_A_BACKUP, "Not yet readable: " + in + maxRecordBytes);
  }

  @Override
  public DocumentHeader header() {
    throw new IllegalStateException();
  }

  @Override
  public Codec codec() {
    return Codec.NONE;
  }

  @Override
  public Optional<Map<String, Long>> expectedCounts() {
    return Optional.empty();
  }

  @Override
  public Optional<Frame> next() throws IOException {
    return Optional.empty();
  }

  @Override
  public Map<String, Long> counts() {
    return Map.of();
  }
}
