package io.holdfast.firestore;

import com.google.firestore.v1.ArrayValue;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.MapValue;
import com.google.firestore.v1.Precondition;
import com.google.firestore.v1.Value;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.LongFunction;

/**
 * A database of {@link FakeFirestore} with all versions of its documents. Tests reach its documents
 * directly, without a request, without limits and without being counted. Thread-safe.
 *
 * <p>Paths are relative to the root: {@code users/7/posts/1}.
 */
final class FakeDatabase {

  /** A document as of a time, or that there was none ({@code document} is null). */
  private record Version(long micros, Document document) {}

  private final String name;
  private final FakeTime time;
  private final FakeLimits limits;
  private final NavigableMap<FakeName, List<Version>> documents = new TreeMap<>();
  private boolean recovery;

  FakeDatabase(String name, FakeTime time, FakeLimits limits) {
    this.name = name;
    this.time = time;
    this.limits = limits;
  }

  /** {@code projects/{project}/databases/{database}} */
  String name() {
    return name;
  }

  /** The full name of a document. */
  String nameOf(String path) {
    return FakeName.ofPath(path).in(name);
  }

  /** Switches point-in-time recovery on or off. */
  synchronized FakeDatabase pointInTimeRecovery(boolean on) {
    recovery = on;
    return this;
  }

  /** Writes a document and gives its update time. */
  synchronized Timestamp put(String path, Map<String, Value> fields) {
    return put(
        FakeName.ofPath(path),
        Document.newBuilder().putAllFields(fields).build(),
        time.commitMicros());
  }

  /** Deletes a document, if there is one. */
  synchronized void delete(String path) {
    delete(FakeName.ofPath(path), time.commitMicros());
  }

  Optional<Document> get(String path) {
    return at(FakeName.ofPath(path), Long.MAX_VALUE);
  }

  /** All documents of now, in the order of their names. */
  List<Document> documents() {
    return scan(FakeName.ROOT, Long.MAX_VALUE);
  }

  /** All documents of a time, in the order of their names. */
  List<Document> documents(Timestamp at) {
    return scan(FakeName.ROOT, Timestamps.toMicros(at));
  }

  /** Deletes all documents. */
  synchronized void clear() {
    long micros = time.commitMicros();
    documents.keySet().forEach(document -> delete(document, micros));
  }

  /**
   * Fixes the microsecond that a request reads at.
   *
   * @throws io.grpc.StatusRuntimeException if the time asked for may not be read
   */
  synchronized long readMicros(Optional<Timestamp> requested) {
    long now = time.readMicros();
    return requested.map(at -> limits.checkReadTime(at, now, recovery)).orElse(now);
  }

  synchronized Optional<Document> at(FakeName document, long micros) {
    List<Version> versions = documents.getOrDefault(document, List.of());
    for (int i = versions.size() - 1; i >= 0; i--) {
      if (versions.get(i).micros() <= micros) {
        return Optional.ofNullable(versions.get(i).document());
      }
    }
    return Optional.empty();
  }

  /** Gives the documents from {@code start} on to {@code visitor} until it answers false. */
  synchronized void scan(FakeName start, long micros, BiPredicate<FakeName, Document> visitor) {
    for (FakeName document : documents.tailMap(start, true).keySet()) {
      Optional<Document> found = at(document, micros);
      if (found.isPresent() && !visitor.test(document, found.get())) {
        return;
      }
    }
  }

  /**
   * Writes a document whole. A write that changes nothing leaves the update time as it was, as the
   * service does (WriteResult in write.proto).
   *
   * @return the update time
   */
  synchronized Timestamp put(FakeName document, Document content, long micros) {
    Map<String, Value> fields =
        cutToMicros(MapValue.newBuilder().putAllFields(content.getFieldsMap()).build())
            .getFieldsMap();
    Optional<Document> before = at(document, Long.MAX_VALUE);
    if (before.isPresent() && before.get().getFieldsMap().equals(fields)) {
      return before.get().getUpdateTime();
    }
    Timestamp now = FakeTime.timestamp(micros);
    Document after =
        Document.newBuilder()
            .setName(document.in(name))
            .putAllFields(fields)
            .setCreateTime(before.map(Document::getCreateTime).orElse(now))
            .setUpdateTime(now)
            .build();
    documents.computeIfAbsent(document, key -> new ArrayList<>()).add(new Version(micros, after));
    return now;
  }

  synchronized void delete(FakeName document, long micros) {
    if (at(document, Long.MAX_VALUE).isPresent()) {
      documents.get(document).add(new Version(micros, null));
    }
  }

  /**
   * Checks a precondition against what is there now.
   *
   * @throws io.grpc.StatusRuntimeException ALREADY_EXISTS, NOT_FOUND or FAILED_PRECONDITION
   */
  synchronized void check(FakeName document, Precondition precondition) {
    Optional<Document> now = at(document, Long.MAX_VALUE);
    switch (precondition.getConditionTypeCase()) {
      case EXISTS -> {
        if (precondition.getExists() && now.isEmpty()) {
          throw Status.NOT_FOUND
              .withDescription("No document to update: " + document.in(name))
              .asRuntimeException();
        }
        if (!precondition.getExists() && now.isPresent()) {
          throw Status.ALREADY_EXISTS
              .withDescription("Document already exists: " + document.in(name))
              .asRuntimeException();
        }
      }
      case UPDATE_TIME -> {
        long stored = now.map(found -> Timestamps.toMicros(found.getUpdateTime())).orElse(0L);
        long required = Timestamps.toMicros(precondition.getUpdateTime());
        if (stored != required) {
          throw Status.FAILED_PRECONDITION
              .withDescription(
                  "the stored version ("
                      + stored
                      + ") does not match the required base version ("
                      + required
                      + ")")
              .asRuntimeException();
        }
      }
      case CONDITIONTYPE_NOT_SET -> {}
    }
  }

  /**
   * Runs writes that take effect together or, if one throws, not at all.
   *
   * @param writes gets the time of the commit
   */
  synchronized <T> T atomically(Collection<FakeName> touched, LongFunction<T> writes) {
    Map<FakeName, List<Version>> before = new TreeMap<>();
    touched.forEach(
        document -> before.put(document, List.copyOf(documents.getOrDefault(document, List.of()))));
    boolean done = false;
    try {
      T result = writes.apply(time.commitMicros());
      done = true;
      return result;
    } finally {
      if (!done) {
        before.forEach((document, versions) -> documents.put(document, new ArrayList<>(versions)));
      }
    }
  }

  private List<Document> scan(FakeName start, long micros) {
    List<Document> found = new ArrayList<>();
    scan(start, micros, (key, document) -> found.add(document));
    return found;
  }

  private static MapValue cutToMicros(MapValue map) {
    MapValue.Builder cut = MapValue.newBuilder();
    map.getFieldsMap().forEach((key, value) -> cut.putFields(key, cutToMicros(value)));
    return cut.build();
  }

  private static Value cutToMicros(Value value) {
    return switch (value.getValueTypeCase()) {
      case TIMESTAMP_VALUE ->
          Value.newBuilder()
              .setTimestampValue(
                  Timestamps.fromMicros(Timestamps.toMicros(value.getTimestampValue())))
              .build();
      case MAP_VALUE -> Value.newBuilder().setMapValue(cutToMicros(value.getMapValue())).build();
      case ARRAY_VALUE -> {
        ArrayValue.Builder cut = ArrayValue.newBuilder();
        value
            .getArrayValue()
            .getValuesList()
            .forEach(element -> cut.addValues(cutToMicros(element)));
        yield Value.newBuilder().setArrayValue(cut).build();
      }
      default -> value;
    };
  }
}
