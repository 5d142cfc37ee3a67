package io.holdfast.benchmarks.firestore;

import com.google.firestore.v1.ArrayValue;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.MapValue;
import com.google.firestore.v1.Value;
import com.google.protobuf.NullValue;
import com.google.protobuf.Timestamp;
import com.google.type.LatLng;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Writes the database: the same documents on every run. Of 20 documents, one is a user with two
 * sessions, three orders and two items in each order, below each other; six are events and two are
 * products, at the root. So a third of the documents is in large collections, and the rest in very
 * many small ones.
 */
final class Generator {
  /** The fields that are references; one of the peers wants to be told. */
  static final List<String> REFERENCES = List.of("user", "product");

  /** Documents come in blocks of that many. */
  static final int BLOCK = 20;

  private static final int SESSIONS = 2;
  private static final int ORDERS = 3;
  private static final int ITEMS = 2;
  private static final int EVENTS = 6;
  private static final int PRODUCTS = 2;

  private static final int BATCH = 500;
  private static final int WRITERS = 8;

  private static final int FIRST_SECOND = 1_600_000_000;
  private static final int SECONDS = 100_000_000;

  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final int ID_CHARS = 20;

  private static final List<String> SYLLABLES =
      List.of(
          "ba", "cor", "den", "el", "fin", "gra", "hu", "il", "ka", "lo", "mer", "no", "or", "pli",
          "qua", "ras", "sen", "tu", "ver", "wi", "yo", "zan");

  private final Project project;
  private final Shape shape;
  private final int blocks;
  private final int documentBytes;

  /**
   * A generator.
   *
   * @param documents how many documents; rounded down to whole blocks
   * @param documentBytes how large each is, about, in Firestore's own count
   */
  Generator(Project project, Shape shape, int documents, int documentBytes) {
    this.project = project;
    this.shape = shape;
    this.blocks = Math.max(1, documents / BLOCK);
    this.documentBytes = documentBytes;
  }

  /** How many documents it writes. */
  int documents() {
    return blocks * BLOCK;
  }

  /** Writes them all. */
  void run() throws InterruptedException {
    ExecutorService writers = Executors.newFixedThreadPool(WRITERS);
    try {
      List<Callable<Void>> batches = new ArrayList<>();
      int step = BATCH / BLOCK;
      for (int from = 0; from < blocks; from += step) {
        int first = from;
        int end = Math.min(blocks, from + step);
        batches.add(
            () -> {
              List<Document> documents = new ArrayList<>();
              for (int block = first; block < end; block++) {
                addBlock(block, documents);
              }
              project.write(documents);
              return null;
            });
      }
      for (Future<Void> written : writers.invokeAll(batches)) {
        written.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("The data could not be written", e.getCause());
    } finally {
      writers.shutdownNow();
    }
  }

  private void addBlock(int block, List<Document> documents) {
    SplittableRandom random = new SplittableRandom(block);
    String user = "users/" + id("user", block);
    documents.add(document(user, user(random), "bio", random));
    for (int i = 0; i < SESSIONS; i++) {
      String path = below(user, "sessions/") + id("session", block * SESSIONS + i);
      documents.add(document(path, session(random), "agent", random));
    }
    for (int i = 0; i < ORDERS; i++) {
      int number = block * ORDERS + i;
      String order = below(user, "orders/") + id("order", number);
      documents.add(document(order, order(number, user, random), "note", random));
      for (int k = 0; k < ITEMS; k++) {
        String path = below(order, "items/") + id("item", number * ITEMS + k);
        documents.add(document(path, item(random), "engraving", random));
      }
    }
    for (int i = 0; i < EVENTS; i++) {
      String path = "events/" + id("event", block * EVENTS + i);
      documents.add(document(path, event(random), "message", random));
    }
    for (int i = 0; i < PRODUCTS; i++) {
      String path = "products/" + id("product", block * PRODUCTS + i);
      documents.add(document(path, product(random), "description", random));
    }
  }

  private String below(String parent, String collection) {
    return shape == Shape.NESTED ? parent + "/" + collection : collection;
  }

  /** Fills a document up to its size with a text of that name. */
  private Document document(
      String path, Map<String, Value> fields, String filler, SplittableRandom random) {
    Document document =
        Document.newBuilder().setName(project.root() + "/" + path).putAllFields(fields).build();
    int missing = documentBytes - document.getSerializedSize();
    return document.toBuilder().putFields(filler, text(Math.max(1, missing), random)).build();
  }

  private Map<String, Value> user(SplittableRandom random) {
    Map<String, Value> fields = new LinkedHashMap<>();
    fields.put("name", text(14, random));
    fields.put("email", string(words(10, random).replace(' ', '.') + "@example.com"));
    fields.put("age", integer(18 + random.nextInt(60)));
    fields.put("active", Value.newBuilder().setBooleanValue(random.nextInt(10) > 0).build());
    fields.put("balance", amount(random));
    fields.put("created", timestamp(random));
    fields.put("home", geo(random));
    fields.put("address", address(random));
    fields.put("tags", array(List.of(text(6, random), text(8, random), text(5, random))));
    fields.put("devices", array(List.of(device(random), device(random))));
    fields.put("referrer", Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build());
    return fields;
  }

  private static Value device(SplittableRandom random) {
    return map(
        Map.of(
            "os",
            text(7, random),
            "seen",
            timestamp(random),
            "build",
            integer(random.nextInt(9999))));
  }

  private static Value address(SplittableRandom random) {
    return map(
        Map.of(
            "street", text(16, random),
            "city", text(9, random),
            "code", string(Integer.toString(10_000 + random.nextInt(90_000))),
            "place", map(Map.of("at", geo(random), "accuracy", amount(random)))));
  }

  private static Map<String, Value> session(SplittableRandom random) {
    Map<String, Value> fields = new LinkedHashMap<>();
    fields.put("started", timestamp(random));
    fields.put("ended", timestamp(random));
    fields.put("place", geo(random));
    fields.put("pages", array(List.of(text(12, random), text(12, random), text(12, random))));
    fields.put("clicks", integer(random.nextInt(500)));
    return fields;
  }

  private Map<String, Value> order(int number, String user, SplittableRandom random) {
    Map<String, Value> fields = new LinkedHashMap<>();
    fields.put("number", integer(1_000_000_000_000L + number));
    fields.put("state", string(random.nextInt(3) == 0 ? "open" : "delivered"));
    fields.put("placed", timestamp(random));
    fields.put("total", amount(random));
    fields.put("user", reference(user));
    fields.put(
        "shipping",
        map(Map.of("to", address(random), "due", timestamp(random), "parcels", integer(1))));
    return fields;
  }

  private Map<String, Value> item(SplittableRandom random) {
    Map<String, Value> fields = new LinkedHashMap<>();
    fields.put("product", reference(anyProduct(random)));
    fields.put("quantity", integer(1 + random.nextInt(5)));
    fields.put("price", amount(random));
    fields.put(
        "options",
        map(Map.of("colour", text(5, random), "sizes", array(List.of(integer(1), integer(2))))));
    return fields;
  }

  private Map<String, Value> event(SplittableRandom random) {
    Map<String, Value> fields = new LinkedHashMap<>();
    fields.put("kind", string(random.nextInt(2) == 0 ? "view" : "click"));
    fields.put("at", timestamp(random));
    fields.put("product", reference(anyProduct(random)));
    fields.put("place", geo(random));
    fields.put(
        "context",
        map(
            Map.of(
                "page", map(Map.of("path", text(20, random), "depth", integer(random.nextInt(9)))),
                "timings", array(List.of(amount(random), amount(random), amount(random))))));
    return fields;
  }

  private static Map<String, Value> product(SplittableRandom random) {
    Map<String, Value> fields = new LinkedHashMap<>();
    fields.put("title", text(24, random));
    fields.put("price", amount(random));
    fields.put("stock", integer(random.nextInt(1000)));
    fields.put("categories", array(List.of(text(8, random), text(8, random))));
    fields.put(
        "dimensions",
        map(Map.of("width", amount(random), "height", amount(random), "weight", amount(random))));
    fields.put("warehouse", geo(random));
    fields.put("since", timestamp(random));
    return fields;
  }

  private String anyProduct(SplittableRandom random) {
    return "products/" + id("product", random.nextInt(blocks * PRODUCTS));
  }

  /** An id as client libraries make them, but always the same one. */
  private static String id(String kind, int index) {
    SplittableRandom random = new SplittableRandom(31L * kind.hashCode() + index);
    StringBuilder id = new StringBuilder();
    for (int i = 0; i < ID_CHARS; i++) {
      id.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return id.toString();
  }

  private static Value text(int chars, SplittableRandom random) {
    return string(words(chars, random));
  }

  private static String words(int chars, SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    while (text.length() < chars) {
      int syllables = 1 + random.nextInt(3);
      for (int i = 0; i < syllables; i++) {
        text.append(SYLLABLES.get(random.nextInt(SYLLABLES.size())));
      }
      text.append(' ');
    }
    return text.substring(0, chars).strip();
  }

  private static Value string(String string) {
    return Value.newBuilder().setStringValue(string).build();
  }

  private static Value integer(long number) {
    return Value.newBuilder().setIntegerValue(number).build();
  }

  /** With two decimals; now and then both are zero, as amounts are. */
  private static Value amount(SplittableRandom random) {
    return Value.newBuilder().setDoubleValue(random.nextInt(100_000) / 100.0).build();
  }

  private static Value timestamp(SplittableRandom random) {
    return Value.newBuilder()
        .setTimestampValue(
            Timestamp.newBuilder()
                .setSeconds(FIRST_SECOND + random.nextInt(SECONDS))
                .setNanos(1000 * random.nextInt(1_000_000)))
        .build();
  }

  private static Value geo(SplittableRandom random) {
    return Value.newBuilder()
        .setGeoPointValue(
            LatLng.newBuilder()
                .setLatitude(random.nextInt(-90_000, 90_000) / 1000.0)
                .setLongitude(random.nextInt(-180_000, 180_000) / 1000.0))
        .build();
  }

  private Value reference(String path) {
    return Value.newBuilder().setReferenceValue(project.root() + "/" + path).build();
  }

  private static Value array(List<Value> values) {
    return Value.newBuilder().setArrayValue(ArrayValue.newBuilder().addAllValues(values)).build();
  }

  private static Value map(Map<String, Value> fields) {
    return Value.newBuilder().setMapValue(MapValue.newBuilder().putAllFields(fields)).build();
  }
}
