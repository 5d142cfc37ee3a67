package io.holdfast.firestore;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.api.gax.grpc.GrpcStatusCode;
import com.google.api.gax.rpc.ApiException;
import com.google.cloud.firestore.v1.FirestoreClient;
import com.google.firestore.v1.ArrayValue;
import com.google.firestore.v1.BatchGetDocumentsRequest;
import com.google.firestore.v1.BatchWriteRequest;
import com.google.firestore.v1.BatchWriteResponse;
import com.google.firestore.v1.CommitRequest;
import com.google.firestore.v1.Cursor;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.ListDocumentsRequest;
import com.google.firestore.v1.MapValue;
import com.google.firestore.v1.Precondition;
import com.google.firestore.v1.RunAggregationQueryRequest;
import com.google.firestore.v1.RunQueryRequest;
import com.google.firestore.v1.StructuredAggregationQuery;
import com.google.firestore.v1.StructuredAggregationQuery.Aggregation;
import com.google.firestore.v1.StructuredQuery;
import com.google.firestore.v1.StructuredQuery.CollectionSelector;
import com.google.firestore.v1.StructuredQuery.FieldFilter;
import com.google.firestore.v1.StructuredQuery.FieldReference;
import com.google.firestore.v1.StructuredQuery.Filter;
import com.google.firestore.v1.StructuredQuery.Order;
import com.google.firestore.v1.Value;
import com.google.firestore.v1.Write;
import com.google.protobuf.Int32Value;
import com.google.protobuf.Timestamp;
import com.google.type.LatLng;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * That {@link FakeFirestore} and the official emulator give the same answers to the same random
 * requests.
 */
class FakeFirestoreAgainstEmulatorTest {

  private static final List<String> IDS =
      List.of(
          "a",
          "a b",
          "a!",
          "A",
          "aa",
          "b",
          "0",
          "10",
          "9",
          "é",
          "e\u0301",
          "\uffee",
          "\ud83d\ude00",
          "\u0001",
          "z.z",
          "`",
          "_",
          "__");

  private static final List<String> NUMBERS =
      List.of("__id1__", "__id7__", "__id10__", "__id-3__", "__id9223372036854775807__");

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final String project = "demo-" + UUID.randomUUID();
  private final FakeFirestore server = FakeFirestore.start();
  private final String database = server.database(project, "(default)").name();
  private final FirestoreClient fake = server.connect();
  private final FirestoreClient emulator = FakeFirestore.connect(TestFirestore.hostPort());

  @AfterEach
  void close() {
    fake.close();
    emulator.close();
    server.close();
  }

  @Test
  void readsGiveTheSame() {
    fill(300);
    for (int i = 0; i < 300; i++) {
      StructuredQuery query = query();
      RunQueryRequest request =
          RunQueryRequest.newBuilder().setParent(parent()).setStructuredQuery(query).build();
      assertSame(
          request,
          client ->
              client.runQueryCallable().all().call(request).stream()
                  .filter(response -> response.hasDocument())
                  .map(response -> content(response.getDocument()))
                  .toList());
      RunAggregationQueryRequest count =
          RunAggregationQueryRequest.newBuilder()
              .setParent(request.getParent())
              .setStructuredAggregationQuery(
                  StructuredAggregationQuery.newBuilder()
                      .setStructuredQuery(query.toBuilder().clearSelect())
                      .addAggregations(
                          Aggregation.newBuilder()
                              .setCount(Aggregation.Count.getDefaultInstance())))
              .build();
      assertSame(
          count,
          client ->
              client.runAggregationQueryCallable().all().call(count).stream()
                  .map(r -> r.getResult())
                  .toList());
      String parent = parent();
      assertSame(
          parent,
          client ->
              Stream.of(client.listCollectionIds(parent))
                  .flatMap(ids -> stream(ids.iterateAll()))
                  .toList());
      ListDocumentsRequest list =
          ListDocumentsRequest.newBuilder()
              .setParent(parent())
              .setCollectionId(random.nextInt(4) == 0 ? "" : collection())
              .setShowMissing(random.nextBoolean())
              .setPageSize(random.nextInt(5))
              .build();
      assertSame(
          list,
          client -> stream(client.listDocuments(list).iterateAll()).map(this::content).toList());
      BatchGetDocumentsRequest get =
          BatchGetDocumentsRequest.newBuilder()
              .setDatabase(database)
              .addAllDocuments(
                  Stream.generate(this::documentName).limit(random.nextInt(5)).toList())
              .build();
      assertSame(
          get,
          client ->
              client.batchGetDocumentsCallable().all().call(get).stream()
                  .collect(
                      Collectors.toMap(
                          r -> r.hasFound() ? r.getFound().getName() : r.getMissing(),
                          r -> content(r.getFound()))));
    }
  }

  @Test
  void writesGiveTheSame() {
    fill(50);
    for (int i = 0; i < 400; i++) {
      List<Write> writes = Stream.generate(this::write).limit(1 + random.nextInt(4)).toList();
      if (random.nextBoolean()) {
        BatchWriteRequest request =
            BatchWriteRequest.newBuilder().setDatabase(database).addAllWrites(writes).build();
        assertSame(
            request,
            client -> {
              BatchWriteResponse response = client.batchWrite(request);
              List<Integer> codes = new ArrayList<>();
              response.getStatusList().forEach(status -> codes.add(status.getCode()));
              response
                  .getWriteResultsList()
                  .forEach(result -> codes.add(result.hasUpdateTime() ? 1 : 0));
              return codes;
            });
      } else {
        CommitRequest request =
            CommitRequest.newBuilder().setDatabase(database).addAllWrites(writes).build();
        assertSame(request, client -> client.commit(request).getWriteResultsCount());
      }
    }
    RunQueryRequest all =
        RunQueryRequest.newBuilder()
            .setParent(database + "/documents")
            .setStructuredQuery(
                StructuredQuery.newBuilder()
                    .addFrom(CollectionSelector.newBuilder().setAllDescendants(true)))
            .build();
    assertSame(
        all,
        client ->
            client.runQueryCallable().all().call(all).stream()
                .map(response -> content(response.getDocument()))
                .toList());
  }

  private <T> void assertSame(Object request, Function<FirestoreClient, T> call) {
    assertThat(outcome(fake, call))
        .as("seed %d, %s", seed, request)
        .isEqualTo(outcome(emulator, call));
    assertThat(server.complaints()).as("seed %d", seed).isEmpty();
  }

  private static <T> Object outcome(FirestoreClient client, Function<FirestoreClient, T> call) {
    try {
      return call.apply(client);
    } catch (ApiException e) {
      return ((GrpcStatusCode) e.getStatusCode()).getTransportCode();
    }
  }

  private void fill(int documents) {
    for (int i = 0; i < documents; i++) {
      Document document =
          Document.newBuilder()
              .setName(documentName())
              .putFields("v", Value.newBuilder().setIntegerValue(i).build())
              .build();
      BatchWriteRequest request =
          BatchWriteRequest.newBuilder()
              .setDatabase(database)
              .addWrites(Write.newBuilder().setUpdate(document))
              .build();
      assertSame(request, client -> client.batchWrite(request).getStatusList());
    }
  }

  private StructuredQuery query() {
    StructuredQuery.Builder query = StructuredQuery.newBuilder();
    if (random.nextInt(10) > 0) {
      query.addFrom(
          CollectionSelector.newBuilder()
              .setCollectionId(random.nextInt(3) == 0 ? "" : collection())
              .setAllDescendants(random.nextBoolean()));
    }
    FieldReference name = FieldReference.newBuilder().setFieldPath("__name__").build();
    query.addOrderBy(
        Order.newBuilder().setField(name).setDirection(StructuredQuery.Direction.ASCENDING));
    if (random.nextInt(3) == 0) {
      query.setStartAt(cursor());
    }
    if (random.nextInt(3) == 0) {
      query.setEndAt(cursor());
    }
    if (random.nextInt(3) == 0) {
      query.setLimit(Int32Value.of(random.nextInt(10)));
    }
    if (random.nextInt(5) == 0) {
      query.setOffset(random.nextInt(5));
    }
    if (random.nextInt(3) == 0) {
      query.setSelect(StructuredQuery.Projection.newBuilder().addFields(name));
    }
    if (random.nextInt(4) == 0) {
      query.setWhere(
          Filter.newBuilder()
              .setFieldFilter(
                  FieldFilter.newBuilder()
                      .setField(name)
                      .setOp(FieldFilter.Operator.forNumber(1 + random.nextInt(5)))
                      .setValue(Value.newBuilder().setReferenceValue(documentName()))));
    }
    return query.build();
  }

  private Cursor cursor() {
    return Cursor.newBuilder()
        .addValues(Value.newBuilder().setReferenceValue(documentName()))
        .setBefore(random.nextBoolean())
        .build();
  }

  private Write write() {
    Write.Builder write = Write.newBuilder();
    String name =
        random.nextInt(30) == 0
            ? documentName()
                + oneOf(List.of("/", "/x", "//y", "/c/.", "/__c__/d", "/c/__d__", "/c/__id0__"))
            : documentName();
    if (random.nextInt(4) == 0) {
      write.setDelete(name);
    } else {
      String field =
          random.nextInt(40) == 0
              ? oneOf(List.of("", "__x__", "__", "x".repeat(1501)))
              : oneOf(List.of("a", "a.b", "`", "é"));
      write.setUpdate(Document.newBuilder().setName(name).putFields(field, value(3)));
    }
    if (random.nextInt(4) == 0) {
      write.setCurrentDocument(Precondition.newBuilder().setExists(random.nextBoolean()));
    } else if (random.nextInt(10) == 0) {
      write.setCurrentDocument(
          Precondition.newBuilder().setUpdateTime(Timestamp.newBuilder().setSeconds(1)));
    }
    return write.build();
  }

  private Value value(int depth) {
    Value.Builder value = Value.newBuilder();
    switch (random.nextInt(depth == 0 ? 9 : 13)) {
      case 0 -> value.setNullValueValue(0);
      case 1 -> value.setBooleanValue(random.nextBoolean());
      case 2 -> value.setIntegerValue(random.nextLong());
      case 3 ->
          value.setDoubleValue(
              oneOf(List.of(0.0, -0.0, Double.NaN, Double.POSITIVE_INFINITY, 1.5)));
      case 4 -> value.setStringValue(oneOf(IDS));
      case 5 ->
          value.setReferenceValue(
              random.nextInt(10) == 0 ? "projects/x/databases/y" : documentName());
      case 6 ->
          value.setTimestampValue(
              Timestamp.newBuilder()
                  .setSeconds(random.nextInt())
                  .setNanos(random.nextInt(1_000_000_000)));
      case 7 ->
          value.setGeoPointValue(
              LatLng.newBuilder()
                  .setLatitude(random.nextInt(10) == 0 ? 91 : 90)
                  .setLongitude(-180));
      case 8 -> value.setBytesValue(com.google.protobuf.ByteString.copyFromUtf8(oneOf(IDS)));
      case 9, 10 ->
          value.setMapValue(
              MapValue.newBuilder()
                  .putFields(oneOf(IDS), value(depth - 1))
                  .putFields("x", value(depth - 1)));
      case 11 ->
          value.setArrayValue(
              ArrayValue.newBuilder().addValues(value(depth - 1)).addValues(value(0)));
      default ->
          value.setMapValue(
              MapValue.newBuilder()
                  .putAllFields(
                      Map.of(
                          "__type__",
                          Value.newBuilder().setStringValue("__vector__").build(),
                          "value",
                          Value.newBuilder()
                              .setArrayValue(
                                  ArrayValue.newBuilder()
                                      .addValues(Value.newBuilder().setDoubleValue(1)))
                              .build())));
    }
    return value.build();
  }

  private String parent() {
    return switch (random.nextInt(3)) {
      case 0 -> documentName();
      default -> database + "/documents";
    };
  }

  private String documentName() {
    StringBuilder name = new StringBuilder(database + "/documents");
    int depth = 1 + random.nextInt(3);
    for (int i = 0; i < depth; i++) {
      name.append('/')
          .append(collection())
          .append('/')
          .append(random.nextInt(4) == 0 ? oneOf(NUMBERS) : oneOf(IDS));
    }
    return name.toString();
  }

  private String collection() {
    return oneOf(List.of("c", "d", "a b", "é", "\ud83d\ude00"));
  }

  private <T> T oneOf(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  /** Without the times, which differ. */
  private Document content(Document document) {
    Document.Builder content = document.toBuilder();
    if (document.hasCreateTime()) {
      content.setCreateTime(Timestamp.getDefaultInstance());
    }
    if (document.hasUpdateTime()) {
      content.setUpdateTime(Timestamp.getDefaultInstance());
    }
    return content.build();
  }

  private static <T> Stream<T> stream(Iterable<T> items) {
    List<T> list = new ArrayList<>();
    items.forEach(list::add);
    return list.stream();
  }
}
