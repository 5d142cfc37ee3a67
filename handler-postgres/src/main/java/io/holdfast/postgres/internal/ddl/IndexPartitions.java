package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which indexes of partitions make up the index of a partitioned table, through all levels. It is
 * valid once all of them are attached.
 */
final class IndexPartitions {
  private static final String PARTITIONS =
      """
      WITH RECURSIVE below(root, index) AS (
        SELECT i.inhparent, i.inhrelid
          FROM pg_catalog.pg_inherits i
          JOIN pg_catalog.pg_class c ON c.oid = i.inhparent AND c.relkind = 'I'
         UNION ALL
        SELECT b.root, i.inhrelid
          FROM below b JOIN pg_catalog.pg_inherits i ON i.inhparent = b.index)
      SELECT root::bigint, index::bigint FROM below
      """;

  private final Map<Long, List<Long>> below = new HashMap<>();

  private IndexPartitions() {}

  static IndexPartitions read(CaptureContext context) throws SQLException {
    IndexPartitions partitions = new IndexPartitions();
    context.query(
        PARTITIONS,
        row ->
            partitions
                .below
                .computeIfAbsent(row.getLong(1), oid -> new ArrayList<>())
                .add(row.getLong(2)));
    return partitions;
  }

  /** Lets a draft come after everything that makes the index valid. */
  void needAll(Draft draft, long index) {
    below
        .getOrDefault(index, List.of())
        .forEach(partition -> draft.needs(Tables.attachment(partition)));
  }
}
