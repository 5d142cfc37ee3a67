package io.holdfast.firestore.internal.values;

import com.google.firestore.v1.ArrayValue;
import com.google.firestore.v1.MapValue;
import com.google.firestore.v1.Value;
import java.util.List;
import java.util.Map;

/**
 * Vectors, which the service keeps as maps of a special form: {@code {"__type__":"__vector__",
 * "value":[…]}} with doubles only. Source: {@code FieldValue.vector} of Google's own clients.
 */
final class Vectors {
  private static final String TYPE = "__type__";
  private static final String VECTOR = "__vector__";
  private static final String ELEMENTS = "value";

  private Vectors() {}

  static boolean isVector(MapValue map) {
    if (map.getFieldsCount() != 2) {
      return false;
    }
    Map<String, Value> fields = map.getFieldsMap();
    Value type = fields.get(TYPE);
    Value elements = fields.get(ELEMENTS);
    return type != null
        && elements != null
        && type.getStringValue().equals(VECTOR)
        && elements.getValueTypeCase() == Value.ValueTypeCase.ARRAY_VALUE
        && elements.getArrayValue().getValuesList().stream()
            .allMatch(element -> element.getValueTypeCase() == Value.ValueTypeCase.DOUBLE_VALUE);
  }

  static List<Value> elements(MapValue vector) {
    return vector.getFieldsOrThrow(ELEMENTS).getArrayValue().getValuesList();
  }

  static MapValue vector(ArrayValue elements) {
    return MapValue.newBuilder()
        .putFields(TYPE, Value.newBuilder().setStringValue(VECTOR).build())
        .putFields(ELEMENTS, Value.newBuilder().setArrayValue(elements).build())
        .build();
  }
}
