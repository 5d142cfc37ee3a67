package io.holdfast.firestore.internal.values;

import com.google.firestore.v1.Document;
import com.google.firestore.v1.MapValue;
import com.google.firestore.v1.Value;
import com.google.protobuf.Timestamp;
import com.google.type.LatLng;
import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.firestore.internal.names.DocumentPath;
import io.holdfast.spi.HandlerException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Writes documents as records of a backup: FORMAT.md, section 3. The same document gives the same
 * bytes, whatever the order in which its fields arrive. Immutable, safe to share.
 */
public final class RecordEncoder {
  private static final String[] NO_KEYS = {};

  private final DatabaseName database;

  /**
   * An encoder.
   *
   * @param database the database that the documents are of
   */
  public RecordEncoder(DatabaseName database) {
    this.database = database;
  }

  /**
   * Appends a document as one JSON object.
   *
   * @throws HandlerException of kind {@code UNSUPPORTED} if it holds a kind of value that this
   *     version does not know
   */
  public void encode(Document document, JsonOutput out) {
    DocumentPath path =
        DocumentPath.parse(
            database
                .path(document.getName())
                .orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            "The service gave a document of another database.")));
    out.ascii("{\"id\":");
    out.string(path.id());
    if (!path.parent().isEmpty()) {
      out.ascii(",\"$parent\":");
      out.string(path.parent());
    }
    Map<String, Value> fields = document.getFieldsMap();
    for (String field : sorted(fields)) {
      out.ascii(field.equals("id") || field.startsWith("$") ? ",\"$" : ",\"");
      out.stringPart(field);
      out.ascii("\":");
      value(present(fields, field), path, out);
    }
    out.ascii('}');
  }

  private static String[] sorted(Map<String, Value> fields) {
    String[] keys = fields.keySet().toArray(NO_KEYS);
    Arrays.sort(keys);
    return keys;
  }

  private static Value present(Map<String, Value> fields, String key) {
    Value value = fields.get(key);
    if (value == null) {
      throw new IllegalStateException("A map lost a key.");
    }
    return value;
  }

  private void value(Value value, DocumentPath path, JsonOutput out) {
    switch (value.getValueTypeCase()) {
      case NULL_VALUE -> out.ascii("null");
      case BOOLEAN_VALUE -> out.ascii(value.getBooleanValue() ? "true" : "false");
      case INTEGER_VALUE -> out.ascii(Long.toString(value.getIntegerValue()));
      case DOUBLE_VALUE -> number(value.getDoubleValue(), out);
      case TIMESTAMP_VALUE -> instant(value.getTimestampValue(), out);
      case STRING_VALUE -> out.string(value.getStringValue());
      case BYTES_VALUE -> {
        out.ascii("{\"$binary\":{\"base64\":\"");
        out.base64(value.getBytesValue());
        out.ascii("\",\"subType\":\"00\"}}");
      }
      case REFERENCE_VALUE -> {
        out.ascii("{\"$ref\":");
        out.string(value.getReferenceValue());
        out.ascii('}');
      }
      case GEO_POINT_VALUE -> point(value.getGeoPointValue(), out);
      case ARRAY_VALUE -> array(value.getArrayValue().getValuesList(), path, out);
      case MAP_VALUE -> map(value.getMapValue(), path, out);
      default ->
          throw new HandlerException(
              HandlerException.Kind.UNSUPPORTED,
              path.collection(),
              "The document "
                  + path.path()
                  + " holds a kind of value that this version of Holdfast does not know ("
                  + value.getValueTypeCase()
                  + "). Use a newer version, or leave the collection out.",
              null);
    }
  }

  /** A double is told from an integer by its fraction or exponent. */
  private static void number(double number, JsonOutput out) {
    if (Double.isFinite(number)) {
      out.ascii(Double.toString(number).replace('E', 'e'));
    } else {
      out.ascii("{\"$numberDouble\":\"");
      out.ascii(Double.toString(number));
      out.ascii("\"}");
    }
  }

  private static void instant(Timestamp timestamp, JsonOutput out) {
    out.ascii("{\"$date\":\"");
    out.ascii(Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos()).toString());
    out.ascii("\"}");
  }

  private static void point(LatLng point, JsonOutput out) {
    out.ascii("{\"$geo\":[");
    number(point.getLatitude(), out);
    out.ascii(',');
    number(point.getLongitude(), out);
    out.ascii("]}");
  }

  private void array(List<Value> values, DocumentPath path, JsonOutput out) {
    out.ascii('[');
    for (int i = 0; i < values.size(); i++) {
      if (i > 0) {
        out.ascii(',');
      }
      value(values.get(i), path, out);
    }
    out.ascii(']');
  }

  private void map(MapValue map, DocumentPath path, JsonOutput out) {
    if (Vectors.isVector(map)) {
      out.ascii("{\"$vector\":");
      array(Vectors.elements(map), path, out);
      out.ascii('}');
      return;
    }
    Map<String, Value> fields = map.getFieldsMap();
    char before = '{';
    for (String key : sorted(fields)) {
      out.ascii(before);
      before = ',';
      out.ascii(key.startsWith("$") ? "\"$" : "\"");
      out.stringPart(key);
      out.ascii("\":");
      value(present(fields, key), path, out);
    }
    out.ascii(before == '{' ? "{}" : "}");
  }
}
