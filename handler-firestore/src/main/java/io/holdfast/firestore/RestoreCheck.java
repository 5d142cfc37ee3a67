package io.holdfast.firestore;

import com.google.firestore.v1.BatchWriteResponse;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.Write;
import com.google.protobuf.Timestamp;
import com.google.rpc.Status;
import io.holdfast.CancelledException;
import io.holdfast.firestore.internal.read.CollectionGroup;
import io.holdfast.firestore.internal.read.CollectionGroups;
import io.holdfast.firestore.internal.read.DocumentScan;
import io.holdfast.firestore.internal.read.NameRange;
import io.holdfast.firestore.internal.restore.TargetCollection;
import io.holdfast.firestore.internal.restore.WrittenNames;
import io.holdfast.firestore.internal.rpc.FirestoreCalls;
import io.holdfast.firestore.internal.rpc.FirestoreErrors;
import io.holdfast.firestore.internal.values.ContentHash;
import io.holdfast.firestore.internal.values.JsonOutput;
import io.holdfast.firestore.internal.values.RecordEncoder;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.Retry;
import io.holdfast.spi.Split;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a target after everything was written, and compares it with that: count and content hash of
 * each collection group. Documents that are not of the backup are deleted, if the target is to
 * become the backup, or an error. Used by one thread.
 */
final class RestoreCheck {
  private static final Logger log = LoggerFactory.getLogger(RestoreCheck.class);

  private static final int DELETES = 500;

  private final FirestoreCalls calls;
  private final Retry retry;
  private final int parallelism;
  private final WrittenNames names;
  private final boolean deleteOthers;
  private final Optional<Set<String>> only;
  private final boolean sampling;
  private final String marker;
  private final LongAdder reads = new LongAdder();
  private final LongAdder others = new LongAdder();
  private final Set<String> restored = new TreeSet<>();
  private final Map<String, ContentHash> found = new ConcurrentHashMap<>();

  /**
   * A check.
   *
   * @param deleteOthers whether documents that are not of the backup are deleted, or an error
   * @param only the collection groups that it is about; empty for the whole database
   * @param sampling as in {@link CollectionGroups}
   */
  RestoreCheck(
      FirestoreCalls calls,
      Retry retry,
      int parallelism,
      WrittenNames names,
      boolean deleteOthers,
      Optional<Set<String>> only,
      boolean sampling) {
    this.calls = calls;
    this.retry = retry;
    this.parallelism = parallelism;
    this.names = names;
    this.deleteOthers = deleteOthers;
    this.only = only;
    this.sampling = sampling;
    this.marker = calls.database().name(RestoreMarker.PATH);
  }

  /**
   * Compares.
   *
   * @throws HandlerException of kind {@code INCOMPLETE} if the target is not what was written
   */
  void run(List<TargetCollection> written) {
    names.seal();
    Timestamp at = RestoreMarker.look(calls, retry, Optional.empty()).at();
    written.forEach(target -> restored.add(target.group()));
    List<Work> work = new ArrayList<>();
    FirestoreSplits splits =
        new FirestoreSplits(
            calls, at, List.of(NameRange.ALL), retry, parallelism, 16L << 20, reads);
    for (CollectionGroup group : groups(at)) {
      boolean expected = restored.contains(group.id());
      for (Split split : splits.of(group)) {
        work.add(reader -> reader.read(split, expected));
      }
    }
    runAll(work);
    compare(written);
    if (others.sum() > 0) {
      log.info("{} documents that are not of the backup were deleted.", others.sum());
      requireGone(written);
    }
    log.info("Compared what was restored: {} documents read.", reads.sum());
  }

  private List<CollectionGroup> groups(Timestamp at) {
    CollectionGroups groups =
        new CollectionGroups(
            calls, at, retry, reads, sampling, () -> Optional.of(List.copyOf(restored)));
    return only.map(groups::these).orElseGet(() -> groups.find(List.of(NameRange.ALL)));
  }

  private void compare(List<TargetCollection> written) {
    Map<String, ContentHash> expected = new TreeMap<>();
    for (TargetCollection target : written) {
      expected.computeIfAbsent(target.group(), id -> new ContentHash()).add(target.content());
    }
    List<String> differences = new ArrayList<>();
    expected.forEach(
        (group, content) -> {
          ContentHash.Sum want = content.sum();
          ContentHash.Sum have = found.getOrDefault(group, new ContentHash()).sum();
          if (want.documents() != have.documents()) {
            differences.add(group + ": " + have.documents() + " of " + want.documents());
          } else if (!want.equals(have)) {
            differences.add(group + ": other content than was written");
          }
        });
    if (!deleteOthers && others.sum() > 0) {
      differences.add(others.sum() + " documents that are not of the backup");
    }
    if (!differences.isEmpty()) {
      throw new HandlerException(
          Kind.INCOMPLETE,
          null,
          "The target "
              + calls.database().display()
              + " does not hold exactly what was written: "
              + String.join("; ", differences)
              + ". Somebody else writes into it, a record occurs twice in the backup, or the service"
              + " lost something.",
          null);
    }
  }

  /** After the deletes: there are as many documents as were written, and the marker. */
  private void requireGone(List<TargetCollection> written) {
    Timestamp now = RestoreMarker.look(calls, retry, Optional.empty()).at();
    long expected = written.stream().mapToLong(target -> target.content().documents()).sum();
    long there =
        groups(now).stream().mapToLong(CollectionGroup::documents).sum()
            - (only.isEmpty() || only.get().contains(markerGroup()) ? 1 : 0);
    if (there != expected) {
      throw new HandlerException(
          Kind.INCOMPLETE,
          null,
          "After the documents that are not of the backup were deleted, the target "
              + calls.database().display()
              + " holds "
              + there
              + " documents where "
              + expected
              + " were restored. Somebody else writes into it.",
          null);
    }
  }

  private static String markerGroup() {
    return RestoreMarker.PATH.substring(0, RestoreMarker.PATH.indexOf('/'));
  }

  /** A part of the work, done by one of several readers. */
  @FunctionalInterface
  private interface Work {
    void by(Reader reader);
  }

  private void runAll(List<Work> work) {
    ExecutorService pool =
        Executors.newFixedThreadPool(
            Math.max(1, parallelism),
            task -> {
              Thread thread = new Thread(task, "holdfast-firestore-check");
              thread.setDaemon(true);
              return thread;
            });
    try {
      ExecutorCompletionService<Boolean> done = new ExecutorCompletionService<>(pool);
      for (Work part : work) {
        var unused =
            done.submit(
                () -> {
                  part.by(new Reader());
                  return true;
                });
      }
      for (int i = 0; i < work.size(); i++) {
        done.take().get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("Interrupted while comparing what was restored.", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof HandlerException failed) {
        throw failed;
      }
      throw new IllegalStateException("Comparing failed.", e.getCause());
    } finally {
      stop(pool);
    }
  }

  /** Nothing is deleted any more once an error was told. */
  private static void stop(ExecutorService pool) {
    pool.shutdownNow();
    boolean interrupted = Thread.interrupted();
    try {
      if (!pool.awaitTermination(30, TimeUnit.SECONDS)) {
        log.warn("Comparing goes on in the background, although it has failed.");
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads on one thread. */
  private final class Reader {
    private final MessageDigest digest = ContentHash.digest();
    private final RecordEncoder encoder = new RecordEncoder(calls.database());
    private final JsonOutput canonical = new JsonOutput();
    private final List<Write> deletes = new ArrayList<>();

    void read(Split split, boolean restored) {
      // The whole may take longer than the hour for which a time can be read at. All of it is after
      // the last write of the restore.
      Timestamp at = RestoreMarker.look(calls, retry, Optional.empty()).at();
      reads.increment();
      ContentHash content = found.computeIfAbsent(split.collection(), group -> new ContentHash());
      try (DocumentScan scan =
          new DocumentScan(
              calls,
              split.collection(),
              FirestoreSplits.range(split),
              at,
              !restored,
              retry,
              reads)) {
        Optional<Document> next = scan.next();
        while (next.isPresent()) {
          scan.used(look(next.get(), content, restored));
          next = scan.next();
        }
      }
      delete();
    }

    private int look(Document document, ContentHash content, boolean restored) {
      String name = document.getName();
      if (name.equals(marker)) {
        return 64;
      }
      if (!restored || !names.contains(digest, name)) {
        other(name);
        return 64;
      }
      canonical.reset();
      encoder.encode(document, canonical);
      content.add(ContentHash.of(digest, canonical.array(), 0, canonical.size()));
      return canonical.size();
    }

    private void other(String name) {
      others.increment();
      if (deleteOthers) {
        deletes.add(Write.newBuilder().setDelete(name).build());
        if (deletes.size() == DELETES) {
          delete();
        }
      }
    }

    private void delete() {
      List<Write> open = List.copyOf(deletes);
      deletes.clear();
      while (!open.isEmpty()) {
        List<Write> now = open;
        open = retry.call("delete documents that are not of the backup", () -> deleteOnce(now));
      }
    }

    private List<Write> deleteOnce(List<Write> writes) {
      BatchWriteResponse answer = calls.write(writes);
      List<Write> refused = new ArrayList<>();
      HandlerException why = null;
      for (int i = 0; i < writes.size(); i++) {
        Status status = answer.getStatus(i);
        if (status.getCode() != 0) {
          String path = calls.database().path(writes.get(i).getDelete()).orElse("?");
          why =
              FirestoreErrors.ofWrite(
                  status, "delete the document " + path + ", which is not of the backup", null);
          if (!why.retryable()) {
            throw why;
          }
          refused.add(writes.get(i));
        }
      }
      if (why != null && refused.size() == writes.size()) {
        throw why;
      }
      return refused;
    }
  }
}
