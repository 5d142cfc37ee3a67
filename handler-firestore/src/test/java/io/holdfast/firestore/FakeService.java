package io.holdfast.firestore;

import com.google.firestore.v1.AggregationResult;
import com.google.firestore.v1.BatchGetDocumentsRequest;
import com.google.firestore.v1.BatchGetDocumentsResponse;
import com.google.firestore.v1.BatchWriteRequest;
import com.google.firestore.v1.BatchWriteResponse;
import com.google.firestore.v1.CommitRequest;
import com.google.firestore.v1.CommitResponse;
import com.google.firestore.v1.Cursor;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.GetDocumentRequest;
import com.google.firestore.v1.ListCollectionIdsRequest;
import com.google.firestore.v1.ListCollectionIdsResponse;
import com.google.firestore.v1.ListDocumentsRequest;
import com.google.firestore.v1.ListDocumentsResponse;
import com.google.firestore.v1.PartitionQueryRequest;
import com.google.firestore.v1.PartitionQueryResponse;
import com.google.firestore.v1.RunAggregationQueryRequest;
import com.google.firestore.v1.RunAggregationQueryResponse;
import com.google.firestore.v1.RunQueryRequest;
import com.google.firestore.v1.RunQueryResponse;
import com.google.firestore.v1.StructuredAggregationQuery.Aggregation;
import com.google.firestore.v1.Value;
import com.google.firestore.v1.Write;
import com.google.firestore.v1.WriteResult;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The methods of the service. What they promise is written in firestore.proto of {@code
 * google.firestore.v1}.
 */
final class FakeService {

  /** Answers a request; the responses may be made one by one while the client takes them. */
  private interface Answer<Q> {
    Iterator<? extends Message> to(Q request);
  }

  private static final String SERVICE = "google.firestore.v1.Firestore";

  /** Those of the emulator for ListDocuments. */
  private static final int DEFAULT_PAGE = 30;

  private static final int LARGEST_PAGE = 150;

  /**
   * The service partitions by its own tablets, so that small collections have few points or none.
   */
  private static final int DOCUMENTS_PER_PARTITION = 5;

  private final FakeFirestore server;
  private final Executor threads;

  FakeService(FakeFirestore server, Executor threads) {
    this.server = server;
    this.threads = threads;
  }

  ServerServiceDefinition definition() {
    ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(SERVICE);
    add(
        service,
        FakeMethod.GET_DOCUMENT,
        GetDocumentRequest.getDefaultInstance(),
        Document.getDefaultInstance(),
        this::getDocument);
    add(
        service,
        FakeMethod.LIST_DOCUMENTS,
        ListDocumentsRequest.getDefaultInstance(),
        ListDocumentsResponse.getDefaultInstance(),
        this::listDocuments);
    add(
        service,
        FakeMethod.BATCH_GET_DOCUMENTS,
        BatchGetDocumentsRequest.getDefaultInstance(),
        BatchGetDocumentsResponse.getDefaultInstance(),
        this::batchGetDocuments);
    add(
        service,
        FakeMethod.COMMIT,
        CommitRequest.getDefaultInstance(),
        CommitResponse.getDefaultInstance(),
        this::commit);
    add(
        service,
        FakeMethod.RUN_QUERY,
        RunQueryRequest.getDefaultInstance(),
        RunQueryResponse.getDefaultInstance(),
        this::runQuery);
    add(
        service,
        FakeMethod.RUN_AGGREGATION_QUERY,
        RunAggregationQueryRequest.getDefaultInstance(),
        RunAggregationQueryResponse.getDefaultInstance(),
        this::runAggregationQuery);
    add(
        service,
        FakeMethod.PARTITION_QUERY,
        PartitionQueryRequest.getDefaultInstance(),
        PartitionQueryResponse.getDefaultInstance(),
        this::partitionQuery);
    add(
        service,
        FakeMethod.LIST_COLLECTION_IDS,
        ListCollectionIdsRequest.getDefaultInstance(),
        ListCollectionIdsResponse.getDefaultInstance(),
        this::listCollectionIds);
    add(
        service,
        FakeMethod.BATCH_WRITE,
        BatchWriteRequest.getDefaultInstance(),
        BatchWriteResponse.getDefaultInstance(),
        this::batchWrite);
    return service.build();
  }

  private <Q extends Message> void add(
      ServerServiceDefinition.Builder service,
      FakeMethod method,
      Q request,
      Message response,
      Answer<Q> answer) {
    boolean streams =
        method == FakeMethod.RUN_QUERY
            || method == FakeMethod.BATCH_GET_DOCUMENTS
            || method == FakeMethod.RUN_AGGREGATION_QUERY;
    MethodDescriptor<Q, Message> descriptor =
        MethodDescriptor.<Q, Message>newBuilder()
            .setType(streams ? MethodType.SERVER_STREAMING : MethodType.UNARY)
            .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, method.rpc()))
            .setRequestMarshaller(ProtoUtils.marshaller(request))
            .setResponseMarshaller(ProtoUtils.marshaller(response))
            .build();
    service.addMethod(
        descriptor,
        streams
            ? ServerCalls.asyncServerStreamingCall(
                (Q sent, StreamObserver<Message> to) -> begin(method, sent, to, answer))
            : ServerCalls.asyncUnaryCall(
                (Q sent, StreamObserver<Message> to) -> begin(method, sent, to, answer)));
  }

  /** Runs on the server's thread, which must stay free to tell of readiness and cancellation. */
  private <Q extends Message> void begin(
      FakeMethod method, Q request, StreamObserver<Message> to, Answer<Q> answer) {
    server.usage().begin(method, request.getSerializedSize());
    FakeCall call =
        new FakeCall(
            (ServerCallStreamObserver<Message>) to,
            server.faults().begin(method, request),
            server.usage());
    threads.execute(() -> serve(method, request, call, answer));
  }

  private <Q extends Message> void serve(
      FakeMethod method, Q request, FakeCall call, Answer<Q> answer) {
    boolean cancelled = false;
    Optional<RuntimeException> failure = Optional.empty();
    try {
      call.reach(FakeFaults.Place.BEGINNING);
      server.limits().checkRequest(request.getSerializedSize());
      Iterator<? extends Message> responses = answer.to(request);
      if (method == FakeMethod.RUN_QUERY
          || method == FakeMethod.BATCH_GET_DOCUMENTS
          || method == FakeMethod.RUN_AGGREGATION_QUERY) {
        call.reach(new FakeFaults.Place(0));
        for (int sent = 1; responses.hasNext(); sent++) {
          call.send(responses.next());
          call.reach(new FakeFaults.Place(sent));
        }
        call.reach(FakeFaults.Place.END);
      } else {
        Message response = responses.next();
        call.reach(FakeFaults.Place.END);
        call.send(response);
      }
    } catch (FakeCall.Cancelled | InterruptedException e) {
      cancelled = true;
    } catch (StatusRuntimeException e) {
      if (FakeFirestore.isUnsupported(e.getStatus())) {
        server.complain(method + ": " + e.getStatus().getDescription());
      }
      failure = Optional.of(e);
    } catch (RuntimeException | Error e) {
      server.complain(method + ": " + e);
      failure =
          Optional.of(
              Status.INTERNAL
                  .withDescription("FakeFirestore: " + e)
                  .withCause(e)
                  .asRuntimeException());
    }
    // Counted before the client can know of the end, so that a test which has the answer finds it
    // counted.
    server.usage().end(method, cancelled);
    if (!cancelled) {
      failure.ifPresentOrElse(call::fail, call::complete);
    }
  }

  private Iterator<Document> getDocument(GetDocumentRequest request) {
    if (request.hasMask() || !request.getTransaction().isEmpty()) {
      throw FakeFirestore.unsupported("GetDocument " + request);
    }
    FakeDatabase database = databaseOf(request.getName());
    FakeName name = FakeName.document(database.name(), request.getName());
    long micros =
        database.readMicros(
            request.hasReadTime() ? Optional.of(request.getReadTime()) : Optional.empty());
    server.usage().read(1);
    Document found =
        database
            .at(name, micros)
            .orElseThrow(
                () ->
                    Status.NOT_FOUND
                        .withDescription("Document (" + request.getName() + ") not found.")
                        .asRuntimeException());
    return List.of(found).iterator();
  }

  private Iterator<BatchGetDocumentsResponse> batchGetDocuments(BatchGetDocumentsRequest request) {
    if (request.hasMask() || !request.getTransaction().isEmpty() || request.hasNewTransaction()) {
      throw FakeFirestore.unsupported("BatchGetDocuments " + request);
    }
    FakeDatabase database = database(request.getDatabase());
    Map<FakeName, String> names = new TreeMap<>();
    request
        .getDocumentsList()
        .forEach(name -> names.put(FakeName.document(database.name(), name), name));
    long micros =
        database.readMicros(
            request.hasReadTime() ? Optional.of(request.getReadTime()) : Optional.empty());
    List<BatchGetDocumentsResponse> responses = new ArrayList<>();
    names.forEach(
        (name, text) -> {
          BatchGetDocumentsResponse.Builder response =
              BatchGetDocumentsResponse.newBuilder().setReadTime(FakeTime.timestamp(micros));
          database
              .at(name, micros)
              .ifPresentOrElse(response::setFound, () -> response.setMissing(text));
          // "not guaranteed to be returned in the same order that they were requested"
          responses.add(0, response.build());
        });
    return responses.stream().peek(response -> server.usage().read(1)).iterator();
  }

  private Iterator<RunQueryResponse> runQuery(RunQueryRequest request) {
    if (!request.getTransaction().isEmpty()
        || request.hasNewTransaction()
        || request.hasExplainOptions()
        || !request.hasStructuredQuery()) {
      throw FakeFirestore.unsupported("RunQuery " + request);
    }
    FakeDatabase database = databaseOf(request.getParent());
    FakeQuery query = new FakeQuery(database, request.getParent(), request.getStructuredQuery());
    long micros =
        database.readMicros(
            request.hasReadTime() ? Optional.of(request.getReadTime()) : Optional.empty());
    Timestamp readTime = FakeTime.timestamp(micros);
    List<Document> found = query.documents(micros);
    int skipped = Math.min(query.offset(), found.size());
    if (skipped == found.size()) {
      server.usage().read(Math.max(1, skipped));
      return List.of(
              RunQueryResponse.newBuilder()
                  .setReadTime(readTime)
                  .setSkippedResults(skipped)
                  .setDone(true)
                  .build())
          .iterator();
    }
    server.usage().read(skipped);
    return IntStream.range(skipped, found.size())
        .mapToObj(
            i -> {
              server.usage().read(1);
              RunQueryResponse.Builder response =
                  RunQueryResponse.newBuilder().setDocument(found.get(i)).setReadTime(readTime);
              if (i == skipped) {
                response.setSkippedResults(skipped);
              }
              if (i == found.size() - 1) {
                response.setDone(true);
              }
              return response.build();
            })
        .iterator();
  }

  private Iterator<RunAggregationQueryResponse> runAggregationQuery(
      RunAggregationQueryRequest request) {
    if (!request.getTransaction().isEmpty()
        || request.hasNewTransaction()
        || request.hasExplainOptions()) {
      throw FakeFirestore.unsupported("RunAggregationQuery " + request);
    }
    FakeDatabase database = databaseOf(request.getParent());
    FakeQuery query =
        new FakeQuery(
            database,
            request.getParent(),
            request.getStructuredAggregationQuery().getStructuredQuery());
    long micros =
        database.readMicros(
            request.hasReadTime() ? Optional.of(request.getReadTime()) : Optional.empty());
    long counted = Math.max(0, query.documents(micros).size() - query.offset());
    AggregationResult.Builder result = AggregationResult.newBuilder();
    int unnamed = 0;
    for (Aggregation aggregation : request.getStructuredAggregationQuery().getAggregationsList()) {
      if (!aggregation.hasCount()) {
        throw FakeFirestore.unsupported("aggregation " + aggregation);
      }
      long count =
          aggregation.getCount().hasUpTo()
              ? Math.min(counted, aggregation.getCount().getUpTo().getValue())
              : counted;
      String alias =
          aggregation.getAlias().isEmpty() ? "field_" + ++unnamed : aggregation.getAlias();
      result.putAggregateFields(alias, Value.newBuilder().setIntegerValue(count).build());
    }
    server.usage().read(Math.max(1, (counted + 999) / 1000));
    return List.of(
            RunAggregationQueryResponse.newBuilder()
                .setResult(result)
                .setReadTime(FakeTime.timestamp(micros))
                .build())
        .iterator();
  }

  private Iterator<PartitionQueryResponse> partitionQuery(PartitionQueryRequest request) {
    FakeDatabase database = databaseOf(request.getParent());
    FakeQuery query = new FakeQuery(database, request.getParent(), request.getStructuredQuery());
    if (!query.canBePartitioned()) {
      throw Status.INVALID_ARGUMENT
          .withDescription(
              "Query must specify collection with all descendants and be ordered by name ascending.")
          .asRuntimeException();
    }
    if (request.getPartitionCount() <= 0) {
      throw Status.INVALID_ARGUMENT
          .withDescription("partition_count must be positive")
          .asRuntimeException();
    }
    long micros =
        database.readMicros(
            request.hasReadTime() ? Optional.of(request.getReadTime()) : Optional.empty());
    List<Cursor> points = unordered(points(query.documents(micros), request.getPartitionCount()));
    server.usage().read(1);
    int from =
        request.getPageToken().isEmpty() ? 0 : parseIndex(request.getPageToken(), points.size());
    int to =
        request.getPageSize() == 0
            ? points.size()
            : Math.min(points.size(), from + request.getPageSize());
    PartitionQueryResponse.Builder response =
        PartitionQueryResponse.newBuilder().addAllPartitions(points.subList(from, to));
    if (to < points.size()) {
      response.setNextPageToken(token(Integer.toString(to)));
    }
    return List.of(response.build()).iterator();
  }

  /**
   * Evenly spread, and one fewer than asked for: "The actual number of partitions returned may be
   * fewer."
   */
  private static List<Cursor> points(List<Document> documents, long asked) {
    int count = (int) Math.min(Math.max(1, asked - 1), documents.size() / DOCUMENTS_PER_PARTITION);
    return IntStream.rangeClosed(1, count)
        .mapToObj(i -> documents.get((int) ((long) i * documents.size() / (count + 1))).getName())
        .map(
            name ->
                Cursor.newBuilder().addValues(Value.newBuilder().setReferenceValue(name)).build())
        .toList();
  }

  /** "There are no ordering guarantees": B, D, F, A, C, E. */
  private static List<Cursor> unordered(List<Cursor> points) {
    List<Cursor> mixed = new ArrayList<>();
    IntStream.range(0, points.size())
        .filter(i -> i % 2 == 1)
        .forEach(i -> mixed.add(points.get(i)));
    IntStream.range(0, points.size())
        .filter(i -> i % 2 == 0)
        .forEach(i -> mixed.add(points.get(i)));
    return mixed;
  }

  private Iterator<ListCollectionIdsResponse> listCollectionIds(ListCollectionIdsRequest request) {
    FakeDatabase database = databaseOf(request.getParent());
    FakeName parent = FakeName.parent(database.name(), request.getParent());
    long micros =
        database.readMicros(
            request.hasReadTime() ? Optional.of(request.getReadTime()) : Optional.empty());
    server.usage().read(1);
    Set<String> ids = new TreeSet<>(FakeName::compareIds);
    database.scan(
        parent,
        micros,
        (name, document) -> {
          if (name.startsWith(parent) && !name.equals(parent)) {
            ids.add(name.segments().get(parent.segments().size()));
          }
          return name.startsWith(parent);
        });
    Page<String> page =
        new Page<>(
            ids.stream()
                .filter(
                    id -> isAfter(request.getPageToken(), token -> FakeName.compareIds(id, token)))
                .toList(),
            request.getPageSize());
    ListCollectionIdsResponse.Builder response =
        ListCollectionIdsResponse.newBuilder().addAllCollectionIds(page.items());
    page.last().ifPresent(last -> response.setNextPageToken(token(last)));
    return List.of(response.build()).iterator();
  }

  private Iterator<ListDocumentsResponse> listDocuments(ListDocumentsRequest request) {
    boolean ordered = !request.getOrderBy().isEmpty();
    if (request.getShowMissing() && (ordered || request.getCollectionId().isEmpty())) {
      throw Status.INVALID_ARGUMENT
          .withDescription("collection id must be set, and order_by not, when show_missing is true")
          .asRuntimeException();
    }
    if ((ordered && !request.getOrderBy().equals("__name__"))
        || (request.hasMask() && !request.getMask().getFieldPathsList().equals(List.of("__name__")))
        || !request.getTransaction().isEmpty()) {
      throw FakeFirestore.unsupported("ListDocuments " + request);
    }
    FakeDatabase database = databaseOf(request.getParent());
    FakeName parent = FakeName.parent(database.name(), request.getParent());
    if (!request.getCollectionId().isEmpty()) {
      FakeName.check(request.getCollectionId(), true);
    }
    FakeName prefix =
        request.getCollectionId().isEmpty() ? parent : parent.child(request.getCollectionId());
    long micros =
        database.readMicros(
            request.hasReadTime() ? Optional.of(request.getReadTime()) : Optional.empty());
    int depth = parent.segments().size() + 2;
    Map<FakeName, Document> listed = new TreeMap<>();
    database.scan(
        prefix,
        micros,
        (name, document) -> {
          if (name.startsWith(prefix) && name.segments().size() == depth) {
            listed.put(
                name, request.hasMask() ? document.toBuilder().clearFields().build() : document);
          } else if (name.startsWith(prefix)
              && name.segments().size() > depth
              && request.getShowMissing()) {
            FakeName missing = name.prefix(depth);
            listed.putIfAbsent(
                missing, Document.newBuilder().setName(missing.in(database.name())).build());
          }
          return name.startsWith(prefix);
        });
    Page<FakeName> page =
        new Page<>(
            listed.keySet().stream()
                .filter(
                    name ->
                        isAfter(
                            request.getPageToken(),
                            token -> name.compareTo(FakeName.ofPath(token))))
                .toList(),
            request.getPageSize());
    server.usage().read(Math.max(1, page.items().size()));
    ListDocumentsResponse.Builder response = ListDocumentsResponse.newBuilder();
    page.items().forEach(name -> response.addDocuments(listed.get(name)));
    page.last().ifPresent(last -> response.setNextPageToken(token(last.toString())));
    return List.of(response.build()).iterator();
  }

  private Iterator<BatchWriteResponse> batchWrite(BatchWriteRequest request) {
    FakeDatabase database = database(request.getDatabase());
    List<FakeName> names =
        request.getWritesList().stream().map(write -> nameOf(database, write)).toList();
    boolean twice = new HashSet<>(names).size() < names.size();
    server.usage().writesInRequest(names.size(), twice);
    server.limits().checkWrites(names.size());
    if (!server.limits().invalidValuesPerWrite()) {
      request.getWritesList().forEach(write -> server.limits().checkValues(write.getUpdate()));
    }
    if (twice) {
      throw Status.INVALID_ARGUMENT
          .withDescription("the same document cannot be written more than once in a single request")
          .asRuntimeException();
    }
    BatchWriteResponse.Builder response = BatchWriteResponse.newBuilder();
    for (int i = 0; i < names.size(); i++) {
      FakeName name = names.get(i);
      Write write = request.getWrites(i);
      try {
        server.limits().checkValues(write.getUpdate());
        WriteResult result =
            database.atomically(List.of(name), micros -> apply(database, name, write, micros));
        server.usage().wrote(write);
        response.addWriteResults(result);
        response.addStatus(com.google.rpc.Status.getDefaultInstance());
      } catch (StatusRuntimeException e) {
        if (FakeFirestore.isUnsupported(e.getStatus())) {
          throw e;
        }
        response.addWriteResults(WriteResult.getDefaultInstance());
        response.addStatus(
            com.google.rpc.Status.newBuilder()
                .setCode(e.getStatus().getCode().value())
                .setMessage(Objects.requireNonNullElse(e.getStatus().getDescription(), "")));
      }
    }
    return List.of(response.build()).iterator();
  }

  private Iterator<CommitResponse> commit(CommitRequest request) {
    if (!request.getTransaction().isEmpty()) {
      throw FakeFirestore.unsupported("Commit of a transaction");
    }
    FakeDatabase database = database(request.getDatabase());
    List<FakeName> names =
        request.getWritesList().stream().map(write -> nameOf(database, write)).toList();
    server.usage().writesInRequest(names.size(), new HashSet<>(names).size() < names.size());
    request.getWritesList().forEach(write -> server.limits().checkValues(write.getUpdate()));
    CommitResponse response =
        database.atomically(
            names,
            micros -> {
              CommitResponse.Builder results =
                  CommitResponse.newBuilder().setCommitTime(FakeTime.timestamp(micros));
              for (int i = 0; i < names.size(); i++) {
                results.addWriteResults(
                    apply(database, names.get(i), request.getWrites(i), micros));
              }
              return results.build();
            });
    request.getWritesList().forEach(server.usage()::wrote);
    return List.of(response).iterator();
  }

  private FakeName nameOf(FakeDatabase database, Write write) {
    return switch (write.getOperationCase()) {
      case UPDATE -> {
        if (write.hasUpdateMask() || write.getUpdateTransformsCount() > 0) {
          throw FakeFirestore.unsupported("update_mask or update_transforms");
        }
        yield FakeName.document(database.name(), write.getUpdate().getName());
      }
      case DELETE -> FakeName.document(database.name(), write.getDelete());
      case OPERATION_NOT_SET ->
          throw Status.INVALID_ARGUMENT
              .withDescription("empty write operation")
              .asRuntimeException();
      default -> throw FakeFirestore.unsupported("write " + write.getOperationCase());
    };
  }

  private WriteResult apply(FakeDatabase database, FakeName name, Write write, long micros) {
    server.limits().checkSize(name, write.getUpdate());
    database.check(name, write.getCurrentDocument());
    Document asked =
        write.hasDelete()
            ? Document.newBuilder().setName(write.getDelete()).build()
            : write.getUpdate();
    Optional<FakeFaults.WriteFault> fault = server.faults().ofWrite(asked.getName());
    Optional<Document> content = fault.isPresent() ? fault.get().apply(asked) : Optional.of(asked);
    if (write.hasDelete()) {
      content.ifPresent(document -> database.delete(name, micros));
      return WriteResult.getDefaultInstance();
    }
    Timestamp updateTime =
        content
            .map(document -> database.put(name, document, micros))
            .orElse(FakeTime.timestamp(micros));
    return WriteResult.newBuilder().setUpdateTime(updateTime).build();
  }

  private FakeDatabase databaseOf(String resource) {
    String[] parts = resource.split("/", 6);
    return database(Stream.of(parts).limit(4).reduce((a, b) -> a + "/" + b).orElse(""));
  }

  private FakeDatabase database(String name) {
    String[] parts = name.split("/", -1);
    if (parts.length != 4 || !parts[0].equals("projects") || !parts[2].equals("databases")) {
      throw Status.INVALID_ARGUMENT
          .withDescription("Invalid database name: \"" + name + "\"")
          .asRuntimeException();
    }
    return server
        .find(name)
        .orElseThrow(
            () ->
                Status.NOT_FOUND
                    .withDescription(
                        "The database " + parts[3] + " does not exist for project " + parts[1])
                    .asRuntimeException());
  }

  private record Page<T>(List<T> items, Optional<T> last) {
    Page(List<T> all, int pageSize) {
      this(all.subList(0, length(all, pageSize)), more(all, length(all, pageSize)));
    }

    private static int length(List<?> all, int pageSize) {
      return Math.min(all.size(), pageSize <= 0 ? DEFAULT_PAGE : Math.min(pageSize, LARGEST_PAGE));
    }

    private static <T> Optional<T> more(List<T> all, int length) {
      return length > 0 && length < all.size()
          ? Optional.of(all.get(length - 1))
          : Optional.empty();
    }
  }

  private interface Order {
    int compareWith(String token);
  }

  private static boolean isAfter(String token, Order order) {
    return token.isEmpty() || order.compareWith(parse(token)) > 0;
  }

  private static String token(String content) {
    return Base64.getUrlEncoder()
        .encodeToString(("after " + content).getBytes(StandardCharsets.UTF_8));
  }

  private static String parse(String token) {
    try {
      String content = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
      if (content.startsWith("after ")) {
        return content.substring("after ".length());
      }
    } catch (IllegalArgumentException e) {
      // Not base64: not one of ours.
    }
    throw Status.INVALID_ARGUMENT.withDescription("invalid page token").asRuntimeException();
  }

  private static int parseIndex(String token, int size) {
    String content = parse(token);
    if (!content.matches("[0-9]{1,9}") || Integer.parseInt(content) >= size) {
      throw Status.INVALID_ARGUMENT.withDescription("invalid page token").asRuntimeException();
    }
    return Integer.parseInt(content);
  }
}
