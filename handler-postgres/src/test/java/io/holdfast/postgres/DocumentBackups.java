package io.holdfast.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.testkit.MemoryBackup;
import io.holdfast.testkit.Pump;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Backups of a database of documents, and their way back out of PostgreSQL. */
final class DocumentBackups {
  private DocumentBackups() {}

  static MemoryBackup of(String collection, String... records) {
    return of(Map.of(collection, List.of(records)));
  }

  static MemoryBackup of(Map<String, List<String>> records) {
    return new MemoryBackup(
        RestoreFixture.header(
            "firestore", JsonNodeFactory.instance.objectNode().put("documents", true)),
        records,
        List.of());
  }

  static PostgresHandler handler(Database database) {
    return PostgresHandler.of(database.dataSource());
  }

  static PostgresHandler withColumns(Database database) {
    return PostgresHandler.builder(database.dataSource()).documentColumns().build();
  }

  /** What a backup of that database says that a collection of documents holds. */
  static Set<DocumentDecoder.Document> documents(Database database, String collection)
      throws Exception {
    return documents(Pump.create().read(handler(database)), collection);
  }

  static Set<DocumentDecoder.Document> documents(MemoryBackup backup, String collection)
      throws Exception {
    for (Map.Entry<String, JsonNode> each :
        backup.header().schema().path("collections").properties()) {
      JsonNode mark = each.getValue().path("documents").path("collection");
      if (mark.isTextual() && mark.asText().equals(collection)) {
        return DocumentDecoder.rows(each.getValue(), backup.records().get(each.getKey()));
      }
    }
    throw new IllegalArgumentException("No table is described as holding " + collection);
  }
}
