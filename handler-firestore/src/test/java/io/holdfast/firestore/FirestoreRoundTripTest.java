package io.holdfast.firestore;

import static io.holdfast.firestore.AwkwardDocuments.integer;
import static io.holdfast.firestore.AwkwardDocuments.reference;
import static io.holdfast.firestore.AwkwardDocuments.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.firestore.Firestore;
import com.google.cloud.firestore.FirestoreOptions;
import com.google.firestore.v1.Value;
import com.google.firestore.v1.Write;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.FileSink;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.testkit.FirestoreEmulator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole databases of the emulator, backed up and restored by the executor, compared as raw protobuf
 * by code that the handler does not share.
 */
@Timeout(600)
class FirestoreRoundTripTest {
  private static final RestoreOptions REPLACE =
      RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE).withoutSafetyBackup();

  @TempDir Path folder;

  private BackupExecutor.Builder from(String prefix, BackupHandler source) {
    return BackupExecutor.builder()
        .source(source)
        .sink(FileSink.at(folder))
        .prefix(prefix)
        .timestampFormat("yyyy-MM-dd-HH-mm-ss-SSS");
  }

  private static BackupHandler handler(RawFirestore database) {
    return FirestoreHandler.at(TestFirestore.uri(database));
  }

  @Test
  void twoNamedDatabasesOfEverythingComeBackAsTheyWere() {
    long seed = new Random().nextLong();
    System.out.println("twoNamedDatabasesOfEverythingComeBackAsTheyWere: seed " + seed);
    try (RawFirestore first = TestFirestore.create("first");
        RawFirestore second =
            new RawFirestore(TestFirestore.hostPort(), first.project(), "second")) {
      GeneratedDatabase.fill(first, seed, 40_000);
      GeneratedDatabase.fill(second, seed + 1, 20_000);
      Map<RawFirestore, Map<String, String>> before =
          Map.of(first, first.contents(), second, second.contents());
      assertThat(before.get(first).size() + before.get(second).size())
          .isGreaterThanOrEqualTo(60_000);
      for (RawFirestore database : List.of(first, second)) {
        try (BackupHandler handler = handler(database);
            BackupExecutor executor = from(database.database(), handler).build()) {
          BackupResult backup = executor.createBackup();
          assertThat(backup.records()).isEqualTo(before.get(database).size());
          FirestoreEmulator.shared().clear(database.project(), database.database());
          assertThat(database.contents()).isEmpty();

          RestoreResult restored = executor.restoreFromBackup(backup.backupId());

          assertThat(restored.records()).isEqualTo(backup.records());
          assertEqual(database.contents(), before.get(database));
        }
      }
      // Neither went into the other.
      assertEqual(first.contents(), before.get(first));
    }
  }

  /** Names a few differences, where an assertion on maps would print them all. */
  static void assertEqual(Map<String, String> actual, Map<String, String> expected) {
    List<String> differences = new ArrayList<>();
    Map<String, String> all = new TreeMap<>(expected);
    all.putAll(actual);
    for (String path : all.keySet()) {
      if (!expected.getOrDefault(path, "").equals(actual.getOrDefault(path, ""))
          || expected.containsKey(path) != actual.containsKey(path)) {
        differences.add(path);
      }
    }
    assertThat(differences.stream().limit(5).toList())
        .as("%d of %d documents differ", differences.size(), all.size())
        .isEmpty();
  }

  @Test
  void whileFourWritersChangeDocumentsTheBackupIsTheDatabaseAtItsReadTime() throws Exception {
    try (RawFirestore source = TestFirestore.create();
        RawFirestore copy = TestFirestore.create()) {
      List<Write> documents = new ArrayList<>();
      for (int i = 0; i < 5_000; i++) {
        documents.add(update(source, "accounts/a" + i, 0));
        documents.add(update(source, "accounts/a" + i + "/moves/m", 0));
      }
      source.write(documents);
      AtomicBoolean over = new AtomicBoolean();
      AtomicInteger commits = new AtomicInteger();
      ExecutorService writers = Executors.newFixedThreadPool(4);
      List<Future<?>> running = new ArrayList<>();
      for (int w = 0; w < 4; w++) {
        int writer = w;
        running.add(writers.submit(() -> change(source, writer, over, commits)));
      }
      BackupResult backup;
      try (BackupHandler handler = handler(source);
          BackupHandler target = handler(copy);
          BackupExecutor executor = from("busy", handler).target(target).parallelism(2).build()) {
        int before = commits.get();
        backup = executor.createBackup();
        assertThat(commits.get()).as("commits during the backup").isGreaterThan(before);
        over.set(true);
        for (Future<?> one : running) {
          one.get();
        }
        writers.shutdown();
        executor.restoreFromBackup(backup.backupId());
      }
      Map<String, String> then =
          source.contents(Optional.of(FirestoreSplits.toTimestamp(backup.source().asOf())));
      assertEqual(copy.contents(), then);
      assertThat(source.contents()).as("it went on changing").isNotEqualTo(then);
    }
  }

  private static Write update(RawFirestore database, String path, int version) {
    return Write.newBuilder()
        .setUpdate(
            database.document(
                path, Map.of("version", integer(version), "text", text("t" + version))))
        .build();
  }

  private static void change(
      RawFirestore database, int writer, AtomicBoolean over, AtomicInteger commits) {
    Random random = new Random(writer);
    for (int version = 1; !over.get(); version++) {
      List<Write> writes = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        // Each writer has accounts of its own, so that none waits for another.
        int account = random.nextInt(1_250) * 4 + writer;
        String path = "accounts/a" + account;
        writes.add(
            i == 0
                ? Write.newBuilder().setDelete(database.name(path + "/moves/m")).build()
                : update(database, path + "/moves/v" + version + "-" + i, version));
        writes.add(update(database, path + "-" + version + "-" + i, version));
      }
      database.write(writes);
      commits.incrementAndGet();
    }
  }

  @Test
  void referencesLeadIntoTheTargetUnlessTheyAreKept() {
    try (RawFirestore source = TestFirestore.create();
        RawFirestore rewritten = TestFirestore.create();
        RawFirestore kept = TestFirestore.create()) {
      String other = "projects/elsewhere/databases/(default)/documents/x/y";
      source.put(
          "links/l", Map.of("own", reference(source.name("users/u")), "other", reference(other)));
      try (BackupHandler handler = handler(source);
          BackupHandler target = handler(rewritten);
          BackupExecutor executor = from("refs", handler).target(target).build()) {
        executor.restoreFromBackup(executor.createBackup().backupId());
      }
      try (BackupHandler handler = handler(source);
          BackupHandler target =
              FirestoreHandler.builder(
                      Location.parse(TestFirestore.uri(kept)), ProviderContext.system())
                  .keepReferences()
                  .build();
          BackupExecutor executor = from("refs", handler).target(target).build()) {
        executor.restoreFromBackup(BackupExecutor.LATEST);
      }
      assertThat(link(rewritten, "own")).isEqualTo(rewritten.name("users/u"));
      assertThat(link(kept, "own")).isEqualTo(source.name("users/u"));
      assertThat(link(rewritten, "other")).isEqualTo(other);
      assertThat(link(kept, "other")).isEqualTo(other);
    }
  }

  private static String link(RawFirestore database, String field) {
    Value value = database.documents(Optional.empty()).get("links/l").getFieldsOrThrow(field);
    return value.getReferenceValue();
  }

  @Test
  void oneSubtreeOrOneCollectionCanBeBackedUpByItself() {
    try (RawFirestore source = TestFirestore.create()) {
      for (String path :
          List.of(
              "users/u1",
              "users/u1/posts/p1",
              "users/u1/posts/p1/posts/p2",
              "users/u10",
              "users/u10/posts/p3",
              "users/__id7__/posts/p4",
              "users2/u1/posts/p5",
              "posts/root",
              "a/users/users/u1")) {
        source.put(path, Map.of("n", integer(1)));
      }
      assertThat(pathsBelow(source, "users/u1"))
          .containsExactlyInAnyOrder("users/u1", "users/u1/posts/p1", "users/u1/posts/p1/posts/p2");
      assertThat(pathsBelow(source, "users"))
          .containsExactlyInAnyOrder(
              "users/u1",
              "users/u1/posts/p1",
              "users/u1/posts/p1/posts/p2",
              "users/u10",
              "users/u10/posts/p3",
              "users/__id7__/posts/p4");
      assertThat(pathsBelow(source, "users/u10", "users2/u1/posts"))
          .containsExactlyInAnyOrder("users/u10", "users/u10/posts/p3", "users2/u1/posts/p5");
    }
  }

  private List<String> pathsBelow(RawFirestore source, String... below) {
    try (RawFirestore target = TestFirestore.create()) {
      FirestoreHandler.Builder builder =
          FirestoreHandler.builder(
              Location.parse(TestFirestore.uri(source)), ProviderContext.system());
      for (String path : below) {
        builder.below(path);
      }
      try (BackupHandler handler = builder.build();
          BackupHandler into = handler(target);
          BackupExecutor executor = from("below", handler).target(into).build()) {
        executor.copyToTarget(RestoreOptions.DEFAULT);
        return List.copyOf(target.contents().keySet());
      }
    }
  }

  @Test
  void aBackupShowsTheDatabaseAsItWasAtAGivenTime() {
    try (RawFirestore source = TestFirestore.create();
        RawFirestore target = TestFirestore.create()) {
      source.put("a/1", Map.of("n", integer(1)));
      Map<String, String> then = source.contents();
      BackupResult now;
      try (BackupHandler handler = handler(source);
          BackupExecutor executor = from("now", handler).build()) {
        now = executor.createBackup();
      }
      source.put("a/1", Map.of("n", integer(2)));
      source.put("later/2", Map.of("n", integer(3)));
      try (BackupHandler handler =
              FirestoreHandler.builder(
                      Location.parse(TestFirestore.uri(source)), ProviderContext.system())
                  .readTime(now.source().asOf())
                  .build();
          BackupHandler into = handler(target);
          BackupExecutor executor = from("then", handler).target(into).build()) {
        executor.copyToTarget(RestoreOptions.DEFAULT);
      }
      assertEqual(target.contents(), then);
    }
  }

  @Test
  void anApplicationsOwnClientIsEnoughAndStaysOpen() throws Exception {
    try (RawFirestore source = TestFirestore.create("own");
        RawFirestore target = TestFirestore.create()) {
      source.put("a/1", Map.of("n", integer(1)));
      FirestoreOptions options =
          FirestoreOptions.newBuilder()
              .setProjectId(source.project())
              .setDatabaseId("own")
              .setEmulatorHost(TestFirestore.hostPort())
              .build();
      Firestore firestore = options.getService();
      try {
        try (BackupHandler handler = FirestoreHandler.of(firestore);
            BackupHandler raw =
                FirestoreHandler.builder(target.client(), target.project(), "(default)").build();
            BackupExecutor executor = from("own", handler).target(raw).build()) {
          executor.copyToTarget(RestoreOptions.DEFAULT);
        }
        assertThat(firestore.document("a/1").get().get().getLong("n")).isEqualTo(1);
      } finally {
        firestore.close();
      }
      assertEqual(target.contents(), source.contents());
    }
  }

  @Test
  void replaceDeletesWhatTheBackupLacksAlsoInCollectionsThatItLacks() {
    try (RawFirestore source = TestFirestore.create();
        RawFirestore target = TestFirestore.create()) {
      GeneratedDatabase.fill(source, 7, 1_500);
      GeneratedDatabase.fill(target, 8, 1_500);
      target.put("only/here/and/below", Map.of("n", integer(1)));
      try (BackupHandler handler = handler(source);
          BackupHandler into = handler(target);
          BackupExecutor executor = from("replace", handler).target(into).build()) {
        executor.copyToTarget(REPLACE);
      }
      assertEqual(target.contents(), source.contents());
    }
  }

  @Test
  void whatReadingTookStandsInTheResult() {
    try (RawFirestore source = TestFirestore.create()) {
      List<com.google.firestore.v1.Document> documents = new ArrayList<>();
      for (int i = 0; i < 3_000; i++) {
        documents.add(source.document("a/" + i, Map.of("n", integer(i))));
      }
      source.put(documents);
      try (BackupHandler handler = handler(source);
          BackupExecutor executor = from("usage", handler).build()) {
        BackupResult backup = executor.createBackup();
        assertThat(backup.counts()).isEqualTo(Map.of("a", 3_000L));
        // One for each document, and a few for the marker, the collections and the counts.
        assertThat(backup.usage().get("document_reads")).isBetween(3_000L, 3_020L);
      }
    }
  }
}
