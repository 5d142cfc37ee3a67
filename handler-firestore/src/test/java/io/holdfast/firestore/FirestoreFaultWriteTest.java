package io.holdfast.firestore;

import static io.holdfast.firestore.AwkwardDocuments.integer;
import static io.holdfast.firestore.AwkwardDocuments.text;
import static io.holdfast.firestore.FakeMethod.BATCH_WRITE;
import static io.holdfast.firestore.FakeMethod.PARTITION_QUERY;
import static io.holdfast.firestore.FakeMethod.RUN_AGGREGATION_QUERY;
import static io.holdfast.firestore.FakeMethod.RUN_QUERY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.firestore.v1.BatchWriteRequest;
import com.google.firestore.v1.BatchWriteResponse;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.Value;
import com.google.firestore.v1.Write;
import com.google.protobuf.Message;
import io.grpc.Status;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.CancelledException;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.firestore.FakeFaults.Fault;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RestoreSession;
import io.holdfast.testkit.MemoryBackup;
import io.holdfast.testkit.Pump;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Restores into a database that refuses, loses, changes or is written to by others meanwhile. */
class FirestoreFaultWriteTest extends FirestoreFaults {
  private static final String MARKER = "holdfast_restore/state";
  private static final RestoreOptions INTO_EMPTY = options(RestoreMode.INTO_EMPTY);
  private static final RestoreOptions REPLACE = options(RestoreMode.REPLACE);
  private static final RestoreOptions MERGE = options(RestoreMode.MERGE);

  @TempDir Path folder;
  private final List<BackupExecutor> executors = new ArrayList<>();
  private BackupExecutor executor;

  private static RestoreOptions options(RestoreMode mode) {
    return RestoreOptions.DEFAULT.withMode(mode).withoutSafetyBackup();
  }

  @AfterEach
  void closeExecutors() {
    executors.forEach(BackupExecutor::close);
  }

  /** An executor, and a backup by it of so many users and what else there is. */
  private String backUp(int users) {
    fill(source, "users", users);
    executor = building().build();
    executors.add(executor);
    String id = executor.createBackup().backupId();
    server.usage().reset();
    return id;
  }

  private void restores(String id, RestoreOptions options) {
    executor.restoreFromBackup(id, options);
    assertThat(contents(target)).isEqualTo(contents(source));
  }

  private HandlerException fails(String id, RestoreOptions options, Kind kind, String... says) {
    return failure(kind, () -> executor.restoreFromBackup(id, options), says);
  }

  private void assertMarked() {
    assertThat(target.get(MARKER)).as("the marker").isPresent();
  }

  /** The target says of itself that it is half done, and finishes with the same backup only. */
  private void finishesWithTheSameBackupOnly(String id, String other) {
    assertMarked();
    try (BackupExecutor ofTarget = building(handler(target)).prefix("target").build()) {
      failure(Kind.UNSUPPORTED, ofTarget::createBackup, "partly restored", id, MARKER);
      assertThat(ofTarget.list()).isEmpty();
    }
    fails(other, INTO_EMPTY, Kind.NOT_EMPTY, "partly restored", id, "Nothing was changed");
    fails(other, MERGE, Kind.MISMATCH, "partly restored", id, "Nothing was changed");
    restores(id, INTO_EMPTY);
    assertThat(target.get(MARKER)).isEmpty();
  }

  private static Predicate<Message> writing(String path) {
    return message ->
        message instanceof BatchWriteRequest request
            && request.getWritesList().stream()
                .anyMatch(write -> write.getUpdate().getName().endsWith("/documents/" + path));
  }

  private static boolean deletes(Message message) {
    return message instanceof BatchWriteRequest request
        && request.getWritesList().stream()
            .anyMatch(write -> write.hasDelete() && !write.getDelete().endsWith(MARKER));
  }

  /** How many writes each request for users had, in their order. */
  private List<Integer> sizes() {
    List<Integer> sizes = new CopyOnWriteArrayList<>();
    server
        .faults()
        .on(BATCH_WRITE)
        .matching("users")
        .matching(message -> sizes.add(((BatchWriteRequest) message).getWritesCount()))
        .alter(answer -> answer)
        .always();
    return sizes;
  }

  // One bad document.

  @Test
  void aDocumentThatIsRefusedIsNamedAndTheRestoreCanBeFinished() {
    String id = backUp(100);
    String other = executor.createBackup().backupId();
    server
        .faults()
        .onWrite("users/0042")
        .failWith(Status.INVALID_ARGUMENT.withDescription("too awkward"));
    HandlerException failure = fails(id, INTO_EMPTY, Kind.CONSTRAINT, "users/0042", "too awkward");
    assertThat(failure.collection()).hasValue("users");
    allHappened();
    finishesWithTheSameBackupOnly(id, other);
  }

  @Test
  void aDocumentForWhichTheWholeRequestIsRefusedIsFoundAndNamed() {
    String id = backUp(100);
    String other = executor.createBackup().backupId();
    server
        .faults()
        .on(BATCH_WRITE)
        .matching(writing("users/0042"))
        .failWith(Status.INVALID_ARGUMENT.withDescription("too awkward"))
        .always();
    HandlerException failure = fails(id, INTO_EMPTY, Kind.CONSTRAINT, "users/0042", "too awkward");
    assertThat(failure.collection()).hasValue("users");
    allHappened();
    finishesWithTheSameBackupOnly(id, other);
  }

  @Test
  void aDocumentThatTheServiceCannotHoldIsNamed() {
    source.put("users/deep", Map.of("a", AwkwardDocuments.nested(25)));
    String id = backUp(100);
    HandlerException failure = fails(id, MERGE, Kind.CONSTRAINT, "users/deep");
    assertThat(failure.collection()).hasValue("users");
    assertMarked();
  }

  // What passes.

  @ParameterizedTest
  @EnumSource(
      value = Status.Code.class,
      names = {"ABORTED", "RESOURCE_EXHAUSTED", "UNAVAILABLE", "INTERNAL"})
  void writesThatAreRefusedForAMomentAreSentAgainAndNoOthers(Status.Code code) {
    String id = backUp(100);
    List<Integer> sizes = sizes();
    server.faults().onWrite("users/0042").failWith(code.toStatus()).times(3);
    server.faults().onWrite("users/0043").failWith(code.toStatus()).times(2);
    restores(id, INTO_EMPTY);
    assertThat(sizes).containsExactly(100, 2, 2, 1);
    assertThat(server.usage().writes()).as("with the marker").isEqualTo(101);
  }

  @ParameterizedTest
  @EnumSource(
      value = Status.Code.class,
      names = {"ABORTED", "RESOURCE_EXHAUSTED", "UNAVAILABLE"})
  void aWriteThatIsRefusedForEverIsReported(Status.Code code) {
    String id = backUp(100);
    server.faults().onWrite("users/0042").failWith(code.toStatus()).always();
    fails(
        id,
        INTO_EMPTY,
        code == Status.Code.UNAVAILABLE ? Kind.UNREACHABLE : Kind.OTHER,
        "users/0042");
    assertMarked();
  }

  @ParameterizedTest
  @EnumSource(RestoreMode.class)
  void requestsThatFailAreSentAgain(RestoreMode mode) {
    String id = backUp(100);
    server.faults().on(BATCH_WRITE).matching("users").failWith(Status.UNAVAILABLE).times(4);
    restores(id, options(mode));
    assertThat(server.usage().writes()).isEqualTo(101);
  }

  @ParameterizedTest
  @EnumSource(RestoreMode.class)
  void aWriteThatWasDoneAlthoughItsStatusSaysOtherwiseIsNoError(RestoreMode mode) {
    String id = backUp(100);
    com.google.rpc.Status unavailable =
        com.google.rpc.Status.newBuilder().setCode(Status.Code.UNAVAILABLE.value()).build();
    server
        .faults()
        .on(BATCH_WRITE)
        .matching("users")
        .alter(
            answer -> ((BatchWriteResponse) answer).toBuilder().setStatus(7, unavailable).build());
    restores(id, options(mode));
  }

  @Test
  void requestsThatFailForEverAreReported() {
    String id = backUp(100);
    server.faults().on(BATCH_WRITE).matching("users").failWith(Status.UNAVAILABLE).always();
    fails(id, INTO_EMPTY, Kind.UNREACHABLE, "write documents to demo/copy", "try again later");
    assertMarked();
  }

  @ParameterizedTest
  @EnumSource(RestoreMode.class)
  void documentsThatWereWrittenAndOnlyTheAnswerWasLostAreNoError(RestoreMode mode) {
    String id = backUp(100);
    server.faults().on(BATCH_WRITE).matching("users").loseResponse().times(2);
    restores(id, options(mode));
  }

  @ParameterizedTest
  @EnumSource(RestoreMode.class)
  void theMarkersOwnAnswersMayBeLost(RestoreMode mode) {
    String id = backUp(10);
    // Twice at the beginning, twice at the end.
    server.faults().on(BATCH_WRITE).matching("holdfast_restore").loseResponse().times(2);
    server.faults().on(BATCH_WRITE).matching("holdfast_restore").call(4).loseResponse().times(2);
    restores(id, options(mode));
  }

  @ParameterizedTest
  @EnumSource(
      value = RestoreMode.class,
      names = {"INTO_EMPTY", "MERGE"})
  void aMarkerOfAnotherRestoreIsNotTakenForOurOwn(RestoreMode mode) {
    String id = backUp(10);
    server
        .faults()
        .on(BATCH_WRITE)
        .matching("holdfast_restore")
        .run(() -> target.put(MARKER, Map.of("backup_id", text(id))));
    server.faults().on(BATCH_WRITE).matching("holdfast_restore").failWith(Status.UNAVAILABLE);
    fails(id, options(mode), Kind.NOT_EMPTY, "Somebody else", "Nothing was changed");
    assertThat(contents(target)).containsOnlyKeys(MARKER);
  }

  // Lost, changed, written by others.

  @ParameterizedTest
  @EnumSource(RestoreMode.class)
  void aDocumentThatTheServiceLosesIsNoticed(RestoreMode mode) {
    String id = backUp(100);
    server.faults().onWrite("users/0042").silentlyDrop();
    fails(id, options(mode), Kind.INCOMPLETE, "users", "Somebody else writes into");
    assertMarked();
    allHappened();
    restores(id, options(mode));
  }

  @ParameterizedTest
  @EnumSource(RestoreMode.class)
  void aDocumentThatTheServiceChangesIsNoticed(RestoreMode mode) {
    String id = backUp(100);
    server
        .faults()
        .onWrite("users/0042")
        .corrupt(document -> document.toBuilder().putFields("n", integer(43)).build());
    fails(id, options(mode), Kind.INCOMPLETE, "users", "Somebody else writes into");
    assertMarked();
    allHappened();
    restores(id, options(mode));
  }

  @ParameterizedTest
  @EnumSource(RestoreMode.class)
  void aFieldThatTheServiceAddsIsNoticed(RestoreMode mode) {
    String id = backUp(100);
    server
        .faults()
        .onWrite("users/0042")
        .corrupt(document -> document.toBuilder().putFields("new", integer(1)).build());
    fails(id, options(mode), Kind.INCOMPLETE, "users");
    assertMarked();
  }

  private void others(Runnable what) {
    server.faults().on(BATCH_WRITE).matching("users").run(what);
  }

  @Test
  void aDocumentOfSomebodyElseInAnotherCollectionFailsARestoreIntoAnEmptyTarget() {
    String id = backUp(100);
    others(() -> target.put("theirs/1", Map.of()));
    fails(id, INTO_EMPTY, Kind.INCOMPLETE, "1 documents that are not of the backup");
    assertMarked();
    assertThat(target.get("theirs/1")).isPresent();
  }

  @Test
  void aDocumentOfSomebodyElseInTheSameCollectionFailsARestoreIntoAnEmptyTarget() {
    String id = backUp(100);
    others(() -> target.put("users/theirs", Map.of()));
    fails(id, INTO_EMPTY, Kind.INCOMPLETE, "1 documents that are not of the backup");
    assertMarked();
    assertThat(target.get("users/theirs")).isPresent();
  }

  @Test
  void aDocumentOfSomebodyElseIsNotWrittenOverInAnEmptyTarget() {
    String id = backUp(100);
    others(() -> target.put("users/0042", Map.of("theirs", integer(1))));
    fails(id, INTO_EMPTY, Kind.CONSTRAINT, "users/0042", "somebody else writes");
    assertMarked();
    assertThat(target.get("users/0042").orElseThrow().getFieldsMap()).containsKey("theirs");
  }

  @Test
  void aDocumentThatComesBetweenTheCheckAndTheMarkerIsNoticed() {
    String id = backUp(100);
    server
        .faults()
        .on(BATCH_WRITE)
        .matching("holdfast_restore")
        .run(() -> target.put("theirs/1", Map.of()));
    fails(id, INTO_EMPTY, Kind.NOT_EMPTY, "theirs/1", "Nothing was changed");
    assertThat(contents(target)).containsOnlyKeys("theirs/1");
  }

  @Test
  void aDocumentThatSomebodyElseChangesWhileItIsMergedIsNoticed() {
    String id = backUp(100);
    server
        .faults()
        .on(FakeMethod.BATCH_GET_DOCUMENTS)
        .matching("users")
        .run(() -> target.put("users/0042", Map.of("theirs", integer(1))));
    fails(id, MERGE, Kind.INCOMPLETE, "users/0042", "Somebody else writes into the target");
    assertMarked();
  }

  @ParameterizedTest
  @EnumSource(RestoreMode.class)
  void aDocumentThatIsTwiceInAFileIsAnError(RestoreMode mode) throws Exception {
    for (String twice :
        List.of("{\"id\":\"a\"},{\"id\":\"a\"}", "{\"id\":\"a\"},{\"id\":\"a\",\"b\":1}")) {
      target.clear();
      Path file = folder.resolve("twice.json");
      Files.writeString(file, "{\"collections\":{\"users\":[" + twice + "]}}");
      backUp(1);
      failure(
          mode == RestoreMode.INTO_EMPTY ? Kind.CONSTRAINT : Kind.INCOMPLETE,
          () -> executor.restoreFromFile(file, options(mode)));
      assertMarked();
    }
  }

  @Test
  void aDocumentThatIsTwiceInAFileFarApartIsAnErrorOfAMergeToo() throws Exception {
    StringBuilder records = new StringBuilder("{\"id\":\"0\"}");
    for (int i = 0; i < 1_200; i++) {
      records.append(",{\"id\":\"").append(i).append("\"}");
    }
    Path file = folder.resolve("twice.json");
    Files.writeString(file, "{\"collections\":{\"users\":[" + records + "]}}");
    backUp(1);
    failure(Kind.INCOMPLETE, () -> executor.restoreFromFile(file, MERGE), "1 documents", "once");
    assertMarked();
  }

  // REPLACE and MERGE.

  private void fillOthers() {
    fill(target, "old", 30);
    fill(target, "old/0001/below", 20);
    target.put("users/extra", Map.of("n", integer(1)));
    target.put("users/0007", Map.of("other", integer(1)));
  }

  @Test
  void whatIsNotOfTheBackupIsDeletedWhenEverythingElseIsThere() {
    String id = backUp(600);
    fillOthers();
    AtomicReference<Map<String, Map<String, Value>>> then = new AtomicReference<>(Map.of());
    server
        .faults()
        .on(BATCH_WRITE)
        .matching(FirestoreFaultWriteTest::deletes)
        .run(() -> then.set(contents(target)));
    restores(id, REPLACE);
    assertThat(then.get()).containsAllEntriesOf(contents(source)).containsKey(MARKER);
    assertThat(server.usage().deletes()).as("with the marker").isEqualTo(52);
  }

  @Test
  void deletesThatAreRefusedForAMomentAreTriedAgain() {
    String id = backUp(10);
    fillOthers();
    server.faults().onWrite("old/0003").failWith(Status.ABORTED).times(3);
    server.faults().onWrite("old/0004").failWith(Status.RESOURCE_EXHAUSTED).times(2);
    server
        .faults()
        .on(BATCH_WRITE)
        .matching(FirestoreFaultWriteTest::deletes)
        .loseResponse()
        .times(2);
    restores(id, REPLACE);
  }

  @Test
  void aDeleteThatIsRefusedForGoodIsReportedAndNamed() {
    String id = backUp(10);
    fillOthers();
    server.faults().onWrite("old/0003").failWith(Status.FAILED_PRECONDITION);
    fails(id, REPLACE, Kind.CONSTRAINT, "old/0003", "not of the backup");
    assertMarked();
    allHappened();
    restores(id, REPLACE);
  }

  @Test
  void aDeleteThatTheServiceLosesIsNoticed() {
    String id = backUp(10);
    fillOthers();
    server.faults().onWrite("old/0003").silentlyDrop();
    fails(id, REPLACE, Kind.INCOMPLETE, "11 documents", "10 were restored");
    assertMarked();
  }

  @Test
  void replacingSomeCollectionsLeavesTheOthersAlone() {
    fill(source, "posts", 5);
    String id = backUp(10);
    fillOthers();
    Map<String, Map<String, Value>> expected = contents(source);
    contents(target)
        .forEach(
            (path, fields) -> {
              if (path.startsWith("old/")) {
                expected.put(path, fields);
              }
            });
    expected.keySet().removeIf(path -> path.startsWith("posts/"));
    executor.restoreFromBackup(id, REPLACE.including("users"));
    assertThat(contents(target)).isEqualTo(expected);
  }

  @Test
  void anotherBackupMayReplaceWhatIsHalfRestored() {
    String id = backUp(100);
    server.faults().onWrite("users/0042").failWith(Status.INVALID_ARGUMENT);
    fails(id, INTO_EMPTY, Kind.CONSTRAINT);
    allHappened();
    fill(source, "more", 5);
    restores(executor.createBackup().backupId(), REPLACE);
  }

  @Test
  void mergingLeavesOthersAloneAndDoesNotReadThem() {
    String id = backUp(100);
    fill(target, "old", 2_000);
    target.put("users/theirs", Map.of("n", integer(1)));
    Map<String, Map<String, Value>> expected = contents(target);
    expected.putAll(contents(source));
    executor.restoreFromBackup(id, MERGE);
    assertThat(contents(target)).isEqualTo(expected);
    assertThat(server.usage().reads()).isLessThan(120);
    assertThat(server.usage().deletes()).as("the marker's").isEqualTo(1);
  }

  @Test
  void aComparisonWhoseStreamsDieNeitherCountsNorDeletesTwice() {
    String id = backUp(1_100);
    fillOthers();
    server
        .faults()
        .on(RUN_QUERY)
        .matching(reading("users"))
        .after(70)
        .failWith(Status.UNAVAILABLE)
        .times(12);
    server.faults().on(RUN_QUERY).matching(reading("old")).after(9).failWith(Status.INTERNAL);
    try (BackupExecutor wide = building().parallelism(4).build()) {
      wide.restoreFromBackup(id, REPLACE);
    }
    assertThat(contents(target)).isEqualTo(contents(source));
    assertThat(server.usage().deletes()).as("with the marker").isEqualTo(52);
  }

  @Test
  void aComparisonWithoutCountingAndCuttingIsAsGood() {
    String id = backUp(1_100);
    fillOthers();
    server.faults().on(RUN_AGGREGATION_QUERY).switchOff();
    server.faults().on(PARTITION_QUERY).switchOff();
    try (BackupExecutor wide = building().parallelism(4).build()) {
      wide.restoreFromBackup(id, REPLACE);
    }
    assertThat(contents(target)).isEqualTo(contents(source));
  }

  @Test
  void aComparisonMayTakeLongerThanAnHour() {
    fill(source, "posts", 100);
    String id = backUp(100);
    server
        .faults()
        .on(RUN_QUERY)
        .matching(reading("posts"))
        .after(50)
        .run(() -> server.advance(Duration.ofHours(2)));
    restores(id, INTO_EMPTY);
  }

  @Test
  void anAnswerThatLacksResultsIsReported() {
    String id = backUp(100);
    server
        .faults()
        .on(BATCH_WRITE)
        .call(2)
        .alter(answer -> BatchWriteResponse.getDefaultInstance());
    fails(id, INTO_EMPTY, Kind.OTHER, "100 writes with 0 results");
    assertMarked();
    allHappened();
    target.clear();
    server.faults().on(BATCH_WRITE).alter(answer -> BatchWriteResponse.getDefaultInstance());
    fails(id, INTO_EMPTY, Kind.OTHER, "1 writes with 0 results");
  }

  @Test
  void aRestoreThatFailedIsFinishedInTheSameWayOnly() {
    String id = backUp(100);
    target.put("others/o", Map.of());
    server.faults().onWrite("users/0042").failWith(Status.INVALID_ARGUMENT);
    fails(id, REPLACE, Kind.CONSTRAINT);
    allHappened();
    // The target was never empty, so this would not be noticed before the end.
    fails(id, INTO_EMPTY, Kind.NOT_EMPTY, "partly restored", "REPLACE", "Nothing was changed");
    restores(id, REPLACE);
    assertThat(contents(target)).isEqualTo(contents(source));
  }

  @Test
  void aHalfRestoredDatabaseCanBeBackedUpOnPurposeAndTheMarkerIsNoPartOfIt() {
    String id = backUp(100);
    server.faults().onWrite("users/0042").failWith(Status.INVALID_ARGUMENT);
    fails(id, INTO_EMPTY, Kind.CONSTRAINT);
    target.put("holdfast_restore/mine", Map.of());
    try (BackupExecutor ofTarget =
        building(handler(target)).prefix("target").allowUncaptured(true).build()) {
      BackupResult backup = ofTarget.createBackup();
      assertThat(backup.counts()).isEqualTo(Map.of("holdfast_restore", 1L, "users", 99L));
      assertThat(backup.notCaptured()).singleElement().asString().contains("partly restored", id);
      target.delete("holdfast_restore/mine");
      assertThat(ofTarget.createBackup().counts()).isEqualTo(Map.of("users", 99L));
    }
  }

  @Test
  void aTargetThatGoesAwayForGoodIsReported() {
    String id = backUp(100);
    others(this::goAway);
    // While it is written, or compared: whichever comes first.
    fails(id, INTO_EMPTY, Kind.UNREACHABLE, "demo/copy", "Check network");
    assertMarked();
  }

  // Requests.

  @Test
  void requestsStayWithinTheServicesLimits() {
    for (int i = 0; i < 5; i++) {
      source.put("large/" + i, Map.of("text", text("x".repeat(1_000_000))));
      // In JSON a third of what it is in a request.
      source.put("doubles/" + i, Map.of("a", doubles(60_000)));
    }
    String id = backUp(1_200);
    restores(id, INTO_EMPTY);
    assertThat(server.usage().largestWriteCount()).isBetween(100, 500);
    assertThat(server.usage().largestRequestBytes()).isBetween(1_000_000, 6 << 20);
    assertThat(server.usage().documentTwice()).isFalse();
  }

  private static Value doubles(int count) {
    Value[] values = new Value[count];
    java.util.Arrays.fill(values, AwkwardDocuments.number(0.5));
    return AwkwardDocuments.array(values);
  }

  @Test
  void documentsAreNotWrittenInTheOrderOfTheirNames() {
    String id = backUp(2_000);
    List<String> names = new CopyOnWriteArrayList<>();
    server
        .faults()
        .on(BATCH_WRITE)
        .matching("users")
        .matching(message -> names.addAll(written((BatchWriteRequest) message)))
        .alter(answer -> answer)
        .always();
    restores(id, INTO_EMPTY);
    List<String> first = names.subList(0, 500);
    assertThat(first).isNotEqualTo(first.stream().sorted().toList());
    // Of 500 out of 2,000 all lie in one half with a chance of 1 in 2^500.
    String middle = target.nameOf("users/1000");
    assertThat(first)
        .anyMatch(name -> name.compareTo(middle) < 0)
        .anyMatch(name -> name.compareTo(middle) > 0);
  }

  private static List<String> written(BatchWriteRequest request) {
    return request.getWritesList().stream().map(Write::getUpdate).map(Document::getName).toList();
  }

  // What does not pass by itself.

  @Test
  void aTargetThatMayNotBeWrittenStaysAsItIs() {
    String id = backUp(10);
    server.faults().on(BATCH_WRITE).failWith(Status.PERMISSION_DENIED).always();
    fails(id, INTO_EMPTY, Kind.PERMISSION_DENIED, "roles/datastore.user");
    assertThat(contents(target)).isEmpty();
  }

  @Test
  void aCollectionThatMayNotBeWrittenIsReported() {
    String id = backUp(10);
    server.faults().on(BATCH_WRITE).matching("users").failWith(Status.PERMISSION_DENIED).always();
    fails(id, INTO_EMPTY, Kind.PERMISSION_DENIED, "roles/datastore.user");
    assertMarked();
  }

  @Test
  void aTargetThatDoesNotExistIsReported() {
    String id = backUp(10);
    FirestoreHandler nowhere =
        closing(FirestoreHandler.at("firestore://nowhere?emulator=" + server.endpoint()));
    try (BackupExecutor into = building().target(nowhere).build()) {
      failure(
          Kind.NOT_FOUND,
          () -> into.restoreFromBackup(id),
          "nowhere",
          "Check the names of project");
    }
  }

  @ParameterizedTest
  @EnumSource(RestoreMode.class)
  void aRestoreThatIsInterruptedLeavesTheMarker(RestoreMode mode) throws Exception {
    String id = backUp(100);
    Fault stall = server.faults().on(BATCH_WRITE).matching("users").stall();
    interrupted(() -> executor.restoreFromBackup(id, options(mode)), stall);
    assertMarked();
    allHappened();
    restores(id, options(mode));
  }

  @Test
  void closingASessionFromAnotherThreadEndsAWaitForTheServer() throws Exception {
    fill(source, "users", 10);
    MemoryBackup backup = Pump.create().read(handler(source));
    Fault stall = server.faults().on(BATCH_WRITE).matching("users").stall();
    RestoreSession session = handler(target).openRestore(Pump.create().restoreRequest(backup));
    session.prepare();
    session.begin();
    Pump.create().write(backup, session);
    FutureTask<Throwable> waiting = new FutureTask<>(() -> catchThrowable(session::recordsWritten));
    new Thread(waiting).start();
    stall.await();
    session.close();
    assertThat(waiting.get(20, TimeUnit.SECONDS)).isInstanceOf(HandlerException.class);
    server.usage().awaitIdle();
    session.close();
    assertMarked();
  }

  @Test
  void aComparisonThatIsInterruptedLeavesTheMarker() throws Exception {
    String id = backUp(100);
    Fault stall = server.faults().on(RUN_QUERY).matching(reading("users")).stall();
    interrupted(() -> executor.restoreFromBackup(id, REPLACE), stall);
    assertMarked();
    allHappened();
    restores(id, REPLACE);
  }

  private void interrupted(Runnable restore, Fault stall) throws Exception {
    FutureTask<Throwable> running = new FutureTask<>(() -> catchThrowable(restore::run));
    Thread thread = new Thread(running);
    thread.start();
    stall.await();
    thread.interrupt();
    assertThat(running.get(20, TimeUnit.SECONDS)).isInstanceOf(CancelledException.class);
    server.usage().awaitIdle();
  }
}
