package io.holdfast.firestore;

import com.google.cloud.firestore.Firestore;
import com.google.cloud.firestore.v1.FirestoreClient;
import io.holdfast.firestore.internal.definitions.GoogleEndpoints;
import io.holdfast.firestore.internal.definitions.RestoreSelection;
import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.firestore.internal.read.NameRange;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.DatabaseInfo;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.SplitReader;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Backs up and restores one Cloud Firestore database in Native mode: every document at one instant,
 * with all types of values, nested collections included. Safe for use by many threads.
 *
 * <p>Each collection group is a collection of the backup. Reads are billed by the document; a
 * backup says how many it took. A restore is not atomic, since Firestore has no transaction over a
 * database: it marks the target while it is at work, and compares the whole result before it is
 * done.
 */
public final class FirestoreHandler implements BackupHandler {
  static final String NAME = "firestore";

  private final FirestoreConnection connection;
  private final FirestoreSource source;
  private final WriteSettings writing;

  private FirestoreHandler(Builder builder) {
    this.connection = builder.connection;
    boolean emulated = builder.emulators && connection.emulator().isPresent();
    this.source =
        new FirestoreSource(
            connection,
            builder.endpoints,
            builder.readTime,
            builder.ranges.isEmpty() ? List.of(NameRange.ALL) : List.copyOf(builder.ranges),
            builder.withDefinitions,
            emulated);
    this.writing =
        new WriteSettings(
            builder.keepReferences,
            builder.referencesFrom,
            builder.rampUp && connection.emulator().isEmpty(),
            builder.firstWritesPerSecond,
            definitions(builder));
  }

  private static Optional<RestoreSelection> definitions(Builder builder) {
    RestoreSelection indexes =
        builder.restoreDefinitions ? RestoreSelection.indexesAndTtl() : RestoreSelection.of();
    return builder.restoreDefinitions || builder.restoreRules
        ? Optional.of(builder.restoreRules ? indexes.withRules() : indexes)
        : Optional.empty();
  }

  /**
   * A handler for the database of {@code firestore://project[/database][?emulator=host:port]}. With
   * Application Default Credentials, or those of {@code &credentials=file}; an emulator is also
   * taken from {@code FIRESTORE_EMULATOR_HOST}, unless the URI says {@code emulator=none}.
   *
   * @throws io.holdfast.ConfigurationException with every problem of the URI
   */
  public static FirestoreHandler at(String uri) {
    return builder(Location.parse(uri), ProviderContext.system()).build();
  }

  /**
   * A handler for the database of an application's client, with that client's credentials and
   * transport. The client itself is not used, and never closed: the handler makes one of its own,
   * which closing the handler closes.
   */
  public static FirestoreHandler of(Firestore firestore) {
    return builder(firestore).build();
  }

  /** Begins a handler as {@link #at} makes it. */
  public static Builder builder(Location location, ProviderContext context) {
    return new Builder(FirestoreUri.parse(location, context));
  }

  /** Begins a handler as {@link #of} makes it. */
  public static Builder builder(Firestore firestore) {
    return new Builder(FirestoreConnection.like(firestore.getOptions()));
  }

  /**
   * Begins a handler that uses a client of the raw API, which stays open.
   *
   * @param client the client
   * @param project the id of the project
   * @param database the id of the database; {@code (default)} for the one without a name
   */
  public static Builder builder(FirestoreClient client, String project, String database) {
    return new Builder(FirestoreConnection.through(client, new DatabaseName(project, database)));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String location() {
    return "firestore://"
        + connection.database().display()
        + connection.emulator().map(hostPort -> "?emulator=" + hostPort).orElse("");
  }

  /**
   * Tells which database it is; its name is the project's id, with {@code /database} behind it
   * unless it is the default one. Databases of Firestore cannot mark themselves as production; the
   * executor's {@code productionTarget} does.
   */
  @Override
  public DatabaseInfo describe() {
    return new DatabaseInfo(
        connection.database().display(), source.identity(), Optional.empty(), false);
  }

  /** True: what is chosen by {@link Builder#readTime} comes first. */
  @Override
  public boolean canReadAsOf() {
    return true;
  }

  @Override
  public BackupSession openBackup(BackupRequest request) {
    return FirestoreBackupSession.open(source, request);
  }

  @Override
  public SplitReader openReader(BackupRequest request) {
    return new FirestoreSplitReader(source.calls(), request.retry());
  }

  @Override
  public RestoreSession openRestore(RestoreRequest request) {
    return new FirestoreRestoreSession(source, request, writing);
  }

  /** Closes the client, unless that was given. */
  @Override
  public void close() {
    connection.close();
  }

  @Override
  public String toString() {
    return "FirestoreHandler[" + location() + "]";
  }

  /** Sets what is not the same for every database. Used by one thread. */
  public static final class Builder {
    private final FirestoreConnection connection;
    private final List<NameRange> ranges = new ArrayList<>();
    private Optional<Instant> readTime = Optional.empty();
    private boolean keepReferences;
    private Optional<DatabaseName> referencesFrom = Optional.empty();
    private boolean rampUp = true;
    private int firstWritesPerSecond = 500;
    private boolean emulators = true;
    private boolean withDefinitions = true;
    private boolean restoreDefinitions;
    private boolean restoreRules;
    private GoogleEndpoints endpoints = GoogleEndpoints.google();

    private Builder(FirestoreConnection connection) {
      this.connection = connection;
    }

    /**
     * Backs up the database as it was at an instant: up to an hour ago; with point-in-time recovery
     * switched on up to seven days, at whole minutes. By default as it is when the backup begins.
     *
     * <p>A database that takes longer than an hour to read needs point-in-time recovery and a whole
     * minute here: {@code Instant.now().truncatedTo(ChronoUnit.MINUTES)}.
     */
    public Builder readTime(Instant instant) {
      readTime = Optional.of(instant.truncatedTo(ChronoUnit.MICROS)); // finer ones are refused
      return this;
    }

    /**
     * Backs up only what is at or below a path: {@code users/u1} is that document with all that is
     * below it, {@code users} a root collection with all that is below its documents. May be called
     * for several paths, none below another. Which collection groups of them, the executor's filter
     * says.
     *
     * @throws IllegalArgumentException if it is no path, or overlaps with another
     */
    public Builder below(String path) {
      NameRange range = NameRange.below(path);
      for (NameRange other : ranges) {
        if (other.contains(range.from().orElse("")) || range.contains(other.from().orElse(""))) {
          throw new IllegalArgumentException(
              "\"" + path + "\" overlaps with another path; documents would be read twice.");
        }
      }
      ranges.add(range);
      return this;
    }

    /**
     * Restores references as they stand in the backup. By default those into the database that was
     * backed up lead to the same documents of the target.
     */
    public Builder keepReferences() {
      keepReferences = true;
      return this;
    }

    /**
     * Which database references of a backup lead into, to be rewritten to the target, where the
     * backup does not say itself: one that was a backup of PostgreSQL in between, say.
     */
    public Builder referencesFrom(String project, String database) {
      referencesFrom = Optional.of(new DatabaseName(project, database));
      return this;
    }

    /**
     * How many documents a second a restore writes at first; 500 by default. Every five minutes it
     * may be half as many more, as Firestore's documentation asks for
     * (https://firebase.google.com/docs/firestore/best-practices, "Ramping up traffic"). An
     * emulator is written to without limit.
     *
     * @throws IllegalArgumentException if it is below 1
     */
    public Builder writesPerSecond(int first) {
      if (first < 1) {
        throw new IllegalArgumentException("writesPerSecond must be ≥ 1");
      }
      firstWritesPerSecond = first;
      return this;
    }

    /** Writes as fast as the service takes it: for databases that are used to heavy traffic. */
    public Builder withoutRampUp() {
      rampUp = false;
      return this;
    }

    /**
     * Backs up documents only. By default indexes, field overrides, TTL policies and security rules
     * are captured where the credentials allow it, and named among what was not captured where they
     * do not.
     */
    public Builder withoutDefinitions() {
      withDefinitions = false;
      return this;
    }

    /**
     * Restores indexes, field overrides and TTL policies too, once the documents are there. What
     * the target has besides stays; indexes are built by the service afterwards. By default they
     * are left alone.
     */
    public Builder restoreDefinitions() {
      restoreDefinitions = true;
      return this;
    }

    /**
     * Restores the security rules too, once the documents are there. They decide who may read and
     * write the target, so by default they are left alone.
     */
    public Builder restoreRules() {
      restoreRules = true;
      return this;
    }

    /** Reads and writes an emulator in the ways that are good for the service; for tests. */
    Builder asTheService() {
      emulators = false;
      return this;
    }

    /** Where Google's other APIs are; for tests. */
    Builder endpoints(GoogleEndpoints others) {
      endpoints = others;
      return this;
    }

    /** The handler. Contacts nothing yet. */
    public FirestoreHandler build() {
      return new FirestoreHandler(this);
    }
  }
}
