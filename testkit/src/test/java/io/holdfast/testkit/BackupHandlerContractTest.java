package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.test;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.CancelledException;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.DatabaseInfo;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.SourceInfo;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** The suite can fail: each wrong handler fails the test that is there for its fault. */
final class BackupHandlerContractTest {
  /** A wrong handler, and the tests that must fail on it. */
  @SuppressWarnings("ImmutableEnumChecker") // each function wraps and keeps nothing
  enum Fault {
    NONE(handler -> handler),
    A_FIXTURE_WITHOUT_MUCH_IN_IT(handler -> handler, "theFixtureHasAnEmptyCollectionAndALargeOne"),

    LOSES_A_RECORD(
        handler -> FaultyHandler.around(handler).loseRecordOnRead(7000).build(),
        "splitsTogetherYieldEachRecordExactlyOnce"),
    DOUBLES_A_RECORD(
        handler -> FaultyHandler.around(handler).duplicateRecordOnRead(7000).build(),
        "splitsTogetherYieldEachRecordExactlyOnce"),
    LOSES_ONE_AND_DOUBLES_ANOTHER(
        handler ->
            FaultyHandler.around(handler)
                .loseRecordOnRead(6000)
                .duplicateRecordOnRead(7000)
                .build(),
        "splitsTogetherYieldEachRecordExactlyOnce",
        "fourReadersAtATimeYieldEachRecordExactlyOnce"),
    CHANGES_A_RECORD(
        handler ->
            FaultyHandler.around(handler)
                .changeRecordOnRead(7000, record -> record.replace("\"at\":", "\"at\":1"))
                .build(),
        "aRestoreIntoAnEmptyTargetMakesItEqualToTheSource"),
    WRITES_A_RAW_NEWLINE(
        handler -> FaultyHandler.around(handler).newlineInRecord(7000).build(),
        "everyRecordIsOneJsonObjectWithUniqueKeysOnALineOfItsOwn"),
    REPEATS_A_KEY(
        handler ->
            FaultyHandler.around(handler)
                .changeRecordOnRead(7000, record -> record.replace("}", ",\"id\":1}"))
                .build(),
        "everyRecordIsOneJsonObjectWithUniqueKeysOnALineOfItsOwn"),
    WRITES_A_FIELD_THAT_THE_SCHEMA_LACKS(
        handler ->
            FaultyHandler.around(handler)
                .changeRecordOnRead(7000, record -> record.replace("}", ",\"more\":1}"))
                .build(),
        "everyRecordIsOneJsonObjectWithUniqueKeysOnALineOfItsOwn"),
    STOPS_AT_A_FULL_BUFFER(
        reader(
            inner ->
                new Forwarding.Reader(inner) {
                  @Override
                  public boolean read(RecordBuffer into) {
                    return inner.read(into) && !into.isFull();
                  }
                }),
        "tinyBuffersYieldEachRecordExactlyOnce"),
    OVERLAPPING_SPLITS(
        backup(
            inner ->
                new Forwarding.Backup(inner) {
                  @Override
                  public List<Split> splits(CollectionInfo collection) {
                    List<Split> splits = new ArrayList<>(inner.splits(collection));
                    if (splits.size() > 1) {
                      Split last = splits.get(splits.size() - 1);
                      splits.add(
                          new Split(last.collection(), splits.size(), last.attributes(), -1));
                    }
                    return splits;
                  }
                }),
        "fourReadersAtATimeYieldEachRecordExactlyOnce",
        "theSizeOfSplitsDoesNotChangeWhatIsRead"),
    ALL_SPLITS_HAVE_ONE_NUMBER(
        backup(
            inner ->
                new Forwarding.Backup(inner) {
                  @Override
                  public List<Split> splits(CollectionInfo collection) {
                    return inner.splits(collection).stream()
                        .map(split -> new Split(split.collection(), 7, split.attributes(), -1))
                        .toList();
                  }
                }),
        "splitsAreNumberedValuesThatCanBeSentAway"),
    NO_SPLIT_FOR_AN_EMPTY_COLLECTION(
        backup(
            inner ->
                new Forwarding.Backup(inner) {
                  @Override
                  public List<Split> splits(CollectionInfo collection) {
                    return collection.estimatedRecords() == 0
                        ? List.of()
                        : inner.splits(collection);
                  }
                }),
        "anEmptyCollectionHasASplitWithoutRecords"),
    SPLITS_WORK_IN_THE_HANDLER_THAT_MADE_THEM_ONLY(
        handler ->
            new Forwarding.Handler(handler) {
              private volatile boolean hasSession;

              @Override
              public BackupSession openBackup(BackupRequest request) {
                hasSession = true;
                return inner.openBackup(request);
              }

              @Override
              public SplitReader openReader(BackupRequest request) {
                if (!hasSession) {
                  throw new IllegalStateException("no session here");
                }
                return inner.openReader(request);
              }
            },
        "anotherHandlerReadsTheSplitsOfASession"),

    READS_ONE_SPLIT_ONLY(
        reader(
            inner ->
                new Forwarding.Reader(inner) {
                  private boolean opened;

                  @Override
                  public void open(Split split) {
                    if (!opened) {
                      inner.open(split);
                    }
                    opened = true;
                  }
                }),
        "oneReaderReadsSplitsOfAllCollectionsInAnyOrder"),
    GOES_ON_WHERE_ANOTHER_READER_STOPPED(
        handler -> {
          AtomicInteger place = new AtomicInteger();
          return reader(
                  inner ->
                      new Forwarding.Reader(inner) {
                        @Override
                        public void open(Split split) {
                          inner.open(split);
                          for (int i = 0; i < place.get(); i++) {
                            inner.read(new RecordBuffer(1, 1000));
                          }
                        }

                        @Override
                        public boolean read(RecordBuffer into) {
                          boolean more = inner.read(into);
                          place.set(more ? place.get() + into.count() : 0);
                          return more;
                        }
                      })
              .apply(handler);
        },
        "aSplitThatWasGivenUpHalfwayIsReadWholeByAnotherReader"),

    LISTS_A_COLLECTION_TWICE(
        backup(
            inner ->
                new Forwarding.Backup(inner) {
                  @Override
                  public List<CollectionInfo> collections() {
                    List<CollectionInfo> twice = new ArrayList<>(inner.collections());
                    twice.add(twice.get(0));
                    return twice;
                  }
                }),
        "everySessionListsTheSameCollectionsOnceAndInTheSameOrder"),
    LISTS_COLLECTIONS_IN_ANOTHER_ORDER_EACH_TIME(
        handler -> {
          AtomicInteger sessions = new AtomicInteger();
          return backup(
                  inner ->
                      new Forwarding.Backup(inner) {
                        private final int rotation = sessions.incrementAndGet();

                        @Override
                        public List<CollectionInfo> collections() {
                          List<CollectionInfo> rotated = new ArrayList<>(inner.collections());
                          Collections.rotate(rotated, rotation);
                          return rotated;
                        }
                      })
              .apply(handler);
        },
        "everySessionListsTheSameCollectionsOnceAndInTheSameOrder"),
    IGNORES_THE_FILTER(
        requests(
            request ->
                new BackupRequest(
                    CollectionFilter.ALL,
                    request.allowUncaptured(),
                    request.parallelism(),
                    request.splitBytes(),
                    request.retry())),
        "aFilterIncludesWhatItNames",
        "aFilterExcludesWhatItNamesEvenIfThatIsIncludedToo",
        "anIncludeThatMatchesNothingIsAnErrorThatNamesIt"),
    SAYS_A_WRONG_INSTANT(
        source(
            info ->
                new SourceInfo(info.handler(), info.name(), "", Instant.EPOCH, info.consistency())),
        "theSourceIsDescribedForPeople"),
    TELLS_A_SECRET(
        handler ->
            new Forwarding.Handler(handler) {
              @Override
              public String location() {
                return "memory://app:hunter2@shop";
              }
            },
        "noSecretShowsInWhatIsPrintedOrStored"),

    DESCRIBES_A_COLLECTION_THAT_IS_NOT_THERE(
        backup(
            inner ->
                new Forwarding.Backup(inner) {
                  @Override
                  public ObjectNode schema() {
                    ObjectNode schema = inner.schema();
                    schema.withObject("/collections").putObject("ghosts");
                    return schema;
                  }
                }),
        "theSchemaDescribesOnlyCollectionsAndFieldsThatAreThere"),
    LEAVES_SOMETHING_OUT(
        backup(
            inner ->
                new Forwarding.Backup(inner) {
                  @Override
                  public List<NotCaptured> notCaptured() {
                    return List.of(new NotCaptured("view v", "not asked"));
                  }
                }),
        "nothingIsLeftOutUnlessThatWasAllowed"),
    WRITES_INTO_THE_SOURCE(
        handler ->
            new Forwarding.Handler(handler) {
              @Override
              public BackupSession openBackup(BackupRequest request) {
                ((MemoryHandler) handler).database().insert("users", "{\"id\":\"backup\"}");
                return inner.openBackup(request);
              }
            },
        "aBackupLeavesTheSourceAsItWas"),

    SEES_LATER_CHANGES(
        source(
            info ->
                new SourceInfo(info.handler(), info.name(), "", info.asOf(), Consistency.SNAPSHOT)),
        "aSessionDoesNotSeeChangesThatCameAfterItWasOpened",
        "aSessionDoesNotSeeChangesThatCameWhileItWasRead",
        "sessionsOpenAtTheSameTimeKeepTheirOwnInstants"),
    NEVER_SEES_CHANGES(
        handler ->
            new Forwarding.Handler(handler) {
              private final AtomicReference<BackupSession> first = new AtomicReference<>();

              @Override
              public BackupSession openBackup(BackupRequest request) {
                if (first.get() == null) {
                  first.set(inner.openBackup(request));
                }
                return new Forwarding.Backup(first.get()) {
                  @Override
                  public void close() {}
                };
              }
            },
        "aLaterSessionSeesTheChanges"),

    CANNOT_BE_CLOSED_TWICE(
        backup(
            inner ->
                new Forwarding.Backup(inner) {
                  private boolean closed;

                  @Override
                  public void close() {
                    if (closed) {
                      throw new IllegalStateException("closed");
                    }
                    closed = true;
                    inner.close();
                  }
                }),
        "sessionsReadersAndHandlersMayBeClosedTwice"),
    READS_ON_AFTER_CLOSE(
        reader(
            inner ->
                new Forwarding.Reader(inner) {
                  @Override
                  public void close() {}
                }),
        "aReaderThatIsClosedFromAnotherThreadStopsReading",
        "aReadThatWaitsEndsWhenItsReaderIsClosed"),
    IGNORES_INTERRUPTION(
        reader(
            inner ->
                new Forwarding.Reader(inner) {
                  @Override
                  public boolean read(RecordBuffer into) {
                    boolean interrupted = Thread.interrupted();
                    boolean more = inner.read(into);
                    if (interrupted) {
                      Thread.currentThread().interrupt();
                    }
                    return more;
                  }
                }),
        "anInterruptedThreadStopsReadingAndStaysInterrupted"),
    CLEARS_THE_INTERRUPT_FLAG(
        reader(
            inner ->
                new Forwarding.Reader(inner) {
                  @Override
                  public boolean read(RecordBuffer into) {
                    try {
                      return inner.read(into);
                    } catch (CancelledException e) {
                      assertThat(Thread.interrupted()).isTrue();
                      throw e;
                    }
                  }
                }),
        "anInterruptedThreadStopsReadingAndStaysInterrupted"),

    LOSES_A_RECORD_ON_WRITE(
        handler -> FaultyHandler.around(handler).loseRecordOnWrite(7000).build(),
        "recordsWrittenEqualsWhatTheBackupHolds"),
    LOSES_A_RECORD_ON_WRITE_AND_COUNTS_IT(
        handler ->
            FaultyHandler.around(handler).loseRecordOnWrite(7000).countWhatWasGiven().build(),
        "aRestoreIntoAnEmptyTargetMakesItEqualToTheSource",
        "aBackupOfTheRestoredTargetEqualsTheBackupThatWasRestored",
        "batchesOfOneRecordGiveTheSameTarget",
        "batchesFromManyThreadsGiveTheSameTarget",
        "aRestoreThatNeedNotBeAtomicGivesTheSameTarget",
        "aBackupWithoutAManifestIsRestoredToo"),
    REPORTS_WRONG_COUNTS(
        handler ->
            FaultyHandler.around(handler)
                .reportCounts(
                    counts -> {
                      Map<String, Long> wrong = new TreeMap<>(counts);
                      wrong.replaceAll((collection, count) -> count + 1);
                      return wrong;
                    })
                .build(),
        "recordsWrittenEqualsWhatTheBackupHolds"),
    SWALLOWS_FAILED_WRITES(
        handler -> FaultyHandler.around(handler).swallowFailedWrites().countWhatWasGiven().build(),
        "aRecordThatIsCutOffIsRefusedAndUndone",
        "aRecordThatIsNoObjectIsRefusedAndUndone",
        "aRecordWithSomethingAfterItIsRefusedAndUndone"),
    TAKES_THE_WHOLE_ARRAY(
        restore(
            inner ->
                new Forwarding.Restore(inner) {
                  @Override
                  public void write(String collection, RecordBatch batch) {
                    byte[] all = batch.array();
                    inner.write(collection, new RecordBatch(all, 0, all.length, batch.count()));
                  }
                }),
        "aRestoreIntoAnEmptyTargetMakesItEqualToTheSource"),
    WRITES_LATER_FROM_BYTES_THAT_IT_WAS_LENT(
        restore(
            inner ->
                new Forwarding.Restore(inner) {
                  private final List<Runnable> later = new ArrayList<>();

                  @Override
                  public synchronized void write(String collection, RecordBatch batch) {
                    later.add(() -> inner.write(collection, batch));
                  }

                  @Override
                  public Map<String, Long> recordsWritten() {
                    later.forEach(Runnable::run);
                    return inner.recordsWritten();
                  }
                }),
        "aRestoreIntoAnEmptyTargetMakesItEqualToTheSource"),

    COMMITS_ON_CLOSE(
        restore(
            inner ->
                new Forwarding.Restore(inner) {
                  private boolean begun;

                  @Override
                  public void begin() {
                    inner.begin();
                    begun = true;
                  }

                  @Override
                  public void finish() {
                    inner.finish();
                    begun = false;
                  }

                  @Override
                  public void close() {
                    if (begun) {
                      finish();
                    }
                    inner.close();
                  }
                }),
        "closingWithoutFinishUndoesARestore",
        "closingAfterTheFirstBatchUndoesARestore",
        "closingRightAfterBeginUndoesARestore"),
    SAYS_THAT_IT_IS_ATOMIC(
        restore(
            inner ->
                new Forwarding.Restore(inner) {
                  @Override
                  public RestorePlan prepare() {
                    RestorePlan plan = inner.prepare();
                    return new RestorePlan(true, plan.steps(), plan.warnings());
                  }
                }),
        "nothingShowsBeforeFinish",
        "closingWithoutFinishUndoesARestore",
        "aRecordThatIsCutOffIsRefusedAndUndone"),
    FINISH_DOES_NOT_COMMIT(
        restore(
            inner ->
                new Forwarding.Restore(inner) {
                  @Override
                  public void finish() {}
                }),
        "aRestoreIntoAnEmptyTargetMakesItEqualToTheSource",
        "closingAfterFinishKeepsTheRestore"),
    IGNORES_NOT_EMPTY(
        mode(RestoreMode.INTO_EMPTY, RestoreMode.MERGE),
        "intoEmptyRefusesATargetThatHoldsDataAndLeavesIt"),
    REPLACE_KEEPS_OTHER_RECORDS(
        mode(RestoreMode.REPLACE, RestoreMode.MERGE), "replaceMakesAFilledTargetEqualToTheSource"),
    MERGE_REMOVES_OTHER_RECORDS(
        mode(RestoreMode.MERGE, RestoreMode.REPLACE),
        "mergeReplacesRecordsOfTheSameKeyAndKeepsOthers"),
    PREPARE_EMPTIES_THE_TARGET(
        handler ->
            new Forwarding.Handler(handler) {
              @Override
              public RestoreSession openRestore(RestoreRequest request) {
                return new Forwarding.Restore(inner.openRestore(request)) {
                  @Override
                  public RestorePlan prepare() {
                    RestorePlan plan = inner.prepare();
                    if (request.mode() == RestoreMode.REPLACE) {
                      try (RestoreSession eager = handler.openRestore(request)) {
                        eager.prepare();
                        eager.begin();
                        eager.finish();
                      }
                    }
                    return plan;
                  }
                };
              }
            },
        "prepareChangesNothingAndTellsWhatWouldHappen"),
    MERGES_WHERE_IT_SAYS_THAT_IT_CANNOT(
        handler -> handler, "mergeIsRefusedBeforeAnythingChangesWhereItCannotBeDone"),
    EMPTIES_THE_TARGET_WHEN_A_RESTORE_IS_OPENED(
        handler ->
            new Forwarding.Handler(handler) {
              @Override
              public RestoreSession openRestore(RestoreRequest request) {
                ((MemoryHandler) handler).database().delete("users", record -> true);
                return inner.openRestore(request);
              }
            },
        "aSessionThatIsClosedBeforeItBeganChangesNothing"),
    RESTORES_ONCE(
        handler ->
            new Forwarding.Handler(handler) {
              private final AtomicBoolean used = new AtomicBoolean();

              @Override
              public RestoreSession openRestore(RestoreRequest request) {
                if (used.getAndSet(true)) {
                  throw new IllegalStateException("still locked");
                }
                return inner.openRestore(request);
              }
            },
        "aRestoreCanBeRepeatedAfterOneThatWasGivenUp"),
    CREATES_UNKNOWN_COLLECTIONS(
        handler -> handler, "aCollectionThatTheTargetLacksIsAMismatchBeforeAnythingChanges"),
    SWAPS_IN_PLACE(
        request(
            r -> r.strategy() == RestoreStrategy.SWAP,
            r -> asking(r, r.mode(), RestoreStrategy.IN_PLACE, r.dataOnly())),
        "aSwapIsAtomicOrRefusedBeforeAnythingChanges"),
    DATA_ONLY_KEEPS_OTHER_RECORDS(
        request(
            RestoreRequest::dataOnly,
            r -> asking(r, RestoreMode.MERGE, r.strategy(), r.dataOnly())),
        "dataOnlyFillsWhatIsThere"),
    DATA_ONLY_CREATES_UNKNOWN_COLLECTIONS(
        request(RestoreRequest::dataOnly, r -> asking(r, r.mode(), r.strategy(), false)),
        "dataOnlyRefusesACollectionThatTheTargetLacksBeforeAnythingChanges"),
    IS_ANOTHER_DATABASE_EVERY_TIME(
        handler ->
            new Forwarding.Handler(handler) {
              private final AtomicInteger asked = new AtomicInteger();

              @Override
              public DatabaseInfo describe() {
                return DatabaseInfo.named("database " + asked.incrementAndGet());
              }
            },
        "theTargetIsDescribedAlikeEveryTimeAndAsItsBackupsAre"),
    CLOSE_WAITS_FOR_THE_WRITE(
        restore(
            inner ->
                new Forwarding.Restore(inner) {
                  private final AtomicBoolean writing = new AtomicBoolean();

                  @Override
                  public void write(String collection, RecordBatch batch) {
                    writing.set(true);
                    inner.write(collection, batch);
                    writing.set(false);
                  }

                  @Override
                  public void close() {
                    if (!writing.get()) {
                      inner.close();
                    }
                  }
                }),
        "aWriteThatWaitsEndsWhenItsSessionIsClosed");

    private final UnaryOperator<BackupHandler> around;
    private final List<String> mustFail;

    Fault(UnaryOperator<BackupHandler> around, String... mustFail) {
      this.around = around;
      this.mustFail = List.of(mustFail);
    }

    /** Faults that are choices of the double, passed off as what they are not. */
    MemoryHandler.Builder options(MemoryHandler.Builder healthy) {
      return switch (this) {
        case SEES_LATER_CHANGES -> healthy.consistency(Consistency.FUZZY);
        case SAYS_THAT_IT_IS_ATOMIC -> healthy.atomic(false);
        case CREATES_UNKNOWN_COLLECTIONS, DATA_ONLY_CREATES_UNKNOWN_COLLECTIONS ->
            healthy.createsCollections(true);
        default -> healthy;
      };
    }
  }

  @Test
  void aHealthyHandlerPassesEveryTest() {
    Events tests = run(Fault.NONE, selectClass(WrongHandlerContract.class));
    assertThat(tests.failed().list()).isEmpty();
    assertThat(tests.succeeded().count()).isGreaterThan(45);
    assertThat(tests.aborted().list())
        .singleElement()
        .is(event(test("mergeIsRefusedBeforeAnythingChangesWhereItCannotBeDone")));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aWrongHandlerFailsTheTestsThatAreThereForItsFault(Fault fault) {
    assertThat(fault.mustFail).isNotEmpty();
    for (String test : fault.mustFail) {
      Events tests = run(fault, selectMethod(WrongHandlerContract.class, test));
      assertThat(tests.failed().list()).as(test).hasSize(1);
    }
  }

  @Test
  void everyTestOfTheSuiteHasAFaultThatFailsIt() {
    Set<String> suite =
        Set.copyOf(
            Arrays.stream(BackupHandlerContract.class.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .map(method -> method.getName())
                .toList());
    assertThat(Stream.of(Fault.values()).flatMap(fault -> fault.mustFail.stream()).distinct())
        .containsExactlyInAnyOrderElementsOf(suite);
  }

  private static Events run(Fault fault, DiscoverySelector what) {
    return EngineTestKit.engine("junit-jupiter")
        .configurationParameter(WrongHandlerContract.FAULT, fault.name())
        .selectors(what)
        .execute()
        .testEvents();
  }

  /** The suite on a handler with the fault that the run was given. */
  @ExtendWith(WrongHandlerContract.FaultOfTheRun.class)
  static final class WrongHandlerContract extends BackupHandlerContract {
    static final String FAULT = "holdfast.fault";

    private final Fault fault;

    WrongHandlerContract(Fault fault) {
      this.fault = fault;
    }

    @Override
    protected Duration patience() {
      return Duration.ofSeconds(fault == Fault.NONE ? 20 : 1);
    }

    @Override
    protected HandlerFixture createFixture() {
      return new MemoryFixture(fault::options, fault.around) {
        @Override
        public Set<String> secrets() {
          return Set.of("hunter2");
        }

        @Override
        public Map<String, Long> sourceCounts() {
          return fault == Fault.A_FIXTURE_WITHOUT_MUCH_IN_IT
              ? Map.of("users", 1L)
              : super.sourceCounts();
        }

        @Override
        public boolean supportsMerge() {
          return fault != Fault.MERGES_WHERE_IT_SAYS_THAT_IT_CANNOT;
        }
      };
    }

    static final class FaultOfTheRun implements ParameterResolver {
      @Override
      public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Fault.class;
      }

      @Override
      public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return Fault.valueOf(context.getConfigurationParameter(FAULT).orElse("NONE"));
      }
    }
  }

  private static UnaryOperator<BackupHandler> backup(UnaryOperator<BackupSession> change) {
    return handler ->
        new Forwarding.Handler(handler) {
          @Override
          public BackupSession openBackup(BackupRequest request) {
            return change.apply(inner.openBackup(request));
          }
        };
  }

  private static UnaryOperator<BackupHandler> source(UnaryOperator<SourceInfo> change) {
    return backup(
        inner ->
            new Forwarding.Backup(inner) {
              @Override
              public SourceInfo source() {
                return change.apply(inner.source());
              }
            });
  }

  private static UnaryOperator<BackupHandler> requests(UnaryOperator<BackupRequest> change) {
    return handler ->
        new Forwarding.Handler(handler) {
          @Override
          public BackupSession openBackup(BackupRequest request) {
            return inner.openBackup(change.apply(request));
          }
        };
  }

  private static UnaryOperator<BackupHandler> reader(Function<SplitReader, SplitReader> change) {
    return handler ->
        new Forwarding.Handler(handler) {
          @Override
          public SplitReader openReader(BackupRequest request) {
            return change.apply(inner.openReader(request));
          }
        };
  }

  private static UnaryOperator<BackupHandler> restore(UnaryOperator<RestoreSession> change) {
    return handler ->
        new Forwarding.Handler(handler) {
          @Override
          public RestoreSession openRestore(RestoreRequest request) {
            return change.apply(inner.openRestore(request));
          }
        };
  }

  private static UnaryOperator<BackupHandler> mode(RestoreMode asked, RestoreMode done) {
    return request(r -> r.mode() == asked, r -> asking(r, done, r.strategy(), r.dataOnly()));
  }

  /** Does something else than it was asked for. */
  private static UnaryOperator<BackupHandler> request(
      Predicate<RestoreRequest> which, UnaryOperator<RestoreRequest> change) {
    return handler ->
        new Forwarding.Handler(handler) {
          @Override
          public RestoreSession openRestore(RestoreRequest request) {
            return inner.openRestore(which.test(request) ? change.apply(request) : request);
          }
        };
  }

  private static RestoreRequest asking(
      RestoreRequest request, RestoreMode mode, RestoreStrategy strategy, boolean dataOnly) {
    return new RestoreRequest(
        request.header(),
        request.expectedRecords(),
        request.filter(),
        mode,
        strategy,
        dataOnly,
        request.parallelism(),
        request.retry());
  }
}
