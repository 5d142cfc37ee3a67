package io.holdfast.executor;

import static io.holdfast.executor.Bench.PATIENCE;
import static io.holdfast.executor.Bench.executor;
import static io.holdfast.executor.Bench.key;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.CancelledException;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.format.FormatException;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.testkit.FaultySink;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What other people's tools have exported from Firestore comes back into any target. */
@Timeout(120)
final class RestoreExportTest {
  /** By node-firestore-import-export. */
  private static final String MARKED =
      "{\"__collections__\":{\"users\":{\"u1\":{\"name\":\"Ada\",\"born\":{\"__datatype__\":"
          + "\"timestamp\",\"value\":{\"_seconds\":1,\"_nanoseconds\":5}},\"__collections__\":{"
          + "\"posts\":{\"p1\":{\"id\":7,\"__collections__\":{}}}}},\"u2\":{\"__collections__\":{}}},"
          + "\"posts\":{\"p1\":{\"by\":{\"__datatype__\":\"documentReference\",\"value\":"
          + "\"users/u1\"},\"__collections__\":{}}}}}";

  /** The same by firestore-export-import, whose references are objects of the SDK. */
  private static final String UNMARKED =
      "{\"users\":{\"u1\":{\"name\":\"Ada\",\"born\":{\"_seconds\":1,\"_nanoseconds\":5},"
          + "\"subCollection\":{\"users/u1/posts\":{\"p1\":{\"id\":7}}}},\"u2\":{}},"
          + "\"posts\":{\"p1\":{\"by\":{\"_firestore\":{\"projectId\":\"x\"},\"_path\":{\"segments\":"
          + "[\"users\",\"u1\"]},\"_converter\":{}}}}}";

  private final MemorySink store = new MemorySink();
  private final FaultySink sink = new FaultySink(store);
  private final MemoryDatabase target = new MemoryDatabase("target");
  private final MemoryHandler into =
      MemoryHandler.builder(target).ordering(RestoreSession.Ordering.BY_COLLECTION).build();

  private BackupExecutor executorInto(BackupHandler handler) {
    return executor(MemoryHandler.of(new MemoryDatabase("source")), sink).target(handler).build();
  }

  private void assertRestored() {
    assertThat(target.records("users"))
        .containsExactlyInAnyOrder(
            "{\"id\":\"u1\",\"name\":\"Ada\",\"born\":{\"$date\":\"1970-01-01T00:00:01.000000005Z\"}}",
            "{\"id\":\"u2\"}");
    assertThat(target.records("posts"))
        .containsExactlyInAnyOrder(
            "{\"id\":\"p1\",\"$parent\":\"users/u1\",\"$id\":7}",
            "{\"id\":\"p1\",\"by\":{\"$ref\":\"users/u1\"}}");
    assertThat(target.counts()).containsOnlyKeys("users", "posts");
    assertThat(into.openResources()).isZero();
  }

  @AfterEach
  void nothingIsLeftInTheTempFolder() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      assertThat(files.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.startsWith("holdfast-") && name.endsWith(".spool"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {MARKED, UNMARKED})
  void anExportIsRestoredFromAFile(String export, @TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("firestore-export.json"), export, UTF_8);
    RestoreResult result = executorInto(into).restoreFromFile(file, RestoreOptions.DEFAULT);
    assertThat(result.counts()).isEqualTo(Map.of("users", 2L, "posts", 2L));
    assertRestored();
  }

  @ParameterizedTest
  @ValueSource(strings = {MARKED, UNMARKED})
  void anExportInASinkMayBeCompressedAndFiltered(String export) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(export.getBytes(UTF_8));
    }
    BackupFailureTest.put(sink, "export.json.gz", bytes.toByteArray());
    BackupExecutor executor = executorInto(into);
    executor.restoreFromBackup("export.json.gz", RestoreOptions.DEFAULT.including("users"));
    assertThat(target.counts()).isEqualTo(Map.of("users", 2L));
    executor.restoreFromBackup(
        "export.json.gz",
        RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE).withoutSafetyBackup());
    assertRestored();
    assertThatThrownBy(
            () ->
                executor.restoreFromBackup(
                    "export.json.gz", RestoreOptions.DEFAULT.including("psots")))
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("psots");
  }

  @ParameterizedTest
  @ValueSource(strings = {MARKED, UNMARKED})
  void theHandlerIsToldThatRecordsAreDocuments(String export) {
    BackupFailureTest.put(sink, "export.json", export.getBytes(UTF_8));
    List<RestoreRequest> requests = new ArrayList<>();
    BackupHandler watched =
        new BackupFailureTest.Delegating(into) {
          @Override
          public RestoreSession openRestore(RestoreRequest request) {
            requests.add(request);
            return super.openRestore(request);
          }
        };
    executorInto(watched).restoreFromBackup("export.json");
    assertThat(requests).hasSize(1);
    assertThat(requests.get(0).header().schema().toString()).isEqualTo("{\"documents\":true}");
    assertThat(requests.get(0).header().source().handler()).isEqualTo("plain");
    assertThat(requests.get(0).expectedRecords()).contains(Map.of("users", 2L, "posts", 2L));
  }

  @Test
  void documentsInThePlainFormReachTheHandlerAsTheyAre() {
    String record = "{\"id\":\"p1\",\"$parent\":\"users/u1\",\"$id\":7}";
    String plain = "{\"timestamp\":\"2026-01-09T00:00:00Z\",\"collections\":{\"posts\":[%s]}}";
    BackupFailureTest.put(sink, "plain.json", plain.formatted(record).getBytes(UTF_8));
    executorInto(into).restoreFromBackup("plain.json");
    assertThat(target.records("posts")).containsExactly(record);
  }

  @ParameterizedTest
  @ValueSource(strings = {MARKED, UNMARKED})
  void aCutExportLeavesTheTargetAlone(String export) {
    MemoryHandler loose = MemoryHandler.builder(target).atomic(false).build();
    byte[] whole = export.getBytes(UTF_8);
    for (int length = 0; length < whole.length; length += 7) {
      String name = "cut-" + length + ".json";
      BackupFailureTest.put(sink, name, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> executorInto(loose).restoreFromBackup(name))
          .as(name)
          .isInstanceOf(FormatException.class);
    }
    assertThat(target.counts()).isEmpty();
    assertThat(loose.openResources()).isZero();
    assertThat(Bench.workers()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {MARKED, UNMARKED})
  void anExportThatChangesBetweenTheTwoPassesIsNoticed(String export) {
    BackupFailureTest.put(sink, "export.json", export.getBytes(UTF_8));
    // What nothing marks is looked through before each pass.
    int lastRead = export.equals(MARKED) ? 2 : 4;
    sink.onNth(FaultySink.Operation.READ, lastRead).flipBit(export.indexOf("Ada"));
    assertThatThrownBy(() -> executorInto(into).restoreFromBackup("export.json"))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("was changed since");
    assertThat(target.counts()).isEmpty();
    executorInto(into).restoreFromBackup("export.json");
    assertRestored();
  }

  @Test
  void whatIsNoExportNamesTheFormsThatAreRead() {
    for (String text : List.of("{\"a\":1}", "{\"a\":{\"b\":1}}", "{\"a\":{}}", "{}")) {
      String name = "none-" + text.length() + ".json";
      BackupFailureTest.put(sink, name, text.getBytes(UTF_8));
      assertThatThrownBy(() -> executorInto(into).restoreFromBackup(name))
          .isInstanceOfSatisfying(
              FormatException.class,
              e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.NOT_A_BACKUP))
          .hasMessageContaining("\"collections\" nor \"tables\"")
          .hasMessageContaining("firestore-export-import");
    }
    assertThat(target.counts()).isEmpty();
  }

  /** Larger than what is sorted in memory, into a target that wants it sorted. */
  @Test
  void anExportOfManyMegabytesIsSortedForATargetThatAsksForIt() {
    int users = 12_000;
    StringBuilder text = new StringBuilder("{\"users\":{");
    for (int n = 0; n < users; n++) {
      String noise = "x".repeat(1_000);
      text.append(n == 0 ? "" : ",")
          .append(
              "\"u%d\":{\"v\":\"%s\",\"subCollection\":{\"users/u%d/posts\":{\"p\":{\"v\":\"%s\"}}}}"
                  .formatted(n, noise, n, noise));
    }
    BackupFailureTest.put(sink, "large.json", text.append("}}").toString().getBytes(UTF_8));
    RestoreResult result = executorInto(into).restoreFromBackup("large.json");
    assertThat(result.counts()).isEqualTo(Map.of("users", 12_000L, "posts", 12_000L));
    assertThat(target.records("posts")).hasSize(users).doesNotHaveDuplicates();
    assertThat(target.records("users"))
        .hasSize(users)
        .anyMatch(user -> user.startsWith("{\"id\":\"u0\","));
  }

  @ParameterizedTest
  @ValueSource(strings = {MARKED, UNMARKED})
  void anInterruptionEndsTheRestoreOfAnExport(String export) throws Exception {
    BackupFailureTest.put(sink, "export.json", export.getBytes(UTF_8));
    FaultySink.Gate gate =
        sink.onKey(FaultySink.Operation.READ, key -> key.equals(key("export.json"))).block();
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                executorInto(into).restoreFromBackup("export.json");
              } catch (BackupException e) {
                thrown.set(e);
              }
            },
            "caller");
    caller.start();
    gate.awaitReached(PATIENCE);
    caller.interrupt();
    caller.join(PATIENCE.toMillis());
    assertThat(thrown.get()).isInstanceOf(CancelledException.class);
    assertThat(target.counts()).isEmpty();
    assertThat(into.openResources()).isZero();
  }
}
