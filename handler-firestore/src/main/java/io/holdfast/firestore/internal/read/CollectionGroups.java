package io.holdfast.firestore.internal.read;

import com.google.firestore.v1.Document;
import com.google.protobuf.Timestamp;
import io.holdfast.firestore.internal.names.DocumentPath;
import io.holdfast.firestore.internal.rpc.FirestoreCalls;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.Retry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which collection groups a database has at an instant. The service lists the collections
 * of the root and of single documents only, so the groups are guessed first, cheaply, and then
 * counted: if their documents together are as many as all documents are, none was missed. If not,
 * or if the service does not count, a scan over all names tells, which costs one read for each
 * document.
 */
public final class CollectionGroups {
  private static final Logger log = LoggerFactory.getLogger(CollectionGroups.class);

  /** How many documents of a root collection are looked at, wherever below it they are. */
  private static final int SAMPLE = 100;

  /** How many documents of a group are asked for collections below them. */
  private static final int ASKED = 5;

  /** Beyond that many groups, a guess costs more than it is worth. */
  private static final int MANY = 2_000;

  private final FirestoreCalls calls;
  private final Timestamp readTime;
  private final Retry retry;
  private final LongAdder reads;
  private final boolean sampling;
  private final Supplier<Optional<List<String>>> known;

  /**
   * A search.
   *
   * @param reads counts what is billed
   * @param sampling whether a query for a few documents is cheap, as it is not in the emulator
   * @param known collection groups that are likely to be there, if somebody knows
   */
  public CollectionGroups(
      FirestoreCalls calls,
      Timestamp readTime,
      Retry retry,
      LongAdder reads,
      boolean sampling,
      Supplier<Optional<List<String>>> known) {
    this.calls = calls;
    this.readTime = readTime;
    this.retry = retry;
    this.reads = reads;
    this.sampling = sampling;
    this.known = known;
  }

  /** The groups with documents in those ranges, by id. */
  public List<CollectionGroup> find(List<NameRange> ranges) {
    if (ranges.equals(List.of(NameRange.ALL))) {
      Optional<List<CollectionGroup>> counted = guessAndCount();
      if (counted.isPresent()) {
        return counted.get();
      }
    }
    List<CollectionGroup> groups = new ArrayList<>();
    scan(Queries.EVERY_COLLECTION, ranges)
        .forEach((id, documents) -> groups.add(new CollectionGroup(id, documents)));
    return groups;
  }

  /** How many documents these groups have, without a look at others. */
  public List<CollectionGroup> these(Set<String> ids) {
    List<CollectionGroup> groups = new ArrayList<>();
    for (String id : new TreeSet<>(ids)) {
      OptionalLong counted = count(id);
      long documents =
          counted.isPresent()
              ? counted.getAsLong()
              : scan(id, List.of(NameRange.ALL)).getOrDefault(id, 0L);
      if (documents > 0) {
        groups.add(new CollectionGroup(id, documents));
      }
    }
    return groups;
  }

  private Optional<List<CollectionGroup>> guessAndCount() {
    OptionalLong all = count(Queries.EVERY_COLLECTION);
    if (all.isEmpty()) {
      return Optional.empty();
    }
    Map<String, Long> counted = new TreeMap<>();
    Set<String> roots = Set.copyOf(collectionIds(""));
    Set<String> likely = new TreeSet<>(roots);
    likely.addAll(known.get().orElseGet(List::of));
    boolean complete = count(likely, counted, all.getAsLong());
    if (!complete && sampling && counted.size() == likely.size()) {
      complete = count(sample(roots), counted, all.getAsLong());
    }
    if (!complete) {
      log.info("Not all collections were found by looking at a few documents; reading all names.");
      return Optional.empty();
    }
    List<CollectionGroup> groups = new ArrayList<>();
    counted.forEach(
        (id, documents) -> {
          if (documents > 0) {
            groups.add(new CollectionGroup(id, documents));
          }
        });
    return Optional.of(groups);
  }

  /** Counts what is not counted yet; true if all together have as many documents as there are. */
  private boolean count(Set<String> ids, Map<String, Long> counted, long all) {
    long sum = counted.values().stream().mapToLong(Long::longValue).sum();
    if (ids.size() > MANY) {
      return false;
    }
    for (String id : ids) {
      if (!counted.containsKey(id)) {
        OptionalLong documents = count(id);
        if (documents.isEmpty()) {
          return false;
        }
        counted.put(id, documents.getAsLong());
        sum += documents.getAsLong();
      }
    }
    return sum == all;
  }

  /** The groups of a few documents of each root collection, and what is said to be below these. */
  private Set<String> sample(Set<String> roots) {
    Set<String> found = new TreeSet<>();
    Deque<String> toAsk = new ArrayDeque<>();
    for (String root : roots) {
      for (String path : paths(Queries.EVERY_COLLECTION, NameRange.below(root), SAMPLE)) {
        String group = DocumentPath.parse(path).collection();
        if (found.add(group)) {
          toAsk.add(group);
        }
      }
    }
    while (!toAsk.isEmpty() && found.size() <= MANY) {
      for (String path : paths(toAsk.remove(), NameRange.ALL, ASKED)) {
        for (String below : collectionIds(path)) {
          if (found.add(below)) {
            toAsk.add(below);
          }
        }
      }
    }
    return found;
  }

  private List<String> paths(String collection, NameRange range, int limit) {
    return retry.call(
        "look for collections",
        () -> {
          List<String> paths = new ArrayList<>();
          try (DocumentScan scan =
              DocumentScan.ofFew(calls, collection, range, readTime, Retry.none(), reads, limit)) {
            Optional<Document> next = scan.next();
            while (next.isPresent()) {
              calls.database().path(next.get().getName()).ifPresent(paths::add);
              scan.used(1);
              next = paths.size() < limit ? scan.next() : Optional.empty();
            }
          }
          return paths;
        });
  }

  private List<String> collectionIds(String path) {
    reads.increment();
    return retry.call("list collections", () -> calls.collectionIds(path, readTime));
  }

  /** Empty if the service does not count, or not so many; then there are other ways. */
  private OptionalLong count(String collection) {
    try {
      long count =
          retry.call(
              "count documents",
              () ->
                  calls.count(
                      Queries.documents(calls.database(), collection, NameRange.ALL).build(),
                      readTime,
                      collection));
      reads.add(Math.max(1, (count + 999) / 1000));
      return OptionalLong.of(count);
    } catch (HandlerException e) {
      if (Set.of(Kind.PERMISSION_DENIED, Kind.UNAUTHENTICATED, Kind.NOT_FOUND, Kind.SNAPSHOT_LOST)
          .contains(e.kind())) {
        throw e;
      }
      log.info("Documents cannot be counted, so all names are read: {}", e.getMessage());
      return OptionalLong.empty();
    }
  }

  /** Reads names, and counts them by group. */
  private Map<String, Long> scan(String collection, List<NameRange> ranges) {
    Map<String, Long> counts = new TreeMap<>();
    for (NameRange range : ranges) {
      try (DocumentScan scan =
          new DocumentScan(calls, collection, range, readTime, true, retry, reads)) {
        Optional<Document> next = scan.next();
        while (next.isPresent()) {
          String path = calls.database().path(next.get().getName()).orElseThrow();
          counts.merge(DocumentPath.parse(path).collection(), 1L, Long::sum);
          scan.used(64);
          next = scan.next();
        }
      }
    }
    return counts;
  }
}
