package io.holdfast.benchmarks.firestore;

import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.rpc.FixedHeaderProvider;
import com.google.cloud.firestore.v1.FirestoreClient;
import com.google.cloud.firestore.v1.FirestoreSettings;
import com.google.firestore.v1.CommitRequest;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.RunQueryRequest;
import com.google.firestore.v1.RunQueryResponse;
import com.google.firestore.v1.StructuredQuery;
import com.google.firestore.v1.Write;
import io.holdfast.testkit.FirestoreEmulator;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/**
 * The default database of a project in the emulator, through the raw client: what it writes and
 * reads passes through no tool that is measured. Safe for use by many threads.
 */
final class Project implements AutoCloseable {
  static final String DATABASE = "(default)";

  private final FirestoreEmulator emulator;
  private final String id;
  private final FirestoreClient client;

  private Project(FirestoreEmulator emulator, String id, FirestoreClient client) {
    this.emulator = emulator;
    this.id = id;
    this.client = client;
  }

  /** Opens a project; in the emulator each name is one, with nothing in it at first. */
  static Project open(FirestoreEmulator emulator, String id) throws IOException {
    FirestoreSettings settings =
        FirestoreSettings.newBuilder()
            .setTransportChannelProvider(
                FirestoreSettings.defaultGrpcTransportProviderBuilder()
                    .setEndpoint(emulator.hostPort())
                    .setChannelConfigurator(channel -> channel.usePlaintext())
                    .build())
            .setCredentialsProvider(NoCredentialsProvider.create())
            // The emulator's word for somebody who may do everything.
            .setHeaderProvider(FixedHeaderProvider.create("Authorization", "Bearer owner"))
            .build();
    return new Project(emulator, id, FirestoreClient.create(settings));
  }

  String id() {
    return id;
  }

  /** The database as Holdfast takes it. */
  String uri() {
    return "firestore://" + id + "?emulator=" + emulator.hostPort();
  }

  /** What stands before each document's path in its name. */
  String root() {
    return "projects/" + id + "/databases/" + DATABASE + "/documents";
  }

  /** Writes documents in one request, whole. */
  void write(List<Document> documents) {
    CommitRequest.Builder commit =
        CommitRequest.newBuilder().setDatabase("projects/" + id + "/databases/" + DATABASE);
    documents.forEach(document -> commit.addWrites(Write.newBuilder().setUpdate(document)));
    client.commit(commit.build());
  }

  /** Reads every document of every collection. */
  void forEach(Consumer<Document> consumer) {
    RunQueryRequest everything =
        RunQueryRequest.newBuilder()
            .setParent(root())
            .setStructuredQuery(
                StructuredQuery.newBuilder()
                    .addFrom(
                        StructuredQuery.CollectionSelector.newBuilder().setAllDescendants(true)))
            .build();
    for (RunQueryResponse response : client.runQueryCallable().call(everything)) {
      if (response.hasDocument()) {
        consumer.accept(response.getDocument());
      }
    }
  }

  /** Deletes all that is in it. */
  void clear() {
    emulator.clear(id, DATABASE);
  }

  @Override
  public void close() {
    client.close();
  }
}
