package io.holdfast.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.Split;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What one COPY reads, and its form as a {@link Split}. A split holds parts of the statement rather
 * than the statement, so that what travels between machines is not a program.
 *
 * @param snapshot the snapshot to read, as {@code pg_export_snapshot} named it
 * @param table the table, or one of the two catalogs of large objects
 * @param columns what is read of each row
 * @param range which pages of the table, or which large objects; all if empty
 * @param condition {@code WHERE …} of an extension's configuration table; empty for none
 */
record TableSplit(
    String snapshot,
    Sql.QualifiedName table,
    List<PostgresSchema.Field> columns,
    Optional<Range> range,
    String condition) {
  /** How much of a large object goes into one record. */
  static final int LARGE_OBJECT_PIECE_BYTES = 1 << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** From {@code first}, inclusive, to {@code end}, exclusive; without {@code end}, to the last. */
  record Range(long first, Optional<Long> end) {}

  /** Copies the list. */
  TableSplit {
    columns = List.copyOf(columns);
  }

  /** As a split. */
  Split toSplit(String collection, int ordinal, long estimatedBytes) {
    Map<String, String> attributes = new HashMap<>();
    attributes.put("snapshot", snapshot);
    attributes.put("schema", table.schema());
    attributes.put("table", table.name());
    attributes.put("columns", columnsToJson());
    range.ifPresent(
        part -> {
          attributes.put("first", Long.toString(part.first));
          part.end.ifPresent(end -> attributes.put("end", Long.toString(end)));
        });
    if (!condition.isEmpty()) {
      attributes.put("condition", condition);
    }
    return new Split(collection, ordinal, attributes, estimatedBytes);
  }

  /** Reads what {@link #toSplit} wrote. */
  static TableSplit of(Split split) {
    Map<String, String> attributes = split.attributes();
    Optional<Long> end = Optional.ofNullable(attributes.get("end")).map(Long::valueOf);
    return new TableSplit(
        split.attribute("snapshot"),
        new Sql.QualifiedName(split.attribute("schema"), split.attribute("table")),
        columnsFromJson(split.attribute("columns")),
        Optional.ofNullable(attributes.get("first"))
            .map(first -> new Range(Long.parseLong(first), end)),
        attributes.getOrDefault("condition", ""));
  }

  /** The statement that reads it. */
  String copyStatement() {
    String collection = table.schema() + "." + table.name();
    if (collection.equals(PostgresSchema.LARGE_OBJECTS)) {
      return "COPY (" + LargeObjects.READ_OBJECTS + ") TO STDOUT";
    }
    if (collection.equals(PostgresSchema.LARGE_OBJECT_DATA)) {
      return "COPY (" + largeObjectPieces() + ") TO STDOUT";
    }
    String names =
        columns.stream()
            .map(column -> Sql.quoteIdentifier(column.name()))
            .collect(Collectors.joining(","));
    if (range.isEmpty() && condition.isEmpty() && !columns.isEmpty()) {
      // Reads the table itself, as ONLY does: children and partitions are tables of their own.
      return "COPY " + table.toSql() + " (" + names + ") TO STDOUT";
    }
    return "COPY (SELECT "
        + names
        + " FROM ONLY "
        + table.toSql()
        + range.map(TableSplit::pages).orElse("")
        + (condition.isEmpty() ? "" : " " + condition)
        + ") TO STDOUT";
  }

  private static String pages(Range range) {
    return " WHERE ctid >= '("
        + range.first
        + ",0)'"
        + range.end.map(end -> " AND ctid < '(" + end + ",0)'").orElse("");
  }

  /**
   * Reads large objects by their public function, which owners and grantees may call; {@code
   * pg_largeobject} itself is the superuser's. That an object has a next piece is seen by asking
   * for its first byte: unwritten gaps read as zeros.
   */
  private String largeObjectPieces() {
    int piece = LARGE_OBJECT_PIECE_BYTES;
    String objects =
        range
            .map(
                part ->
                    " WHERE oid >= "
                        + part.first
                        + part.end.map(end -> " AND oid < " + end).orElse(""))
            .orElse("");
    return "WITH RECURSIVE piece(loid, start) AS ("
        + "SELECT oid, 0::bigint FROM pg_catalog.pg_largeobject_metadata"
        + objects
        + " UNION ALL SELECT loid, start + "
        + piece
        + " FROM piece WHERE octet_length(pg_catalog.lo_get(loid, start + "
        + piece
        + ", 1)) > 0)"
        + " SELECT loid, start, data FROM piece, LATERAL pg_catalog.lo_get(loid, start, "
        + piece
        + ") AS got(data) WHERE octet_length(data) > 0";
  }

  private String columnsToJson() {
    ArrayNode list = JSON.createArrayNode();
    for (PostgresSchema.Field column : columns) {
      list.addArray().add(column.name()).add(column.form().word());
    }
    return list.toString();
  }

  private static List<PostgresSchema.Field> columnsFromJson(String text) {
    try {
      List<PostgresSchema.Field> columns = new ArrayList<>();
      for (JsonNode node : JSON.readTree(text)) {
        columns.add(
            new PostgresSchema.Field(
                node.path(0).asText(), "", ValueForm.ofWord(node.path(1).asText()).orElseThrow()));
      }
      return columns;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("A split's attribute columns is not JSON", e);
    }
  }
}
