package io.holdfast.firestore.internal.values;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.Value;
import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.firestore.internal.names.DocumentPath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Documents that were kept in a table: FORMAT.md, section 2, {@code documents}. The way back from a
 * relational database.
 */
public final class TableDocuments implements RecordParser {
  private static final String ID = "id";
  private static final String PARENT = "parent";
  private static final String DATA = "data";
  private static final String NUL = "//0";

  private final DatabaseName target;
  private final String collection;
  private final ValueParser values;
  private final Map<String, TableColumn> columns = new HashMap<>();
  private final Map<String, ColumnValues> readers = new HashMap<>();

  /**
   * A parser.
   *
   * @param collection the id of the collections that the documents are in
   * @param columns the columns of the table
   * @throws IllegalArgumentException if a column is written in a form that is not known
   */
  public TableDocuments(
      DatabaseName target, String collection, List<TableColumn> columns, References references) {
    this.target = target;
    this.collection = collection;
    this.values = new ValueParser(references);
    for (TableColumn column : columns) {
      ColumnValues reader = column.values();
      this.columns.put(column.key(), column);
      // What stands in JSON columns here are values of documents, not JSON of an application.
      this.readers.put(
          column.key(), reader == ColumnValues.JSON ? ColumnValues.SELF_DESCRIBING_JSON : reader);
    }
  }

  @Override
  public Document parse(byte[] bytes, int offset, int length) {
    return RecordJson.object(bytes, offset, length, this::document);
  }

  private Document document(JsonParser parser) throws IOException {
    Document.Builder document = Document.newBuilder();
    BiConsumer<String, Value> put =
        (field, value) ->
            ValueParser.put(document::containsFields, document::putFields, field, value);
    String id = null;
    String parent = "";
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      parser.nextToken();
      switch (key) {
        case ID -> id = text(parser);
        case PARENT -> parent = text(parser);
        case DATA -> data(parser, put);
        default -> column(key, parser, put);
      }
    }
    if (id == null) {
      throw new BadRecordException("no id, which names the document");
    }
    return document
        .setName(DocumentRecords.name(target, new DocumentPath(parent, collection, id)))
        .build();
  }

  private static String text(JsonParser parser) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw new BadRecordException("an id or parent that is no string");
    }
    return ValueParser.text(parser).replace(NUL, "\0");
  }

  private void column(String key, JsonParser parser, BiConsumer<String, Value> put)
      throws IOException {
    TableColumn column = columns.get(key);
    ColumnValues reader = readers.get(key);
    if (column == null || reader == null) {
      throw new BadRecordException("a key that its schema does not describe");
    }
    if (parser.currentToken() != JsonToken.VALUE_NULL) {
      put.accept(column.name(), reader.read(parser, values));
    }
  }

  /** The fields that have no column of their own, with keys as in a record. */
  private void data(JsonParser parser, BiConsumer<String, Value> put) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw new BadRecordException("data that is no JSON object");
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = ValueParser.requireWhole(parser.currentName());
      parser.nextToken();
      if (key.equals("$json") && parser.currentToken() == JsonToken.VALUE_STRING) {
        byte[] text = ValueParser.text(parser).getBytes(StandardCharsets.UTF_8);
        RecordJson.object(
            text,
            0,
            text.length,
            inner -> {
              data(inner, put);
              return true;
            });
      } else if (key.equals("$map")) {
        values.eachPair(parser, 0, put);
      } else {
        put.accept(key.equals("$id") ? "id" : ValueParser.unescaped(key), values.value(parser));
      }
    }
  }
}
