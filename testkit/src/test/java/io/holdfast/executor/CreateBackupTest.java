package io.holdfast.executor;

import static io.holdfast.executor.Bench.ID;
import static io.holdfast.executor.Bench.executor;
import static io.holdfast.executor.Bench.key;
import static io.holdfast.executor.Bench.keys;
import static io.holdfast.executor.Bench.restored;
import static io.holdfast.executor.Bench.shop;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.AgeKeyPair;
import io.holdfast.BackupEvent;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.Compression;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.Operation;
import io.holdfast.Secret;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.format.Manifest;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.SinkWriter;
import io.holdfast.testkit.FaultySink;
import io.holdfast.testkit.ForwardedSink;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a backup that was taken looks like, and how it comes about. */
@Timeout(120)
final class CreateBackupTest {
  private static final AgeKeyPair PAIR = AgeKeyPair.generate();
  private static final Secret PASSPHRASE = Secret.of("correct horse");

  private final MemorySink sink = new MemorySink();

  @Test
  void aBackupWithoutRecordsIsTakenWithAWarning() {
    List<String> warnings = new ArrayList<>();
    MemoryHandler empty = MemoryHandler.of(new MemoryDatabase("nothing"));
    try (BackupExecutor executor =
        executor(empty, sink)
            .listener(
                event -> {
                  if (event instanceof BackupEvent.Warned warned) {
                    warnings.add(warned.message());
                  }
                })
            .build()) {
      assertThat(executor.createBackup().records()).isZero();
    }
    assertThat(warnings).singleElement().asString().contains("no records", "memory://nothing");
  }

  @Test
  void whatReadingCostStandsInTheManifestAndInTheResult() throws Exception {
    MemoryHandler source = MemoryHandler.builder(shop()).billing("document_reads").build();
    try (BackupExecutor executor = executor(source, sink).parallelism(3).build()) {
      BackupResult result = executor.createBackup();

      // Five records, and one for opening the session.
      assertThat(result.usage()).isEqualTo(Map.of("document_reads", 6L));
      String manifest = new String(sink.bytes(key(ID + ".manifest.json")).orElseThrow(), UTF_8);
      assertThat(manifest).contains(",\n\"usage\":{\"document_reads\":6}}");
      Manifest read = ((CatalogEntry.Backup) executor.list().get(0)).manifest();
      assertThat(read.documents().get(0).usage()).isEqualTo(result.usage());
    }
  }

  @Test
  void documentAndManifestAreByteForByteWhatTheFormatSays() throws Exception {
    BackupResult result =
        executor(MemoryHandler.builder(shop()).splits(1).build(), sink)
            .compression(Compression.none())
            .environment("staging")
            .build()
            .createBackup();

    String asOf = result.source().asOf().toString();
    String source =
        "{\"handler\":\"memory\",\"name\":\"shop\",\"server\":\"1\",\"as_of\":\""
            + asOf
            + "\",\"consistency\":\"snapshot\",\"environment\":\"staging\",\"identity\":\""
            + result.source().identity()
            + "\"}";
    String header =
        "{\"backup_id\":\""
            + ID
            + "\",\"version\":1,\n\"source\":"
            + source
            + ",\n\"schema\":{},\n\"collections\":{";
    String users =
        "{\"id\":1,\"name\":\"Ada\"},\n{\"id\":2,\"name\":\"Lín\"},\n{\"id\":3,\"name\":\"😀\"}";
    String posts = "{\"id\":\"p1\"},\n{\"id\":\"p2\",\"text\":\"a\\nb\"}";
    String document =
        header
            + "\n\"users\":[\n"
            + users
            + "\n],\n\"nothing\":[\n],\n\"posts\":[\n"
            + posts
            + "\n]\n},\n\"stats\":{\"users\":3,\"nothing\":0,\"posts\":2}}\n";
    byte[] stored = sink.bytes(key(ID + ".json")).orElseThrow();
    assertThat(new String(stored, UTF_8)).isEqualTo(document);

    int length = stored.length;
    String body =
        "{\"holdfast_manifest\":1,\n\"backup_id\":\""
            + ID
            + "\",\n"
            + "\"created_at\":\"2026-01-09T00:00:00Z\",\n"
            + "\"completed_at\":\"2026-01-09T00:00:00Z\",\n"
            + "\"writer\":\"holdfast "
            + version()
            + "\",\n"
            + "\"documents\":[\n{\"key\":\""
            + ID
            + ".json\",\"length\":"
            + length
            + ",\"sha256\":\""
            + ObjectDigest.of(stored).sha256()
            + "\",\"codec\":\"none\",\"encryption\":\"none\",\n"
            + "\"source\":"
            + source
            + ",\n"
            + "\"raw_length\":"
            + length
            + ",\"plain_length\":"
            + length
            + ",\"header\":[0,"
            + bytes(header)
            + ","
            + bytes(header)
            + "],\n"
            + "\"collections\":[\n"
            + "{\"name\":\"users\",\"records\":3,\"frames\":["
            + frame(document, users, 3)
            + "]},\n"
            + "{\"name\":\"nothing\",\"records\":0,\"frames\":[]},\n"
            + "{\"name\":\"posts\",\"records\":2,\"frames\":["
            + frame(document, posts, 2)
            + "]}\n"
            + "]}\n],\n\"not_captured\":[],\n";
    byte[] manifest = sink.bytes(key(ID + ".manifest.json")).orElseThrow();
    assertThat(new String(manifest, UTF_8))
        .isEqualTo(
            body + "\"sha256\":\"" + ObjectDigest.of(body.getBytes(UTF_8)).sha256() + "\"}\n");
    assertThat(keys(sink)).containsExactly(ID + ".json", ID + ".manifest.json");
  }

  /** Known where the library comes as a jar, and not where it comes as classes. */
  private static String version() {
    String version = BackupExecutor.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  private static String frame(String document, String records, int count) {
    CRC32C crc = new CRC32C();
    crc.update(records.getBytes(UTF_8));
    int offset = bytes(document.substring(0, document.indexOf(records)));
    return "["
        + offset
        + ","
        + bytes(records)
        + ","
        + bytes(records)
        + ","
        + count
        + ","
        + crc.getValue()
        + "]";
  }

  private static int bytes(String text) {
    return text.getBytes(UTF_8).length;
  }

  static Stream<Arguments> codecsAndEncryptions() {
    List<Arguments> all = new ArrayList<>();
    for (Compression compression :
        List.of(Compression.zstd(3), Compression.gzip(6), Compression.none())) {
      all.add(Arguments.of(compression, Encryption.none(), DecryptionKeys.none(), ""));
      all.add(
          Arguments.of(
              compression,
              Encryption.recipients(PAIR.recipient()),
              DecryptionKeys.identities(PAIR.identity()),
              ".age"));
      all.add(
          Arguments.of(
              compression, Encryption.passphrase(PASSPHRASE), DecryptionKeys.none(), ".age"));
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("codecsAndEncryptions")
  void everyCodecAndEncryptionGoesThereAndBack(
      Compression compression, Encryption encryption, DecryptionKeys readWith, String ending)
      throws IOException {
    MemoryDatabase database = shop();
    BackupExecutor.Builder builder =
        executor(MemoryHandler.builder(database).splits(2).build(), sink)
            .compression(compression)
            .encryption(encryption)
            .decryptionKeys(readWith);
    BackupResult result = builder.build().createBackup();

    String document = ID + ".json" + compression.codec().ending() + ending;
    assertThat(keys(sink)).containsExactly(document, ID + ".manifest.json");
    assertThat(result.location()).contains(document);
    Manifest manifest = onlyManifest(builder.build());
    assertThat(manifest.backupId()).isEqualTo(result.backupId()).isEqualTo(ID);
    assertThat(manifest.records()).isEqualTo(result.records()).isEqualTo(5);
    assertThat(manifest.documents().get(0).counts()).isEqualTo(result.counts());
    assertThat(manifest.documents().get(0).rawLength()).isEqualTo(result.rawBytes());
    assertThat(manifest.storedBytes()).isEqualTo(result.storedBytes());
    assertThat(sink.stat(key(document)).orElseThrow().lengthBytes())
        .isEqualTo(result.storedBytes());
    if (encryption.passphraseSecret().isEmpty()) { // each use of a passphrase takes a second
      assertThat(builder.build().verify(ID).counts()).isEqualTo(result.counts());
    }
    assertThat(restored(builder, ID).contentHashes()).isEqualTo(database.contentHashes());
    if (encryption.isNone()) {
      byte[] stored = sink.bytes(key(document)).orElseThrow();
      assertThat(new String(decompressed(compression, stored), UTF_8))
          .startsWith("{\"backup_id\":\"" + ID + "\"")
          .endsWith("\"stats\":{\"users\":3,\"nothing\":0,\"posts\":2}}\n");
    }
  }

  private static byte[] decompressed(Compression compression, byte[] stored) throws IOException {
    InputStream in = new java.io.ByteArrayInputStream(stored);
    try (InputStream plain =
        switch (compression.codec()) {
          case ZSTD -> new com.github.luben.zstd.ZstdInputStream(in);
          case GZIP -> new java.util.zip.GZIPInputStream(in);
          case NONE -> in;
        }) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      plain.transferTo(out);
      return out.toByteArray();
    }
  }

  private static Manifest onlyManifest(BackupExecutor executor) {
    List<CatalogEntry> entries = executor.list();
    assertThat(entries).hasSize(1);
    assertThat(entries.get(0)).isInstanceOf(CatalogEntry.Backup.class);
    return ((CatalogEntry.Backup) entries.get(0)).manifest();
  }

  @Test
  void nothingIsListedBeforeTheManifestAndTheDocumentIsThereBeforeIt() {
    List<String> published = new ArrayList<>();
    FaultySink watched =
        new FaultySink(
            new ForwardedSink(sink) {
              @Override
              public SinkWriter write(
                  io.holdfast.spi.ObjectKey key, io.holdfast.spi.WriteOptions options) {
                published.addAll(keys(sink));
                published.add("→ " + key);
                return super.write(key, options);
              }
            });
    executor(MemoryHandler.of(shop()), watched).build().createBackup();
    assertThat(published)
        .containsExactly("→ " + ID + ".json.zst", ID + ".json.zst", "→ " + ID + ".manifest.json");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void manyCollectionsOfAllSizesAndUnevenSplitsComeBackWhole(int parallelism) {
    long seed = 4_711L + parallelism;
    System.out.println("manyCollectionsOfAllSizesAndUnevenSplitsComeBackWhole seed " + seed);
    Random random = new Random(seed);
    MemoryDatabase database = new MemoryDatabase("many");
    MemoryHandler.Builder handler = MemoryHandler.builder(database).splits(1);
    for (int c = 0; c < 150; c++) {
      String name = "c" + c + (c % 7 == 0 ? ".\"Odd \n näme\\\"" : "");
      database.create(name);
      int records = random.nextInt(3) == 0 ? 0 : random.nextInt(60);
      for (int r = 0; r < records; r++) {
        database.insert(
            name, "{\"id\":" + r + ",\"d\":\"" + Bench.noise(random, random.nextInt(900)) + "\"}");
      }
      handler.splits(name, 1 + random.nextInt(9));
    }
    BackupExecutor.Builder builder =
        executor(handler.build(), sink).parallelism(parallelism).verifyAfterBackup(true);
    BackupResult result = builder.build().createBackup();
    assertThat(result.counts()).isEqualTo(database.counts());
    assertThat(List.copyOf(result.counts().keySet()))
        .isEqualTo(List.copyOf(database.counts().keySet()));
    MemoryDatabase target = restored(builder, "latest");
    assertThat(target.contentHashes()).isEqualTo(database.contentHashes());
    assertThat(Bench.workers()).isEmpty();
  }

  @Test
  void aSourceWithoutCollectionsIsABackupToo() {
    BackupExecutor.Builder builder =
        executor(MemoryHandler.of(new MemoryDatabase("void")), sink).verifyAfterBackup(true);
    assertThat(builder.build().createBackup().counts()).isEmpty();
    assertThat(restored(builder, ID).counts()).isEmpty();
  }

  @Test
  void laterCollectionsWaitAtTheBudgetForASlowFirstSplitAndThenAllFinish() {
    MemoryDatabase database = new MemoryDatabase("slow");
    database.insert("first", "{\"id\":1}", "{\"id\":2}");
    String large = "{\"data\":\"" + Bench.noise(new Random(1), 1 << 20) + "\"}";
    for (int c = 0; c < 8; c++) {
      database.insert("later" + c, java.util.Collections.nCopies(10, large));
    }
    CountDownLatch open = new CountDownLatch(1);
    AtomicInteger laterRead = new AtomicInteger();
    MemoryHandler handler =
        MemoryHandler.builder(database)
            .splits("first", 2)
            .beforeRead(
                (collection, number) -> {
                  if (!collection.equals("first")) {
                    laterRead.incrementAndGet();
                  } else if (number == 1) {
                    open.await();
                  }
                })
            .build();
    Thread release =
        new Thread(
            () -> {
              Bench.await(
                  "three workers wait for room",
                  () -> Bench.workers().stream().filter(Bench::waitsForRoom).count() == 3);
              open.countDown();
            });
    release.start();
    BackupResult result = executor(handler, sink).parallelism(4).build().createBackup();
    assertThat(result.records()).isEqualTo(82);
    // 32 MiB may wait, and a frame more for each worker: not all of the 80.
    assertThat(open.getCount()).isZero();
  }

  @Test
  void framesLargerThanEveryBudgetPassOneByOne() {
    MemoryDatabase database = new MemoryDatabase("large");
    String large = "{\"data\":\"" + Bench.noise(new Random(2), 46 << 20) + "\"}";
    for (int c = 0; c < 3; c++) {
      database.insert("c" + c, large, "{\"id\":1}");
    }
    BackupResult result =
        executor(MemoryHandler.of(database), sink)
            .compression(Compression.none())
            .parallelism(2)
            .build()
            .createBackup();
    assertThat(result.records()).isEqualTo(6);
    assertThat(result.rawBytes()).isGreaterThan(3L * (46 << 20));
  }

  @Test
  void eventsComeInOrderOnTheCallingThread() {
    List<BackupEvent> events = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    executor(MemoryHandler.of(shop()), sink)
        .listener(
            event -> {
              events.add(event);
              threads.add(Thread.currentThread());
            })
        .build()
        .createBackup();
    assertThat(threads).containsOnly(Thread.currentThread());
    assertThat(events.stream().map(event -> event.getClass().getSimpleName()))
        .containsExactly(
            "Started",
            "CollectionDone",
            "CollectionDone",
            "CollectionDone",
            "Progressed",
            "Completed");
    assertThat(events).allMatch(event -> event.operation() == Operation.BACKUP);
    assertThat(events.get(0))
        .isInstanceOfSatisfying(
            BackupEvent.Started.class,
            started -> {
              assertThat(started.backupId()).isEqualTo(ID);
              assertThat(started.description())
                  .isEqualTo("memory://shop → " + sink.location() + " " + ID + ".json.zst");
            });
    assertThat(events.subList(1, 4))
        .containsExactly(
            new BackupEvent.CollectionDone(Operation.BACKUP, "users", 3),
            new BackupEvent.CollectionDone(Operation.BACKUP, "nothing", 0),
            new BackupEvent.CollectionDone(Operation.BACKUP, "posts", 2));
    assertThat(events.get(4))
        .isInstanceOfSatisfying(
            BackupEvent.Progressed.class,
            last -> {
              assertThat(last.progress().records()).isEqualTo(5);
              assertThat(last.progress().estimatedRecords()).isEqualTo(5);
              assertThat(last.progress().collectionsDone()).isEqualTo(3);
              assertThat(last.progress().collectionsTotal()).isEqualTo(3);
              assertThat(last.progress().bytes()).isPositive();
              assertThat(last.progress().storedBytes()).isPositive();
            });
  }

  @Test
  void progressIsReportedWhileTheCallerWaitsAndTheWorkersAreNotHeldUpByTheListener() {
    // All in one frame: no worker waits for the caller to write.
    MemoryDatabase database = Bench.bulk(3, 1, 60, 1 << 8);
    CountDownLatch reported = new CountDownLatch(1);
    AtomicInteger read = new AtomicInteger();
    MemoryHandler handler =
        MemoryHandler.builder(database)
            .splits(2)
            .beforeRead(
                (collection, number) -> {
                  if (number == 20) {
                    reported.await(); // no record after this one before the first report
                  }
                  read.incrementAndGet();
                })
            .build();
    AtomicInteger midway = new AtomicInteger();
    executor(handler, sink)
        .listener(
            event -> {
              if (event instanceof BackupEvent.Progressed && reported.getCount() > 0) {
                int before = read.get();
                reported.countDown();
                // Workers go on while a listener takes its time.
                Bench.await("workers read on", () -> read.get() >= before + 5);
                midway.incrementAndGet();
              }
            })
        .build()
        .createBackup();
    assertThat(midway).hasValue(1);
  }

  @Test
  void aListenerThatThrowsDoesNoHarmAndTheNextOneIsTold() {
    List<BackupEvent> told = new ArrayList<>();
    executor(MemoryHandler.of(shop()), sink)
        .listener(
            event -> {
              throw new IllegalStateException("listener");
            })
        .listener(
            event -> {
              throw new AssertionError("listener");
            })
        .listener(told::add)
        .build()
        .createBackup();
    assertThat(told).hasSize(6);
    assertThat(keys(sink)).hasSize(2);
  }

  @Test
  void whatIsNotCapturedIsAnErrorUnlessAllowedAndThenNamedEverywhere() {
    MemoryHandler handler =
        MemoryHandler.builder(shop()).notCaptured("view v", "views hold no records").build();
    assertThatThrownBy(() -> executor(handler, sink).build().createBackup())
        .isInstanceOfSatisfying(
            HandlerException.class,
            e -> assertThat(e.kind()).isEqualTo(HandlerException.Kind.UNSUPPORTED));
    assertThat(keys(sink)).isEmpty();

    List<BackupEvent> events = new ArrayList<>();
    BackupExecutor allowing =
        executor(handler, sink).allowUncaptured(true).listener(events::add).build();
    BackupResult result = allowing.createBackup();
    assertThat(result.notCaptured()).hasSize(1);
    assertThat(onlyManifest(allowing).notCaptured()).isEqualTo(result.notCaptured());
    assertThat(events)
        .contains(
            new BackupEvent.Warned(
                Operation.BACKUP, "Not captured: view v (views hold no records)"));
  }

  @Test
  void onlyWhatTheFilterAcceptsIsBackedUpAndAPatternWithoutAMatchIsAnError() {
    BackupResult result =
        executor(MemoryHandler.of(shop()), sink)
            .include("*s")
            .exclude("posts")
            .build()
            .createBackup();
    assertThat(result.counts()).isEqualTo(Map.of("users", 3L));
    MemorySink other = new MemorySink();
    assertThatThrownBy(
            () -> executor(MemoryHandler.of(shop()), other).include("usres").build().createBackup())
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("usres");
    assertThat(keys(other)).isEmpty();
  }

  @Test
  void aDryRunPlansAndChangesNothing() {
    MemoryHandler handler = MemoryHandler.of(shop());
    FaultySink watched = new FaultySink(sink);
    List<BackupEvent> events = new ArrayList<>();
    BackupResult result =
        executor(handler, watched).dryRun(true).listener(events::add).build().createBackup();
    assertThat(result.dryRun()).isTrue();
    assertThat(result.counts()).isEqualTo(Map.of("users", 3L, "nothing", 0L, "posts", 2L));
    assertThat(result.storedBytes()).isZero();
    assertThat(watched.calls(FaultySink.Operation.OPEN)).isZero();
    assertThat(keys(sink)).isEmpty();
    assertThat(handler.openResources()).isZero();
    assertThat(events.get(events.size() - 1))
        .isEqualTo(new BackupEvent.Completed(Operation.BACKUP, ID, "dry run"));
  }
}
