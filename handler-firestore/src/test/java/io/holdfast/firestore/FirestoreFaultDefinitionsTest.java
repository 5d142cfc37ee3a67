package io.holdfast.firestore;

import static io.holdfast.firestore.AwkwardDocuments.integer;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.api.gax.core.FixedCredentialsProvider;
import com.google.api.gax.grpc.InstantiatingGrpcChannelProvider;
import com.google.cloud.firestore.v1.FirestoreClient;
import com.google.cloud.firestore.v1.FirestoreSettings;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.RestoreOptions;
import io.holdfast.firestore.internal.definitions.FakeCredentials;
import io.holdfast.firestore.internal.definitions.FakeGoogle;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.NotCaptured;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Backups and restores beside which Google's other APIs refuse, fail or are switched off. */
class FirestoreFaultDefinitionsTest extends FirestoreFaults {
  private static final String INDEXES =
      "GET /v1/projects/demo/databases/(default)/collectionGroups/-/indexes";
  private static final String NEW_INDEX =
      "POST /v1/projects/demo/databases/copy/collectionGroups/users/indexes";
  private static final String KINDS = "POST /v1/projects/demo:runQuery";
  private static final String DENIED =
      FakeGoogle.error(403, "PERMISSION_DENIED", "Missing or insufficient permissions.");
  private static final String MARKER = "holdfast_restore/state";

  private final FakeGoogle google = new FakeGoogle("demo", "(default)");
  private final FakeGoogle googleOfTarget = new FakeGoogle("demo", "copy");
  private final FirestoreClient client = client();

  /** The application's own client, with credentials. */
  private FirestoreClient client() {
    try {
      return FirestoreClient.create(
          FirestoreSettings.newBuilder()
              .setCredentialsProvider(FixedCredentialsProvider.create(FakeCredentials.valid()))
              .setTransportChannelProvider(
                  InstantiatingGrpcChannelProvider.newBuilder()
                      .setEndpoint(server.endpoint())
                      .setChannelConfigurator(channel -> channel.usePlaintext())
                      .build())
              .build());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeEach
  void fillTheSource() {
    fill(source, "users", 20);
    source.put("users/0003/posts/p", Map.of("n", integer(1)));
    google.kinds.add("users");
    google.kinds.add("posts");
    google.anyReadTime = true;
    googleOfTarget.anyReadTime = true;
    google.index(
        "users",
        """
        {"queryScope":"COLLECTION","apiScope":"ANY_API","fields":[
         {"fieldPath":"n","order":"ASCENDING"},{"fieldPath":"t","order":"ASCENDING"},
         {"fieldPath":"__name__","order":"ASCENDING"}]}
        """);
    google.ttl("users", "t", "{\"state\":\"ACTIVE\"}");
  }

  @AfterEach
  void everythingWasAskedAsDocumented() {
    client.close();
    google.close();
    googleOfTarget.close();
    assertThat(google.violations).isEmpty();
    assertThat(googleOfTarget.violations).isEmpty();
  }

  private FirestoreHandler from() {
    return closing(
        FirestoreHandler.builder(client, "demo", "(default)")
            .endpoints(google.endpoints())
            .build());
  }

  private FirestoreHandler into() {
    return closing(
        FirestoreHandler.builder(client, "demo", "copy")
            .endpoints(googleOfTarget.endpoints())
            .withoutRampUp()
            .restoreDefinitions()
            .build());
  }

  private BackupExecutor executor() {
    return building(from()).target(into()).build();
  }

  @Test
  void indexesAndPoliciesAreCapturedAndRestoredWhenThatIsAskedFor() {
    try (BackupExecutor executor = executor()) {
      BackupResult backup = executor.createBackup();
      assertThat(backup.notCaptured()).isEmpty();
      executor.restoreFromBackup(backup.backupId());
    }
    assertThat(contents(target)).isEqualTo(contents(source));
    assertThat(googleOfTarget.indexes).hasSize(1);
    assertThat(googleOfTarget.changes()).anyMatch(change -> change.startsWith(NEW_INDEX));
    assertThat(googleOfTarget.changes()).anyMatch(change -> change.contains("ttlConfig"));
    assertThat(google.changes()).isEmpty();
  }

  @Test
  void byDefaultTheyAreLeftAlone() {
    FirestoreHandler plain =
        closing(
            FirestoreHandler.builder(client, "demo", "copy")
                .endpoints(googleOfTarget.endpoints())
                .withoutRampUp()
                .build());
    try (BackupExecutor executor = building(from()).target(plain).build()) {
      executor.copyToTarget(RestoreOptions.DEFAULT);
    }
    assertThat(contents(target)).isEqualTo(contents(source));
    assertThat(googleOfTarget.changes()).isEmpty();
  }

  @Test
  void indexesThatMayNotBeReadAreNamedInTheManifestAndNoError() {
    google.alwaysFailing(INDEXES, 403, DENIED);
    try (BackupExecutor executor = executor()) {
      BackupResult backup = executor.createBackup();
      assertThat(backup.records()).isEqualTo(21);
      assertThat(backup.notCaptured())
          .singleElement()
          .satisfies(
              missing -> {
                assertThat(missing.toString()).contains("indexes", "datastore.indexes.list");
              });
      assertThat(executor.list()).hasSize(1);
      executor.restoreFromBackup(backup.backupId());
    }
    assertThat(contents(target)).isEqualTo(contents(source));
    assertThat(googleOfTarget.changes()).noneMatch(change -> change.startsWith(NEW_INDEX));
  }

  @Test
  void rulesWhoseApiIsSwitchedOffAreNamedInTheManifestAndNoError() {
    google.alwaysFailing(
        "GET /v1/projects/demo/releases", 403, FakeGoogle.disabled("firebaserules.googleapis.com"));
    try (BackupExecutor executor = executor()) {
      assertThat(executor.createBackup().notCaptured())
          .singleElement()
          .extracting(NotCaptured::toString)
          .asString()
          .contains("security rules", "gcloud services enable firebaserules.googleapis.com");
    }
  }

  @Test
  void indexesThatCannotBeReadForAMomentAreReadAgain() {
    google.failing(3, INDEXES, 503, FakeGoogle.error(503, "UNAVAILABLE", "later"));
    try (BackupExecutor executor = executor()) {
      assertThat(executor.createBackup().notCaptured()).isEmpty();
    }
    assertThat(google.requests).filteredOn(one -> one.startsWith(INDEXES)).hasSizeGreaterThan(3);
  }

  @Test
  void aDatabaseOfAnotherKindIsRefused() {
    google.database.put("type", "DATASTORE_MODE");
    try (BackupExecutor executor = executor()) {
      failure(Kind.UNSUPPORTED, executor::createBackup, "DATASTORE_MODE", "Native mode");
      assertThat(executor.list()).isEmpty();
    }
  }

  @Test
  void indexesThatMayNotBeMadeLeaveTheMarkerAndTheRestoreCanBeFinished() {
    try (BackupExecutor executor = executor()) {
      String id = executor.createBackup().backupId();
      googleOfTarget.failing(1, NEW_INDEX, 403, DENIED);
      failure(Kind.PERMISSION_DENIED, () -> executor.restoreFromBackup(id), "datastore.indexAdmin");
      assertThat(target.get(MARKER)).isPresent();
      assertThat(googleOfTarget.indexes).isEmpty();

      executor.restoreFromBackup(id);

      assertThat(contents(target)).isEqualTo(contents(source));
      assertThat(googleOfTarget.indexes).hasSize(1);
    }
  }

  // Which groups there are.

  @Test
  void theDatastoreApiTellsTheGroupsWithoutASample() {
    source.put("users/0019/hidden/h", Map.of("n", integer(1)));
    google.kinds.add("hidden");
    google.kinds.add("gone");
    server.usage().reset();
    try (BackupExecutor executor = executor()) {
      BackupResult backup = executor.createBackup();
      assertThat(backup.counts()).isEqualTo(Map.of("users", 20L, "posts", 1L, "hidden", 1L));
      assertThat(server.usage().requests(FakeMethod.LIST_COLLECTION_IDS)).isEqualTo(1);
      // Its kinds are billed too, and are not of this server.
      assertThat(backup.usage().get("document_reads"))
          .isEqualTo(server.usage().reads() - 1 + google.kinds.size());
    }
  }

  @Test
  void groupsThatTheDatastoreApiForgetsAreFound() {
    google.kinds.remove("posts");
    backsUpAll();
  }

  @Test
  void groupsAreFoundWhereTheDatastoreApiIsSwitchedOff() {
    google.alwaysFailing(KINDS, 403, FakeGoogle.disabled("datastore.googleapis.com"));
    backsUpAll();
  }

  @Test
  void groupsAreFoundWhereTheDatastoreApiAnswersNonsense() {
    google.alwaysFailing(KINDS, 200, "{\"batch\":{\"moreResults\":\"NOT_FINISHED\"}}");
    backsUpAll();
  }

  @Test
  void theDatastoreApiIsAskedAgainWhenItFails() {
    google.failing(3, KINDS, 503, FakeGoogle.error(503, "UNAVAILABLE", "later"));
    backsUpAll();
  }

  private void backsUpAll() {
    try (BackupExecutor executor = executor()) {
      assertThat(executor.createBackup().counts()).isEqualTo(Map.of("users", 20L, "posts", 1L));
    }
  }
}
