package io.holdfast.firestore.internal.values;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.firestore.v1.Document;
import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.firestore.internal.names.DocumentPath;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Documents with ids and self-describing fields: what a backup of Firestore holds, and what plain
 * files do.
 */
public final class DocumentRecords implements RecordParser {
  private final DatabaseName target;
  private final String collection;
  private final ValueParser values;

  /**
   * A parser.
   *
   * @param collection the id of the collections that the documents are in
   */
  public DocumentRecords(DatabaseName target, String collection, References references) {
    this.target = target;
    this.collection = collection;
    this.values = new ValueParser(references);
  }

  @Override
  public Document parse(byte[] bytes, int offset, int length) {
    return RecordJson.object(bytes, offset, length, this::document);
  }

  private Document document(JsonParser parser) throws IOException {
    Document.Builder document = Document.newBuilder();
    String id = null;
    String parent = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = ValueParser.requireWhole(parser.currentName());
      parser.nextToken();
      if (key.equals("id")) {
        id = once(id, parser);
      } else if (key.equals("$parent")) {
        parent = once(parent, parser);
      } else {
        String field = key.equals("$id") ? "id" : ValueParser.unescaped(key);
        ValueParser.put(document::containsFields, document::putFields, field, values.value(parser));
      }
    }
    if (id == null) {
      throw new BadRecordException("no id, which names the document");
    }
    return document
        .setName(name(target, new DocumentPath(parent == null ? "" : parent, collection, id)))
        .build();
  }

  private static String once(@Nullable String before, JsonParser parser) throws IOException {
    if (before != null) {
      throw new BadRecordException("the same key twice");
    }
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw new BadRecordException("an id or parent that is no string");
    }
    return ValueParser.text(parser);
  }

  static String name(DatabaseName target, DocumentPath path) {
    path.problem()
        .ifPresent(
            problem -> {
              throw new BadRecordException(problem);
            });
    return target.name(path.path());
  }
}
