package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.Compression;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What every {@link StorageSink} over a network keeps when the network does not, as tests: through
 * a {@link FaultProxy} each exchange of an upload, of a backup and of a read meets each {@linkplain
 * FaultCase fault} in turn. A provider extends this class, says where its server is, and in the
 * other methods what its sink cannot show.
 *
 * <p>A write succeeds with exactly its bytes, or fails with an error of the right kind and leaves
 * nothing visible; it never hangs; and the next one works as soon as the network does. No test
 * measures time, except that a call that does not return at all fails.
 */
public abstract class StorageSinkFaultContract {
  /** How often a step is tried: what strikes once must be survived, what strikes so often not. */
  private static final int TRIES = 4;

  private static final int SMALL_BYTES = 3_000;
  private static final int RACERS = 16;
  private static final int TOO_MANY_MOMENTS = 400;
  private static final Duration ASKED = Duration.ofSeconds(7);
  private static final Instant NOW = Instant.parse("2026-01-09T00:00:00Z");

  /** When a fault strikes. */
  private enum Moments {
    /** Once, at each exchange in turn. */
    EACH,
    /** Once, at a few of them: for faults that cost the client's timeout. */
    SOME,
    /** As often as a step is tried, from each exchange on in turn. */
    WHILE,
    /** For ever, from each exchange on in turn. */
    FROM,
    /** At all of them. */
    ALL
  }

  /** The faults. */
  protected enum FaultCase {
    /** Reset before the server has seen anything. */
    RESET_BEFORE_REQUEST(Moments.EACH, NetworkFault.reset()),
    /** Reset in the middle of a request's body. */
    RESET_IN_REQUEST(Moments.EACH, NetworkFault.resetInRequest()),
    /** Reset in the middle of an answer. */
    RESET_IN_ANSWER(Moments.EACH, NetworkFault.resetInAnswer()),
    /** Done by the server, which nobody is told. */
    ANSWER_LOST(Moments.EACH, NetworkFault.loseAnswer()),
    /** Taken and never answered, nor seen by the server. */
    STALLED(Moments.SOME, NetworkFault.stall()),
    /** Done by the server, whose answer does not come. */
    ANSWER_HELD_BACK(Moments.SOME, NetworkFault.holdAnswer()),
    /** Everything in small steps. */
    SLOW(Moments.ALL, NetworkFault.slow(4096)),
    /** An error of the server. HTTP only. */
    ERROR_ONCE(Moments.EACH, NetworkFault.answer(500)),
    /** The server is busy, and says for how long. HTTP only. */
    BUSY_ONCE(Moments.EACH, NetworkFault.comeBack(503, ASKED)),
    /** The server limits the rate. HTTP only. */
    TOO_MANY_REQUESTS_ONCE(Moments.EACH, NetworkFault.comeBack(429, ASKED)),
    /** One bit of what is uploaded is turned over. */
    UPLOAD_DAMAGED(Moments.EACH, NetworkFault.corruptRequest()),
    /** Cut off for as long as a step is tried; clearing up reaches the server. */
    CUT_OFF_FOR_A_WHILE(Moments.WHILE, NetworkFault.reset()),
    /** Cut off for ever. */
    CUT_OFF(Moments.FROM, NetworkFault.reset()),
    /** Errors of the server and nothing else. HTTP only. */
    ERRORS_FOR_EVER(Moments.FROM, NetworkFault.answer(500)),
    /** The server stays busy. HTTP only. */
    BUSY_FOR_EVER(Moments.FROM, NetworkFault.comeBack(503, ASKED)),
    /** The server does everything, and nobody is told. */
    ANSWERS_LOST_FOR_EVER(Moments.FROM, NetworkFault.loseAnswer());

    private final Moments moments;

    @SuppressWarnings(
        "ImmutableEnumChecker") // It is immutable, and testkit has no such annotation.
    private final NetworkFault fault;

    FaultCase(Moments moments, NetworkFault fault) {
      this.moments = moments;
      this.fault = fault;
    }

    private boolean needsHttp() {
      return fault.kind() == NetworkFault.Kind.ANSWER;
    }

    private boolean strikesOnce() {
      return moments != Moments.WHILE && moments != Moments.FROM;
    }

    /** Whether the server may have done what the client was not told. */
    private boolean hidesSuccess() {
      return fault.concernsAnswer();
    }

    /** Whether what was begun may be unknown to the client, or out of its reach. */
    private boolean mayLeaveSomething() {
      return hidesSuccess() || moments == Moments.FROM;
    }

    private Set<Kind> kinds() {
      return this == UPLOAD_DAMAGED
          ? EnumSet.of(Kind.CORRUPT, Kind.UNAVAILABLE)
          : EnumSet.of(Kind.UNAVAILABLE);
    }

    private void strike(FaultProxy.Condition condition, int moment) {
      switch (moments) {
        case EACH, SOME -> condition.skip(moment - 1).times(1).strike(fault);
        case WHILE -> condition.skip(moment - 1).times(TRIES).strike(fault);
        case FROM -> condition.skip(moment - 1).strike(fault);
        case ALL -> condition.strike(fault);
      }
    }

    private String title() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  /** The port of the server on 127.0.0.1, which the suite puts its proxy in front of. */
  protected abstract int serverPort();

  /**
   * Opens a sink that reaches the server through a proxy. It must not wait for an answer for more
   * than a few seconds. During one test all sinks stand on the same storage. The suite closes them.
   *
   * @param proxyPort the proxy's port on 127.0.0.1
   * @param retry how to repeat steps
   */
  protected abstract StorageSink openSink(int proxyPort, Retry retry);

  /** Opens a sink that reaches the server itself. The suite closes it. */
  protected abstract StorageSink openDirect();

  /** Whether the protocol is HTTP; else faults strike turns of a connection. */
  protected boolean speaksHttp() {
    return true;
  }

  /** Whether an exchange belongs to the sink's work, and not to a client's heartbeat, say. */
  protected boolean isOperation(ProxiedExchange exchange) {
    return true;
  }

  /** Whether an upload with a bit turned over is refused; else only {@code verify} finds it. */
  protected boolean noticesDamagedUploads() {
    return true;
  }

  /** Whether a retry that meets its own earlier success knows it for its own. */
  protected boolean tellsItsOwnSuccess() {
    return true;
  }

  /**
   * Whether a fault that strikes once is survived; a sink that gives up still has to be honest.
   *
   * @param fault one that strikes once
   */
  protected boolean survives(FaultCase fault) {
    return true;
  }

  /** Whether {@code leftovers} asks the server; a storage that lists none needs not. */
  protected boolean asksForLeftovers() {
    return true;
  }

  /**
   * Whether a delete is one request; else it may fail when the object is gone already, and leave a
   * leftover.
   */
  protected boolean deletesAtOnce() {
    return true;
  }

  /** Whether the server itself decides who of several writers wins. */
  protected boolean createOnlyIsAtomic() {
    return true;
  }

  /** Whether clients retry by themselves, beside what the sink is told. */
  protected boolean retriesByItself() {
    return false;
  }

  /** How large a large object is, in bytes: several pieces. */
  protected int largeBytes() {
    return 20 * 1024 * 1024 + 12_345;
  }

  /** How large the document of a backup is, in bytes, about. */
  protected int backupBytes() {
    return 12 * 1024 * 1024;
  }

  /** How many bytes beside its own a small range may cost. */
  protected int rangeOverheadBytes() {
    return 64 * 1024;
  }

  /** How long a call may take before it counts as one that hangs. */
  protected Duration patience() {
    return Duration.ofSeconds(90);
  }

  private final List<Duration> waits = new CopyOnWriteArrayList<>();
  private StorageSink direct;

  /** How many exchanges there were when the fault ended. */
  private int operations;

  @BeforeEach
  void openTheDirectSink() {
    direct = openDirect();
    clear();
  }

  @AfterEach
  void closeTheDirectSink() {
    direct.close();
  }

  @Nested
  @DisplayName("Writing")
  class Writing {
    @TestFactory
    Stream<DynamicTest> aSmallObjectIsPublishedOnceOrNotAtAll() {
      return cases(EnumSet.allOf(FaultCase.class), scenario(SMALL_BYTES));
    }

    @TestFactory
    Stream<DynamicTest> anObjectOfManyPiecesIsPublishedOnceOrNotAtAll() {
      return cases(EnumSet.allOf(FaultCase.class), scenario(largeBytes()));
    }

    private Scenario scenario(int lengthBytes) {
      byte[] content = noise(lengthBytes, lengthBytes);
      return stage -> {
        assumeTrue(
            stage.fault() != FaultCase.UPLOAD_DAMAGED || noticesDamagedUploads(),
            "this sink leaves damaged uploads to verify");
        ObjectKey key = ObjectKey.of("faults/object");
        Throwable failure = outcome(() -> put(stage.sink(), key, content));
        stage.checkFailure(failure, () -> isStored(key, content));
        stage.checkLeftovers();

        stage.heal();
        ObjectKey next = ObjectKey.of("faults/next");
        byte[] text = "next".getBytes(StandardCharsets.UTF_8);
        demand(stage.at() + ", the next write", () -> put(stage.sink(), next, text));
        assertThat(isStored(next, text)).as("%s, the next object is there", stage.at()).isTrue();
        if (direct.stat(key).isEmpty()) {
          demand(stage.at() + ", the same again", () -> put(stage.sink(), key, content));
          assertThat(isStored(key, content)).as("%s, the same again", stage.at()).isTrue();
        }
        assertThat(keys("faults/")).as(stage.at()).containsExactly(next.value(), key.value());
        assertThat(direct.leftovers()).as("leftovers, %s", stage.at()).isEmpty();
      };
    }

    @Test
    void ofManyWritersWhoseAnswersAreLostAtMostOneWins() throws Exception {
      assumeTrue(createOnlyIsAtomic(), "this server checks and writes in two steps");
      for (int every = 2; every <= 4; every++) {
        raceLosingAnswers(every);
        clear();
      }
    }

    /** Each has bytes of its own, so that nobody can take another's success for its own. */
    private void raceLosingAnswers(int every) throws Exception {
      ObjectKey key = ObjectKey.of("faults/contested");
      List<byte[]> contents = new ArrayList<>();
      for (int i = 0; i < RACERS; i++) {
        contents.add(noise(SMALL_BYTES + i, i));
      }
      List<@Nullable Throwable> failures;
      try (FaultProxy proxy = openProxy();
          StorageSink sink = openSink(proxy.port(), retry())) {
        proxy
            .when(exchange -> isOperation(exchange) && exchange.number() % every == 0)
            .strike(NetworkFault.loseAnswer());
        failures = race(sink, key, contents);
        assertThat(proxy.struck()).as("answers lost").isPositive();
      }
      byte[] stored = get(direct, key);
      assertThat(contents.stream().filter(content -> Arrays.equals(content, stored)))
          .as("whose bytes are stored")
          .hasSize(1);
      for (int i = 0; i < RACERS; i++) {
        Throwable failure = failures.get(i);
        boolean own = Arrays.equals(contents.get(i), stored);
        if (failure == null) {
          assertThat(own).as("writer %s was told of a success that is its own", i).isTrue();
          continue;
        }
        assertThat(failure).isInstanceOf(StorageException.class);
        assertThat(((StorageException) failure).kind())
            .as("the kind for writer %s: %s", i, failure.getMessage())
            .isIn(
                own && tellsItsOwnSuccess()
                    ? EnumSet.of(Kind.UNAVAILABLE)
                    : EnumSet.of(Kind.UNAVAILABLE, Kind.ALREADY_EXISTS));
      }
      assertThat(keys("faults/")).containsExactly(key.value());
    }

    private List<@Nullable Throwable> race(StorageSink sink, ObjectKey key, List<byte[]> contents) {
      List<AtomicReference<@Nullable Throwable>> failures = new ArrayList<>();
      List<Thread> threads = new ArrayList<>();
      CountDownLatch start = new CountDownLatch(1);
      for (byte[] content : contents) {
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        failures.add(failure);
        threads.add(
            ProxyConnection.startThread(
                "racer-" + threads.size(),
                () ->
                    failure.set(
                        catchThrowable(
                            () -> {
                              start.await();
                              put(sink, key, content);
                            }))));
      }
      start.countDown();
      threads.forEach(thread -> awaitEnd("a racer", thread));
      return failures.stream().<@Nullable Throwable>map(AtomicReference::get).toList();
    }
  }

  @Nested
  @DisplayName("Backups")
  class Backups {
    @TestFactory
    Stream<DynamicTest> aBackupIsListedWholeOrNotAtAll() {
      return cases(
          EnumSet.of(
              FaultCase.RESET_BEFORE_REQUEST,
              FaultCase.ANSWER_LOST,
              FaultCase.STALLED,
              FaultCase.ERROR_ONCE,
              FaultCase.UPLOAD_DAMAGED,
              FaultCase.CUT_OFF_FOR_A_WHILE,
              FaultCase.CUT_OFF,
              FaultCase.ANSWERS_LOST_FOR_EVER),
          this::play);
    }

    private void play(Stage stage) {
      MemoryDatabase database = database(3);
      BackupExecutor.Builder builder = executor(database, stage.sink()).verifyAfterBackup(true);
      BackupExecutor reached =
          executor(database, direct).clock(at(Duration.ofDays(90_000))).build();
      Throwable failure = outcome(() -> builder.build().createBackup());
      List<CatalogEntry> listed = reached.list();
      assertThat(listed).as(stage.at()).hasSizeLessThanOrEqualTo(1);
      // Reading it back is a part of it, and what damage is found there is no fault of the network.
      if (failure == null || stage.fault() != FaultCase.UPLOAD_DAMAGED) {
        stage.checkFailure(failure, () -> !listed.isEmpty());
      } else {
        assertThat(failure).as(stage.at()).isInstanceOf(BackupException.class);
        assertThat(listed).as(stage.at()).isEmpty();
      }
      checkListed(stage, reached, database, listed);
      reached.prune(Duration.ZERO);

      stage.heal();
      demand(
          stage.at() + ", the next backup",
          () -> builder.clock(at(Duration.ofSeconds(1))).build().createBackup());
      List<CatalogEntry> after = reached.list();
      assertThat(after).as(stage.at()).hasSize(listed.size() + 1);
      checkListed(stage, reached, database, after);
      assertThat(keys("")).as(stage.at()).hasSize(2 * after.size());
      assertThat(direct.leftovers()).as("leftovers, %s", stage.at()).isEmpty();
    }

    private void checkListed(
        Stage stage, BackupExecutor reached, MemoryDatabase database, List<CatalogEntry> entries) {
      for (CatalogEntry entry : entries) {
        assertThat(entry).as(stage.at()).isInstanceOf(CatalogEntry.Backup.class);
        assertThat(reached.verify(entry.backupId()).counts())
            .as(stage.at())
            .isEqualTo(database.counts());
      }
    }

    @Test
    void whatComesBackDamagedIsNeverRestored() {
      MemoryDatabase database = database(3);
      String id = executor(database, direct).build().createBackup().backupId();
      int moments = 0;
      boolean struck = true;
      while (struck) {
        moments++;
        assertThat(moments).isLessThan(TOO_MANY_MOMENTS);
        struck = restoreDamaged(database, id, moments);
      }
      assumeTrue(moments > 1 || speaksHttp(), "nothing that comes here is surely data");
      assertThat(moments).as("moments at which an answer could be damaged").isGreaterThan(1);
    }

    private boolean restoreDamaged(MemoryDatabase database, String id, int moment) {
      try (FaultProxy proxy = openProxy();
          StorageSink sink = openSink(proxy.port(), retry())) {
        String at = "damaged answer " + moment;
        MemoryDatabase target = new MemoryDatabase("target");
        BackupExecutor executor = executor(database, sink).target(MemoryHandler.of(target)).build();
        proxy.nth(moment, NetworkFault.corruptAnswer());
        Throwable failure = outcome(() -> executor.restoreFromBackup(id));
        if (failure == null) {
          assertThat(target.contentHashes()).as(at).isEqualTo(database.contentHashes());
        } else {
          assertThat(failure).as(at).isInstanceOf(BackupException.class);
          assertThat(target.counts()).as(at).isEmpty();
        }
        boolean struck = proxy.struck() > 0;
        proxy.heal();
        demand(at + ", verified again", () -> executor.verify(id));
        return struck;
      }
    }
  }

  @Nested
  @DisplayName("Reading")
  class Reading {
    @TestFactory
    Stream<DynamicTest> aRangeIsReadExactlyOrNotToItsEnd() {
      byte[] content = noise(largeBytes(), 5);
      ObjectKey key = ObjectKey.of("faults/object");
      return cases(
          withoutUploads(),
          stage -> {
            put(direct, key, content);
            check(stage, key, content, 0, content.length);
            if (stage.fault().strikesOnce()) {
              check(stage, key, content, content.length / 2 - 5, 1_000);
              check(stage, key, content, content.length - 1, 1);
            }
            stage.heal();
            byte[] again = new byte[1_000];
            demand(stage.at() + ", healed", () -> read(stage.sink(), key, 7, again));
            assertThat(again).as(stage.at()).isEqualTo(Arrays.copyOfRange(content, 7, 1_007));
          });
    }

    private void check(Stage stage, ObjectKey key, byte[] content, int offset, int lengthBytes) {
      byte[] read = new byte[lengthBytes];
      int[] count = new int[1];
      Throwable failure =
          outcome(
              () -> {
                try (InputStream in = stage.sink().read(key, offset, lengthBytes)) {
                  for (int n = 0; n >= 0; n = in.read(read, count[0], lengthBytes - count[0])) {
                    count[0] += n;
                    if (count[0] == lengthBytes) {
                      break;
                    }
                  }
                }
              });
      // What came, came as it is; and a stream that ends has brought everything.
      assertThat(Arrays.equals(content, offset, offset + count[0], read, 0, count[0]))
          .as("%s, %s bytes are right", stage.at(), count[0])
          .isTrue();
      if (failure == null) {
        assertThat(count[0]).as("%s, bytes before the end", stage.at()).isEqualTo(lengthBytes);
      } else {
        stage.checkFailure(failure, () -> false);
      }
    }

    @Test
    void aRangeCostsItsBytesAndNotTheObjects() {
      byte[] content = noise(largeBytes(), 6);
      ObjectKey key = ObjectKey.of("faults/object");
      put(direct, key, content);
      try (FaultProxy proxy = openProxy();
          StorageSink sink = openSink(proxy.port(), retry())) {
        byte[] range = new byte[1_000];
        demand("a small range", () -> read(sink, key, content.length / 3, range));
        assertThat(range)
            .isEqualTo(Arrays.copyOfRange(content, content.length / 3, content.length / 3 + 1_000));
        assertThat(proxy.bytesToClient())
            .as("bytes from the server")
            .isBetween(1_000L, 1_000L + rangeOverheadBytes());
      }
    }

    @Test
    void manyRangesAreReadAtTheSameTime() {
      int streams = 8;
      byte[] content = noise(largeBytes(), 7);
      int step = content.length / streams;
      ObjectKey key = ObjectKey.of("faults/object");
      put(direct, key, content);
      try (FaultProxy proxy = openProxy();
          StorageSink sink = openSink(proxy.port(), retry())) {
        demand(
            streams + " streams",
            () -> {
              List<InputStream> open = new ArrayList<>();
              try {
                for (int i = 0; i < streams; i++) {
                  open.add(sink.read(key, (long) i * step, step));
                }
                for (int at = 0; at < step; at += 50_000) {
                  for (int i = 0; i < streams; i++) {
                    int from = i * step + at;
                    int length = Math.min(50_000, step - at);
                    assertThat(open.get(i).readNBytes(length))
                        .isEqualTo(Arrays.copyOfRange(content, from, from + length));
                  }
                }
              } finally {
                for (InputStream in : open) {
                  in.close();
                }
              }
            });
      }
    }
  }

  @Nested
  @DisplayName("Other calls")
  class OtherCalls {
    @TestFactory
    Stream<DynamicTest> lookingAndDeletingTellTheTruthOrFail() {
      return cases(withoutUploads(), this::play);
    }

    private void play(Stage stage) {
      StorageSink sink = stage.sink();
      List<String> names = List.of("faults/a", "faults/b", "faults/c");
      names.forEach(name -> put(direct, ObjectKey.of(name), name.getBytes(StandardCharsets.UTF_8)));
      ObjectKey a = ObjectKey.of("faults/a");
      check(stage, () -> assertThat(sink.stat(a)).as(stage.at()).isPresent());
      check(stage, () -> assertThat(sink.stat(ObjectKey.of("faults/no"))).isEmpty());
      check(stage, () -> assertThat(keys(sink, "faults/")).as(stage.at()).isEqualTo(names));
      check(stage, () -> assertThat(sink.leftovers()).as(stage.at()).isEmpty());
      Throwable refused = outcome(() -> sink.delete(a));
      if (refused == null) {
        assertThat(direct.stat(a)).as("%s, deleted", stage.at()).isEmpty();
      } else {
        stage.checkFailure(refused, () -> deletesAtOnce() && direct.stat(a).isEmpty());
      }
      stage.heal();
      demand(stage.at() + ", deleted again", () -> sink.delete(a));
      assertThat(keys("faults/")).as(stage.at()).containsExactly("faults/b", "faults/c");
    }

    private void check(Stage stage, Call call) {
      Throwable failure = outcome(call);
      if (failure != null) {
        stage.checkFailure(failure, () -> false);
      }
    }

    @Test
    void aServerThatIsDownIsUnavailableUntilItIsUp() {
      ObjectKey key = ObjectKey.of("faults/object");
      byte[] content = noise(SMALL_BYTES, 1);
      put(direct, key, content);
      try (FaultProxy proxy = openProxy();
          StorageSink sink = openSink(proxy.port(), retry())) {
        demand("while it is up", () -> sink.stat(key));
        proxy.down();
        ObjectKey other = ObjectKey.of("faults/other");
        List<Call> calls =
            new ArrayList<>(
                List.of(
                    () -> sink.stat(key),
                    () -> keys(sink, ""),
                    () -> sink.delete(key),
                    () -> read(sink, key, 0, new byte[10]),
                    () -> put(sink, other, content)));
        if (asksForLeftovers()) {
          calls.add(() -> sink.leftovers());
        }
        for (Call call : calls) {
          assertThat(kind("while it is down", outcome(call))).isEqualTo(Kind.UNAVAILABLE);
        }
        proxy.up();
        assertThat(keys("faults/")).containsExactly(key.value());
        demand("once it is up", () -> put(sink, other, content));
        assertThat(isStored(other, content)).isTrue();
      }
    }

    @Test
    void aServerGetsTheTimeThatItAsksFor() {
      assumeTrue(speaksHttp(), "only HTTP asks for time in a way the suite knows");
      ObjectKey key = ObjectKey.of("faults/object");
      for (int status : new int[] {429, 503}) {
        try (FaultProxy proxy = openProxy();
            StorageSink sink = openSink(proxy.port(), retry())) {
          proxy.next(NetworkFault.comeBack(status, ASKED));
          demand("busy once", () -> sink.stat(key));
          assertThat(waits)
              .as("waits after a %s", status)
              .anyMatch(wait -> wait.compareTo(ASKED) >= 0);

          proxy.always(NetworkFault.comeBack(status, ASKED));
          Throwable failure = outcome(() -> sink.stat(key));
          assertThat(kind("busy for ever", failure)).isEqualTo(Kind.UNAVAILABLE);
          assertThat(failure)
              .isInstanceOfSatisfying(
                  StorageException.class, busy -> assertThat(busy.retryAfter()).contains(ASKED));
        }
      }
    }

    @Test
    void nothingIsRepeatedBesideWhatTheSinkIsTold() {
      assumeTrue(speaksHttp(), "only HTTP has answers that clients may repeat");
      assumeFalse(retriesByItself(), "this sink's client retries by itself");
      ObjectKey key = ObjectKey.of("faults/object");
      for (int status : new int[] {429, 500, 503}) {
        try (FaultProxy proxy = openProxy();
            StorageSink sink = openSink(proxy.port(), Retry.none())) {
          proxy.always(NetworkFault.answer(status));
          assertThat(kind("one try", outcome(() -> sink.stat(key)))).isEqualTo(Kind.UNAVAILABLE);
          assertThat(proxy.struck()).as("requests that met %s", status).isEqualTo(1);
        }
      }
    }
  }

  /** A call that may fail in every way. */
  private interface Call {
    void run() throws Exception;
  }

  /** What is done while the fault strikes. */
  private interface Scenario {
    void play(Stage stage);
  }

  /** What a fault may have led to. */
  private interface Published {
    /** Whether the whole object is there. */
    boolean whole();
  }

  /**
   * A fault at one moment.
   *
   * @param at says so, for messages
   */
  private record Stage(
      StorageSinkFaultContract suite,
      FaultCase fault,
      String at,
      FaultProxy proxy,
      StorageSink sink) {
    /** Ends the fault, and with it what counts as its moments. */
    private void heal() {
      suite.operations = (int) proxy.exchanges().stream().filter(suite::isOperation).count();
      proxy.heal();
    }

    /** Checks that a write succeeded and is whole, or was right to fail and is not there. */
    private void checkFailure(@Nullable Throwable failure, Published published) {
      if (failure == null) {
        assertThat(published.whole()).as("%s, succeeded and is whole", at).isTrue();
        return;
      }
      if (fault.strikesOnce() && suite.survives(fault)) {
        throw new AssertionError(at + " is to be survived, and was not", failure);
      }
      Kind kind = kind(at, failure);
      boolean whole = published.whole();
      if (whole && !fault.hidesSuccess()) {
        throw new AssertionError(at + ": it failed, and is there all the same", failure);
      }
      if (!(whole && kind == Kind.ALREADY_EXISTS && !suite.tellsItsOwnSuccess())
          && !fault.kinds().contains(kind)) {
        throw new AssertionError(at + ": the kind is " + kind, failure);
      }
    }

    private void checkLeftovers() {
      List<Leftover> leftovers = suite.direct.leftovers();
      if (!fault.mayLeaveSomething()) {
        assertThat(leftovers).as("leftovers, %s", at).isEmpty();
      }
      leftovers.forEach(suite.direct::discard);
      assertThat(suite.direct.leftovers()).as("leftovers once discarded, %s", at).isEmpty();
    }
  }

  private static Set<FaultCase> withoutUploads() {
    return EnumSet.complementOf(EnumSet.of(FaultCase.RESET_IN_REQUEST, FaultCase.UPLOAD_DAMAGED));
  }

  private Stream<DynamicTest> cases(Set<FaultCase> faults, Scenario scenario) {
    return faults.stream()
        .filter(fault -> speaksHttp() || !fault.needsHttp())
        .map(fault -> dynamicTest(fault.title(), () -> playAtItsMoments(fault, scenario)));
  }

  private void playAtItsMoments(FaultCase fault, Scenario scenario) {
    switch (fault.moments) {
      case ALL -> assertThat(play(fault, 1, scenario)).as("the fault struck").isTrue();
      case SOME -> {
        for (int moment : some(countExchanges(scenario))) {
          play(fault, moment, scenario);
        }
      }
      case EACH, WHILE, FROM -> {
        int moment = 1;
        while (play(fault, moment, scenario)) {
          moment++;
          assertThat(moment).as("moments").isLessThan(TOO_MANY_MOMENTS);
        }
        assumeFalse(
            moment == 1 && fault == FaultCase.UPLOAD_DAMAGED && !speaksHttp(),
            "nothing that is sent here is surely data");
        assertThat(moment).as("moments at which the fault struck").isGreaterThan(1);
      }
    }
  }

  private static List<Integer> some(int count) {
    return count < 3 ? List.of(count) : List.of(1, count / 2 + 1, count);
  }

  private int countExchanges(Scenario scenario) {
    try (FaultProxy proxy = openProxy();
        StorageSink sink = openSink(proxy.port(), retry())) {
      scenario.play(new Stage(this, FaultCase.SLOW, "without a fault", proxy, sink));
      return operations;
    } finally {
      clear();
    }
  }

  /** Returns whether the fault struck. */
  private boolean play(FaultCase fault, int moment, Scenario scenario) {
    String at = fault.title() + (fault.moments == Moments.ALL ? "" : " at exchange " + moment);
    try (FaultProxy proxy = openProxy();
        StorageSink sink = openSink(proxy.port(), retry())) {
      fault.strike(proxy.when(this::isOperation), moment);
      scenario.play(new Stage(this, fault, at, proxy, sink));
      return proxy.struck() > 0;
    } finally {
      clear();
    }
  }

  private FaultProxy openProxy() {
    return speaksHttp() ? FaultProxy.http(serverPort()) : FaultProxy.tcp(serverPort());
  }

  /** Does not wait, and remembers how long it would have. */
  private Retry retry() {
    waits.clear();
    return Retry.of(TRIES, Duration.ofMillis(2), Duration.ofMillis(4)).withSleeper(waits::add);
  }

  /** Empties the storage, so that the next moment finds it as the first one did. */
  private void clear() {
    keys("").forEach(key -> direct.delete(ObjectKey.of(key)));
    direct.leftovers().forEach(direct::discard);
  }

  /** How a call ends: null, or what it throws. Fails if it does not end. */
  private @Nullable Throwable outcome(Call call) {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Thread thread =
        ProxyConnection.startThread(
            "sink-call", () -> failure.set(catchThrowable(() -> call.run())));
    awaitEnd("The call", thread);
    Throwable thrown = failure.get();
    if (thrown instanceof Error error) {
      throw error;
    }
    return thrown;
  }

  private void awaitEnd(String what, Thread thread) {
    try {
      thread.join(patience().toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("Interrupted", e);
    }
    if (thread.isAlive()) {
      AssertionError hangs = new AssertionError(what + " hangs; this is where");
      hangs.setStackTrace(thread.getStackTrace());
      thread.interrupt();
      throw hangs;
    }
  }

  private void demand(String what, Call call) {
    Throwable failure = outcome(call);
    if (failure != null) {
      throw new AssertionError(what + " failed", failure);
    }
  }

  private static Kind kind(String at, @Nullable Throwable failure) {
    Throwable thrown = failure;
    if (thrown instanceof IOException && thrown.getCause() instanceof StorageException) {
      thrown = thrown.getCause(); // A stream can throw nothing else.
    }
    if (thrown instanceof StorageException refused) {
      return refused.kind();
    }
    throw new AssertionError(at + ": a StorageException was due", failure);
  }

  private boolean isStored(ObjectKey key, byte[] content) {
    Optional<StoredObject> stored = direct.stat(key);
    boolean listed = keys(key.value()).contains(key.value());
    assertThat(listed).as("whether %s is listed as stat tells", key).isEqualTo(stored.isPresent());
    if (stored.isEmpty()) {
      return false;
    }
    assertThat(stored.get().lengthBytes()).as("length of %s", key).isEqualTo(content.length);
    assertThat(Arrays.equals(get(direct, key), content)).as("the bytes of %s", key).isTrue();
    return true;
  }

  private List<String> keys(String prefix) {
    return keys(direct, prefix);
  }

  private static List<String> keys(StorageSink sink, String prefix) {
    try (Stream<StoredObject> objects = sink.list(prefix)) {
      return objects.map(object -> object.key().value()).sorted().toList();
    }
  }

  private static void put(StorageSink sink, ObjectKey key, byte[] content) {
    try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
      for (int from = 0; from < content.length; from += 100_000) {
        writer.write(ByteBuffer.wrap(content, from, Math.min(100_000, content.length - from)));
      }
      writer.commit(ObjectDigest.of(content));
    }
  }

  private static byte[] get(StorageSink sink, ObjectKey key) {
    byte[] content = new byte[(int) sink.stat(key).orElseThrow().lengthBytes()];
    try {
      assertThat(read(sink, key, 0, content)).isEqualTo(content.length);
    } catch (IOException e) {
      throw new AssertionError("Could not read " + key, e);
    }
    return content;
  }

  /** Reads until the range is full or the stream ends; how many bytes came. */
  private static int read(StorageSink sink, ObjectKey key, long offset, byte[] into)
      throws IOException {
    try (InputStream in = sink.read(key, offset, into.length)) {
      return in.readNBytes(into, 0, into.length);
    }
  }

  private BackupExecutor.Builder executor(MemoryDatabase database, StorageSink sink) {
    return BackupExecutor.builder()
        .source(MemoryHandler.of(database))
        .sink(sink)
        .prefix("app")
        .compression(Compression.none())
        .parallelism(2)
        .retry(Retry.none())
        .clock(at(Duration.ZERO));
  }

  private static Clock at(Duration afterNow) {
    return Clock.fixed(NOW.plus(afterNow), ZoneOffset.UTC);
  }

  private MemoryDatabase database(int collections) {
    Random random = new Random(3);
    MemoryDatabase database = new MemoryDatabase("faults");
    byte[] noise = new byte[90_000];
    int records = Math.max(1, backupBytes() / collections / 120_000);
    for (int c = 0; c < collections; c++) {
      List<String> made = new ArrayList<>();
      for (int r = 0; r < records; r++) {
        random.nextBytes(noise);
        made.add(
            "{\"id\":" + r + ",\"data\":\"" + Base64.getEncoder().encodeToString(noise) + "\"}");
      }
      database.insert("c" + c, made);
    }
    return database;
  }

  private static byte[] noise(int length, long seed) {
    byte[] noise = new byte[length];
    new Random(seed).nextBytes(noise);
    return noise;
  }
}
