package io.holdfast.firestore;

import com.google.protobuf.Timestamp;
import io.holdfast.firestore.internal.names.NameOrder;
import io.holdfast.firestore.internal.read.CollectionGroup;
import io.holdfast.firestore.internal.read.NameRange;
import io.holdfast.firestore.internal.read.Queries;
import io.holdfast.firestore.internal.rpc.FirestoreCalls;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.Retry;
import io.holdfast.spi.Split;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cuts collection groups into ranges of names that can be read side by side, where the service
 * helps with that; it may give fewer than asked for, in any order. Used by one thread.
 */
final class FirestoreSplits {
  private static final Logger log = LoggerFactory.getLogger(FirestoreSplits.class);

  private static final String READ_TIME = "read_time";
  private static final String FROM = "from";
  private static final String TO = "to";

  /** A guess, since nobody knows before they are read. */
  private static final long BYTES_PER_DOCUMENT = 1_000;

  /** Below that, cutting costs more than it gains. */
  private static final long SMALL = 1_000;

  /** PartitionQuery's own limit is not documented; more are of no use to anybody. */
  private static final long MOST = 1_000;

  private final FirestoreCalls calls;
  private final Timestamp readTime;
  private final List<NameRange> ranges;
  private final Retry retry;
  private final int parallelism;
  private final long splitBytes;
  private final LongAdder reads;
  private boolean supported = true;

  FirestoreSplits(
      FirestoreCalls calls,
      Timestamp readTime,
      List<NameRange> ranges,
      Retry retry,
      int parallelism,
      long splitBytes,
      LongAdder reads) {
    this.calls = calls;
    this.readTime = readTime;
    this.ranges = ranges;
    this.retry = retry;
    this.parallelism = parallelism;
    this.splitBytes = splitBytes;
    this.reads = reads;
  }

  /** The splits of a group, which together are all of it. */
  List<Split> of(CollectionGroup group) {
    List<NameRange> parts = new ArrayList<>();
    for (NameRange range : ranges) {
      parts.addAll(cut(range, cuts(group)));
    }
    List<Split> splits = new ArrayList<>();
    long estimate = group.documents() * BYTES_PER_DOCUMENT / parts.size();
    for (NameRange part : parts) {
      Map<String, String> attributes = new HashMap<>();
      attributes.put(READ_TIME, toInstant(readTime).toString());
      part.from().ifPresent(path -> attributes.put(FROM, path));
      part.to().ifPresent(path -> attributes.put(TO, path));
      splits.add(new Split(group.id(), splits.size(), attributes, estimate));
    }
    return splits;
  }

  private List<String> cuts(CollectionGroup group) {
    long bySize = group.documents() * BYTES_PER_DOCUMENT / Math.max(1, splitBytes);
    long byWorkers = parallelism > 1 && group.documents() >= SMALL ? 2L * parallelism - 1 : 0;
    long wanted = Math.min(MOST, Math.max(bySize, byWorkers));
    if (!supported || wanted < 1) {
      return List.of();
    }
    try {
      // Partitions are of whole groups; ranges of names are cut out of them afterwards.
      List<String> names =
          retry.call(
              "split " + group.id(),
              () ->
                  calls.partitions(
                      Queries.documents(calls.database(), group.id(), NameRange.ALL).build(),
                      wanted,
                      readTime));
      reads.increment();
      return names;
    } catch (HandlerException e) {
      if (e.kind() != HandlerException.Kind.UNSUPPORTED) {
        throw e;
      }
      log.info(
          "The service does not split collections, so each is read by one worker: {}",
          e.getMessage());
      supported = false;
      return List.of();
    }
  }

  private List<NameRange> cut(NameRange range, List<String> names) {
    TreeSet<String> cuts = new TreeSet<>(NameOrder.INSTANCE);
    for (String name : names) {
      calls.database().path(name).filter(range::contains).ifPresent(cuts::add);
    }
    range.from().ifPresent(cuts::remove);
    List<NameRange> parts = new ArrayList<>();
    Optional<String> from = range.from();
    for (String cut : cuts) {
      parts.add(new NameRange(from, Optional.of(cut)));
      from = Optional.of(cut);
    }
    parts.add(new NameRange(from, range.to()));
    return parts;
  }

  /** The part of its group that a split is. */
  static NameRange range(Split split) {
    return new NameRange(
        Optional.ofNullable(split.attributes().get(FROM)),
        Optional.ofNullable(split.attributes().get(TO)));
  }

  /** The instant that a split is read at. */
  static Timestamp readTime(Split split) {
    return toTimestamp(Instant.parse(split.attribute(READ_TIME)));
  }

  static Instant toInstant(Timestamp timestamp) {
    return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
  }

  static Timestamp toTimestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}
