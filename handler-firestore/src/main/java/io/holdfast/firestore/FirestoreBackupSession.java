package io.holdfast.firestore;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Timestamp;
import io.holdfast.firestore.internal.read.CollectionGroup;
import io.holdfast.firestore.internal.read.CollectionGroups;
import io.holdfast.firestore.internal.rpc.FirestoreCalls;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.SourceInfo;
import io.holdfast.spi.Split;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/** One read time of a database. The service keeps it readable by itself; nothing is held open. */
final class FirestoreBackupSession implements BackupSession {
  /** The unit that the service bills. */
  static final String DOCUMENT_READS = "document_reads";

  private final FirestoreCalls calls;
  private final BackupRequest request;
  private final FirestoreSource source;
  private final Timestamp readTime;
  private final LongAdder reads = new LongAdder();
  private final Map<String, CollectionGroup> groups = new LinkedHashMap<>();
  private final List<NotCaptured> notCaptured = new ArrayList<>();
  private final ObjectNode schema;
  private final FirestoreSplits splits;

  private FirestoreBackupSession(FirestoreSource source, BackupRequest request) {
    this.calls = source.calls();
    this.request = request;
    this.source = source;
    RestoreMarker.Sighting sighting = look(readTime());
    this.readTime = sighting.at();
    sighting.marker().ifPresent(this::partlyRestored);
    new CollectionGroups(calls, readTime, request.retry(), reads, !source.emulated(), this::kinds)
        .find(source.ranges()).stream()
            .map(group -> sighting.marker().isPresent() ? withoutMarker(group) : group)
            .filter(group -> group.documents() > 0)
            .forEach(group -> groups.put(group.id(), group));
    requireFilterMatches();
    groups.keySet().removeIf(id -> !request.filter().accepts(id));
    this.schema =
        FirestoreSchema.write(calls.database(), source.capture(request.retry(), notCaptured));
    this.splits =
        new FirestoreSplits(
            calls,
            readTime,
            source.ranges(),
            request.retry(),
            request.parallelism(),
            request.splitBytes(),
            reads);
  }

  /**
   * Opens a session.
   *
   * @throws HandlerException if the database cannot be reached, or is half restored
   */
  static BackupSession open(FirestoreSource source, BackupRequest request) {
    return new FirestoreBackupSession(source, request);
  }

  /** What was asked for, unless the service's clock says that it is still to come. */
  private Optional<Instant> readTime() {
    return source.readTime().isPresent()
        ? source.readTime()
        : request
            .asOf()
            .map(instant -> instant.truncatedTo(ChronoUnit.MICROS))
            .filter(instant -> !instant.isAfter(now()));
  }

  private Instant now() {
    return FirestoreSplits.toInstant(look(Optional.empty()).at());
  }

  private RestoreMarker.Sighting look(Optional<Instant> at) {
    reads.increment();
    return RestoreMarker.look(calls, request.retry(), at.map(FirestoreSplits::toTimestamp));
  }

  private Optional<List<String>> kinds() {
    return source.kinds(FirestoreSplits.toInstant(readTime), request.retry(), reads);
  }

  /** An application's own documents beside the marker are as good as any. */
  private CollectionGroup withoutMarker(CollectionGroup group) {
    boolean holdsIt =
        RestoreMarker.PATH.startsWith(group.id() + "/")
            && source.ranges().stream().anyMatch(range -> range.contains(RestoreMarker.PATH));
    return holdsIt ? new CollectionGroup(group.id(), group.documents() - 1) : group;
  }

  /** A database in that state looks like any other, and is worth nothing as a backup. */
  private void partlyRestored(RestoreMarker marker) {
    String what =
        "The database " + calls.database().display() + " is partly restored: " + marker.describe();
    if (!request.allowUncaptured()) {
      throw new HandlerException(
          Kind.UNSUPPORTED,
          null,
          what
              + ". A backup of it would look whole and not be. Restore that backup again to finish,"
              + " or delete the document "
              + RestoreMarker.PATH
              + " if the database is as you want it.",
          null);
    }
    notCaptured.add(new NotCaptured("the whole of the database", what));
  }

  private void requireFilterMatches() {
    List<String> unmatched = request.filter().unmatchedIncludes(groups.keySet());
    if (!unmatched.isEmpty()) {
      throw new HandlerException(
          Kind.NOT_FOUND,
          null,
          "No collection group of "
              + calls.database().display()
              + " matches "
              + String.join(", ", unmatched)
              + ". There are: "
              + String.join(", ", groups.keySet())
              + ".",
          null);
    }
  }

  @Override
  public SourceInfo source() {
    return new SourceInfo(
        FirestoreHandler.NAME,
        calls.database().display(),
        source.server(),
        FirestoreSplits.toInstant(readTime),
        Consistency.SNAPSHOT,
        "",
        source.identity());
  }

  @Override
  public ObjectNode schema() {
    return schema.deepCopy();
  }

  @Override
  public List<CollectionInfo> collections() {
    return groups.values().stream()
        .map(group -> new CollectionInfo(group.id(), group.documents(), -1))
        .toList();
  }

  @Override
  public List<Split> splits(CollectionInfo collection) {
    CollectionGroup group = groups.get(collection.name());
    if (group == null) {
      throw new IllegalArgumentException(collection.name() + " is not in this session.");
    }
    return splits.of(group);
  }

  @Override
  public List<NotCaptured> notCaptured() {
    return List.copyOf(notCaptured);
  }

  @Override
  public Map<String, Long> usage() {
    return Map.of(DOCUMENT_READS, reads.sum());
  }

  /** A reading at that time that still works shows that all before it did. */
  @Override
  public void finish() {
    look(Optional.of(FirestoreSplits.toInstant(readTime)));
  }

  @Override
  public void close() {
    // The service holds nothing for it.
  }
}
