package io.holdfast.benchmarks.firestore;

import com.google.firestore.v1.Document;
import com.google.firestore.v1.MapValue;
import com.google.firestore.v1.Value;
import com.google.firestore.v1.Value.ValueTypeCase;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a database holds: how many documents, how many values of each type, and a hash over all of
 * it that knows neither the order of documents nor the name of the project.
 *
 * @param documents how many documents
 * @param values how many values of each type, in arrays and maps too
 * @param hash the sum of the documents' SHA-256
 */
record Census(long documents, Map<ValueTypeCase, Long> values, BigInteger hash) {
  private static final int HASH_BITS = 256;

  /** Reads the whole database. */
  static Census of(Project project) {
    Count count = new Count(project.root() + "/");
    project.forEach(count::add);
    return new Census(count.documents, count.values, count.hash);
  }

  /** What is not as it was in the source; empty if all is. */
  List<String> differences(Census copy) {
    List<String> differences = new ArrayList<>();
    if (documents != copy.documents) {
      differences.add(copy.documents + " of " + documents + " documents are there");
    }
    for (ValueTypeCase type : ValueTypeCase.values()) {
      long before = values.getOrDefault(type, 0L);
      long after = copy.values.getOrDefault(type, 0L);
      if (before != after) {
        differences.add(
            after + " values of type " + name(type) + " are there, the source has " + before);
      }
    }
    if (differences.isEmpty() && !hash.equals(copy.hash)) {
      differences.add("documents and types are all there, but some values differ");
    }
    return differences;
  }

  private static String name(ValueTypeCase type) {
    return type.name().toLowerCase(Locale.ROOT).replace("_value", "").replace('_', ' ');
  }

  /** Adds up documents. */
  private static final class Count {
    private final Map<ValueTypeCase, Long> values = new EnumMap<>(ValueTypeCase.class);
    private final String root;
    private long documents;
    private BigInteger hash = BigInteger.ZERO;

    Count(String root) {
      this.root = root;
    }

    void add(Document document) {
      documents++;
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (DataOutputStream out = new DataOutputStream(bytes)) {
        write(relative(document.getName()), out);
        write(document.getFieldsMap(), out);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      hash = hash.add(new BigInteger(1, sha256(bytes.toByteArray())));
      hash = hash.mod(BigInteger.ONE.shiftLeft(HASH_BITS));
    }

    private void write(Map<String, Value> fields, DataOutputStream out) throws IOException {
      out.writeInt(fields.size());
      for (Map.Entry<String, Value> field : new TreeMap<>(fields).entrySet()) {
        write(field.getKey(), out);
        write(field.getValue(), out);
      }
    }

    private void write(Value value, DataOutputStream out) throws IOException {
      values.merge(value.getValueTypeCase(), 1L, Long::sum);
      out.writeInt(value.getValueTypeCase().getNumber());
      switch (value.getValueTypeCase()) {
        case MAP_VALUE -> {
          MapValue map = value.getMapValue();
          write(map.getFieldsMap(), out);
        }
        case ARRAY_VALUE -> {
          out.writeInt(value.getArrayValue().getValuesCount());
          for (Value element : value.getArrayValue().getValuesList()) {
            write(element, out);
          }
        }
        case REFERENCE_VALUE -> write(relative(value.getReferenceValue()), out);
        default -> out.write(value.toByteArray());
      }
    }

    private String relative(String name) {
      return name.startsWith(root) ? name.substring(root.length()) : name;
    }

    private static void write(String text, DataOutputStream out) throws IOException {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      out.writeInt(bytes.length);
      out.write(bytes);
    }

    private static byte[] sha256(byte[] bytes) {
      try {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("Every JVM has SHA-256", e);
      }
    }
  }
}
