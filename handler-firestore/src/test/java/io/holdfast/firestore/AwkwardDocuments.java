package io.holdfast.firestore;

import com.google.firestore.v1.ArrayValue;
import com.google.firestore.v1.MapValue;
import com.google.firestore.v1.Value;
import com.google.protobuf.ByteString;
import com.google.protobuf.NullValue;
import com.google.protobuf.Timestamp;
import com.google.type.LatLng;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values, names and ids that are hard to carry. */
final class AwkwardDocuments {
  private AwkwardDocuments() {}

  static Value text(String value) {
    return Value.newBuilder().setStringValue(value).build();
  }

  static Value integer(long value) {
    return Value.newBuilder().setIntegerValue(value).build();
  }

  static Value number(double value) {
    return Value.newBuilder().setDoubleValue(value).build();
  }

  static Value bool(boolean value) {
    return Value.newBuilder().setBooleanValue(value).build();
  }

  static Value nothing() {
    return Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build();
  }

  static Value instant(long seconds, int nanos) {
    return Value.newBuilder()
        .setTimestampValue(Timestamp.newBuilder().setSeconds(seconds).setNanos(nanos))
        .build();
  }

  static Value bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return Value.newBuilder().setBytesValue(ByteString.copyFrom(bytes)).build();
  }

  static Value reference(String name) {
    return Value.newBuilder().setReferenceValue(name).build();
  }

  static Value point(double latitude, double longitude) {
    return Value.newBuilder()
        .setGeoPointValue(LatLng.newBuilder().setLatitude(latitude).setLongitude(longitude))
        .build();
  }

  static Value array(Value... values) {
    return Value.newBuilder()
        .setArrayValue(ArrayValue.newBuilder().addAllValues(List.of(values)))
        .build();
  }

  static Value map(Map<String, Value> fields) {
    return Value.newBuilder().setMapValue(MapValue.newBuilder().putAllFields(fields)).build();
  }

  static Value vector(double... elements) {
    ArrayValue.Builder array = ArrayValue.newBuilder();
    for (double element : elements) {
      array.addValues(number(element));
    }
    return map(
        Map.of(
            "__type__",
            text("__vector__"),
            "value",
            Value.newBuilder().setArrayValue(array).build()));
  }

  static Value nested(int levels) {
    Value value = text("deep");
    for (int i = 0; i < levels; i++) {
      value = map(Map.of("level" + i, value));
    }
    return value;
  }

  /**
   * A field for every type and every value at an edge of its type.
   *
   * @param root {@code projects/p/databases/d} of the database that it is in
   */
  static Map<String, Value> everyValue(String root) {
    Map<String, Value> fields = new LinkedHashMap<>();
    fields.put("null", nothing());
    fields.put("true", bool(true));
    fields.put("false", bool(false));
    fields.put("zero", integer(0));
    fields.put("least", integer(Long.MIN_VALUE));
    fields.put("most", integer(Long.MAX_VALUE));
    fields.put("beyond_2_53", integer((1L << 53) + 1));
    double[] doubles = {
      0.0,
      -0.0,
      1.0,
      -1.5,
      0.1,
      1e20,
      1e-7,
      1.5e300,
      Double.MIN_VALUE,
      Double.MAX_VALUE,
      Double.MIN_NORMAL,
      Double.longBitsToDouble(0x000fffffffffffffL),
      9007199254740992.0,
      Double.NaN,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      100.0,
      1e7,
      123456789.125
    };
    for (int i = 0; i < doubles.length; i++) {
      fields.put("double" + i, number(doubles[i]));
    }
    fields.put("epoch", instant(0, 0));
    fields.put("micros", instant(1_767_916_800L, 123_456_000));
    fields.put("before_1970", instant(-1, 999_999_000));
    fields.put("first", instant(-62_135_596_800L, 0));
    fields.put("last", instant(253_402_300_799L, 999_999_000));
    fields.put("empty_text", text(""));
    fields.put("text", text("quote \" backslash \\ slash / newline \n tab \t nul \0 del \u007f"));
    fields.put("controls", text("\u0001\u0008\u000c\r\u001f\u0085\u2028\u2029\ufeff"));
    fields.put("unicode", text("é ß 漢字 \ud83d\ude80 \uffff \ue000 ́"));
    fields.put("looks_typed", text("{\"$date\":\"x\"}"));
    fields.put("bytes", bytes(0, 1, 2, 254, 255));
    fields.put("no_bytes", bytes());
    fields.put("one_byte", bytes(7));
    fields.put("two_bytes", bytes(7, 8));
    fields.put("reference", reference(root + "/documents/users/u1"));
    fields.put("reference_down", reference(root + "/documents/users/u1/posts/p\n1"));
    fields.put(
        "reference_elsewhere",
        reference("projects/other-project/databases/archive/documents/users/u1"));
    fields.put("point", point(52.5, 13.4));
    fields.put("point_edge", point(-90, 180));
    fields.put("point_zero", point(-0.0, 0.0));
    fields.put("no_array", array());
    fields.put("array", array(integer(1), text("two"), number(3), nothing(), map(Map.of())));
    fields.put(
        "array_of_maps",
        array(map(Map.of("inner", array(integer(1)))), map(Map.of("$ref", text("not one")))));
    fields.put("no_map", map(Map.of()));
    fields.put("deep", nested(18));
    fields.put("vector", vector(1.0, -2.5, 0.0));
    fields.put("typed_key", map(Map.of("$date", text("no date"))));
    fields.put("typed_keys", map(Map.of("$a", integer(1), "$$b", integer(2), "id", integer(3))));
    fields.put("vector_like", map(Map.of("type", text("__vector__"), "value", array())));
    return fields;
  }

  /** A field for every name that could be taken for something else. */
  static Map<String, Value> everyName() {
    Map<String, Value> fields = new LinkedHashMap<>();
    List<String> names = new ArrayList<>();
    names.addAll(List.of("id", "$id", "$$id", "$parent", "$$parent", "parent", "$", "$$", "$ref"));
    names.addAll(List.of("a.b", "`tick`", "with space", "quote\"", "back\\slash", "slash/"));
    names.addAll(
        List.of("new\nline", "nul\0", "\u0001", "é", "漢", "\ud83d\ude80", "_", "__", "-1"));
    names.addAll(List.of("__collections__x", "*", "[0]", "data", "null", "constructor", "0"));
    names.add("n".repeat(1500));
    for (int i = 0; i < names.size(); i++) {
      fields.put(names.get(i), integer(i));
    }
    return fields;
  }

  /** Ids that are hard to write down. */
  static List<String> ids() {
    List<String> ids = new ArrayList<>();
    ids.addAll(List.of("plain", "with space", "quote\"", "back\\slash", "new\nline", "nul\0nul"));
    ids.addAll(
        List.of("é", "漢字", "\ud83d\ude80", "\uffff", "a.b", "...", "_", "__x", "x__", "$id"));
    ids.addAll(List.of("*", "?a=b&c#d", "%2F", "~", "{\"id\":1}", "00", "1", "-1", " ", "\t"));
    ids.add("i".repeat(1500));
    ids.add("漢".repeat(500));
    return ids;
  }
}
