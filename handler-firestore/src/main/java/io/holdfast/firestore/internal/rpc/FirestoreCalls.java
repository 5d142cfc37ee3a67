package io.holdfast.firestore.internal.rpc;

import com.google.api.core.ApiFuture;
import com.google.api.gax.grpc.GrpcCallContext;
import com.google.cloud.firestore.v1.FirestoreClient;
import com.google.firestore.v1.BatchGetDocumentsRequest;
import com.google.firestore.v1.BatchGetDocumentsResponse;
import com.google.firestore.v1.BatchWriteRequest;
import com.google.firestore.v1.BatchWriteResponse;
import com.google.firestore.v1.CommitRequest;
import com.google.firestore.v1.Cursor;
import com.google.firestore.v1.ListCollectionIdsRequest;
import com.google.firestore.v1.ListCollectionIdsResponse;
import com.google.firestore.v1.PartitionQueryRequest;
import com.google.firestore.v1.PartitionQueryResponse;
import com.google.firestore.v1.RunAggregationQueryRequest;
import com.google.firestore.v1.RunAggregationQueryResponse;
import com.google.firestore.v1.RunQueryRequest;
import com.google.firestore.v1.RunQueryResponse;
import com.google.firestore.v1.StructuredAggregationQuery;
import com.google.firestore.v1.StructuredQuery;
import com.google.firestore.v1.Write;
import com.google.protobuf.Timestamp;
import io.holdfast.CancelledException;
import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.firestore.internal.rpc.FirestoreErrors.Access;
import io.holdfast.spi.HandlerException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The calls of the service, each tried once: whoever calls decides what to repeat. They block; an
 * interrupted thread gets a {@link CancelledException}. Errors are {@link HandlerException}s. Safe
 * for use by many threads; the client stays open.
 */
public final class FirestoreCalls {
  /** How long one answer may take; longer means that the connection has died. */
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final String COUNT = "n";

  /** Google's client would repeat calls by itself, and begin a stream anew from its beginning. */
  private static final GrpcCallContext ONCE =
      GrpcCallContext.createDefault().withRetryableCodes(Set.of());

  private final FirestoreClient client;
  private final DatabaseName database;
  private final boolean longQueries;

  /**
   * Calls to a database through a client.
   *
   * @param longQueries whether queries should be long: the emulator lets them take any time, and
   *     begins each from scratch
   */
  public FirestoreCalls(FirestoreClient client, DatabaseName database, boolean longQueries) {
    this.client = client;
    this.database = database;
    this.longQueries = longQueries;
  }

  /** Whether queries should be long. */
  public boolean longQueries() {
    return longQueries;
  }

  /** The database. */
  public DatabaseName database() {
    return database;
  }

  /** Begins a query. */
  PulledStream<RunQueryResponse> query(
      String parentPath, StructuredQuery query, Timestamp readTime) {
    PulledStream<RunQueryResponse> stream = new PulledStream<>(PATIENCE);
    RunQueryRequest request =
        RunQueryRequest.newBuilder()
            .setParent(database.name(parentPath))
            .setStructuredQuery(query)
            .setReadTime(readTime)
            .build();
    client
        .runQueryCallable()
        .call(request, stream, ONCE.withTimeoutDuration(Duration.ofMinutes(10)));
    return stream;
  }

  /**
   * Documents by name, found or missing.
   *
   * @param readTime as they were then; empty for now
   */
  public List<BatchGetDocumentsResponse> get(List<String> names, Optional<Timestamp> readTime) {
    BatchGetDocumentsRequest.Builder request =
        BatchGetDocumentsRequest.newBuilder()
            .setDatabase(database.resource())
            .addAllDocuments(names);
    readTime.ifPresent(request::setReadTime);
    PulledStream<BatchGetDocumentsResponse> stream = new PulledStream<>(PATIENCE);
    try (stream) {
      client
          .batchGetDocumentsCallable()
          .call(request.build(), stream, ONCE.withTimeoutDuration(PATIENCE));
      List<BatchGetDocumentsResponse> answers = new ArrayList<>(names.size());
      BatchGetDocumentsResponse answer = stream.next();
      while (answer != null) {
        answers.add(answer);
        stream.used(answer.getSerializedSize());
        answer = stream.next();
      }
      return answers;
    } catch (Throwable e) {
      throw failed(e, Access.READ, "read documents of " + database.display(), null);
    }
  }

  /**
   * Writes documents, each by itself.
   *
   * @return what became of each write, as many as there are
   * @throws HandlerException if the whole request was refused
   */
  public BatchWriteResponse write(List<Write> writes) {
    BatchWriteRequest request =
        BatchWriteRequest.newBuilder()
            .setDatabase(database.resource())
            .addAllWrites(writes)
            .build();
    BatchWriteResponse answer =
        await(
            client.batchWriteCallable().futureCall(request, ONCE.withTimeoutDuration(PATIENCE)),
            Access.WRITE,
            "write documents to " + database.display(),
            null);
    if (answer.getStatusCount() != writes.size()) {
      throw new HandlerException(
          HandlerException.Kind.OTHER,
          null,
          "The service answered "
              + writes.size()
              + " writes with "
              + answer.getStatusCount()
              + " results, so that nobody knows which were done.",
          null);
    }
    return answer;
  }

  /**
   * Writes documents, all or none.
   *
   * @throws HandlerException if they were refused, or it is not known whether they were written
   */
  public void commit(List<Write> writes) {
    CommitRequest request =
        CommitRequest.newBuilder().setDatabase(database.resource()).addAllWrites(writes).build();
    var unused =
        await(
            client.commitCallable().futureCall(request, ONCE.withTimeoutDuration(PATIENCE)),
            Access.WRITE,
            "write documents to " + database.display(),
            null);
  }

  /**
   * How many documents a query finds.
   *
   * @param collection the id of the collections that it is about, empty for all
   * @throws HandlerException of kind {@code UNSUPPORTED} or another, if the service does not count
   *     such queries
   */
  public long count(StructuredQuery query, Timestamp readTime, String collection) {
    RunAggregationQueryRequest request =
        RunAggregationQueryRequest.newBuilder()
            .setParent(database.documents())
            .setReadTime(readTime)
            .setStructuredAggregationQuery(
                StructuredAggregationQuery.newBuilder()
                    .setStructuredQuery(query)
                    .addAggregations(
                        StructuredAggregationQuery.Aggregation.newBuilder()
                            .setAlias(COUNT)
                            .setCount(
                                StructuredAggregationQuery.Aggregation.Count.getDefaultInstance())))
            .build();
    PulledStream<RunAggregationQueryResponse> stream = new PulledStream<>(PATIENCE);
    try (stream) {
      client
          .runAggregationQueryCallable()
          .call(request, stream, ONCE.withTimeoutDuration(PATIENCE));
      long count = -1;
      RunAggregationQueryResponse answer = stream.next();
      while (answer != null) {
        if (answer.getResult().containsAggregateFields(COUNT)) {
          count = answer.getResult().getAggregateFieldsOrThrow(COUNT).getIntegerValue();
        }
        stream.used(1);
        answer = stream.next();
      }
      if (count < 0) {
        throw new HandlerException(
            HandlerException.Kind.OTHER, null, "The service counted and told no number.", null);
      }
      return count;
    } catch (Throwable e) {
      throw failed(
          e,
          Access.READ,
          "count "
              + (collection.isEmpty() ? "documents" : collection)
              + " of "
              + database.display(),
          collection.isEmpty() ? null : collection);
    }
  }

  /** The ids of the collections right below a document, or of the root for an empty path. */
  public List<String> collectionIds(String path, Timestamp readTime) {
    List<String> ids = new ArrayList<>();
    String token = "";
    do {
      ListCollectionIdsRequest request =
          ListCollectionIdsRequest.newBuilder()
              .setParent(database.name(path))
              .setReadTime(readTime)
              .setPageSize(300)
              .setPageToken(token)
              .build();
      ListCollectionIdsResponse answer =
          await(
              client
                  .listCollectionIdsCallable()
                  .futureCall(request, ONCE.withTimeoutDuration(PATIENCE)),
              Access.READ,
              "list collections of " + database.display(),
              null);
      ids.addAll(answer.getCollectionIdsList());
      token = answer.getNextPageToken();
    } while (!token.isEmpty());
    return ids;
  }

  /**
   * Names of documents that cut a query into parts, in no particular order, perhaps fewer than
   * asked for.
   *
   * @throws HandlerException of kind {@code UNSUPPORTED} if the service does not do that
   */
  public List<String> partitions(StructuredQuery query, long count, Timestamp readTime) {
    List<String> names = new ArrayList<>();
    String token = "";
    do {
      PartitionQueryRequest request =
          PartitionQueryRequest.newBuilder()
              .setParent(database.documents())
              .setStructuredQuery(query)
              .setPartitionCount(count)
              .setPageSize(300)
              .setPageToken(token)
              .setReadTime(readTime)
              .build();
      PartitionQueryResponse answer =
          await(
              client
                  .partitionQueryCallable()
                  .futureCall(request, ONCE.withTimeoutDuration(PATIENCE)),
              Access.READ,
              "split a collection of " + database.display(),
              null);
      for (Cursor cursor : answer.getPartitionsList()) {
        if (cursor.getValuesCount() == 1) {
          names.add(cursor.getValues(0).getReferenceValue());
        }
      }
      token = answer.getNextPageToken();
    } while (!token.isEmpty());
    return names;
  }

  private static <T> T await(
      ApiFuture<T> call, Access access, String doing, @Nullable String collection) {
    try {
      return call.get(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw failed(e.getCause(), access, doing, collection);
    } catch (InterruptedException | TimeoutException e) {
      call.cancel(true);
      throw failed(e, access, doing, collection);
    }
  }

  static RuntimeException failed(
      @Nullable Throwable error, Access access, String doing, @Nullable String collection) {
    if (error instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      return new CancelledException("Interrupted while trying to " + doing + ".", error);
    }
    if (error instanceof Error serious) {
      throw serious;
    }
    if (error instanceof TimeoutException) {
      return FirestoreErrors.translate(
          io.grpc.Status.DEADLINE_EXCEEDED.asRuntimeException(), access, doing, collection);
    }
    return error == null
        ? new IllegalStateException("A call failed without an error.")
        : FirestoreErrors.translate(error, access, doing, collection);
  }
}
