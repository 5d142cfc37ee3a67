package io.holdfast.postgres;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.Retry;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a whole backup into memory, for tests. */
final class BackupReader {
  static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private BackupReader() {}

  static BackupRequest request() {
    return request(CollectionFilter.ALL, 2, 1 << 20);
  }

  static BackupRequest request(CollectionFilter filter, int parallelism, long splitBytes) {
    return new BackupRequest(filter, false, parallelism, splitBytes, Retry.none());
  }

  static CollectionFilter only(String... includes) {
    return new CollectionFilter(List.of(includes), List.of());
  }

  /** Every record of every collection, as text. */
  static Map<String, List<String>> readAll(BackupHandler handler, BackupRequest request) {
    try (BackupSession session = handler.openBackup(request)) {
      Map<String, List<String>> all = readAll(handler, request, session);
      session.finish();
      return all;
    }
  }

  static Map<String, List<String>> readAll(
      BackupHandler handler, BackupRequest request, BackupSession session) {
    Map<String, List<String>> all = new LinkedHashMap<>();
    try (SplitReader reader = handler.openReader(request)) {
      for (CollectionInfo collection : session.collections()) {
        List<String> records = new ArrayList<>();
        for (Split split : session.splits(collection)) {
          records.addAll(read(reader, split));
        }
        all.put(collection.name(), records);
      }
    }
    return all;
  }

  static List<String> read(SplitReader reader, Split split) {
    List<String> records = new ArrayList<>();
    RecordBuffer buffer = new RecordBuffer(10_000, 1 << 28);
    reader.open(split);
    boolean more = true;
    while (more) {
      buffer.reset(split.collection(), split.ordinal(), records.size());
      more = reader.read(buffer);
      if (buffer.count() > 0) {
        records.addAll(buffer.batch().toStrings());
      }
    }
    return records;
  }

  static List<JsonNode> parse(List<String> records) throws Exception {
    List<JsonNode> nodes = new ArrayList<>();
    for (String record : records) {
      nodes.add(JSON.readTree(record));
    }
    return nodes;
  }
}
