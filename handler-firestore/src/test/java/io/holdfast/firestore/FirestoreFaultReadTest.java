package io.holdfast.firestore;

import static io.holdfast.firestore.AwkwardDocuments.integer;
import static io.holdfast.firestore.AwkwardDocuments.text;
import static io.holdfast.firestore.FakeMethod.BATCH_GET_DOCUMENTS;
import static io.holdfast.firestore.FakeMethod.LIST_COLLECTION_IDS;
import static io.holdfast.firestore.FakeMethod.PARTITION_QUERY;
import static io.holdfast.firestore.FakeMethod.RUN_AGGREGATION_QUERY;
import static io.holdfast.firestore.FakeMethod.RUN_QUERY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.firestore.v1.PartitionQueryResponse;
import com.google.firestore.v1.RunAggregationQueryRequest;
import com.google.firestore.v1.Value;
import com.google.protobuf.Message;
import io.grpc.Status;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.CancelledException;
import io.holdfast.firestore.FakeFaults.Fault;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import io.holdfast.testkit.Pump;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Backups of a database that fails, changes, grows old or goes away while it is read. */
class FirestoreFaultReadTest extends FirestoreFaults {
  private static final Status OFF = Status.UNIMPLEMENTED.withDescription("not here");

  private BackupResult backUp() {
    return backUp(building());
  }

  private BackupResult backUp(BackupExecutor.Builder building) {
    try (BackupExecutor executor = building.build()) {
      return executor.createBackup();
    }
  }

  /** Backs up, restores elsewhere and compares what the server has then. */
  private BackupResult backUpWhole(BackupExecutor.Builder building) {
    return backUpWhole(building, contents(source));
  }

  private BackupResult backUpWhole(
      BackupExecutor.Builder building, Map<String, Map<String, Value>> expected) {
    try (BackupExecutor executor = building.build()) {
      BackupResult backup = executor.createBackup();
      allHappened();
      assertThat(backup.records()).isEqualTo(expected.size());
      executor.restoreFromBackup(backup.backupId());
      assertThat(contents(target)).isEqualTo(expected);
      return backup;
    }
  }

  /** Fails to back up, with that error and nothing in the sink. */
  private HandlerException backUpFails(BackupHandler from, Kind kind, String... says) {
    try (BackupExecutor executor = building(from).build()) {
      HandlerException failure = failure(kind, executor::createBackup, says);
      assertThat(executor.list()).isEmpty();
      return failure;
    }
  }

  private HandlerException backUpFails(Kind kind, String... says) {
    return backUpFails(handler(source), kind, says);
  }

  // Streams that die.

  @ParameterizedTest
  @EnumSource(
      value = Status.Code.class,
      names = {
        "UNAVAILABLE",
        "INTERNAL",
        "DEADLINE_EXCEEDED",
        "CANCELLED",
        "UNKNOWN",
        "ABORTED",
        "RESOURCE_EXHAUSTED"
      })
  void aStreamThatDiesGoesOnBehindTheLastDocument(Status.Code code) {
    fill(source, "users", 100);
    server.faults().on(RUN_QUERY).matching(reading("users")).after(30).failWith(code.toStatus());
    backUpWhole(building());
  }

  @Test
  void aStreamMayDieAsOftenAsItLikesAsLongAsSomethingComesInBetween() {
    fill(source, "users", 100);
    server
        .faults()
        .on(RUN_QUERY)
        .matching(reading("users"))
        .after(7)
        .failWith(Status.UNAVAILABLE)
        .times(14);
    backUpWhole(building());
  }

  @Test
  void aStreamThatDiesBehindItsLastDocumentGivesNoneTwice() {
    fill(source, "users", 100);
    server
        .faults()
        .on(RUN_QUERY)
        .matching(reading("users"))
        .atTheEnd()
        .failWith(Status.INTERNAL)
        .times(4);
    backUpWhole(building());
  }

  @Test
  void aStreamThatDiesWhereAPageEndsGivesEachDocumentOnce() {
    fill(source, "users", 5_000); // as many as the first page has
    fill(source, "posts", 5_001);
    for (String group : List.of("users", "posts")) {
      server
          .faults()
          .on(RUN_QUERY)
          .matching(reading(group))
          .atTheEnd()
          .failWith(Status.UNAVAILABLE)
          .times(2);
    }
    try (SplitReader reader = handler(source).openReader(request())) {
      FirestoreHandler handler = handler(source);
      try (BackupSession session = handler.openBackup(request())) {
        session
            .collections()
            .forEach(
                collection -> {
                  List<String> records =
                      Pump.create().read(reader, session.splits(collection).get(0));
                  assertThat(records).doesNotHaveDuplicates();
                  assertThat((long) records.size()).isEqualTo(collection.estimatedRecords());
                });
      }
    }
  }

  @Test
  void aStreamThatDiesWithoutAnyProgressFailsTheBackup() {
    fill(source, "users", 100);
    Fault fault =
        server
            .faults()
            .on(RUN_QUERY)
            .matching(reading("users"))
            .call(3)
            .failWith(Status.UNAVAILABLE)
            .always();
    server
        .faults()
        .on(RUN_QUERY)
        .matching(reading("users"))
        .after(20)
        .failWith(Status.UNAVAILABLE)
        .times(2);
    HandlerException failure =
        backUpFails(Kind.UNREACHABLE, "read users of demo", "try again later");
    assertThat(failure.collection()).hasValue("users");
    // The second stream's death is the first of five tries.
    assertThat(fault.count()).isEqualTo(4);
  }

  @Test
  void beingOverTheRateIsRetriedWhateverTheServiceSaysOfThePause() {
    fill(source, "users", 100);
    server
        .faults()
        .on(RUN_QUERY)
        .matching(reading("users"))
        .after(9)
        .resourceExhausted(Duration.ofMillis(1))
        .times(3);
    server.faults().on(BATCH_GET_DOCUMENTS).resourceExhausted(Duration.ofMillis(1));
    backUpWhole(building());
  }

  @Test
  void beingOverTheQuotaForGoodIsReported() {
    fill(source, "users", 100);
    server
        .faults()
        .on(RUN_QUERY)
        .matching(reading("users"))
        .resourceExhausted(Duration.ofMillis(1))
        .always();
    backUpFails(Kind.OTHER, "read users of demo", "over a quota", "less parallelism");
  }

  @Test
  void everyCallOfABackupIsTriedAgain() {
    fill(source, "users", 1_500);
    source.put("users/0001/posts/p", Map.of("n", integer(1)));
    for (FakeMethod method :
        List.of(BATCH_GET_DOCUMENTS, RUN_QUERY, PARTITION_QUERY, LIST_COLLECTION_IDS)) {
      server.faults().on(method).failWith(Status.UNAVAILABLE).times(4);
    }
    // The names are not read one by one because a count failed for a moment.
    server.faults().on(RUN_AGGREGATION_QUERY).failWith(Status.UNAVAILABLE).times(4);
    server
        .faults()
        .on(RUN_AGGREGATION_QUERY)
        .matching("users")
        .failWith(Status.DEADLINE_EXCEEDED)
        .times(4);
    BackupResult backup = backUpWhole(building().parallelism(2));
    assertThat(backup.usage().get("document_reads")).isLessThan(1_800);
  }

  // What does not pass by itself.

  @Test
  void aGroupThatMayNotBeReadFailsTheBackupAndNamesTheRight() {
    fill(source, "users", 10);
    fill(source, "secrets", 10);
    server.faults().denyCollection("secrets");
    HandlerException failure =
        backUpFails(
            Kind.PERMISSION_DENIED, "secrets", "datastore.entities.list", "roles/datastore.viewer");
    assertThat(failure.collection()).hasValue("secrets");
  }

  @Test
  void aGroupThatMayBeCountedAndNotReadFailsTheBackupToo() {
    fill(source, "users", 10);
    fill(source, "secrets", 10);
    server
        .faults()
        .on(RUN_QUERY)
        .matching(reading("secrets"))
        .failWith(Status.PERMISSION_DENIED)
        .always();
    backUpFails(Kind.PERMISSION_DENIED, "secrets", "roles/datastore.viewer");
  }

  @Test
  void credentialsThatAreNoneAreReportedAtOnce() {
    fill(source, "users", 10);
    Fault fault = server.faults().on().failWith(Status.UNAUTHENTICATED).always();
    backUpFails(Kind.UNAUTHENTICATED, "Application Default Credentials");
    assertThat(fault.count()).isEqualTo(1);
  }

  @Test
  void aDatabaseThatDoesNotExistIsReported() {
    FirestoreHandler nowhere =
        closing(FirestoreHandler.at("firestore://nowhere?emulator=" + server.endpoint()));
    backUpFails(nowhere, Kind.NOT_FOUND, "nowhere", "Check the names of project and database");
  }

  @Test
  void aServerThatGoesAwayForGoodIsReported() {
    fill(source, "users", 100);
    server.faults().on(RUN_QUERY).matching(reading("users")).after(20).run(this::goAway);
    backUpFails(Kind.UNREACHABLE, "Check network and project");
  }

  // One instant.

  @Test
  void whatChangesBetweenListingAndReadingIsNotInTheBackup() {
    fill(source, "users", 100);
    fill(source, "users/0005/posts", 5);
    Map<String, Map<String, Value>> before = contents(source);
    server
        .faults()
        .on(RUN_QUERY)
        .matching(reading("users"))
        .run(
            () -> {
              source.delete("users/0050");
              source.put("users/0051", Map.of("n", integer(-1)));
              source.put("users/0051a", Map.of("n", integer(-1)));
              source.put("later/1", Map.of("n", integer(-1)));
              source.delete("users/0005/posts/0001");
            });
    server
        .faults()
        .on(RUN_QUERY)
        .matching(reading("users"))
        .after(40)
        .run(() -> source.put("users/0099", Map.of()));
    backUpWhole(building(), before);
  }

  @Test
  void aSnapshotThatGrowsTooOldWhileItIsReadFailsTheBackup() {
    fill(source, "users", 100);
    server.faults().on(RUN_QUERY).matching(reading("users")).after(50).snapshotTooOld();
    backUpFails(Kind.SNAPSHOT_LOST, "point-in-time recovery", "whole minute", "more parallelism");
  }

  @Test
  void aSnapshotThatIsTooOldInTheEndFailsTheBackup() {
    fill(source, "users", 100);
    server
        .faults()
        .on(RUN_QUERY)
        .matching(reading("users"))
        .after(50)
        .run(() -> server.advance(Duration.ofHours(2)));
    backUpFails(Kind.SNAPSHOT_LOST, "point-in-time recovery");
  }

  @Test
  void withPointInTimeRecoveryAWholeMinuteMayBeReadForLongerThanAnHour() {
    source.pointInTimeRecovery(true);
    fill(source, "users", 100);
    Map<String, Map<String, Value>> before = contents(source);
    server.advance(Duration.ofMinutes(2));
    Instant minute =
        Instant.EPOCH
            .plus(server.time().nowMicros(), ChronoUnit.MICROS)
            .truncatedTo(ChronoUnit.MINUTES);
    fill(source, "later", 10);
    server
        .faults()
        .on(RUN_QUERY)
        .matching(reading("users"))
        .after(50)
        .run(() -> server.advance(Duration.ofHours(2)));
    server.faults().on(RUN_QUERY).matching(reading("users")).after(60).failWith(Status.UNAVAILABLE);
    FirestoreHandler handler = closing(building(source).readTime(minute).build());
    assertThat(backUpWhole(building(handler), before).source().asOf()).isEqualTo(minute);
  }

  @Test
  void aReadTimeThatIsTooOldOrToComeIsRefused() {
    fill(source, "users", 1);
    Instant old = Instant.now().minus(2, ChronoUnit.HOURS);
    backUpFails(
        closing(building(source).readTime(old).build()),
        Kind.SNAPSHOT_LOST,
        "too old",
        "point-in-time recovery");
    Instant toCome = Instant.now().plus(2, ChronoUnit.HOURS);
    backUpFails(
        closing(building(source).readTime(toCome).build()), Kind.SNAPSHOT_LOST, "in the future");
  }

  @Test
  void aReadTimeOfNanosecondsIsTheMicrosecondBefore() {
    fill(source, "users", 10);
    server.advance(Duration.ofSeconds(10));
    Instant given = Instant.now().truncatedTo(ChronoUnit.MICROS).plusSeconds(5);
    FirestoreHandler handler = closing(building(source).readTime(given.plusNanos(999)).build());
    assertThat(backUpWhole(building(handler)).source().asOf()).isEqualTo(given);
  }

  // Cutting.

  @Test
  void cursorsInAnyOrderTwiceAndBesideTheGroupCutItNoneTheLess() {
    fill(source, "users", 1_200);
    fill(source, "aa", 3);
    fill(source, "users/0003/users", 10);
    server.faults().on(PARTITION_QUERY).duplicateCursors();
    server
        .faults()
        .on(PARTITION_QUERY)
        .additionalCursors(
            source.nameOf("zz/last"),
            source.nameOf("users/0700"),
            source.nameOf("aa/0001"),
            source.nameOf("users/0003/users/0005"),
            source.nameOf("users/not there"),
            source.nameOf("users/0700"),
            "projects/other/databases/(default)/documents/users/0800");
    backUpWhole(building().parallelism(4));
  }

  @Test
  void fewerCursorsThanAskedForAreEnough() {
    fill(source, "users", 1_200);
    server
        .faults()
        .on(PARTITION_QUERY)
        .alter(answer -> PartitionQueryResponse.getDefaultInstance());
    backUpWhole(building().parallelism(4));
  }

  @Test
  void manyCursorsCutIntoManyParts() {
    fill(source, "users", 1_200);
    server
        .faults()
        .on(PARTITION_QUERY)
        .additionalCursors(
            IntStream.range(0, 240)
                .mapToObj(i -> source.nameOf("users/%04d".formatted(5 * i)))
                .toArray(String[]::new));
    backUpWhole(building().parallelism(4));
  }

  @Test
  void withoutPartitionQueryEachGroupIsReadByOneWorker() {
    fill(source, "users", 1_200);
    fill(source, "posts", 1_200);
    server.faults().on(PARTITION_QUERY).switchOff();
    backUpWhole(building().parallelism(4));
    assertThat(server.usage().requests(PARTITION_QUERY)).as("asked again").isLessThanOrEqualTo(3);
  }

  // Which groups there are.

  private void fillHidden() {
    fill(source, "users", 1_001);
    source.put("users/1000/hidden/h", Map.of("n", integer(1)));
    source.put("users/1000/hidden/h/deeper/d", Map.of("n", integer(1)));
    source.put("ghosts/g/below/b", Map.of("n", integer(2)));
    source.put("ghosts/g/below/c/none/d/further/e", Map.of("n", integer(3)));
  }

  @Test
  void groupsThatNoSampleShowsAreFound() {
    fillHidden();
    assertThat(backUpWhole(building()).counts())
        .containsOnlyKeys("users", "hidden", "deeper", "below", "further");
  }

  @ParameterizedTest
  @EnumSource(
      value = Status.Code.class,
      names = {"UNIMPLEMENTED", "INVALID_ARGUMENT", "UNAVAILABLE", "DEADLINE_EXCEEDED"})
  void groupsAreFoundWhereTheServiceDoesNotCount(Status.Code code) {
    fillHidden();
    server
        .faults()
        .on(RUN_AGGREGATION_QUERY)
        .failWith(code.toStatus().withDescription(OFF.getDescription()))
        .always();
    assertThat(backUpWhole(building()).counts())
        .containsOnlyKeys("users", "hidden", "deeper", "below", "further");
  }

  @Test
  void groupsAreFoundWhereTheServiceCountsSomeOfThemOnly() {
    fillHidden();
    server
        .faults()
        .on(RUN_AGGREGATION_QUERY)
        .matching(request -> counts(request, "users"))
        .failWith(OFF)
        .always();
    assertThat(backUpWhole(building()).counts())
        .containsOnlyKeys("users", "hidden", "deeper", "below", "further");
  }

  private static boolean counts(Message message, String collection) {
    return message instanceof RunAggregationQueryRequest request
        && request
            .getStructuredAggregationQuery()
            .getStructuredQuery()
            .getFrom(0)
            .getCollectionId()
            .equals(collection);
  }

  @Test
  void aGroupOfAnApplicationThatIsNamedLikeTheMarkersIsNotLeftOut() {
    source.put("users/u/holdfast_restore/mine", Map.of("t", text("an application's")));
    assertThat(backUpWhole(building()).counts()).isEqualTo(Map.of("holdfast_restore", 1L));
  }

  // What it costs.

  @Test
  void theManifestSaysHowManyReadsTheServiceBills() {
    fill(source, "users", 1_200);
    fill(source, "users/0003/posts", 20);
    server.usage().reset();
    BackupResult backup = backUp(building().parallelism(2));
    // One more: the look in the end that shows that the snapshot was still there.
    assertThat(backup.usage()).isEqualTo(Map.of("document_reads", server.usage().reads() - 1));
    assertThat(server.usage().reads()).isBetween(1_220L, 1_360L);
  }

  @Test
  void theManifestSaysHowManyReadsItTookToFindHiddenGroups() {
    fillHidden();
    server.usage().reset();
    BackupResult backup = backUp();
    // Each name once to find the groups, each document once to read it, and the look in the end.
    assertThat(backup.usage()).isEqualTo(Map.of("document_reads", server.usage().reads() - 1));
    assertThat(server.usage().reads()).isBetween(2_010L, 2_200L);
  }

  // Slowness.

  private static BackupRequest request() {
    BackupRequest plain = Pump.create().backupRequest();
    return new BackupRequest(plain.filter(), false, 1, plain.splitBytes(), AT_ONCE);
  }

  private static Split onlySplit(BackupHandler handler) {
    try (BackupSession session = handler.openBackup(request())) {
      return session.splits(session.collections().get(0)).get(0);
    }
  }

  private static RecordBuffer small() {
    RecordBuffer buffer = new RecordBuffer(1, 1 << 28);
    buffer.reset("users", 0, 0);
    return buffer;
  }

  @Test
  void aServerDoesNotSendEverythingAheadToASlowReader() throws Exception {
    Value large = text("x".repeat(100_000));
    for (int i = 0; i < 300; i++) {
      source.put("users/" + i, Map.of("large", large));
    }
    FirestoreHandler handler = handler(source);
    Split split = onlySplit(handler);
    server.usage().reset();
    try (SplitReader reader = handler.openReader(request())) {
      reader.open(split);
      assertThat(reader.read(small())).isTrue();
      server.usage().awaitBackPressure();
      // Of 30 MB a few are on the way: the windows of HTTP/2 and ours.
      assertThat(server.usage().reads()).isLessThan(100);
      long records = 1;
      for (boolean more = true; more; ) {
        RecordBuffer buffer = small();
        more = reader.read(buffer);
        records += buffer.batch().count();
      }
      assertThat(records).isEqualTo(300);
    }
  }

  /** Reads on a thread of its own until a fault stalls it. */
  private Throwable stalled(Predicate<Message> where, boolean interrupt) throws Exception {
    FirestoreHandler handler = handler(source);
    Split split = onlySplit(handler);
    Fault stall = server.faults().on(RUN_QUERY).matching(where).after(5).stall();
    SplitReader reader = handler.openReader(request());
    reader.open(split);
    FutureTask<Throwable> reading =
        new FutureTask<>(
            () ->
                catchThrowable(
                    () -> {
                      boolean more = true;
                      while (more) {
                        more = reader.read(small());
                      }
                    }));
    Thread thread = new Thread(reading);
    thread.start();
    stall.await();
    if (interrupt) {
      thread.interrupt();
    } else {
      reader.close();
    }
    Throwable thrown = reading.get(20, TimeUnit.SECONDS);
    reader.close();
    server.usage().awaitIdle();
    return thrown;
  }

  @Test
  void closingAReaderEndsAWaitForTheServer() throws Exception {
    fill(source, "users", 10);
    assertThat(stalled(reading("users"), false))
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void interruptingAReaderEndsAWaitForTheServer() throws Exception {
    fill(source, "users", 10);
    assertThat(stalled(reading("users"), true)).isInstanceOf(CancelledException.class);
  }

  @Test
  void interruptingABackupEndsItAndNothingIsListed() throws Exception {
    fill(source, "users", 100);
    Fault stall = server.faults().on(RUN_QUERY).matching(reading("users")).after(5).stall();
    FutureTask<Throwable> backup = new FutureTask<>(() -> catchThrowable(this::backUp));
    Thread thread = new Thread(backup);
    thread.start();
    stall.await();
    thread.interrupt();
    assertThat(backup.get(20, TimeUnit.SECONDS)).isInstanceOf(CancelledException.class);
    try (BackupExecutor executor = building().build()) {
      assertThat(executor.list()).isEmpty();
    }
    server.usage().awaitIdle();
  }

  @Test
  void aClosedHandlerSaysSo() {
    FirestoreHandler handler = handler(source);
    handler.close();
    assertThatThrownBy(() -> handler.openBackup(request()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }
}
