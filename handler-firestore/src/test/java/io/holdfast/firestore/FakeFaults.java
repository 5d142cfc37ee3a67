package io.holdfast.firestore;

import com.google.firestore.v1.BatchGetDocumentsRequest;
import com.google.firestore.v1.BatchWriteRequest;
import com.google.firestore.v1.CommitRequest;
import com.google.firestore.v1.Cursor;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.GetDocumentRequest;
import com.google.firestore.v1.ListDocumentsRequest;
import com.google.firestore.v1.PartitionQueryRequest;
import com.google.firestore.v1.PartitionQueryResponse;
import com.google.firestore.v1.RunAggregationQueryRequest;
import com.google.firestore.v1.RunQueryRequest;
import com.google.firestore.v1.StructuredQuery;
import com.google.firestore.v1.Value;
import com.google.firestore.v1.Write;
import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * What the server does wrong, where, and how often. Thread-safe; a fault holds from the moment it
 * is declared, once unless told otherwise.
 *
 * <pre>{@code
 * server.faults().on(RUN_QUERY).matching("posts").after(3).failWith(Status.UNAVAILABLE).times(2);
 * server.faults().on(BATCH_WRITE).call(2).loseResponse();
 * server.faults().onWrite("users/7").silentlyDrop();
 * ...
 * assertThat(server.faults().unconsumed()).isEmpty();
 * }</pre>
 */
final class FakeFaults {

  /**
   * A place within a call.
   *
   * @param responses how many responses were sent; -1 when the request has just come in, and {@link
   *     Integer#MAX_VALUE} when all is done but the last word (of a method with one response: but
   *     the response) is not sent
   */
  record Place(int responses) {
    static final Place BEGINNING = new Place(-1);
    static final Place END = new Place(Integer.MAX_VALUE);
  }

  private interface Event {
    void happen(FakeCall call, Fault fault) throws InterruptedException;
  }

  private static final Event NOTHING = (call, fault) -> {};

  private final List<Fault> faults = new CopyOnWriteArrayList<>();
  private final List<WriteFault> writeFaults = new CopyOnWriteArrayList<>();

  /** Begins a fault of calls to any of these methods; of all, if none is named. */
  Rule on(FakeMethod... methods) {
    return new Rule(
        methods.length == 0 ? EnumSet.allOf(FakeMethod.class) : EnumSet.copyOf(List.of(methods)));
  }

  /** Begins a fault of the writes to a document ({@code users/7}), by BatchWrite or Commit. */
  WriteRule onWrite(String path) {
    return new WriteRule(path);
  }

  /** Refuses every call for a collection group, as where permission is missing. */
  Fault denyCollection(String collection) {
    return on().matching(collection)
        .failWith(Status.PERMISSION_DENIED.withDescription("Missing or insufficient permissions."))
        .always();
  }

  /** The faults that have not happened as often as they were to. */
  List<Occurrence> unconsumed() {
    return Stream.concat(faults.stream(), writeFaults.stream())
        .filter(fault -> !fault.isConsumed())
        .toList();
  }

  /** Forgets all faults, and releases the calls that stall. */
  void clear() {
    faults.forEach(Fault::release);
    faults.clear();
    writeFaults.clear();
  }

  List<Fault> begin(FakeMethod method, Message request) {
    List<Fault> armed = new ArrayList<>();
    for (Fault fault : faults) {
      if (fault.isArmedBy(method, request)) {
        armed.add(fault);
      }
    }
    return armed;
  }

  Optional<WriteFault> ofWrite(String documentName) {
    return writeFaults.stream()
        .filter(fault -> documentName.endsWith("/documents/" + fault.path))
        .filter(WriteFault::take)
        .findFirst();
  }

  /** How often something has happened, and is to happen. */
  abstract static class Occurrence {
    private final String description;
    private int limit = 1;
    private int count;
    private final CompletableFuture<Void> first = new CompletableFuture<>();

    Occurrence(String description) {
      this.description = description;
    }

    final synchronized int count() {
      return count;
    }

    /** Whether it has happened as often as it was to; one that always happens: at least once. */
    final synchronized boolean isConsumed() {
      return limit == Integer.MAX_VALUE ? count > 0 : count >= limit;
    }

    /** Waits until it has happened, for ten seconds at most. */
    final void await() {
      try {
        first.get(10, TimeUnit.SECONDS);
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        throw new AssertionError("did not happen: " + this, e);
      }
    }

    final synchronized void limit(int times) {
      limit = times;
    }

    final synchronized boolean take() {
      if (count >= limit) {
        return false;
      }
      count++;
      first.complete(null);
      return true;
    }

    @Override
    public final synchronized String toString() {
      return description
          + ", happened "
          + count
          + (limit == Integer.MAX_VALUE ? " times" : " of " + limit + " times");
    }
  }

  /** Where a fault of a call happens. */
  final class Rule {
    private final Set<FakeMethod> methods;
    private Predicate<Message> requests = request -> true;
    private String collection = "";
    private int firstCall = 1;
    private Place place = Place.BEGINNING;

    private Rule(Set<FakeMethod> methods) {
      this.methods = methods;
    }

    /**
     * Only calls for this collection id: queries of it, gets and writes of a document in it. {@code
     * ""} is a query without collection.
     */
    Rule matching(String collectionId) {
      collection = " of " + collectionId;
      requests = requests.and(request -> collections(request).anyMatch(collectionId::equals));
      return this;
    }

    Rule matching(Predicate<Message> request) {
      requests = requests.and(request);
      return this;
    }

    /** From the n-th matching call on, counted from 1 and from now. */
    Rule call(int n) {
      firstCall = n;
      return this;
    }

    /**
     * After so many streamed responses, rather than when the request comes in. With 0: when the
     * query was evaluated and nothing was sent.
     */
    Rule after(int responses) {
      place = new Place(responses);
      return this;
    }

    /** When all is done, writes are applied, and nothing (of a stream: not the end) was sent. */
    Rule atTheEnd() {
      place = Place.END;
      return this;
    }

    Fault failWith(Status status) {
      Status described =
          status.getDescription() == null
              ? status.withDescription("FakeFirestore: as ordered")
              : status;
      return declare(
          status.getCode().toString(),
          (call, fault) -> {
            throw described.asRuntimeException();
          },
          UnaryOperator.identity());
    }

    Fault snapshotTooOld() {
      return failWith(FakeLimits.snapshotTooOld());
    }

    /** RESOURCE_EXHAUSTED with the time after which to try again, in a RetryInfo. */
    Fault resourceExhausted(java.time.Duration retryAfter) {
      com.google.rpc.Status status =
          com.google.rpc.Status.newBuilder()
              .setCode(Status.Code.RESOURCE_EXHAUSTED.value())
              .setMessage("Quota exceeded.")
              .addDetails(
                  Any.pack(
                      RetryInfo.newBuilder()
                          .setRetryDelay(
                              Duration.newBuilder()
                                  .setSeconds(retryAfter.getSeconds())
                                  .setNanos(retryAfter.getNano()))
                          .build()))
              .build();
      return declare(
          "RESOURCE_EXHAUSTED with RetryInfo",
          (call, fault) -> {
            throw StatusProto.toStatusRuntimeException(status);
          },
          UnaryOperator.identity());
    }

    /** Does what was asked, and answers UNAVAILABLE. */
    Fault loseResponse() {
      return atTheEnd()
          .failWith(Status.UNAVAILABLE.withDescription("FakeFirestore: the response is lost"));
    }

    /** Sends nothing more until {@link Fault#release()}, or until the client gives up. */
    Fault stall() {
      return declare(
          "stall", (call, fault) -> call.await(fault.released), UnaryOperator.identity());
    }

    /** Runs something, while the call waits. What it throws becomes INTERNAL. */
    Fault run(Runnable hook) {
      return declare("hook", (call, fault) -> hook.run(), UnaryOperator.identity());
    }

    /**
     * Changes the responses of a call; of a stream each of them, and the whole stream counts once
     * for each.
     */
    Fault alter(UnaryOperator<Message> alteration) {
      return declare("altered response", NOTHING, alteration);
    }

    /** Answers UNIMPLEMENTED always. */
    Fault switchOff() {
      return failWith(Status.UNIMPLEMENTED.withDescription("Method is unimplemented")).always();
    }

    /** PartitionQuery: each cursor twice. */
    Fault duplicateCursors() {
      return alter(
          response -> {
            PartitionQueryResponse.Builder twice = ((PartitionQueryResponse) response).toBuilder();
            return twice.addAllPartitions(twice.build().getPartitionsList()).build();
          });
    }

    /** PartitionQuery: also the names of these documents, be they of the collection or not. */
    Fault additionalCursors(String... documentNames) {
      return alter(
          response -> {
            PartitionQueryResponse.Builder more = ((PartitionQueryResponse) response).toBuilder();
            for (String name : documentNames) {
              more.addPartitions(
                  0, Cursor.newBuilder().addValues(Value.newBuilder().setReferenceValue(name)));
            }
            return more.build();
          });
    }

    private Fault declare(String what, Event event, UnaryOperator<Message> alteration) {
      Fault fault = new Fault(this, what, event, alteration);
      faults.add(fault);
      return fault;
    }
  }

  /** A fault of calls. */
  static final class Fault extends Occurrence {
    private final Set<FakeMethod> methods;
    private final Predicate<Message> requests;
    private final int firstCall;
    private final Place place;
    private final Event event;
    private final UnaryOperator<Message> alteration;
    private final CompletableFuture<Void> released = new CompletableFuture<>();
    private int calls;

    private Fault(Rule rule, String what, Event event, UnaryOperator<Message> alteration) {
      super(
          what
              + " in "
              + rule.methods
              + rule.collection
              + " from call "
              + rule.firstCall
              + " at "
              + rule.place);
      this.methods = rule.methods;
      this.requests = rule.requests;
      this.firstCall = rule.firstCall;
      this.place = rule.place;
      this.event = event;
      this.alteration = alteration;
    }

    Fault times(int times) {
      limit(times);
      return this;
    }

    Fault always() {
      return times(Integer.MAX_VALUE);
    }

    /** Lets the calls go on that stall, and does not stall others. */
    void release() {
      released.complete(null);
    }

    private synchronized boolean isArmedBy(FakeMethod method, Message request) {
      if (!methods.contains(method) || !requests.test(request)) {
        return false;
      }
      calls++;
      return calls >= firstCall;
    }

    void happenAt(Place here, FakeCall call) throws InterruptedException {
      if (event != NOTHING && here.equals(place) && take()) {
        event.happen(call, this);
      }
    }

    Message alter(Message response) {
      return event == NOTHING && take() ? alteration.apply(response) : response;
    }
  }

  /** What a fault does to the writes of a document. */
  final class WriteRule {
    private final String path;

    private WriteRule(String path) {
      this.path = path;
    }

    /** The status of the write; of a Commit the whole of it. */
    WriteFault failWith(Status status) {
      return declare("status " + status.getCode(), Optional.of(status), UnaryOperator.identity());
    }

    /** Answers OK and does not write. */
    WriteFault silentlyDrop() {
      return declare("dropped", Optional.empty(), document -> Document.getDefaultInstance());
    }

    /** Answers OK and writes something else. */
    WriteFault corrupt(UnaryOperator<Document> change) {
      return declare("corrupted", Optional.empty(), change);
    }

    private WriteFault declare(
        String what, Optional<Status> status, UnaryOperator<Document> change) {
      WriteFault fault = new WriteFault(path, what, status, change);
      writeFaults.add(fault);
      return fault;
    }
  }

  /** A fault of writes. */
  static final class WriteFault extends Occurrence {
    private final String path;
    private final Optional<Status> status;
    private final UnaryOperator<Document> change;

    private WriteFault(
        String path, String what, Optional<Status> status, UnaryOperator<Document> change) {
      super(what + " at the write of " + path);
      this.path = path;
      this.status = status;
      this.change = change;
    }

    WriteFault times(int times) {
      limit(times);
      return this;
    }

    WriteFault always() {
      return times(Integer.MAX_VALUE);
    }

    /**
     * @return what to write instead; empty to write nothing
     * @throws io.grpc.StatusRuntimeException the status of the write
     */
    Optional<Document> apply(Document document) {
      if (status.isPresent()) {
        throw status.get().asRuntimeException();
      }
      Document changed = change.apply(document);
      return changed.equals(Document.getDefaultInstance())
          ? Optional.empty()
          : Optional.of(changed);
    }
  }

  private static Stream<String> collections(Message request) {
    if (request instanceof RunQueryRequest query) {
      return Stream.of(collection(query.getStructuredQuery()));
    }
    if (request instanceof RunAggregationQueryRequest query) {
      return Stream.of(collection(query.getStructuredAggregationQuery().getStructuredQuery()));
    }
    if (request instanceof PartitionQueryRequest query) {
      return Stream.of(collection(query.getStructuredQuery()));
    }
    if (request instanceof ListDocumentsRequest list) {
      return Stream.of(list.getCollectionId());
    }
    if (request instanceof GetDocumentRequest get) {
      return Stream.of(collection(get.getName()));
    }
    if (request instanceof BatchGetDocumentsRequest get) {
      return get.getDocumentsList().stream().map(FakeFaults::collection);
    }
    if (request instanceof BatchWriteRequest write) {
      return write.getWritesList().stream().map(FakeFaults::collection);
    }
    if (request instanceof CommitRequest commit) {
      return commit.getWritesList().stream().map(FakeFaults::collection);
    }
    return Stream.empty();
  }

  private static String collection(StructuredQuery query) {
    return query.getFromCount() == 0 ? "" : query.getFrom(0).getCollectionId();
  }

  private static String collection(Write write) {
    return collection(write.hasUpdate() ? write.getUpdate().getName() : write.getDelete());
  }

  private static String collection(String documentName) {
    String[] segments = documentName.split("/", -1);
    return segments.length < 2 ? "" : segments[segments.length - 2];
  }
}
