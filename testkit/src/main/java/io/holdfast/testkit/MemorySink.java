package io.holdfast.testkit;

import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A sink that keeps its objects in memory, for tests: keeps the whole contract and lasts as long as
 * somebody holds it. Safe for use by many threads. An object may have up to 2 GiB.
 */
public final class MemorySink implements StorageSink {
  private static final class Entry {
    private final byte[] bytes;
    private final Instant modified;
    private final WriteOptions options;

    private Entry(byte[] bytes, Instant modified, WriteOptions options) {
      this.bytes = bytes;
      this.modified = modified;
      this.options = options;
    }
  }

  /** What sinks on the same storage share. */
  private static final class Storage {
    private static final AtomicInteger numbers = new AtomicInteger();

    private final String location = "memory:" + numbers.incrementAndGet();
    private final ConcurrentSkipListMap<ObjectKey, Entry> objects = new ConcurrentSkipListMap<>();
    private final Map<String, Writer> unfinished = new ConcurrentHashMap<>();
    private final Set<SinkCapability> capabilities;
    private final Clock clock;

    private Storage(Set<SinkCapability> capabilities, Clock clock) {
      this.capabilities = capabilities;
      this.clock = clock;
    }
  }

  private final Storage storage;

  private MemorySink(Storage storage) {
    this.storage = storage;
  }

  /** An empty storage without optional capabilities. */
  public MemorySink() {
    this(Set.of(), Clock.systemUTC());
  }

  /**
   * An empty storage.
   *
   * @param capabilities what it can do beyond the basics
   * @param clock decides when objects were published and whether their retention has ended
   */
  public MemorySink(Set<SinkCapability> capabilities, Clock clock) {
    this(new Storage(Set.copyOf(capabilities), clock));
  }

  /** Another sink on the same storage. */
  public MemorySink reopen() {
    return new MemorySink(storage);
  }

  /** The object's bytes, a copy; empty if there is none. */
  public Optional<byte[]> bytes(ObjectKey key) {
    return Optional.ofNullable(storage.objects.get(key)).map(entry -> entry.bytes.clone());
  }

  /** The options that the object was written with; empty if there is no such object. */
  public Optional<WriteOptions> options(ObjectKey key) {
    return Optional.ofNullable(storage.objects.get(key)).map(entry -> entry.options);
  }

  /**
   * Changes a stored object behind the contract's back, as a failing disk would.
   *
   * @param bytes what it holds from now on
   * @throws IllegalArgumentException if there is no such object
   */
  public void tamper(ObjectKey key, byte[] bytes) {
    Entry changed =
        storage.objects.computeIfPresent(
            key, (k, entry) -> new Entry(bytes.clone(), entry.modified, entry.options));
    if (changed == null) {
      throw new IllegalArgumentException("No such object: " + key);
    }
  }

  @Override
  public String location() {
    return storage.location;
  }

  @Override
  public Set<SinkCapability> capabilities() {
    return storage.capabilities;
  }

  @Override
  public SinkWriter write(ObjectKey key, WriteOptions options) {
    if (!options.metadata().isEmpty()) {
      require(SinkCapability.METADATA, key);
    }
    if (options.retainUntil().isPresent()) {
      require(SinkCapability.RETENTION, key);
    }
    if (storage.objects.containsKey(key)) {
      throw taken(key);
    }
    Writer writer = new Writer(storage, key, options);
    storage.unfinished.put(writer.id, writer);
    return writer;
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long lengthBytes) {
    if (offset < 0 || lengthBytes < 0) {
      throw new IllegalArgumentException("Negative range: " + lengthBytes + " from " + offset);
    }
    Entry entry = storage.objects.get(key);
    if (entry == null) {
      throw new StorageException(
          Kind.NOT_FOUND, key.value(), "There is no object " + key + " in memory.", null);
    }
    int size = entry.bytes.length;
    if (offset > size || lengthBytes > size - offset) {
      throw new StorageException(
          Kind.OUT_OF_RANGE,
          key.value(),
          "The object "
              + key
              + " has "
              + size
              + " bytes; asked for: "
              + lengthBytes
              + " from "
              + offset
              + " on.",
          null);
    }
    return new ByteArrayInputStream(entry.bytes, (int) offset, (int) lengthBytes);
  }

  @Override
  public Optional<StoredObject> stat(ObjectKey key) {
    return Optional.ofNullable(storage.objects.get(key)).map(entry -> stored(key, entry));
  }

  @Override
  public Stream<StoredObject> list(String prefix) {
    return storage.objects.entrySet().stream()
        .filter(entry -> entry.getKey().value().startsWith(prefix))
        .map(entry -> stored(entry.getKey(), entry.getValue()));
  }

  @Override
  public void delete(ObjectKey key) {
    Entry entry = storage.objects.get(key);
    if (entry == null) {
      return;
    }
    Optional<Instant> retainUntil = entry.options.retainUntil();
    if (retainUntil.isPresent() && storage.clock.instant().isBefore(retainUntil.get())) {
      throw new StorageException(
          Kind.RETENTION,
          key.value(),
          "The object "
              + key
              + " is retained until "
              + retainUntil.get()
              + " and was not deleted. Try again after that.",
          null);
    }
    storage.objects.remove(key, entry);
  }

  @Override
  public List<Leftover> leftovers() {
    return storage.unfinished.values().stream().map(Writer::asLeftover).toList();
  }

  @Override
  public void discard(Leftover leftover) {
    storage.unfinished.remove(leftover.id());
  }

  @Override
  public void close() {
    // The storage lives on, as one on disk would.
  }

  private void require(SinkCapability capability, ObjectKey key) {
    if (!storage.capabilities.contains(capability)) {
      throw new StorageException(
          Kind.UNSUPPORTED,
          key.value(),
          "This memory sink was made without " + capability + "; " + key + " was not written.",
          null);
    }
  }

  private static StorageException taken(ObjectKey key) {
    return new StorageException(
        Kind.ALREADY_EXISTS,
        key.value(),
        "The object " + key + " exists already in memory; it was left unchanged.",
        null);
  }

  private static StoredObject stored(ObjectKey key, Entry entry) {
    return new StoredObject(key, entry.bytes.length, entry.modified);
  }

  private static final class Writer implements SinkWriter {
    private final String id = UUID.randomUUID().toString();
    private final Storage storage;
    private final ObjectKey key;
    private final WriteOptions options;
    private final ByteArrayOutputStream collected = new ByteArrayOutputStream();
    private volatile Instant modified;
    private boolean ended;

    private Writer(Storage storage, ObjectKey key, WriteOptions options) {
      this.storage = storage;
      this.key = key;
      this.options = options;
      this.modified = storage.clock.instant();
    }

    @Override
    public void write(ByteBuffer bytes) {
      requireUsable();
      byte[] piece = new byte[bytes.remaining()];
      bytes.get(piece);
      collected.writeBytes(piece);
      modified = storage.clock.instant();
    }

    @Override
    public StoredObject commit(ObjectDigest digest) {
      requireUsable();
      ended = true;
      if (digest.lengthBytes() != collected.size()) {
        throw new StorageException(
            Kind.CORRUPT,
            key.value(),
            "For "
                + key
                + " "
                + digest.lengthBytes()
                + " bytes were announced and "
                + collected.size()
                + " written. Nothing was published.",
            null);
      }
      if (!storage.unfinished.containsKey(id)) {
        throw new StorageException(
            Kind.OTHER,
            key.value(),
            "What was written for " + key + " was discarded as a leftover. Nothing was published.",
            null);
      }
      Entry entry = new Entry(collected.toByteArray(), storage.clock.instant(), options);
      if (storage.objects.putIfAbsent(key, entry) != null) {
        throw taken(key);
      }
      storage.unfinished.remove(id);
      return stored(key, entry);
    }

    @Override
    public void close() {
      ended = true;
      storage.unfinished.remove(id);
    }

    private Leftover asLeftover() {
      return new Leftover(id, collected.size(), modified);
    }

    private void requireUsable() {
      if (ended) {
        throw new IllegalStateException("The writer of " + key + " was committed or closed.");
      }
    }
  }
}
