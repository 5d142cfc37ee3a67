package io.holdfast.firestore;

import static io.holdfast.firestore.FakeMethod.BATCH_GET_DOCUMENTS;
import static io.holdfast.firestore.FakeMethod.BATCH_WRITE;
import static io.holdfast.firestore.FakeMethod.LIST_COLLECTION_IDS;
import static io.holdfast.firestore.FakeMethod.PARTITION_QUERY;
import static io.holdfast.firestore.FakeMethod.RUN_QUERY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.api.gax.grpc.GrpcCallContext;
import com.google.api.gax.grpc.GrpcStatusCode;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.ResourceExhaustedException;
import com.google.api.gax.rpc.ServerStream;
import com.google.api.gax.rpc.UnavailableException;
import com.google.cloud.firestore.v1.FirestoreClient;
import com.google.common.collect.Lists;
import com.google.firestore.v1.ArrayValue;
import com.google.firestore.v1.BatchGetDocumentsRequest;
import com.google.firestore.v1.BatchGetDocumentsResponse;
import com.google.firestore.v1.BatchWriteRequest;
import com.google.firestore.v1.BatchWriteResponse;
import com.google.firestore.v1.CommitRequest;
import com.google.firestore.v1.CommitResponse;
import com.google.firestore.v1.Cursor;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.DocumentMask;
import com.google.firestore.v1.GetDocumentRequest;
import com.google.firestore.v1.ListCollectionIdsRequest;
import com.google.firestore.v1.ListDocumentsRequest;
import com.google.firestore.v1.MapValue;
import com.google.firestore.v1.PartitionQueryRequest;
import com.google.firestore.v1.Precondition;
import com.google.firestore.v1.RunAggregationQueryRequest;
import com.google.firestore.v1.RunAggregationQueryResponse;
import com.google.firestore.v1.RunQueryRequest;
import com.google.firestore.v1.RunQueryResponse;
import com.google.firestore.v1.StructuredAggregationQuery;
import com.google.firestore.v1.StructuredAggregationQuery.Aggregation;
import com.google.firestore.v1.StructuredQuery;
import com.google.firestore.v1.StructuredQuery.CollectionSelector;
import com.google.firestore.v1.StructuredQuery.Direction;
import com.google.firestore.v1.StructuredQuery.FieldReference;
import com.google.firestore.v1.StructuredQuery.Order;
import com.google.firestore.v1.StructuredQuery.Projection;
import com.google.firestore.v1.Value;
import com.google.firestore.v1.Write;
import com.google.protobuf.Int32Value;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * That the server of the tests answers as the service does. What is expected of reads was compared
 * with the official emulator by hand.
 */
class FakeFirestoreTest {

  private final FakeFirestore server = FakeFirestore.start();
  private final FakeDatabase database = server.database();
  private final FirestoreClient client = server.connect();

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Nested
  class Queries {

    /**
     * The order is the emulator's, with a number, a blank, umlauts, and code points above U+FFFF.
     */
    private final List<String> paths =
        List.of(
            "c/__id-3__",
            "c/__id7__",
            "c/__id10__",
            "c/10",
            "c/7",
            "c/B",
            "c/a",
            "c/a/c/n1",
            "c/a/s/x",
            "c/a b",
            "c/a!",
            "c/ab",
            "c/b",
            "c/miss/c/q",
            "c/é",
            "c/\uffee",
            "c/\ud83d\ude00",
            "d/p/c/n2",
            "ph/missing/k/z",
            "x/__id2__/c/m",
            "x/__id10__/c/m",
            "x/a/c/m");

    private void fill() {
      List<String> backwards = new ArrayList<>(paths);
      Collections.reverse(backwards);
      backwards.forEach(path -> database.put(path, Map.of("a", text("x"))));
    }

    @Test
    void ofEverythingAreInTheOrderOfTheNames() {
      fill();
      assertThat(names(query("", true))).isEqualTo(paths);
    }

    @Test
    void ofACollectionGiveItsDocumentsOnly() {
      fill();
      assertThat(names(query("c", false)))
          .isEqualTo(paths.stream().filter(path -> path.matches("c/[^/]*")).toList());
    }

    @Test
    void ofACollectionGroupGiveThoseOfAllParents() {
      fill();
      assertThat(names(query("c", true)))
          .isEqualTo(paths.stream().filter(path -> path.matches("(.*/)?c/[^/]*")).toList());
    }

    @Test
    void belowADocumentDoNotGiveTheDocument() {
      fill();
      assertThat(names(run(database.nameOf("c/a"), query("", true))))
          .containsExactly("c/a/c/n1", "c/a/s/x");
      assertThat(names(run(database.nameOf("c/miss"), query("c", true))))
          .containsExactly("c/miss/c/q");
    }

    @Test
    void beginAndEndAtCursors() {
      fill();
      List<String> group = names(query("c", true));
      int a = group.indexOf("c/a");
      StructuredQuery.Builder ordered = query("c", true);
      assertThat(names(ordered.clone().setStartAt(cursor("c/a", true))))
          .isEqualTo(group.subList(a, group.size()));
      assertThat(names(ordered.clone().setStartAt(cursor("c/a", false))))
          .isEqualTo(group.subList(a + 1, group.size()));
      assertThat(names(ordered.clone().setEndAt(cursor("c/a", true))))
          .isEqualTo(group.subList(0, a));
      assertThat(names(ordered.clone().setEndAt(cursor("c/a", false))))
          .isEqualTo(group.subList(0, a + 1));
      assertThat(names(ordered.clone().setStartAt(cursor("cc/zz", true))))
          .first()
          .isEqualTo("d/p/c/n2");
      assertThat(names(query("c", false).setStartAt(cursor("c/a/s/x", false))))
          .first()
          .isEqualTo("c/a b");
    }

    @Test
    void takeALimitAndAnOffset() {
      fill();
      List<RunQueryResponse> responses =
          run(query("c", false).setLimit(Int32Value.of(2)).setOffset(3));
      assertThat(names(responses)).containsExactly("c/10", "c/7");
      assertThat(responses.get(0).getSkippedResults()).isEqualTo(3);
      assertThat(server.usage().reads()).isEqualTo(5);
    }

    @Test
    void withoutAResultSendTheReadTimeOnly() {
      List<RunQueryResponse> responses = run(query("c", false));
      assertThat(responses).hasSize(1);
      assertThat(responses.get(0).hasDocument()).isFalse();
      assertThat(responses.get(0).hasReadTime()).isTrue();
      assertThat(server.usage().reads()).isEqualTo(1);
    }

    @Test
    void ofNamesGiveDocumentsWithoutFields() {
      fill();
      StructuredQuery.Builder names =
          query("c", false)
              .setSelect(
                  Projection.newBuilder()
                      .addFields(FieldReference.newBuilder().setFieldPath("__name__")));
      assertThat(run(names))
          .allSatisfy(response -> assertThat(response.getDocument().getFieldsCount()).isZero())
          .allSatisfy(response -> assertThat(response.getDocument().hasUpdateTime()).isTrue());
    }

    @Test
    void ofAnotherShapeAreRefusedAndRemembered() {
      StructuredQuery.Builder descending =
          query("c", false).clearOrderBy().addOrderBy(order().setDirection(Direction.DESCENDING));
      assertFails(Status.Code.INTERNAL, "unsupported order_by", () -> run(descending));
      assertThat(server.complaints()).hasSize(1);
    }

    @Test
    void ofADatabaseThatDoesNotExistAreNotFound() {
      RunQueryRequest request =
          RunQueryRequest.newBuilder()
              .setParent("projects/demo/databases/other/documents")
              .setStructuredQuery(query("c", false))
              .build();
      assertFails(
          Status.Code.NOT_FOUND, "other", () -> client.runQueryCallable().all().call(request));
    }
  }

  @Nested
  class ReadTimes {

    @Test
    void showExactlyThatVersion() {
      Timestamp first = database.put("c/a", Map.of("v", text("1")));
      database.put("c/a", Map.of("v", text("2")));
      Timestamp second = run(query("c", false)).get(0).getReadTime();
      database.delete("c/a");
      database.put("c/b", Map.of("v", text("3")));
      assertThat(runAt(first, query("c", false)).get(0).getDocument().getFieldsOrThrow("v"))
          .isEqualTo(text("1"));
      assertThat(runAt(second, query("c", false)).get(0).getDocument().getFieldsOrThrow("v"))
          .isEqualTo(text("2"));
      assertThat(names(query("c", false))).containsExactly("c/b");
    }

    @Test
    void thatWereAnsweredStayAsTheyWere() {
      Timestamp at = run(query("c", false)).get(0).getReadTime();
      assertThat(Timestamps.compare(database.put("c/a", Map.of()), at)).isPositive();
      assertThat(names(runAt(at, query("c", false)))).isEmpty();
    }

    @Test
    void tooOldFail() {
      Timestamp at = database.put("c/a", Map.of());
      server.advance(Duration.ofMinutes(59));
      assertThat(names(runAt(at, query("c", false)))).containsExactly("c/a");
      server.advance(Duration.ofMinutes(2));
      assertFails(
          Status.Code.FAILED_PRECONDITION,
          "The requested snapshot version is too old.",
          () -> runAt(at, query("c", false)));
    }

    @Test
    void ofWholeMinutesGoBackSevenDaysWithPointInTimeRecovery() {
      Timestamp written = database.put("c/a", Map.of());
      Timestamp minute = Timestamps.fromSeconds((written.getSeconds() / 60 + 1) * 60);
      database.pointInTimeRecovery(true);
      server.advance(Duration.ofHours(2));
      assertThat(names(runAt(minute, query("c", false)))).containsExactly("c/a");
      assertFails(
          Status.Code.FAILED_PRECONDITION,
          "too old",
          () -> runAt(Timestamps.add(minute, Durations.fromMillis(1)), query("c", false)));
      server.advance(Duration.ofDays(7));
      assertFails(
          Status.Code.FAILED_PRECONDITION, "too old", () -> runAt(minute, query("c", false)));
    }

    @Test
    void inTheFutureOrInNanosecondsFail() {
      Timestamp now = database.put("c/a", Map.of());
      assertFails(
          Status.Code.INVALID_ARGUMENT,
          "cannot be in the future",
          () -> runAt(Timestamps.add(now, Durations.fromHours(1)), query("c", false)));
      assertFails(
          Status.Code.INVALID_ARGUMENT,
          "microseconds",
          () -> runAt(now.toBuilder().setNanos(1).build(), query("c", false)));
    }
  }

  @Nested
  class Gets {

    @Test
    void ofManyTellWhatIsMissing() {
      database.put("c/a", Map.of("v", text("1")));
      BatchGetDocumentsRequest request =
          BatchGetDocumentsRequest.newBuilder()
              .setDatabase(database.name())
              .addDocuments(database.nameOf("c/a"))
              .addDocuments(database.nameOf("c/none"))
              .build();
      List<BatchGetDocumentsResponse> responses =
          client.batchGetDocumentsCallable().all().call(request);
      assertThat(responses.get(0).getMissing()).isEqualTo(database.nameOf("c/none"));
      assertThat(responses.get(1).getFound()).isEqualTo(database.get("c/a").orElseThrow());
      assertThat(server.usage().reads()).isEqualTo(2);
    }

    @Test
    void ofOneGiveItOrNotFound() {
      Timestamp at = database.put("c/a", Map.of("v", text("1")));
      assertThat(client.getDocument(get("c/a"))).isEqualTo(database.get("c/a").orElseThrow());
      database.delete("c/a");
      assertFails(Status.Code.NOT_FOUND, "not found", () -> client.getDocument(get("c/a")));
      assertThat(
              client
                  .getDocument(get("c/a").toBuilder().setReadTime(at).build())
                  .getFieldsOrThrow("v"))
          .isEqualTo(text("1"));
      assertThat(server.usage().reads()).isEqualTo(3);
    }

    @Test
    void ofACollectionShowMissingParents() {
      List.of("c/1", "c/2/sub/1", "c/3", "c/3/sub/1", "d/1")
          .forEach(path -> database.put(path, Map.of("v", text("1"))));
      ListDocumentsRequest request =
          ListDocumentsRequest.newBuilder()
              .setParent(database.name() + "/documents")
              .setCollectionId("c")
              .setPageSize(2)
              .setShowMissing(true)
              .build();
      List<Document> listed = new ArrayList<>();
      client.listDocuments(request).iterateAll().forEach(listed::add);
      assertThat(listed)
          .extracting(Document::getName)
          .containsExactly(database.nameOf("c/1"), database.nameOf("c/2"), database.nameOf("c/3"));
      assertThat(listed.get(1).hasCreateTime()).isFalse();
      assertThat(
              client.listDocuments(request.toBuilder().setShowMissing(false).build()).iterateAll())
          .hasSize(2);
    }

    @Test
    void countDocumentsForOneReadAThousand() {
      IntStream.range(0, 1001).forEach(i -> database.put("c/" + i, Map.of()));
      RunAggregationQueryRequest request =
          RunAggregationQueryRequest.newBuilder()
              .setParent(database.name() + "/documents")
              .setStructuredAggregationQuery(
                  StructuredAggregationQuery.newBuilder()
                      .setStructuredQuery(query("c", true))
                      .addAggregations(
                          Aggregation.newBuilder()
                              .setAlias("n")
                              .setCount(Aggregation.Count.getDefaultInstance())))
              .build();
      List<RunAggregationQueryResponse> responses =
          client.runAggregationQueryCallable().all().call(request);
      assertThat(responses).hasSize(1);
      assertThat(responses.get(0).getResult().getAggregateFieldsOrThrow("n").getIntegerValue())
          .isEqualTo(1001);
      assertThat(server.usage().reads()).isEqualTo(2);
    }

    private GetDocumentRequest get(String path) {
      return GetDocumentRequest.newBuilder().setName(database.nameOf(path)).build();
    }

    @Test
    void ofCollectionIdsArePaged() {
      List.of("a/1", "b/1/sub/1", "c/1", "d/missing/e/1")
          .forEach(path -> database.put(path, Map.of()));
      ListCollectionIdsRequest root =
          ListCollectionIdsRequest.newBuilder()
              .setParent(database.name() + "/documents")
              .setPageSize(2)
              .build();
      List<String> ids = new ArrayList<>();
      client.listCollectionIds(root).iterateAll().forEach(ids::add);
      assertThat(ids).containsExactly("a", "b", "c", "d");
      assertThat(server.usage().requests(LIST_COLLECTION_IDS)).isEqualTo(2);
      assertThat(client.listCollectionIds(database.nameOf("d/missing")).iterateAll())
          .containsExactly("e");
    }
  }

  @Nested
  class Partitions {

    @Test
    void areFewerThanAskedForUnorderedAndPaged() {
      IntStream.range(0, 100).forEach(i -> database.put("c/" + (1000 + i), Map.of()));
      PartitionQueryRequest request =
          PartitionQueryRequest.newBuilder()
              .setParent(database.name() + "/documents")
              .setStructuredQuery(query("c", true))
              .setPartitionCount(7)
              .setPageSize(4)
              .build();
      List<String> points = new ArrayList<>();
      client
          .partitionQuery(request)
          .iterateAll()
          .forEach(cursor -> points.add(cursor.getValues(0).getReferenceValue()));
      assertThat(points).hasSize(6).doesNotHaveDuplicates();
      assertThat(points).isNotEqualTo(points.stream().sorted().toList());
      assertThat(server.usage().requests(PARTITION_QUERY)).isEqualTo(2);

      List<String> bounds = Stream.concat(points.stream().sorted(), Stream.of("")).toList();
      List<String> all = new ArrayList<>();
      String from = "";
      for (String to : bounds) {
        StructuredQuery.Builder part = query("c", true);
        if (!from.isEmpty()) {
          part.setStartAt(Cursor.newBuilder().addValues(reference(from)).setBefore(true));
        }
        if (!to.isEmpty()) {
          part.setEndAt(Cursor.newBuilder().addValues(reference(to)).setBefore(true));
        }
        all.addAll(names(part));
        from = to;
      }
      assertThat(all).isEqualTo(names(query("c", true)));
    }

    @Test
    void areOfCollectionGroupsOnly() {
      PartitionQueryRequest request =
          PartitionQueryRequest.newBuilder()
              .setParent(database.name() + "/documents")
              .setStructuredQuery(query("c", false))
              .setPartitionCount(7)
              .build();
      assertFails(
          Status.Code.INVALID_ARGUMENT, "all descendants", () -> client.partitionQuery(request));
    }
  }

  @Nested
  class Writes {

    @Test
    void createChangeAndDelete() {
      write(update("c/a", Map.of("v", text("1"))), update("c/b", Map.of()));
      Document before = database.get("c/a").orElseThrow();
      BatchWriteResponse response =
          write(update("c/a", Map.of("v", text("2"))), delete("c/b"), delete("c/none"));
      assertThat(response.getStatusList()).allMatch(status -> status.getCode() == 0);
      Document after = database.get("c/a").orElseThrow();
      assertThat(after.getCreateTime()).isEqualTo(before.getCreateTime());
      assertThat(after.getUpdateTime()).isEqualTo(response.getWriteResults(0).getUpdateTime());
      assertThat(Timestamps.compare(after.getUpdateTime(), before.getUpdateTime())).isPositive();
      assertThat(database.get("c/b")).isEmpty();
      assertThat(response.getWriteResults(1).hasUpdateTime()).isFalse();
    }

    @Test
    void thatChangeNothingKeepTheUpdateTime() {
      Timestamp first =
          write(update("c/a", Map.of("v", text("1")))).getWriteResults(0).getUpdateTime();
      assertThat(write(update("c/a", Map.of("v", text("1")))).getWriteResults(0).getUpdateTime())
          .isEqualTo(first);
    }

    @Test
    void cutTimestampsToMicroseconds() {
      Timestamp nanos = Timestamp.newBuilder().setSeconds(-1).setNanos(123_456_789).build();
      Value time = Value.newBuilder().setTimestampValue(nanos).build();
      write(update("c/a", Map.of("v", map(Map.of("t", time)))));
      assertThat(
              database
                  .get("c/a")
                  .orElseThrow()
                  .getFieldsOrThrow("v")
                  .getMapValue()
                  .getFieldsOrThrow("t")
                  .getTimestampValue())
          .isEqualTo(nanos.toBuilder().setNanos(123_456_000).build());
    }

    @Test
    void failEachByItselfForPreconditionsAndSize() {
      write(update("c/a", Map.of()));
      Value half = text("x".repeat(600_000));
      BatchWriteResponse response =
          write(
              update("c/a", Map.of("v", text("2"))).toBuilder()
                  .setCurrentDocument(Precondition.newBuilder().setExists(false))
                  .build(),
              update("c/none", Map.of()).toBuilder()
                  .setCurrentDocument(Precondition.newBuilder().setExists(true))
                  .build(),
              update("c/large", Map.of("v", half, "w", half)),
              update("c/good", Map.of("v", half)));
      assertThat(response.getStatusList())
          .extracting(com.google.rpc.Status::getCode)
          .containsExactly(
              Status.Code.ALREADY_EXISTS.value(),
              Status.Code.NOT_FOUND.value(),
              Status.Code.INVALID_ARGUMENT.value(),
              0);
      assertThat(response.getStatus(2).getMessage())
          .contains("exceeds the maximum allowed size of 1,048,576 bytes");
      assertThat(database.documents())
          .extracting(Document::getName)
          .containsExactly(database.nameOf("c/a"), database.nameOf("c/good"));
    }

    @Test
    void ofExactlyTheLargestSizeSucceed() {
      // 32 for the document, 2 + 2 + 16 for the name, 2 + 1 for each field.
      String most = "x".repeat(1_048_576 - 32 - 20 - 3 - 3 - 500_000);
      Value half = text("x".repeat(500_000));
      assertThat(write(update("c/a", Map.of("v", text(most), "w", half))).getStatus(0).getCode())
          .isZero();
      assertThat(
              write(update("c/a", Map.of("v", text(most + "x"), "w", half))).getStatus(0).getCode())
          .isEqualTo(3);
    }

    @Test
    void ofValuesThatNoDocumentMayHaveFailTheRequest() {
      Value inArray = array(array(text("x")));
      for (Map<String, Value> fields :
          List.<Map<String, Value>>of(
              Map.of("", text("x")),
              Map.of("__x__", text("x")),
              Map.of("m", map(Map.of("__x__", text("x")))),
              Map.of("a", inArray),
              Map.of("m", nested(21)),
              Map.of("m", Value.getDefaultInstance()))) {
        assertFails(
            Status.Code.INVALID_ARGUMENT,
            "",
            () -> write(update("c/good", Map.of()), update("c/bad", fields)));
      }
      assertThat(database.documents()).isEmpty();
      server.limits().invalidValuesPerWrite(true);
      assertThat(
              write(update("c/good", Map.of()), update("c/bad", Map.of("a", inArray)))
                  .getStatusList())
          .extracting(com.google.rpc.Status::getCode)
          .containsExactly(0, 3);
      assertThat(write(update("c/deep", Map.of("m", nested(20)))).getStatus(0).getCode()).isZero();
    }

    @Test
    void mayHaveVectors() {
      Value vector =
          map(
              Map.of(
                  "__type__",
                  text("__vector__"),
                  "value",
                  array(Value.newBuilder().setDoubleValue(1.5).build())));
      assertThat(write(update("c/a", Map.of("v", vector))).getStatus(0).getCode()).isZero();
    }

    @Test
    void withMalformedNamesFailTheRequest() {
      for (String path :
          List.of(
              "c",
              "c/d/e",
              "c/",
              "/c",
              "c//d/e",
              "c/.",
              "c/..",
              "c/__x__",
              "c/__id07__",
              "__c__/d",
              "c/" + "x".repeat(1501))) {
        assertFails(
            Status.Code.INVALID_ARGUMENT,
            "",
            () -> write(update("c/good", Map.of()), update(path, Map.of())));
      }
      assertThat(database.documents()).isEmpty();
    }

    @Test
    void ofADocumentTwiceOrTooManyFailTheRequest() {
      assertFails(
          Status.Code.INVALID_ARGUMENT,
          "more than once",
          () -> write(update("c/a", Map.of()), delete("c/a")));
      assertThat(server.usage().documentTwice()).isTrue();
      Write[] many =
          IntStream.range(0, 501).mapToObj(i -> update("c/" + i, Map.of())).toArray(Write[]::new);
      assertFails(Status.Code.INVALID_ARGUMENT, "maximum 500 writes", () -> write(many));
      assertThat(server.usage().largestWriteCount()).isEqualTo(501);
    }

    @Test
    void ofACommitTakeEffectTogether() {
      CommitResponse response = commit(update("c/a", Map.of()), update("c/b", Map.of()));
      assertThat(response.getWriteResultsList())
          .allMatch(result -> result.getUpdateTime().equals(response.getCommitTime()));
      assertThat(server.usage().writes()).isEqualTo(2);
    }

    @Test
    void ofACommitHaveNoEffectIfOneFails() {
      database.put("c/there", Map.of());
      Write refused =
          update("c/there", Map.of("v", text("2"))).toBuilder()
              .setCurrentDocument(Precondition.newBuilder().setExists(false))
              .build();
      List<Document> before = database.documents();
      assertFails(
          Status.Code.ALREADY_EXISTS,
          "c/there",
          () ->
              commit(
                  delete("c/there"),
                  update("c/new", Map.of()),
                  update("c/there", Map.of()),
                  refused));
      assertThat(database.documents()).isEqualTo(before);
      assertThat(server.usage().writes()).isZero();
    }

    @Test
    void requireTheUpdateTimeThatWasAskedFor() {
      Timestamp first = database.put("c/a", Map.of());
      Write conditional =
          update("c/a", Map.of("v", text("2"))).toBuilder()
              .setCurrentDocument(Precondition.newBuilder().setUpdateTime(first))
              .build();
      assertThat(write(conditional).getStatus(0).getCode()).isZero();
      assertThat(write(conditional).getStatus(0).getCode())
          .isEqualTo(Status.Code.FAILED_PRECONDITION.value());
    }

    @Test
    void ofPartsOfADocumentAreNotSupported() {
      Write masked =
          update("c/a", Map.of()).toBuilder()
              .setUpdateMask(DocumentMask.getDefaultInstance())
              .build();
      assertFails(Status.Code.INTERNAL, "unsupported update_mask", () -> write(masked));
    }

    @Test
    void byOtherMethodsAreUnimplemented() {
      assertFails(
          Status.Code.UNIMPLEMENTED, "", () -> client.deleteDocument(database.nameOf("c/a")));
    }

    @Test
    void ofMoreThanTenMebibytesFailTheRequest() {
      Write[] large =
          IntStream.range(0, 11)
              .mapToObj(i -> update("c/" + i, Map.of("v", text("x".repeat(1_000_000)))))
              .toArray(Write[]::new);
      assertFails(
          Status.Code.INVALID_ARGUMENT,
          "payload size exceeds the limit: 10485760 bytes",
          () -> write(large));
      assertThat(server.usage().largestRequestBytes()).isGreaterThan(11_000_000);
    }
  }

  @Nested
  class Faults {

    @Test
    void endAStreamAfterSomeResponses() {
      IntStream.range(0, 5).forEach(i -> database.put("c/" + i, Map.of()));
      server.faults().on(RUN_QUERY).matching("c").after(3).failWith(Status.UNAVAILABLE).times(2);
      for (int attempt = 0; attempt < 2; attempt++) {
        List<String> received = new ArrayList<>();
        assertFails(
            Status.Code.UNAVAILABLE,
            "",
            () ->
                client
                    .runQueryCallable()
                    .call(request(query("c", false)))
                    .forEach(response -> received.add(response.getDocument().getName())));
        assertThat(received).hasSize(3);
      }
      assertThat(server.faults().unconsumed()).isEmpty();
      assertThat(run(query("c", false))).hasSize(5);
    }

    @Test
    void failTheCallThatIsMeant() {
      server.faults().on(RUN_QUERY).call(2).failWith(Status.DEADLINE_EXCEEDED);
      run(query("c", false));
      assertThat(server.faults().unconsumed()).hasSize(1);
      assertFails(Status.Code.DEADLINE_EXCEEDED, "", () -> run(query("c", false)));
      run(query("c", false));
      assertThat(server.faults().unconsumed()).isEmpty();
    }

    @Test
    void failSingleWrites() {
      server
          .faults()
          .onWrite("c/a")
          .failWith(Status.ABORTED.withDescription("contention"))
          .times(2);
      for (int code : List.of(10, 10, 0)) {
        assertThat(write(update("c/a", Map.of()), update("c/b", Map.of())).getStatusList())
            .extracting(com.google.rpc.Status::getCode)
            .containsExactly(code, 0);
      }
    }

    @Test
    void loseAWriteOrChangeIt() {
      server.faults().onWrite("c/lost").silentlyDrop();
      server
          .faults()
          .onWrite("c/wrong")
          .corrupt(document -> document.toBuilder().putFields("v", text("2")).build());
      BatchWriteResponse response =
          write(update("c/lost", Map.of()), update("c/wrong", Map.of("v", text("1"))));
      assertThat(response.getStatusList()).allMatch(status -> status.getCode() == 0);
      assertThat(response.getWriteResultsList())
          .allMatch(com.google.firestore.v1.WriteResult::hasUpdateTime);
      assertThat(database.get("c/lost")).isEmpty();
      assertThat(database.get("c/wrong").orElseThrow().getFieldsOrThrow("v")).isEqualTo(text("2"));
    }

    @Test
    void keepReadTimesFromBeingReadAnyLonger() {
      Timestamp at = database.put("c/a", Map.of());
      server.faults().on(RUN_QUERY, BATCH_GET_DOCUMENTS).call(2).snapshotTooOld().always();
      assertThat(names(runAt(at, query("c", false)))).containsExactly("c/a");
      for (int attempt = 0; attempt < 2; attempt++) {
        assertFails(Status.Code.FAILED_PRECONDITION, "too old", () -> runAt(at, query("c", false)));
      }
      assertThat(server.faults().unconsumed()).isEmpty();
    }

    @Test
    void throttleWithATimeToWait() {
      server.faults().on(BATCH_WRITE).resourceExhausted(Duration.ofMillis(1500));
      ApiException failure =
          catchThrowableOfType(ApiException.class, () -> write(update("c/a", Map.of())));
      assertThat(failure).isInstanceOf(ResourceExhaustedException.class);
      assertThat(failure.getErrorDetails().getRetryInfo().getRetryDelay())
          .isEqualTo(Durations.fromMillis(1500));
      assertThat(database.documents()).isEmpty();
    }

    @Test
    void denyACollection() {
      database.put("open/1", Map.of());
      server.faults().denyCollection("secret");
      for (int attempt = 0; attempt < 2; attempt++) {
        assertFails(Status.Code.PERMISSION_DENIED, "", () -> run(query("secret", true)));
        assertFails(
            Status.Code.PERMISSION_DENIED, "", () -> write(update("a/1/secret/2", Map.of())));
      }
      assertThat(names(query("open", true))).hasSize(1);
    }

    @Test
    void stallUntilReleased() throws Exception {
      IntStream.range(0, 3).forEach(i -> database.put("c/" + i, Map.of()));
      FakeFaults.Fault stall = server.faults().on(RUN_QUERY).after(1).stall();
      Iterator<RunQueryResponse> responses =
          client.runQueryCallable().call(request(query("c", false))).iterator();
      assertThat(responses.next().getDocument().getName()).isEqualTo(database.nameOf("c/0"));
      stall.await();
      assertThat(server.usage().activeCalls()).isEqualTo(1);
      assertThat(server.usage().reads()).isEqualTo(1);
      stall.release();
      assertThat(Lists.newArrayList(responses)).hasSize(2);
      server.usage().awaitIdle();
    }

    @Test
    void stallUntilTheClientGivesUp() throws Exception {
      FakeFaults.Fault stall = server.faults().on(RUN_QUERY).stall().times(2);
      ServerStream<RunQueryResponse> stream =
          client.runQueryCallable().call(request(query("c", false)));
      stall.await();
      stream.cancel();
      server.usage().awaitIdle();
      assertThat(server.usage().cancelled(RUN_QUERY)).isEqualTo(1);

      assertFails(
          Status.Code.DEADLINE_EXCEEDED,
          "",
          () ->
              client
                  .runQueryCallable()
                  .all()
                  .call(
                      request(query("c", false)),
                      GrpcCallContext.createDefault().withTimeoutDuration(Duration.ofMillis(200))));
      server.usage().awaitIdle();
      assertThat(server.usage().cancelled(RUN_QUERY)).isEqualTo(2);
    }

    @Test
    void changeDocumentsAtAnExactPlace() {
      IntStream.range(0, 3).forEach(i -> database.put("c/" + i, Map.of("v", text("old"))));
      server
          .faults()
          .on(RUN_QUERY)
          .after(1)
          .run(() -> database.put("c/2", Map.of("v", text("new"))));
      assertThat(run(query("c", false)))
          .as("a query sees one instant, whatever happens meanwhile")
          .allSatisfy(
              response ->
                  assertThat(response.getDocument().getFieldsOrThrow("v")).isEqualTo(text("old")));
      assertThat(database.get("c/2").orElseThrow().getFieldsOrThrow("v")).isEqualTo(text("new"));

      server.faults().on(RUN_QUERY).call(2).run(() -> database.delete("c/0"));
      assertThat(names(query("c", false))).hasSize(3);
      assertThat(names(query("c", false))).hasSize(2);
      assertThat(server.faults().unconsumed()).isEmpty();
    }

    @Test
    void ofAHookAreComplaints() {
      server
          .faults()
          .on(RUN_QUERY)
          .run(
              () -> {
                throw new IllegalStateException("hook");
              });
      assertFails(Status.Code.INTERNAL, "hook", () -> run(query("c", false)));
      assertThat(server.complaints()).hasSize(1);
    }

    @Test
    void spoilPartitions() {
      IntStream.range(0, 20).forEach(i -> database.put("c/" + (10 + i), Map.of()));
      PartitionQueryRequest request =
          PartitionQueryRequest.newBuilder()
              .setParent(database.name() + "/documents")
              .setStructuredQuery(query("c", true))
              .setPartitionCount(3)
              .build();
      server.faults().on(PARTITION_QUERY).duplicateCursors();
      assertThat(client.partitionQuery(request).iterateAll()).hasSize(4);
      server
          .faults()
          .on(PARTITION_QUERY)
          .additionalCursors(database.nameOf("a/a"), database.nameOf("z/z"));
      assertThat(client.partitionQuery(request).iterateAll())
          .hasSize(4)
          .first()
          .isEqualTo(Cursor.newBuilder().addValues(reference(database.nameOf("z/z"))).build());
      assertThat(client.partitionQuery(request).iterateAll()).hasSize(2);
      server.faults().on(PARTITION_QUERY).switchOff();
      assertFails(Status.Code.UNIMPLEMENTED, "", () -> client.partitionQuery(request));
    }

    @Test
    void loseTheResponseOfWhatWasDone() {
      server.faults().on(BATCH_WRITE).loseResponse();
      assertFails(Status.Code.UNAVAILABLE, "", () -> write(update("c/a", Map.of())));
      assertThat(database.get("c/a")).isPresent();
    }
  }

  @Test
  void aClientThatReadsSlowlyIsWaitedFor() throws Exception {
    Value large = text("x".repeat(10_000));
    IntStream.range(0, 2000).forEach(i -> database.put("c/" + i, Map.of("v", large)));
    ServerStream<RunQueryResponse> stream =
        client.runQueryCallable().call(request(query("c", false)));
    Iterator<RunQueryResponse> responses = stream.iterator();
    assertThat(responses.next().hasDocument()).isTrue();
    server.usage().awaitBackPressure();
    assertThat(names(query("d", false))).as("another call is not held up").isEmpty();
    // 20 MB do not fit into the windows and buffers between server and client.
    assertThat(server.usage().reads()).isLessThan(1500);
    assertThat(server.usage().activeCalls()).isEqualTo(1);
    stream.cancel();
    server.usage().awaitIdle();
  }

  @Test
  void manyClientsWriteAndReadAtOnce() throws Exception {
    server.faults().on(BATCH_WRITE).failWith(Status.UNAVAILABLE).times(5);
    AtomicInteger failures = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Callable<Void>> writers =
          IntStream.range(0, 40)
              .<Callable<Void>>mapToObj(
                  i ->
                      () -> {
                        try {
                          write(update("c/" + i, Map.of()), update("d/" + i, Map.of()));
                        } catch (UnavailableException e) {
                          failures.incrementAndGet();
                        }
                        Timestamp at = run(query("c", false)).get(0).getReadTime();
                        assertThat(names(runAt(at, query("", true))))
                            .isEqualTo(names(runAt(at, query("", true))));
                        return null;
                      })
              .toList();
      for (Future<Void> done : threads.invokeAll(writers)) {
        done.get();
      }
    } finally {
      threads.shutdown();
    }
    assertThat(failures).hasValue(5);
    assertThat(database.documents()).hasSize(70);
    assertThat(database.documents()).extracting(Document::getUpdateTime).doesNotHaveDuplicates();
    assertThat(server.faults().unconsumed()).isEmpty();
  }

  private CommitResponse commit(Write... writes) {
    return client.commit(
        CommitRequest.newBuilder()
            .setDatabase(database.name())
            .addAllWrites(List.of(writes))
            .build());
  }

  private List<RunQueryResponse> run(StructuredQuery.Builder query) {
    return run(database.name() + "/documents", query);
  }

  private List<RunQueryResponse> run(String parent, StructuredQuery.Builder query) {
    return client
        .runQueryCallable()
        .all()
        .call(request(query).toBuilder().setParent(parent).build());
  }

  private List<RunQueryResponse> runAt(Timestamp at, StructuredQuery.Builder query) {
    return client.runQueryCallable().all().call(request(query).toBuilder().setReadTime(at).build());
  }

  private RunQueryRequest request(StructuredQuery.Builder query) {
    return RunQueryRequest.newBuilder()
        .setParent(database.name() + "/documents")
        .setStructuredQuery(query)
        .build();
  }

  private List<String> names(StructuredQuery.Builder query) {
    return names(run(query));
  }

  private List<String> names(List<RunQueryResponse> responses) {
    return responses.stream()
        .filter(RunQueryResponse::hasDocument)
        .map(
            response ->
                response
                    .getDocument()
                    .getName()
                    .substring(database.name().length() + "/documents/".length()))
        .toList();
  }

  private BatchWriteResponse write(Write... writes) {
    return client.batchWrite(
        BatchWriteRequest.newBuilder()
            .setDatabase(database.name())
            .addAllWrites(List.of(writes))
            .build());
  }

  private Write update(String path, Map<String, Value> fields) {
    return Write.newBuilder()
        .setUpdate(
            Document.newBuilder()
                .setName(database.name() + "/documents/" + path)
                .putAllFields(fields))
        .build();
  }

  private Write delete(String path) {
    return Write.newBuilder().setDelete(database.nameOf(path)).build();
  }

  private Cursor cursor(String path, boolean before) {
    return Cursor.newBuilder()
        .addValues(reference(database.nameOf(path)))
        .setBefore(before)
        .build();
  }

  private static StructuredQuery.Builder query(String collection, boolean descendants) {
    return StructuredQuery.newBuilder()
        .addFrom(
            CollectionSelector.newBuilder()
                .setCollectionId(collection)
                .setAllDescendants(descendants))
        .addOrderBy(order());
  }

  private static Order.Builder order() {
    return Order.newBuilder()
        .setField(FieldReference.newBuilder().setFieldPath("__name__"))
        .setDirection(Direction.ASCENDING);
  }

  private static Value reference(String name) {
    return Value.newBuilder().setReferenceValue(name).build();
  }

  private static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  private static Value map(Map<String, Value> fields) {
    return Value.newBuilder().setMapValue(MapValue.newBuilder().putAllFields(fields)).build();
  }

  private static Value array(Value... elements) {
    return Value.newBuilder()
        .setArrayValue(ArrayValue.newBuilder().addAllValues(List.of(elements)))
        .build();
  }

  /** Maps within each other, so many. */
  private static Value nested(int maps) {
    Value value = text("x");
    for (int i = 0; i < maps; i++) {
      value = map(Map.of("m", value));
    }
    return value;
  }

  private static void assertFails(Status.Code code, String message, ThrowingCallable call) {
    ApiException failure = catchThrowableOfType(ApiException.class, call);
    assertThat(failure).isNotNull();
    assertThat(((GrpcStatusCode) failure.getStatusCode()).getTransportCode())
        .as(failure.toString())
        .isEqualTo(code);
    assertThat(failure).hasMessageContaining(message);
  }
}
