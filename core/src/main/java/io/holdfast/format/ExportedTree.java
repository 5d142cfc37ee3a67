package io.holdfast.format;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Walks through the documents of an export and puts each, as a record, into a spool. A document
 * stands around those below it, so its record stays open meanwhile: what is open at a time is
 * bounded by the record limit, all together. Used by one thread.
 */
final class ExportedTree {
  /** How many collections one document may have; Firestore's clients list them in one piece. */
  private static final int MAX_SIBLINGS = 100_000;

  private final JsonText json;
  private final JsonParser parser;
  private final ExportForm form;
  private final int maxRecordBytes;
  private final CollectionSpool spool;

  /** The open records, each beginning where the one around it was left. */
  private final JsonBytes text = new JsonBytes();

  private final ExportedValues values;

  ExportedTree(JsonText json, ExportForm form, int maxRecordBytes, CollectionSpool spool) {
    this.json = json;
    this.parser = json.parser();
    this.form = form;
    this.maxRecordBytes = maxRecordBytes;
    this.spool = spool;
    this.values = new ExportedValues(parser, form, text);
  }

  /**
   * Reads all of it.
   *
   * @return how many records each collection has
   * @throws FormatException if it is not what it looked like
   */
  Map<String, Long> read() throws IOException {
    return json.read(this::readRoot, this::broken);
  }

  private Map<String, Long> readRoot() throws IOException {
    parser.nextToken();
    parser.nextToken(); // an object and its first key, which is how the form was recognised
    if (form == ExportForm.MARKED) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw broken("holds something else than an object under \"" + form.nestedKey() + "\"");
      }
      parser.nextToken();
      collections("", 1);
      if (parser.nextToken() != JsonToken.END_OBJECT) {
        throw partial("one document");
      }
    } else {
      collections("", 1);
    }
    if (parser.nextToken() != null) {
      throw broken("goes on after its end");
    }
    return spool.counts();
  }

  /** The parser stands at the name of the first one, or at the end; it is left at the end. */
  private void collections(String parent, int level) throws IOException {
    Set<String> names = new HashSet<>(8);
    for (; parser.currentToken() == JsonToken.FIELD_NAME; parser.nextToken()) {
      String key = parser.currentName();
      String path =
          form.collectionPath(parent, key)
              .orElseThrow(() -> broken(in(parent) + "has a collection whose name can be none"));
      if (!names.add(path)) {
        throw broken(in(parent) + "has two collections of one name");
      }
      String name = DocumentPaths.lastId(path);
      if (names.size() > MAX_SIBLINGS
          || DocumentText.utf8(name).length > Limits.NAME_BYTES
          || DocumentText.utf8(path).length > DocumentPaths.MAX_BYTES) {
        throw tooLarge(
            in(parent)
                + "has more than "
                + MAX_SIBLINGS
                + " collections, or one of too long a name");
      }
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw broken("has a collection that is not an object of documents by id, " + name);
      }
      spool.begin(name);
      collection(path, name, level);
    }
  }

  private static String in(String document) {
    return document.isEmpty() ? "" : "holds a document, " + document + ", that ";
  }

  private void collection(String path, String name, int level) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String id = parser.currentName();
      if (id.equals(ExportForm.MARKED.nestedKey())) {
        throw partial("one collection");
      }
      if (!DocumentPaths.isId(id)) {
        throw broken("has a document in the collection " + name + " whose id can be none");
      }
      String document = DocumentPaths.child(path, id);
      if (DocumentText.utf8(document).length > DocumentPaths.MAX_BYTES
          || level > DocumentPaths.MAX_LEVELS) {
        throw tooLarge(
            "has a document in the collection "
                + name
                + " whose path has more than "
                + DocumentPaths.MAX_BYTES
                + " bytes or "
                + DocumentPaths.MAX_LEVELS
                + " levels");
      }
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw broken("has something that is not an object as document " + document);
      }
      document(path, name, id, level);
    }
  }

  private void document(String path, String name, String id, int level) throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted");
    }
    int start = text.size();
    if (start == 0) {
      text.reset();
      text.limit(maxRecordBytes);
    }
    String document = DocumentPaths.child(path, id);
    try {
      begin(DocumentPaths.parent(path), id);
      Set<String> names = new HashSet<>(8);
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        if (!names.add(field)) {
          throw ExportForm.untold("has the same key twice");
        }
        parser.nextToken();
        if (!field.equals(form.nestedKey()) || !nested(document, level)) {
          key(field);
          values.add();
        }
      }
      text.add("}");
    } catch (JsonBytes.Refused e) {
      throw new FormatException(e.kind(), place(document) + e.getMessage() + limit(e.kind()) + ".");
    } catch (StreamConstraintsException e) {
      throw new FormatException(
          FormatException.Kind.TOO_LARGE,
          place(document)
              + "is larger than the limit"
              + limit(FormatException.Kind.TOO_LARGE)
              + ".");
    }
    spool.add(name, text.array(), start, text.size() - start);
    text.truncate(start);
  }

  private void begin(String parent, String id) {
    text.add("{\"id\":");
    text.addString(id);
    if (!parent.isEmpty()) {
      text.add(",\"$parent\":");
      text.addString(parent);
    }
  }

  private void key(String field) {
    text.add(",");
    text.addString(field.equals("id") || field.startsWith("$") ? "$" + field : field);
    text.add(":");
  }

  /** Whether the value at which the parser stands is the document's collections; reads them. */
  private boolean nested(String document, int level) throws IOException {
    boolean object = parser.currentToken() == JsonToken.START_OBJECT;
    if (form == ExportForm.MARKED && !object) {
      throw ExportForm.untold(
          "has something else than an object under \"" + form.nestedKey() + "\"");
    }
    if (!object) {
      return false; // a field of that name, of a document without collections
    }
    if (parser.nextToken() == JsonToken.END_OBJECT && form == ExportForm.UNMARKED) {
      key(form.nestedKey()); // likewise: the tool names collections or writes nothing
      text.add("{}");
      return true;
    }
    collections(document, level + 1);
    return true;
  }

  private static String place(String document) {
    return "The document " + document + " of the export ";
  }

  private String limit(FormatException.Kind kind) {
    return kind == FormatException.Kind.TOO_LARGE
        ? json.at() + "; maxRecordBytes is " + maxRecordBytes + ", for it and those around it"
        : json.at();
  }

  private FormatException broken(String what) {
    return new FormatException(
        FormatException.Kind.CORRUPT, "The export " + what + json.at() + ".");
  }

  private FormatException tooLarge(String what) {
    return new FormatException(
        FormatException.Kind.TOO_LARGE, "The export " + what + json.at() + ".");
  }

  /** The tools do not write where such a part belongs, and a guess would be a wrong place. */
  private FormatException partial(String what) {
    String collection = "{\"__collections__\":{\"COLLECTION\":";
    String inside = what.equals("one collection") ? "." : "{\"ID\":.}";
    return new FormatException(
        FormatException.Kind.NOT_A_BACKUP,
        "The file is an export of "
            + what
            + " by node-firestore-import-export, which does not say where that belongs"
            + json.at()
            + ". Put it there, and restore that: jq '"
            + collection
            + inside
            + "}}' FILE > WHOLE.json");
  }
}
