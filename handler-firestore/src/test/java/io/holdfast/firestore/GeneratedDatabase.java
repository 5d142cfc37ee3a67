package io.holdfast.firestore;

import static io.holdfast.firestore.AwkwardDocuments.array;
import static io.holdfast.firestore.AwkwardDocuments.bool;
import static io.holdfast.firestore.AwkwardDocuments.bytes;
import static io.holdfast.firestore.AwkwardDocuments.instant;
import static io.holdfast.firestore.AwkwardDocuments.integer;
import static io.holdfast.firestore.AwkwardDocuments.map;
import static io.holdfast.firestore.AwkwardDocuments.nothing;
import static io.holdfast.firestore.AwkwardDocuments.number;
import static io.holdfast.firestore.AwkwardDocuments.point;
import static io.holdfast.firestore.AwkwardDocuments.reference;
import static io.holdfast.firestore.AwkwardDocuments.text;
import static io.holdfast.firestore.AwkwardDocuments.vector;

import com.google.firestore.v1.Document;
import com.google.firestore.v1.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Documents of every type, name and depth, from a seed: five levels of collections, parents that do
 * not exist, collections of the same id in many places.
 */
final class GeneratedDatabase {
  private static final List<String> COLLECTIONS =
      List.of("users", "posts", "comments", "with space", "漢字", "logs", "a.b", "$dollar");

  private final RawFirestore database;
  private final Random random;
  private final List<Document> documents = new ArrayList<>();

  private GeneratedDatabase(RawFirestore database, long seed) {
    this.database = database;
    this.random = new Random(seed);
  }

  /** Fills a database with about that many documents. */
  static void fill(RawFirestore database, long seed, int count) {
    GeneratedDatabase generated = new GeneratedDatabase(database, seed);
    generated.fixedOnes(count);
    while (generated.documents.size() < count) {
      generated.tree("", 1);
    }
    database.put(generated.documents);
  }

  private void fixedOnes(int count) {
    add("fixed/values", AwkwardDocuments.everyValue(database.root()));
    add("fixed/names", AwkwardDocuments.everyName());
    add("fixed/empty", Map.of());
    for (String id : AwkwardDocuments.ids()) {
      add("ids/" + id, Map.of("id", text(id)));
      add("phantom/" + id + "/ids/" + id, Map.of("$parent", text(id)));
    }
    add("phantom/a/phantom/b/phantom/c/phantom/d/phantom/e", Map.of("level", integer(5)));
    if (count > 10_000) {
      add("large/text", Map.of("text", text("x".repeat(900_000))));
    }
  }

  private void add(String path, Map<String, Value> fields) {
    documents.add(database.document(path, fields));
  }

  private void tree(String above, int level) {
    String collection = COLLECTIONS.get(random.nextInt(COLLECTIONS.size()));
    String path = above + collection + "/" + id();
    boolean missing = random.nextInt(5) == 0 && level < 5;
    if (!missing) {
      add(path, fields());
    }
    int below = level == 5 ? 0 : random.nextInt(3) + (missing ? 1 : 0);
    for (int i = 0; i < below; i++) {
      tree(path + "/", level + 1);
    }
  }

  private String id() {
    return switch (random.nextInt(12)) {
      case 0 -> "é" + random.nextInt(1 << 20);
      case 1 -> random.nextInt(1 << 20) + "\n" + random.nextInt();
      case 2 -> "\ud83d\ude80" + random.nextLong();
      default -> Long.toString(random.nextLong() & Long.MAX_VALUE, 36);
    };
  }

  private Map<String, Value> fields() {
    Map<String, Value> fields = new LinkedHashMap<>();
    int count = random.nextInt(8);
    for (int i = 0; i < count; i++) {
      fields.put("field" + random.nextInt(20), value(0));
    }
    return fields;
  }

  private Value value(int depth) {
    return switch (random.nextInt(depth < 3 ? 13 : 11)) {
      case 0 -> nothing();
      case 1 -> bool(random.nextBoolean());
      case 2 -> integer(random.nextLong() >> random.nextInt(64));
      case 3 -> number(Double.longBitsToDouble(random.nextLong()));
      case 4 -> number(random.nextInt(1000));
      case 5 ->
          instant(
              -62_135_596_800L + (long) (random.nextDouble() * 315_537_897_600L),
              random.nextInt(1_000_000) * 1000);
      case 6 -> text(words());
      case 7 -> bytes(random.ints(random.nextInt(20), 0, 256).toArray());
      case 8 -> reference(database.name("users/" + random.nextInt(1000)));
      case 9 -> point(random.nextDouble() * 180 - 90, random.nextDouble() * 360 - 180);
      case 10 -> vector(random.doubles(1 + random.nextInt(4)).toArray());
      case 11 -> list(depth);
      default -> object(depth);
    };
  }

  private String words() {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(60);
    for (int i = 0; i < length; i++) {
      int codePoint = random.nextInt(4) > 0 ? 32 + random.nextInt(95) : random.nextInt(0x11_0000);
      boolean half = codePoint >= 0xd800 && codePoint < 0xe000;
      text.appendCodePoint(half ? 'h' : codePoint);
    }
    return text.toString();
  }

  private Value list(int depth) {
    Value[] values = new Value[random.nextInt(4)];
    for (int i = 0; i < values.length; i++) {
      Value value = value(depth + 1);
      // Neither arrays nor vectors may be in arrays.
      values[i] =
          value.hasArrayValue() || value.getMapValue().containsFields("__type__")
              ? integer(i)
              : value;
    }
    return array(values);
  }

  private Value object(int depth) {
    Map<String, Value> fields = new LinkedHashMap<>();
    int count = random.nextInt(4);
    for (int i = 0; i < count; i++) {
      fields.put((random.nextInt(6) == 0 ? "$" : "") + "key" + i, value(depth + 1));
    }
    return map(fields);
  }
}
