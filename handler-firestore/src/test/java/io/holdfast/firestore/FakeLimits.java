package io.holdfast.firestore;

import com.google.firestore.v1.Document;
import com.google.firestore.v1.MapValue;
import com.google.firestore.v1.Value;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import io.grpc.Status;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What the service refuses: https://cloud.google.com/firestore/quotas. The wording is the
 * emulator's, which shares the service's validation. May be changed at any time; thread-safe.
 */
final class FakeLimits {

  private static final Pattern RESERVED = Pattern.compile("__.*__", Pattern.DOTALL);
  private static final int MAXIMUM_DEPTH = 20;
  private static final int MAXIMUM_FIELD_NAME_BYTES = 1500;

  private volatile int requestBytes = 10 << 20;
  private volatile int documentBytes = 1 << 20;
  private volatile int valueBytes = (1 << 20) - 89;
  private volatile int writesPerBatch = 500;
  private volatile Duration retention = Duration.ofHours(1);
  private volatile Duration recoveryWindow = Duration.ofDays(7);
  private volatile boolean invalidValuesPerWrite;

  FakeLimits requestBytes(int bytes) {
    requestBytes = bytes;
    return this;
  }

  /**
   * 1,048,576: the number in the documentation, in the service's message
   * (divriots/story-to-design#41), and in the emulator.
   */
  FakeLimits documentBytes(int bytes) {
    documentBytes = bytes;
    return this;
  }

  /**
   * 500 for a BatchWrite. A Commit has had no such limit since March 2023 (release notes); for
   * BatchWrite nothing is written, and the official clients keep to 500, so that more is refused
   * here.
   */
  FakeLimits writesPerBatch(int writes) {
    writesPerBatch = writes;
    return this;
  }

  /** How far back reads may be at any microsecond. */
  FakeLimits retention(Duration duration) {
    retention = duration;
    return this;
  }

  /** How far back reads of whole minutes may be where point-in-time recovery is on. */
  FakeLimits recoveryWindow(Duration duration) {
    recoveryWindow = duration;
    return this;
  }

  /**
   * Whether a value that no document may have (nested too deeply, an array in an array, a reserved
   * field name) fails its own write only. The emulator fails the whole request, and so does this
   * server unless told otherwise; the documentation says neither.
   */
  FakeLimits invalidValuesPerWrite(boolean perWrite) {
    invalidValuesPerWrite = perWrite;
    return this;
  }

  boolean invalidValuesPerWrite() {
    return invalidValuesPerWrite;
  }

  void checkRequest(int bytes) {
    if (bytes > requestBytes) {
      // The wording: https://github.com/Johannes-Berggren/firestore-to-bigquery-export/issues/3
      throw invalid("Request payload size exceeds the limit: " + requestBytes + " bytes.");
    }
  }

  void checkWrites(int writes) {
    if (writes > writesPerBatch) {
      // The wording: https://github.com/firebase/firebase-functions/issues/408
      throw invalid("maximum " + writesPerBatch + " writes allowed per request");
    }
  }

  /**
   * The microsecond of a read time that may be read at {@code nowMicros}.
   *
   * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT (the future, nanoseconds) or
   *     FAILED_PRECONDITION (too old). The emulator's codes and wording for the first; for the
   *     second https://github.com/googleapis/java-firestore/pull/670, and for times between minutes
   *     https://cloud.google.com/firestore/docs/pitr: "return an error that the read_time is too
   *     old".
   */
  long checkReadTime(Timestamp time, long nowMicros, boolean recovery) {
    if (time.getNanos() % 1000 != 0) {
      throw invalid("timestamp cannot have more than microseconds precision");
    }
    if (time.getSeconds() < 0) {
      throw invalid("Only timestamps past epoch are supported.");
    }
    long micros = time.getSeconds() * 1_000_000 + time.getNanos() / 1000;
    if (micros > nowMicros) {
      throw invalid("The requested 'read_time' cannot be in the future.");
    }
    long age = nowMicros - micros;
    boolean young = age <= retention.toNanos() / 1000;
    boolean recoverable =
        recovery && age <= recoveryWindow.toSeconds() * 1_000_000 && micros % 60_000_000 == 0;
    if (!young && !recoverable) {
      throw snapshotTooOld().asRuntimeException();
    }
    return micros;
  }

  static Status snapshotTooOld() {
    return Status.FAILED_PRECONDITION.withDescription("The requested snapshot version is too old.");
  }

  /**
   * Checks what a document's values may be.
   *
   * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT
   */
  void checkValues(Document document) {
    document
        .getFieldsMap()
        .forEach(
            (field, value) -> {
              checkFieldName(field);
              checkValue(field, value, 0);
            });
  }

  /**
   * Checks the size of a document.
   *
   * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT
   */
  void checkSize(FakeName name, Document document) {
    int bytes = 32 + name.storageBytes() + fieldBytes(document.getFieldsMap());
    if (bytes > documentBytes) {
      // The wording: https://github.com/divriots/story-to-design/issues/41
      throw invalid(
          String.format(
              Locale.ROOT,
              "Document '%s' cannot be written because its size (%,d bytes) exceeds the maximum allowed size of %,d bytes.",
              document.getName(),
              bytes,
              documentBytes));
    }
  }

  private void checkValue(String field, Value value, int depth) {
    switch (value.getValueTypeCase()) {
      case MAP_VALUE -> {
        checkDepth(field, depth);
        if (isVector(value.getMapValue())) {
          return;
        }
        value
            .getMapValue()
            .getFieldsMap()
            .forEach(
                (inner, innerValue) -> {
                  checkFieldName(inner);
                  checkValue(field, innerValue, depth + 1);
                });
      }
      case ARRAY_VALUE -> {
        checkDepth(field, depth);
        for (Value element : value.getArrayValue().getValuesList()) {
          if (element.hasArrayValue()) {
            throw invalid("Cannot convert an array value in an array value.");
          }
          if (isVector(element.getMapValue())) {
            throw invalid("Cannot convert a vector value in an array value.");
          }
          checkValue(field, element, depth + 1);
        }
      }
      case STRING_VALUE -> checkBytes(field, FakeName.utf8Length(value.getStringValue()));
      case BYTES_VALUE -> checkBytes(field, value.getBytesValue().size());
      case REFERENCE_VALUE -> checkReference(value.getReferenceValue());
      case GEO_POINT_VALUE -> {
        double latitude = value.getGeoPointValue().getLatitude();
        double longitude = value.getGeoPointValue().getLongitude();
        if (!(Math.abs(latitude) <= 90)) {
          throw invalid(
              "Geo point latitude '" + latitude + "' outside permitted range -90.0 to 90.0.");
        }
        if (!(Math.abs(longitude) <= 180)) {
          throw invalid(
              "Geo point longitude '" + longitude + "' outside permitted range -180.0 to 180.0.");
        }
      }
      case VALUETYPE_NOT_SET -> throw invalid("Cannot convert firestore.v1.Value with type unset.");
      case TIMESTAMP_VALUE -> {
        if (!Timestamps.isValid(value.getTimestampValue())) {
          throw invalid("Timestamp outside the permitted range.");
        }
      }
      case NULL_VALUE, BOOLEAN_VALUE, INTEGER_VALUE, DOUBLE_VALUE -> {}
      default -> throw FakeFirestore.unsupported("a value of the type " + value.getValueTypeCase());
    }
  }

  /** Of any project and database, whether there is one or not. */
  private static void checkReference(String reference) {
    int end = reference.indexOf("/documents/");
    if (end < 0 || !reference.substring(0, end).matches("projects/[^/]+/databases/[^/]+")) {
      throw invalid("Non-document resource reference value not supported.");
    }
    FakeName.document(reference.substring(0, end), reference);
  }

  private void checkBytes(String field, int bytes) {
    if (bytes > valueBytes) {
      throw invalid(
          "The value of property \"" + field + "\" is longer than " + valueBytes + " bytes.");
    }
  }

  private static void checkDepth(String field, int depth) {
    if (depth >= MAXIMUM_DEPTH) {
      throw invalid("Property " + field + " contains an invalid nested entity.");
    }
  }

  private static void checkFieldName(String name) {
    if (name.isEmpty()) {
      throw invalid("The property.name is the empty string.");
    }
    if (RESERVED.matcher(name).matches()) {
      throw invalid("field name '" + name + "' is reserved.");
    }
    if (FakeName.utf8Length(name) > MAXIMUM_FIELD_NAME_BYTES) {
      throw invalid("The property.name is longer than 1500 bytes.");
    }
  }

  private static boolean isVector(MapValue map) {
    Value type = map.getFieldsOrDefault("__type__", Value.getDefaultInstance());
    Value value = map.getFieldsOrDefault("value", Value.getDefaultInstance());
    return map.getFieldsCount() == 2
        && type.getStringValue().equals("__vector__")
        && value.getArrayValue().getValuesCount() > 0
        && value.getArrayValue().getValuesList().stream().allMatch(Value::hasDoubleValue);
  }

  /** https://cloud.google.com/firestore/docs/storage-size */
  private static int fieldBytes(Map<String, Value> fields) {
    return fields.entrySet().stream()
        .mapToInt(field -> FakeName.utf8Length(field.getKey()) + 1 + valueBytes(field.getValue()))
        .sum();
  }

  private static int valueBytes(Value value) {
    return switch (value.getValueTypeCase()) {
      case NULL_VALUE, BOOLEAN_VALUE -> 1;
      case INTEGER_VALUE, DOUBLE_VALUE, TIMESTAMP_VALUE -> 8;
      case GEO_POINT_VALUE -> 16;
      case STRING_VALUE -> FakeName.utf8Length(value.getStringValue()) + 1;
      case BYTES_VALUE -> value.getBytesValue().size();
      case REFERENCE_VALUE -> referenceBytes(value.getReferenceValue());
      case ARRAY_VALUE ->
          value.getArrayValue().getValuesList().stream().mapToInt(FakeLimits::valueBytes).sum();
      case MAP_VALUE ->
          isVector(value.getMapValue())
              ? 8 * value.getMapValue().getFieldsOrThrow("value").getArrayValue().getValuesCount()
              : fieldBytes(value.getMapValue().getFieldsMap());
      default -> throw FakeFirestore.unsupported("a value of the type " + value.getValueTypeCase());
    };
  }

  private static int referenceBytes(String reference) {
    return FakeName.ofPath(
            reference.substring(reference.indexOf("/documents/") + "/documents/".length()))
        .storageBytes();
  }

  private static RuntimeException invalid(String message) {
    return Status.INVALID_ARGUMENT.withDescription(message).asRuntimeException();
  }
}
