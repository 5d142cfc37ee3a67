package io.holdfast.firestore;

import com.google.api.core.ApiFuture;
import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.InstantiatingGrpcChannelProvider;
import com.google.api.gax.rpc.FixedHeaderProvider;
import com.google.cloud.firestore.v1.FirestoreClient;
import com.google.cloud.firestore.v1.FirestoreSettings;
import com.google.firestore.v1.CommitRequest;
import com.google.firestore.v1.CommitResponse;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.RunQueryRequest;
import com.google.firestore.v1.RunQueryResponse;
import com.google.firestore.v1.StructuredQuery;
import com.google.firestore.v1.Value;
import com.google.firestore.v1.Write;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Timestamp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;

/**
 * A database of the emulator as raw protobuf, by Google's client alone: what tests write, and what
 * they compare by. Shares no code with the handler.
 */
final class RawFirestore implements AutoCloseable {
  private static final int BATCH = 500;
  private static final int UNDER_WAY = 8;

  private final String root;
  private final String project;
  private final String database;
  private final FirestoreClient client;

  RawFirestore(String hostPort, String project, String database) {
    this.project = project;
    this.database = database;
    this.root = "projects/" + project + "/databases/" + database;
    try {
      client =
          FirestoreClient.create(
              FirestoreSettings.newBuilder()
                  .setCredentialsProvider(NoCredentialsProvider.create())
                  .setTransportChannelProvider(
                      InstantiatingGrpcChannelProvider.newBuilder()
                          .setEndpoint(hostPort)
                          .setChannelConfigurator(channel -> channel.usePlaintext())
                          .setHeaderProvider(
                              FixedHeaderProvider.create("authorization", "Bearer owner"))
                          .build())
                  .build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  FirestoreClient client() {
    return client;
  }

  String project() {
    return project;
  }

  String database() {
    return database;
  }

  /** {@code projects/p/databases/d}. */
  String root() {
    return root;
  }

  String name(String path) {
    return root + "/documents/" + path;
  }

  Document document(String path, Map<String, Value> fields) {
    return Document.newBuilder().setName(name(path)).putAllFields(fields).build();
  }

  void put(List<Document> documents) {
    write(documents.stream().map(one -> Write.newBuilder().setUpdate(one).build()).toList());
  }

  void put(String path, Map<String, Value> fields) {
    put(List.of(document(path, fields)));
  }

  void delete(String path) {
    write(List.of(Write.newBuilder().setDelete(name(path)).build()));
  }

  void write(List<Write> writes) {
    Deque<ApiFuture<CommitResponse>> underWay = new ArrayDeque<>();
    List<Write> batch = new ArrayList<>();
    long bytes = 0;
    for (Write write : writes) {
      if (batch.size() == BATCH || bytes + write.getSerializedSize() > 4_000_000) {
        underWay.add(commit(batch));
        batch.clear();
        bytes = 0;
      }
      if (underWay.size() == UNDER_WAY) {
        await(underWay.remove());
      }
      batch.add(write);
      bytes += write.getSerializedSize();
    }
    if (!batch.isEmpty()) {
      underWay.add(commit(batch));
    }
    underWay.forEach(RawFirestore::await);
  }

  private ApiFuture<CommitResponse> commit(List<Write> writes) {
    return client
        .commitCallable()
        .futureCall(CommitRequest.newBuilder().setDatabase(root).addAllWrites(writes).build());
  }

  private static <T> T await(ApiFuture<T> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** All documents by path, as they are now or were. */
  Map<String, Document> documents(Optional<Timestamp> readTime) {
    RunQueryRequest.Builder request =
        RunQueryRequest.newBuilder()
            .setParent(root + "/documents")
            .setStructuredQuery(
                StructuredQuery.newBuilder()
                    .addFrom(
                        StructuredQuery.CollectionSelector.newBuilder().setAllDescendants(true)));
    readTime.ifPresent(request::setReadTime);
    Map<String, Document> documents = new TreeMap<>();
    for (RunQueryResponse answer : client.runQueryCallable().call(request.build())) {
      if (answer.hasDocument()) {
        Document document = answer.getDocument();
        documents.put(document.getName().substring(name("").length()), document);
      }
    }
    return documents;
  }

  /** All documents by path, each as the bytes of its fields, whatever database they are in. */
  Map<String, String> contents() {
    return contents(Optional.empty());
  }

  Map<String, String> contents(Optional<Timestamp> readTime) {
    Map<String, String> contents = new TreeMap<>();
    documents(readTime).forEach((path, document) -> contents.put(path, bytes(document)));
    return contents;
  }

  private String bytes(Document document) {
    Document.Builder anywhere = Document.newBuilder();
    document.getFieldsMap().forEach((field, value) -> anywhere.putFields(field, anywhere(value)));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    try {
      anywhere.build().writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  /** References into this database as such, since two databases have different names. */
  private Value anywhere(Value value) {
    return switch (value.getValueTypeCase()) {
      case REFERENCE_VALUE ->
          value.getReferenceValue().startsWith(root + "/")
              ? Value.newBuilder()
                  .setReferenceValue("@" + value.getReferenceValue().substring(root.length()))
                  .build()
              : value;
      case ARRAY_VALUE -> {
        Value.Builder array = Value.newBuilder();
        array.getArrayValueBuilder();
        value
            .getArrayValue()
            .getValuesList()
            .forEach(element -> array.getArrayValueBuilder().addValues(anywhere(element)));
        yield array.build();
      }
      case MAP_VALUE -> {
        Value.Builder map = Value.newBuilder();
        map.getMapValueBuilder();
        value
            .getMapValue()
            .getFieldsMap()
            .forEach((key, inner) -> map.getMapValueBuilder().putFields(key, anywhere(inner)));
        yield map.build();
      }
      default -> value;
    };
  }

  /** How many documents each collection group has. */
  Map<String, Long> counts() {
    Map<String, Long> counts = new TreeMap<>();
    documents(Optional.empty()).keySet().forEach(path -> counts.merge(group(path), 1L, Long::sum));
    return counts;
  }

  /** A hash of each collection group. */
  Map<String, String> hashes() {
    Map<String, MessageDigest> digests = new TreeMap<>();
    contents()
        .forEach(
            (path, content) ->
                digests
                    .computeIfAbsent(group(path), id -> sha256())
                    .update(
                        (path + "=" + content + "\n")
                            .getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    Map<String, String> hashes = new TreeMap<>();
    digests.forEach((id, digest) -> hashes.put(id, HexFormat.of().formatHex(digest.digest())));
    return hashes;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String group(String path) {
    String[] segments = path.split("/", -1);
    return segments[segments.length - 2];
  }

  @Override
  public void close() {
    client.close();
  }
}
