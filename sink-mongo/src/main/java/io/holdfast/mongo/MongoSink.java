package io.holdfast.mongo;

import com.mongodb.MongoNamespace;
import com.mongodb.client.MongoClient;
import io.holdfast.ConfigurationException;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.Location;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.InputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Keeps backups in MongoDB, 4.2 or later: a replica set, a sharded cluster or a single server. Safe
 * for use by many threads and processes. Needs no transactions.
 *
 * <ul>
 *   <li><b>Layouts.</b> {@link MongoLayout#CHUNKS} takes everything; {@link MongoLayout#DOCUMENT}
 *       keeps small plain snapshots as documents that can be queried.
 *   <li><b>Durability.</b> Every write waits for the journals of a majority, every read comes from
 *       the primary and shows what a majority has, whatever the client or the URI is set to.
 *   <li><b>The same bytes twice.</b> A commit that meets an object of the same length and SHA-256
 *       is a success.
 *   <li><b>Indexes.</b> The first write creates those that are missing. One of them makes writing
 *       create-only: do not drop it, and do not shard the collections.
 *   <li><b>Retention.</b> MongoDB has nothing to enforce it with, so {@code retainUntil} is
 *       refused.
 *   <li><b>Interruption.</b> A thread that waits for a connection, a server or a retry is stopped
 *       at once; one that waits for an answer, when the answer comes or times out.
 * </ul>
 */
public final class MongoSink implements StorageSink {
  /** Enough to hide the way of the answers, and little enough for the server's cache. */
  private static final int PARALLEL_READS = 4;

  private final MongoStore store;
  private final ObjectLayout layout;

  private MongoSink(MongoStore store, ObjectLayout layout) {
    this.store = store;
    this.layout = layout;
  }

  /**
   * Begins a sink with a client of the application, which stays open when the sink is closed.
   *
   * @param client the client
   * @param database the name of the database, which MongoDB creates with the first write
   */
  public static Builder builder(MongoClient client, String database) {
    return new Builder(client, database);
  }

  /** A sink of a URI; makes its client when it is first needed, and closes it. */
  static MongoSink open(Location location, ProviderContext context) {
    MongoUri uri = MongoUri.parse(location);
    MongoStore store =
        new MongoStore(uri::connect, true, uri.database(), uri.location(), context.retry());
    return of(store, uri.collection(), uri.layout(), Builder.CHUNK_BYTES, Clock.systemUTC());
  }

  static MongoSink of(
      MongoStore store, String collection, MongoLayout layout, int chunkBytes, Clock clock) {
    return new MongoSink(
        store,
        switch (layout) {
          case CHUNKS -> new ChunkLayout(store, collection, chunkBytes, clock);
          case DOCUMENT -> new DocumentLayout(store, collection, clock);
        });
  }

  @Override
  public String location() {
    return store.location();
  }

  @Override
  public Set<SinkCapability> capabilities() {
    return Set.of(SinkCapability.METADATA);
  }

  @Override
  public SinkWriter write(ObjectKey key, WriteOptions options) {
    if (options.retainUntil().isPresent()) {
      throw new StorageException(
          Kind.UNSUPPORTED,
          key.value(),
          "MongoDB cannot enforce retention; "
              + key
              + " was not written to "
              + location()
              + ". Leave that option out, or choose a sink that has it.",
          null);
    }
    return layout.write(key, options);
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long lengthBytes) {
    if (offset < 0 || lengthBytes < 0) {
      throw new IllegalArgumentException(
          "A range cannot be negative: " + lengthBytes + " bytes from " + offset);
    }
    return layout.read(key, offset, lengthBytes);
  }

  @Override
  public int parallelReads() {
    return PARALLEL_READS;
  }

  @Override
  public Optional<StoredObject> stat(ObjectKey key) {
    return layout.stat(key);
  }

  @Override
  public Stream<StoredObject> list(String prefix) {
    return layout.list(prefix);
  }

  @Override
  public void delete(ObjectKey key) {
    layout.delete(key);
  }

  @Override
  public List<Leftover> leftovers() {
    return layout.leftovers();
  }

  @Override
  public void discard(Leftover leftover) {
    layout.discard(leftover);
  }

  @Override
  public void close() {
    store.close();
  }

  @Override
  public String toString() {
    return location();
  }

  /** Settings of a sink. Used by one thread. */
  public static final class Builder {
    static final String COLLECTION = "holdfast";

    /**
     * Large enough for speed, far below the 16 MB of a document, and a divisor of what a restore
     * fetches at a time, or each range would fetch the chunks at its ends for others, too.
     */
    static final int CHUNK_BYTES = 2 * 1024 * 1024;

    private static final Pattern COLLECTION_NAME =
        Pattern.compile("(?!system\\.)[A-Za-z_][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)*");
    private static final int LONGEST_COLLECTION = 100;

    private final MongoClient client;
    private final String database;
    private String collection = COLLECTION;
    private MongoLayout layout = MongoLayout.CHUNKS;
    private Retry retry = Retry.standard();
    private int chunkBytes = CHUNK_BYTES;
    private Clock clock = Clock.systemUTC();

    private Builder(MongoClient client, String database) {
      this.client = client;
      this.database = database;
    }

    /** What the names of the collections begin with; {@code holdfast} unless set. */
    public Builder collection(String name) {
      collection = name;
      return this;
    }

    /** How objects are laid out; {@link MongoLayout#CHUNKS} unless set. */
    public Builder layout(MongoLayout value) {
      layout = value;
      return this;
    }

    /**
     * How steps are repeated; {@link Retry#standard()} unless set. The client's own {@code
     * retryWrites} and {@code retryReads} come on top.
     */
    public Builder retry(Retry value) {
      retry = value;
      return this;
    }

    /** For tests: many chunks of few bytes. */
    Builder chunkBytes(int bytes) {
      chunkBytes = bytes;
      return this;
    }

    /** For tests: long writes. */
    Builder clock(Clock value) {
      clock = value;
      return this;
    }

    /**
     * Makes the sink. Contacts nothing.
     *
     * @throws ConfigurationException with every problem of the settings
     */
    public MongoSink build() {
      List<String> problems = new ArrayList<>();
      problemOfDatabase(database).ifPresent(problems::add);
      problemOfCollection(collection).ifPresent(problems::add);
      if (!problems.isEmpty()) {
        throw new ConfigurationException(problems);
      }
      return of(
          new MongoStore(() -> client, false, database, location(), retry),
          collection,
          layout,
          chunkBytes,
          clock);
    }

    private String location() {
      var cluster = client.getClusterDescription().getClusterSettings();
      String srv = cluster.getSrvHost();
      List<String> hosts =
          srv == null ? cluster.getHosts().stream().map(Object::toString).toList() : List.of(srv);
      return location(srv == null ? "mongodb" : "mongodb+srv", hosts, database, collection, layout);
    }

    static String location(
        String scheme, List<String> hosts, String database, String collection, MongoLayout layout) {
      return scheme
          + "://"
          + String.join(",", hosts)
          + "/"
          + database
          + "?collection="
          + collection
          + (layout == MongoLayout.DOCUMENT ? "&layout=document" : "");
    }

    static Optional<String> problemOfDatabase(String name) {
      try {
        MongoNamespace.checkDatabaseNameValidity(name);
        return Optional.empty();
      } catch (IllegalArgumentException e) {
        return Optional.of(
            "The database's name is empty, longer than 63 characters, or has one of / \\ . \" $ *"
                + " < > : | ? or a space.");
      }
    }

    static Optional<String> problemOfCollection(String name) {
      return COLLECTION_NAME.matcher(name).matches() && name.length() <= LONGEST_COLLECTION
          ? Optional.empty()
          : Optional.of(
              "The collection's name must consist of letters, digits, '_', '-' and single dots, not"
                  + " begin with a digit or with system., and have at most "
                  + LONGEST_COLLECTION
                  + " characters.");
    }
  }
}
