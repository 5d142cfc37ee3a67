package io.holdfast.firestore.internal.values;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.firestore.v1.ArrayValue;
import com.google.firestore.v1.MapValue;
import com.google.firestore.v1.Value;
import io.holdfast.firestore.internal.names.DocumentPath;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;

/** JSON that means nothing but itself, as values; keys that begin with {@code $} are just keys. */
final class LiteralJson {
  private LiteralJson() {}

  /** The value; empty if Firestore cannot hold it just so. */
  static Optional<Value> value(JsonNode node) {
    return value(node, true);
  }

  private static Optional<Value> value(JsonNode node, boolean mayBeArray) {
    Value.Builder value = Value.newBuilder();
    return switch (node.getNodeType()) {
      case NULL -> Optional.of(ValueParser.nullValue());
      case BOOLEAN -> Optional.of(value.setBooleanValue(node.booleanValue()).build());
      case STRING ->
          Optional.of(value.setStringValue(ValueParser.requireWhole(node.textValue())).build());
      case NUMBER -> number(node);
      case ARRAY -> mayBeArray ? array(node) : Optional.empty();
      case OBJECT -> map(node);
      default -> Optional.empty();
    };
  }

  private static Optional<Value> number(JsonNode node) {
    if (node.isIntegralNumber()) {
      return node.canConvertToLong()
          ? Optional.of(Value.newBuilder().setIntegerValue(node.longValue()).build())
          : Optional.empty();
    }
    BigDecimal exact = node.decimalValue();
    double near = exact.doubleValue();
    boolean same =
        Double.isFinite(near) && new BigDecimal(Double.toString(near)).compareTo(exact) == 0;
    return same ? Optional.of(Value.newBuilder().setDoubleValue(near).build()) : Optional.empty();
  }

  private static Optional<Value> array(JsonNode node) {
    ArrayValue.Builder array = ArrayValue.newBuilder();
    for (JsonNode element : node) {
      Optional<Value> value = value(element, false);
      if (value.isEmpty()) {
        return Optional.empty();
      }
      array.addValues(value.get());
    }
    return Optional.of(Value.newBuilder().setArrayValue(array).build());
  }

  private static Optional<Value> map(JsonNode node) {
    MapValue.Builder map = MapValue.newBuilder();
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      Optional<Value> value = value(field.getValue(), true);
      boolean reserved = field.getKey().isEmpty() || DocumentPath.isReserved(field.getKey());
      if (value.isEmpty() || reserved) {
        return Optional.empty();
      }
      map.putFields(ValueParser.requireWhole(field.getKey()), value.get());
    }
    return Optional.of(Value.newBuilder().setMapValue(map).build());
  }
}
