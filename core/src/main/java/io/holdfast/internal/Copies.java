package io.holdfast.internal;

import io.holdfast.CancelledException;
import io.holdfast.Copy;
import io.holdfast.Operation;
import io.holdfast.TooFewCopiesException;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sinks of one run, and what it has stored in each. One of several that fails is left out of
 * the rest of the run, as long as enough are left; the only one's failure is the run's. Safe for
 * use by many threads.
 */
final class Copies {
  private static final Logger log = LoggerFactory.getLogger(Copies.class);

  private final Sinks sinks;
  private final Events events;

  /** Under its own lock, like {@link #stored}. */
  private final Map<NamedSink, Throwable> failures = new LinkedHashMap<>();

  private final Map<NamedSink, Set<ObjectKey>> stored = new LinkedHashMap<>();

  /**
   * @param events told of sinks that fail, from any thread
   */
  Copies(Sinks sinks, Events events) {
    this.sinks = sinks;
    this.events = events;
  }

  boolean several() {
    return sinks.several();
  }

  /** All places, whether they work or not, for people. */
  String location() {
    return sinks.all().stream()
        .map(each -> each.sink().location())
        .collect(Collectors.joining(", "));
  }

  /** Where it is stored, for people. */
  String storedAt() {
    return working().stream().map(each -> each.sink().location()).collect(Collectors.joining(", "));
  }

  /** What has become of each of several sinks so far; empty if there is only one. */
  List<Copy> state() {
    List<Copy> state = new ArrayList<>();
    synchronized (failures) {
      for (NamedSink each : several() ? sinks.all() : List.<NamedSink>of()) {
        state.add(
            new Copy(
                each.name(),
                each.sink().location(),
                Optional.ofNullable(failures.get(each))
                    .map(failure -> String.valueOf(failure.getMessage()))));
      }
    }
    return state;
  }

  /** The sinks that have not failed. */
  List<NamedSink> working() {
    synchronized (failures) {
      return sinks.all().stream().filter(each -> !failures.containsKey(each)).toList();
    }
  }

  boolean works(NamedSink sink) {
    synchronized (failures) {
      return !failures.containsKey(sink);
    }
  }

  /**
   * Does something with each sink that has not failed.
   *
   * @throws RuntimeException the only sink's failure, or that too few are left
   */
  void each(Consumer<StorageSink> step) {
    for (NamedSink each : working()) {
      try {
        step.accept(each.sink());
      } catch (RuntimeException e) {
        failed(each, e);
      }
    }
  }

  /**
   * Leaves a sink out from now on.
   *
   * @throws RuntimeException if that ends the run: the failure itself if there is only one sink, or
   *     if it concerns the whole run
   */
  void failed(NamedSink sink, Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    if (!several() || failure instanceof CancelledException || isNameTaken(failure)) {
      throw (RuntimeException) failure;
    }
    synchronized (failures) {
      if (failures.putIfAbsent(sink, failure) != null) {
        return;
      }
    }
    Held.undisturbed(() -> removeFrom(sink));
    int left = working().size();
    if (left < sinks.required()) {
      throw tooFew();
    }
    events.warned(
        Operation.BACKUP,
        "The sink "
            + sink.name()
            + " ("
            + sink.sink().location()
            + ") failed and is left out of this backup; "
            + left
            + " go on: "
            + failure.getMessage());
  }

  /** Of two runs with one name, each could win in some of the sinks: neither may go on. */
  private static boolean isNameTaken(Throwable failure) {
    return failure instanceof StorageException storage
        && storage.kind() == StorageException.Kind.ALREADY_EXISTS;
  }

  private TooFewCopiesException tooFew() {
    TooFewCopiesException tooFew = new TooFewCopiesException(sinks.required(), state());
    synchronized (failures) {
      failures.values().forEach(tooFew::addSuppressed);
    }
    return tooFew;
  }

  /** Begins an object in each sink that has not failed. */
  SinkWriter write(ObjectKey key) {
    if (!several()) {
      NamedSink only = sinks.all().get(0);
      return new Recorded(only, key, only.sink().write(key, WriteOptions.NONE));
    }
    return CopyingWriter.open(this, key);
  }

  /** Remembers that an object is stored, so that it can be taken back. */
  void stored(NamedSink sink, ObjectKey key) {
    synchronized (failures) {
      stored.computeIfAbsent(sink, ignored -> new LinkedHashSet<>()).add(key);
    }
  }

  private Set<ObjectKey> storedIn(NamedSink sink) {
    synchronized (failures) {
      return new LinkedHashSet<>(stored.getOrDefault(sink, Set.of()));
    }
  }

  /** Takes an object back from a sink. */
  @FunctionalInterface
  interface Removal {
    void remove(StorageSink sink, ObjectKey key);
  }

  /** Takes everything back that this run has stored. */
  void takeBack(Removal removal) {
    for (NamedSink each : working()) {
      storedIn(each).forEach(key -> removal.remove(each.sink(), key));
    }
  }

  /** A sink that failed is asked once; what it keeps has no manifest, and prune clears it. */
  private void removeFrom(NamedSink sink) {
    for (ObjectKey key : storedIn(sink)) {
      try {
        sink.sink().delete(key);
      } catch (RuntimeException e) {
        log.debug("Could not take {} back from {}", key, sink.sink().location(), e);
      }
    }
  }

  /** The writer of the only sink, which remembers what it has stored. */
  private final class Recorded implements SinkWriter {
    private final NamedSink sink;
    private final ObjectKey key;
    private final SinkWriter writer;

    Recorded(NamedSink sink, ObjectKey key, SinkWriter writer) {
      this.sink = sink;
      this.key = key;
      this.writer = writer;
    }

    @Override
    public void write(ByteBuffer bytes) {
      writer.write(bytes);
    }

    @Override
    public StoredObject commit(ObjectDigest digest) {
      StoredObject object = writer.commit(digest);
      stored(sink, key);
      return object;
    }

    @Override
    public void close() {
      writer.close();
    }
  }
}
