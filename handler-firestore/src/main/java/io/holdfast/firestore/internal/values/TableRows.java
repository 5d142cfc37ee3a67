package io.holdfast.firestore.internal.values;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.Value;
import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.firestore.internal.names.DocumentPath;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Rows of a table as documents: each column a field, the primary key the document's id.
 *
 * <p>The id of a key of one column is the text of its value; of several, their texts joined by
 * {@code :}. {@code %} and {@code /}, and {@code :} in keys of several columns, are written {@code
 * %25}, {@code %2F} and {@code %3A}; an id that would be reserved begins with {@code %}. So
 * different keys are different ids.
 */
public final class TableRows implements RecordParser {
  private final DatabaseName target;
  private final String collection;
  private final ValueParser values;
  private final Map<String, TableColumn> columns = new HashMap<>();
  private final Map<String, ColumnValues> readers = new HashMap<>();
  private final List<String> key;

  /**
   * A parser.
   *
   * @param collection the id of the collection that the documents go to
   * @param columns the columns of the table
   * @param key the names of the columns of the primary key, at least one
   * @throws IllegalArgumentException if a column is written in a form that is not known
   */
  public TableRows(
      DatabaseName target,
      String collection,
      List<TableColumn> columns,
      List<String> key,
      References references) {
    this.target = target;
    this.collection = collection;
    this.values = new ValueParser(references);
    this.key = List.copyOf(key);
    for (TableColumn column : columns) {
      this.columns.put(column.key(), column);
      this.readers.put(column.key(), column.values());
    }
  }

  @Override
  public Document parse(byte[] bytes, int offset, int length) {
    return RecordJson.object(bytes, offset, length, this::document);
  }

  private Document document(JsonParser parser) throws IOException {
    Document.Builder document = Document.newBuilder();
    Map<String, String> keyTexts = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String recordKey = parser.currentName();
      TableColumn column = columns.get(recordKey);
      ColumnValues reader = readers.get(recordKey);
      if (column == null || reader == null) {
        throw new BadRecordException("a key that its schema does not describe");
      }
      parser.nextToken();
      if (key.contains(column.name()) && parser.currentToken().isScalarValue()) {
        keyTexts.put(column.name(), parser.getText());
      }
      boolean missing = parser.currentToken() == JsonToken.VALUE_NULL;
      Value value = missing ? ValueParser.nullValue() : reader.read(parser, values);
      ValueParser.put(document::containsFields, document::putFields, column.name(), value);
    }
    return document
        .setName(DocumentRecords.name(target, new DocumentPath("", collection, id(keyTexts))))
        .build();
  }

  private String id(Map<String, String> keyTexts) {
    StringJoiner joined = new StringJoiner(":");
    for (String column : key) {
      String text = keyTexts.get(column);
      if (text == null) {
        throw new BadRecordException("no plain value in its primary key");
      }
      String escaped = ValueParser.requireWhole(text).replace("%", "%25").replace("/", "%2F");
      joined.add(key.size() == 1 ? escaped : escaped.replace(":", "%3A"));
    }
    String id = joined.toString();
    boolean reserved =
        id.isEmpty() || id.equals(".") || id.equals("..") || DocumentPath.isReserved(id);
    return reserved ? "%" + id : id;
  }
}
