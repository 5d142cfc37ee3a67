package io.holdfast.internal;

import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Several sinks as one to read and to clear: it has what any of them has. A sink that cannot be
 * asked is passed over with a warning, as long as another one answers; that something is nowhere is
 * said only if all could be asked. Safe for use by many threads; does not close the sinks.
 */
final class MergedSink implements StorageSink {
  private final List<NamedSink> sinks;
  private final Consumer<String> warnings;

  MergedSink(List<NamedSink> sinks, Consumer<String> warnings) {
    this.sinks = sinks;
    this.warnings = warnings;
  }

  @Override
  public String location() {
    return sinks.stream().map(each -> each.sink().location()).collect(Collectors.joining(", "));
  }

  @Override
  public Set<SinkCapability> capabilities() {
    return Set.of();
  }

  @Override
  public SinkWriter write(ObjectKey key, WriteOptions options) {
    throw new StorageException(
        Kind.UNSUPPORTED, key.value(), "Several sinks are written to one by one.", null);
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long lengthBytes) {
    return first(sink -> Optional.of(sink.read(key, offset, lengthBytes)))
        .orElseThrow(NoSuchElementException::new);
  }

  @Override
  public int parallelReads() {
    return sinks.stream().mapToInt(each -> each.sink().parallelReads()).max().orElse(1);
  }

  @Override
  public Optional<StoredObject> stat(ObjectKey key) {
    return first(sink -> sink.stat(key));
  }

  /** What the first sink that has it says; if none has, and some failed, the first failure. */
  private <T> Optional<T> first(Function<StorageSink, Optional<T>> question) {
    List<StorageException> failures = new ArrayList<>();
    List<String> passed = new ArrayList<>();
    for (NamedSink each : sinks) {
      try {
        Optional<T> answer = question.apply(each.sink());
        if (answer.isPresent()) {
          passed.forEach(warnings);
          return answer;
        }
      } catch (StorageException e) {
        failures.add(e);
        if (e.kind() != Kind.NOT_FOUND) {
          passed.add(passedOver(each, e));
        }
      }
    }
    if (!failures.isEmpty()) {
      throw worst(failures);
    }
    return Optional.empty();
  }

  private static String passedOver(NamedSink sink, StorageException e) {
    return "The sink " + sink.name() + " was passed over: " + e.getMessage();
  }

  /** That it is missing from one sink explains less than that another could not be asked. */
  private static StorageException worst(List<StorageException> failures) {
    StorageException worst =
        failures.stream()
            .filter(e -> e.kind() != Kind.NOT_FOUND)
            .findFirst()
            .orElse(failures.get(0));
    failures.stream().filter(e -> e != worst).forEach(worst::addSuppressed);
    return worst;
  }

  @Override
  public Stream<StoredObject> list(String prefix) {
    Merge merge = new Merge(prefix);
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(
                merge, Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.DISTINCT),
            false)
        .onClose(merge::close);
  }

  @Override
  public void delete(ObjectKey key) {
    RuntimeException first = null;
    for (NamedSink each : sinks) {
      try {
        each.sink().delete(key);
      } catch (RuntimeException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }

  @Override
  public List<Leftover> leftovers() {
    List<Leftover> all = new ArrayList<>();
    for (NamedSink each : sinks) {
      try {
        for (Leftover leftover : each.sink().leftovers()) {
          all.add(
              new Leftover(
                  each.name() + ":" + leftover.id(), leftover.lengthBytes(), leftover.modified()));
        }
      } catch (StorageException e) {
        warnings.accept(passedOver(each, e));
      }
    }
    return all;
  }

  @Override
  public void discard(Leftover leftover) {
    int colon = leftover.id().indexOf(':');
    for (NamedSink each : sinks) {
      if (colon > 0 && each.name().equals(leftover.id().substring(0, colon))) {
        each.sink()
            .discard(
                new Leftover(
                    leftover.id().substring(colon + 1),
                    leftover.lengthBytes(),
                    leftover.modified()));
        return;
      }
    }
    throw new IllegalArgumentException("Not a leftover of these sinks: " + leftover.id());
  }

  @Override
  public void close() {
    // The sinks belong to whoever opened them.
  }

  @Override
  public String toString() {
    return location();
  }

  /** One sink's listing, with the object that comes next. */
  private static final class Listing {
    final NamedSink sink;
    final Stream<StoredObject> objects;
    final Iterator<StoredObject> iterator;
    @Nullable StoredObject next;

    Listing(NamedSink sink, Stream<StoredObject> objects) {
      this.sink = sink;
      this.objects = objects;
      this.iterator = objects.iterator();
    }
  }

  /** All listings in key order; of a key that several have, what the first says. */
  private final class Merge implements Iterator<StoredObject> {
    private final List<Listing> open = new ArrayList<>();
    private final List<StorageException> failures = new ArrayList<>();
    private final String prefix;
    private boolean begun;
    private boolean answered;

    Merge(String prefix) {
      this.prefix = prefix;
    }

    private void begin() {
      begun = true;
      for (NamedSink each : sinks) {
        try {
          Listing listing = new Listing(each, each.sink().list(prefix));
          open.add(listing);
          advance(listing);
        } catch (StorageException e) {
          failed(each, e);
        }
      }
      requireOne();
    }

    private void failed(NamedSink sink, StorageException e) {
      failures.add(e);
      warnings.accept(passedOver(sink, e));
    }

    /** Nothing is not what is there, if nobody could be asked. */
    private void requireOne() {
      if (!answered && !failures.isEmpty()) {
        throw worst(failures);
      }
    }

    private void advance(Listing listing) {
      try {
        listing.next = listing.iterator.hasNext() ? listing.iterator.next() : null;
        answered = true;
      } catch (StorageException e) {
        listing.next = null;
        failed(listing.sink, e);
      }
    }

    private @Nullable ObjectKey lowest() {
      if (!begun) {
        begin();
      }
      ObjectKey lowest = null;
      for (Listing listing : open) {
        StoredObject next = listing.next;
        if (next != null && (lowest == null || next.key().compareTo(lowest) < 0)) {
          lowest = next.key();
        }
      }
      return lowest;
    }

    @Override
    public boolean hasNext() {
      return lowest() != null;
    }

    @Override
    public StoredObject next() {
      ObjectKey lowest = lowest();
      StoredObject found = null;
      for (Listing listing : open) {
        StoredObject next = listing.next;
        if (next != null && next.key().equals(lowest)) {
          found = found == null ? next : found;
          advance(listing);
        }
      }
      if (found == null) {
        throw new NoSuchElementException();
      }
      return found;
    }

    void close() {
      Set<RuntimeException> failed = new HashSet<>();
      for (Listing listing : open) {
        try {
          listing.objects.close();
        } catch (RuntimeException e) {
          failed.add(e);
        }
      }
      failed.stream()
          .findFirst()
          .ifPresent(
              first -> {
                throw first;
              });
    }
  }
}
