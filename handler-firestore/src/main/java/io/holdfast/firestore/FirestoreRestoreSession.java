package io.holdfast.firestore;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.firestore.v1.BatchWriteResponse;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.Precondition;
import com.google.firestore.v1.Write;
import com.google.protobuf.Timestamp;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.firestore.internal.definitions.FirestoreDefinitions;
import io.holdfast.firestore.internal.read.DocumentScan;
import io.holdfast.firestore.internal.read.NameRange;
import io.holdfast.firestore.internal.read.Queries;
import io.holdfast.firestore.internal.restore.TargetCollection;
import io.holdfast.firestore.internal.restore.WriteMode;
import io.holdfast.firestore.internal.restore.WriteQueue;
import io.holdfast.firestore.internal.restore.WriteRate;
import io.holdfast.firestore.internal.restore.WrittenNames;
import io.holdfast.firestore.internal.rpc.FirestoreCalls;
import io.holdfast.firestore.internal.rpc.FirestoreErrors;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores into one database. Nothing of it can be undone, so a marker stands in the target from
 * the first write until the whole was compared.
 */
final class FirestoreRestoreSession implements RestoreSession {
  private static final Logger log = LoggerFactory.getLogger(FirestoreRestoreSession.class);

  /** Requests wait for the service most of their time, so there are more than processors. */
  private static final int WRITERS_PER_WORKER = 4;

  private static final int MOST_WRITERS = 32;

  private final FirestoreSource source;
  private final FirestoreCalls calls;
  private final RestoreRequest request;
  private final WriteSettings settings;
  private final RestoreTargets targets;
  private final WrittenNames names = new WrittenNames();
  private @Nullable RestoreMarker resumed;
  private volatile @Nullable WriteQueue queue;
  private boolean begun;
  private boolean finished;
  private volatile boolean closed;

  FirestoreRestoreSession(FirestoreSource source, RestoreRequest request, WriteSettings settings) {
    this.source = source;
    this.calls = source.calls();
    this.request = request;
    this.settings = settings;
    this.targets = new RestoreTargets(request, calls.database(), settings);
  }

  @Override
  public Ordering ordering() {
    return Ordering.ANY;
  }

  @Override
  public RestorePlan prepare() {
    if (request.strategy() == RestoreStrategy.SWAP) {
      throw new HandlerException(
          Kind.UNSUPPORTED,
          null,
          "Firestore cannot exchange two databases. Nothing was changed. Restore into an empty"
              + " database of another name, or choose IN_PLACE.",
          null);
    }
    targets.resolveAnnounced();
    RestoreMarker.Sighting sighting = RestoreMarker.look(calls, request.retry(), Optional.empty());
    judge(sighting.marker());
    if (request.mode() == RestoreMode.INTO_EMPTY && resumed == null) {
      requireEmpty(sighting.at());
    }
    return plan();
  }

  /** A restore that did not finish may be repeated; another one must not be mixed with it. */
  private void judge(Optional<RestoreMarker> marker) {
    resumed = null;
    if (marker.isEmpty()) {
      return;
    }
    String wanted = request.header().backupId();
    // Files that others wrote have no id, so nobody knows whether it is the same one.
    boolean same =
        !wanted.isEmpty()
            && marker.get().backupId().equals(wanted)
            && marker.get().mode().equals(request.mode().name());
    if (same) {
      resumed = marker.get();
    } else if (request.mode() != RestoreMode.REPLACE) {
      throw new HandlerException(
          request.mode() == RestoreMode.INTO_EMPTY ? Kind.NOT_EMPTY : Kind.MISMATCH,
          null,
          "The target "
              + calls.database().display()
              + " is partly restored: "
              + marker.get().describe()
              + ". Nothing was changed. Restore that backup again in the same way to finish, or replace everything"
              + " with REPLACE.",
          null);
    }
  }

  private void requireEmpty(Timestamp at) {
    Optional<String> there = Optional.empty();
    if (isWhole()) {
      there = anyDocument(Queries.EVERY_COLLECTION, at);
    } else {
      for (String group : targets.groups()) {
        there = there.isPresent() ? there : anyDocument(group, at);
      }
    }
    if (there.isPresent()) {
      throw new HandlerException(
          Kind.NOT_EMPTY,
          null,
          "The target "
              + calls.database().display()
              + " holds documents, "
              + there.get()
              + " for one. Nothing was changed. Empty it, or choose REPLACE or MERGE.",
          null);
    }
  }

  private Optional<String> anyDocument(String group, Timestamp at) {
    String marker = calls.database().name(RestoreMarker.PATH);
    try (DocumentScan scan =
        DocumentScan.ofFew(calls, group, NameRange.ALL, at, request.retry(), new LongAdder(), 2)) {
      Optional<Document> next = scan.next();
      if (next.isPresent() && next.get().getName().equals(marker)) {
        next = scan.next();
      }
      return next.flatMap(document -> calls.database().path(document.getName()));
    }
  }

  /** Whether the target as a whole is to become the backup. */
  private boolean isWhole() {
    return request.filter().equals(CollectionFilter.ALL);
  }

  private RestorePlan plan() {
    List<String> steps = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    String database = calls.database().display();
    if (resumed != null) {
      steps.add("Go on where " + resumed.describe() + ": write all documents again.");
    }
    steps.add(
        "Mark " + database + " as being restored, by the document " + RestoreMarker.PATH + ".");
    steps.add(
        "Write "
            + request
                .expectedRecords()
                .map(
                    counts ->
                        counts.values().stream().mapToLong(Long::longValue).sum() + " documents")
                .orElse("documents")
            + " of "
            + targets.groups().size()
            + " collection groups, "
            + (settings.rampUp()
                ? settings.firstWritesPerSecond()
                    + " a second at first, half as many more every five minutes."
                : "as fast as the service takes them."));
    switch (request.mode()) {
      case INTO_EMPTY -> steps.add("Read everything and compare count and content.");
      case REPLACE ->
          steps.add(
              "Read everything, compare count and content, and delete documents that are not of the"
                  + " backup"
                  + (isWhole() ? "." : ", in these collection groups."));
      case MERGE -> steps.add("Read each document that was written, and compare it.");
    }
    steps.addAll(planOfDefinitions());
    steps.add("Remove the mark.");
    warnings.add(
        "Firestore has no transaction over a database: if the restore fails, the target is partly"
            + " written, and marked as such until the same backup was restored again.");
    warnings.add(
        "Whatever listens to the target (functions triggers, extensions, clients) sees each document"
            + " being written.");
    expiring().ifPresent(warnings::add);
    return new RestorePlan(false, steps, warnings);
  }

  /** What of the backup besides documents is restored; empty if that was not asked for. */
  private Optional<ObjectNode> wantedDefinitions() {
    return settings.definitions().isPresent() && !request.dataOnly()
        ? FirestoreSchema.definitions(request.header().schema())
        : Optional.empty();
  }

  private List<String> planOfDefinitions() {
    Optional<ObjectNode> wanted = wantedDefinitions();
    Optional<FirestoreDefinitions> target =
        wanted.isEmpty() ? Optional.empty() : source.definitions(request.retry());
    return target.isEmpty()
        ? List.of()
        : target.get().plan(wanted.orElseThrow(), settings.definitions().orElseThrow());
  }

  private void restoreDefinitions() {
    Optional<ObjectNode> wanted = wantedDefinitions();
    if (wanted.isPresent()) {
      source
          .definitions(request.retry())
          .ifPresent(
              target ->
                  target.restore(wanted.get(), settings.definitions().orElseThrow(), log::info));
    }
  }

  /** Documents whose time to live is over vanish again, and no comparison would tell. */
  private Optional<String> expiring() {
    Optional<ObjectNode> definitions = FirestoreSchema.definitions(request.header().schema());
    if (definitions.isEmpty() || definitions.get().path("ttl").isEmpty()) {
      return Optional.empty();
    }
    List<String> fields =
        FirestoreDefinitions.ttlFields(definitions.get()).stream()
            .map(ttl -> ttl.collectionGroup() + "." + ttl.fieldPath())
            .toList();
    return Optional.of(
        "The source has TTL policies on "
            + String.join(", ", fields)
            + ". Where the target has them too, documents with a time in the past vanish within a day"
            + " of the restore. Switch the policies off first if that is not wanted.");
  }

  @Override
  public void begin() {
    begun = true;
    mark();
    if (request.mode() == RestoreMode.INTO_EMPTY && resumed == null) {
      // Others may have written since it was checked; from here on, each document must be new.
      requireStillEmpty();
    }
    queue =
        new WriteQueue(
            calls,
            request.retry(),
            settings.rampUp()
                ? WriteRate.rampingUp(settings.firstWritesPerSecond())
                : WriteRate.unlimited(),
            names,
            Math.min(MOST_WRITERS, WRITERS_PER_WORKER * Math.max(1, request.parallelism())),
            new WriteMode(
                request.mode() == RestoreMode.INTO_EMPTY && resumed == null,
                request.mode() == RestoreMode.MERGE,
                source.emulated()));
  }

  private void mark() {
    RestoreMarker marker =
        new RestoreMarker(
            request.header().backupId(),
            request.mode().name(),
            Instant.now().truncatedTo(ChronoUnit.MICROS));
    Write.Builder write = Write.newBuilder().setUpdate(marker.document(calls.database()));
    if (resumed == null && request.mode() != RestoreMode.REPLACE) {
      write.setCurrentDocument(Precondition.newBuilder().setExists(false));
    }
    try {
      writeMarker(write.build(), "mark the target as being restored");
    } catch (HandlerException e) {
      if (e.kind() != Kind.CONSTRAINT) {
        throw e;
      }
      // It may be our own earlier try, and only its answer was lost.
      RestoreMarker there =
          RestoreMarker.look(calls, request.retry(), Optional.empty())
              .marker()
              .orElseThrow(() -> e);
      if (!there.equals(marker)) {
        begun = false;
        throw new HandlerException(
            Kind.NOT_EMPTY,
            null,
            "Somebody else has begun to restore into "
                + calls.database().display()
                + " just now: "
                + there.describe()
                + " yet. Nothing was changed. Let it end, or choose another target.",
            e);
      }
    }
  }

  private void requireStillEmpty() {
    try {
      requireEmpty(RestoreMarker.look(calls, request.retry(), Optional.empty()).at());
    } catch (HandlerException e) {
      removeMarker();
      begun = false;
      throw e;
    }
  }

  private void writeMarker(Write write, String doing) {
    BatchWriteResponse answer =
        request.retry().call(doing, () -> accepted(calls.write(List.of(write)), doing));
    log.debug("Marker written at {}", answer.getWriteResults(0).getUpdateTime());
  }

  private static BatchWriteResponse accepted(BatchWriteResponse answer, String doing) {
    if (answer.getStatus(0).getCode() != 0) {
      throw FirestoreErrors.ofWrite(answer.getStatus(0), doing, null);
    }
    return answer;
  }

  private void removeMarker() {
    writeMarker(
        Write.newBuilder().setDelete(calls.database().name(RestoreMarker.PATH)).build(),
        "remove the mark of the restore");
  }

  @Override
  public void write(String collection, RecordBatch batch) {
    writing().add(targets.get(collection), batch);
  }

  private WriteQueue writing() {
    WriteQueue open = queue;
    if (open == null) {
      throw new IllegalStateException("begin comes before write");
    }
    return open;
  }

  @Override
  public Map<String, Long> recordsWritten() {
    writing().flush();
    Map<String, Long> written = new HashMap<>();
    for (TargetCollection target : targets.all()) {
      written.put(target.collection(), target.written());
    }
    return written;
  }

  @Override
  public void finish() {
    writing().flush();
    if (request.mode() != RestoreMode.MERGE) {
      Optional<Set<String>> only = isWhole() ? Optional.empty() : Optional.of(targets.groups());
      new RestoreCheck(
              calls,
              request.retry(),
              request.parallelism(),
              names,
              request.mode() == RestoreMode.REPLACE,
              only,
              !source.emulated())
          .run(targets.all());
    } else {
      requireNoneTwice();
    }
    restoreDefinitions();
    removeMarker();
    finished = true;
  }

  /** Reading back what was written cannot tell when two records became one document. */
  private void requireNoneTwice() {
    names.seal();
    long repeated = names.repeated();
    if (repeated > 0) {
      throw new HandlerException(
          Kind.INCOMPLETE,
          null,
          repeated
              + " documents are in the backup more than once, so that one record of each was written"
              + " over another in "
              + calls.database().display()
              + ". Look where the backup comes from, and restore a correct one.",
          null);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    WriteQueue open = queue;
    if (open != null) {
      open.close();
    }
    names.close();
    if (begun && !finished) {
      log.warn(
          "The restore into {} did not finish. What was written stays, and {} says so. Restore the"
              + " same backup again to finish.",
          source.identity(),
          RestoreMarker.PATH);
    }
  }
}
