package io.holdfast.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.HandlerException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * A database in memory: named collections of records, which are JSON texts kept as they were given.
 * {@link MemoryHandler} backs it up and restores into it; any number of handlers may share one, as
 * several machines share a server. Safe for use by many threads; every method is one transaction.
 */
public final class MemoryDatabase {
  private final String name;
  private final String identity = "memory/" + UUID.randomUUID();
  private final Map<String, List<String>> collections = new LinkedHashMap<>();
  private final Map<String, Map<String, List<String>>> snapshots = new HashMap<>();
  private ObjectNode schema = JsonNodeFactory.instance.objectNode();
  private long lastSnapshot;

  /**
   * An empty database.
   *
   * @param name what its users call it
   */
  public MemoryDatabase(String name) {
    this.name = name;
  }

  /** What its users call it. */
  public String name() {
    return name;
  }

  /** Which database it is: no other has the same, also if it has the same name. */
  public String identity() {
    return identity;
  }

  /** Creates collections without records. Those that exist are left as they are. */
  public synchronized MemoryDatabase create(String... names) {
    for (String collection : names) {
      collections.computeIfAbsent(collection, absent -> new ArrayList<>());
    }
    return this;
  }

  /** Adds records at the end of a collection, which is created if there is none of that name. */
  public MemoryDatabase insert(String collection, String... records) {
    return insert(collection, Arrays.asList(records));
  }

  /** Adds records at the end of a collection, which is created if there is none of that name. */
  public synchronized MemoryDatabase insert(String collection, Collection<String> records) {
    collections.computeIfAbsent(collection, absent -> new ArrayList<>()).addAll(records);
    return this;
  }

  /** Removes the records of a collection for which the condition holds. */
  public synchronized MemoryDatabase delete(String collection, Predicate<String> condition) {
    List<String> records = collections.get(collection);
    if (records != null) {
      records.removeIf(condition);
    }
    return this;
  }

  /** Removes a collection with its records. Succeeds if there is none. */
  public synchronized MemoryDatabase drop(String collection) {
    collections.remove(collection);
    return this;
  }

  /**
   * Sets what backups write as {@code schema}; see {@code docs/FORMAT.md}. An empty object until
   * then.
   */
  public synchronized MemoryDatabase schema(ObjectNode newSchema) {
    schema = newSchema.deepCopy();
    return this;
  }

  /** A copy of what backups write as {@code schema}. */
  public synchronized ObjectNode schema() {
    return schema.deepCopy();
  }

  /** A copy of a collection's records, in their order; empty if there is no such collection. */
  public synchronized List<String> records(String collection) {
    return List.copyOf(collections.getOrDefault(collection, List.of()));
  }

  /** How many records each collection has, in the order in which they were created. */
  public synchronized Map<String, Long> counts() {
    Map<String, Long> counts = new LinkedHashMap<>();
    collections.forEach((collection, records) -> counts.put(collection, (long) records.size()));
    return counts;
  }

  /**
   * A SHA-256 of each collection's records, in hexadecimal. Two collections have the same one if
   * they hold the same texts equally often, in whatever order.
   */
  public synchronized Map<String, String> contentHashes() {
    Map<String, String> hashes = new TreeMap<>();
    collections.forEach((collection, records) -> hashes.put(collection, hash(records)));
    return hashes;
  }

  /**
   * Forgets every consistency point that is held, as a server does that restarts: their sessions
   * and readers fail from now on.
   */
  public synchronized void loseSnapshots() {
    snapshots.clear();
  }

  /** How many consistency points are held by backup sessions that were not closed. */
  public synchronized int openSnapshots() {
    return snapshots.size();
  }

  /** Pins the present content under a new name. */
  synchronized String pin() {
    Map<String, List<String>> content = new LinkedHashMap<>();
    collections.forEach((collection, records) -> content.put(collection, List.copyOf(records)));
    String id = "snapshot-" + ++lastSnapshot;
    snapshots.put(id, content);
    return id;
  }

  synchronized Optional<Map<String, List<String>>> snapshot(String id) {
    return Optional.ofNullable(snapshots.get(id));
  }

  synchronized void release(String id) {
    snapshots.remove(id);
  }

  /** The record at that place as of now; empty at the end. */
  synchronized Optional<String> recordAt(String collection, int index) {
    List<String> records = collections.getOrDefault(collection, List.of());
    return index < records.size() ? Optional.of(records.get(index)) : Optional.empty();
  }

  synchronized Set<String> names() {
    return Set.copyOf(collections.keySet());
  }

  synchronized void clear(Collection<String> names) {
    names.forEach(collection -> collections.put(collection, new ArrayList<>()));
  }

  /** Adds records; one whose key is there replaces that one in its place. */
  synchronized void merge(String collection, Collection<String> added, String keyField) {
    List<String> records = collections.computeIfAbsent(collection, absent -> new ArrayList<>());
    Map<String, Integer> places = new HashMap<>();
    for (String record : records) {
      places.put(key(collection, record, keyField), places.size());
    }
    for (String record : added) {
      Integer place = places.putIfAbsent(key(collection, record, keyField), records.size());
      if (place == null) {
        records.add(record);
      } else {
        records.set(place, record);
      }
    }
  }

  private static String key(String collection, String record, String keyField) {
    try {
      JsonNode key = Records.MAPPER.readTree(record).get(keyField);
      if (key != null) {
        return key.toString();
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Not JSON in " + collection, e);
    }
    throw new HandlerException(
        HandlerException.Kind.MISMATCH,
        collection,
        "A record of " + collection + " lacks the key field " + keyField + ", so it cannot merge.",
        null);
  }

  private static String hash(List<String> records) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      records.stream()
          .sorted()
          .forEach(record -> digest.update((record + "\n").getBytes(StandardCharsets.UTF_8)));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
