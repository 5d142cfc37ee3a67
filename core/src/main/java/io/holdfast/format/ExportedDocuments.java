package io.holdfast.format;

import io.holdfast.spi.Consistency;
import io.holdfast.spi.DocumentHeader;
import io.holdfast.spi.SourceInfo;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads an export of a Firestore database by one of the common npm tools as documents with ids.
 * Collections stand within documents there, and one after another in what comes out: so the first
 * {@link #next} reads the whole export and sorts it.
 */
final class ExportedDocuments implements DocumentReader {
  private final JsonText json;
  private final CollectionSpool spool;
  private final ExportedTree tree;
  private final Map<String, Long> counts = new LinkedHashMap<>();
  private boolean sorted;

  ExportedDocuments(BufferedInputStream in, ExportForm form, int maxRecordBytes)
      throws IOException {
    this.json = new JsonText(in, maxRecordBytes);
    this.spool = new CollectionSpool();
    this.tree = new ExportedTree(json, form, maxRecordBytes, spool);
  }

  @Override
  public DocumentHeader header() {
    return new DocumentHeader(
        "",
        0,
        new SourceInfo("plain", "", "", Instant.EPOCH, Consistency.FUZZY),
        Json.MAPPER.createObjectNode().put("documents", true));
  }

  @Override
  public Codec codec() {
    return CollectionSpool.CODEC;
  }

  @Override
  public Optional<Map<String, Long>> expectedCounts() {
    return Optional.empty();
  }

  @Override
  public Optional<Frame> next() throws IOException {
    if (!sorted) {
      counts.putAll(tree.read());
      sorted = true;
    }
    return spool.next();
  }

  @Override
  public Map<String, Long> counts() {
    return counts;
  }

  @Override
  public void close() {
    json.close();
    spool.close();
  }
}
