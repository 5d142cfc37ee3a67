package io.holdfast.mongo;

import com.mongodb.MongoClientSettings;
import com.mongodb.MongoException;
import com.mongodb.ReadConcern;
import com.mongodb.ReadPreference;
import com.mongodb.WriteConcern;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoCollection;
import io.holdfast.BackupException;
import io.holdfast.spi.Retry;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.bson.BSONException;
import org.bson.BsonDocument;
import org.bson.codecs.Codec;
import org.bson.codecs.configuration.CodecRegistries;
import org.bson.codecs.configuration.CodecRegistry;
import org.jspecify.annotations.Nullable;

/**
 * The database that a sink speaks to. Gives collections that are read from the primary as a
 * majority knows them and written with a majority's journals, and the one way to run a command:
 * with retries, and errors that are Holdfast's. Safe for use by many threads.
 */
final class MongoStore implements AutoCloseable {
  /** So that a majority that is not there is an error, and not a wait for ever. */
  private static final long MAJORITY_SECONDS = 30;

  private final Supplier<MongoClient> clients;
  private final boolean ownsClient;
  private final String database;
  private final String location;
  private final Retry retry;
  private final WriteConcern concern;
  private @Nullable MongoClient client;
  private boolean closed;

  /**
   * @param clients gives the client when it is first needed, which begins to connect
   * @param ownsClient whether closing this closes the client
   * @param location for people
   */
  MongoStore(
      Supplier<MongoClient> clients,
      boolean ownsClient,
      String database,
      String location,
      Retry retry) {
    this.clients = clients;
    this.ownsClient = ownsClient;
    this.database = database;
    this.location = location;
    this.retry = retry;
    this.concern =
        WriteConcern.MAJORITY.withJournal(true).withWTimeout(MAJORITY_SECONDS, TimeUnit.SECONDS);
  }

  String location() {
    return location;
  }

  Retry retry() {
    return retry;
  }

  MongoCollection<BsonDocument> collection(String name) {
    return collection(name, BsonDocument.class);
  }

  <T> MongoCollection<T> collection(String name, Class<T> type) {
    return collection(name, type, MongoClientSettings.getDefaultCodecRegistry());
  }

  /** A collection whose documents are read in a way of their own. */
  <T> MongoCollection<T> collection(String name, Codec<T> codec) {
    return collection(
        name,
        codec.getEncoderClass(),
        CodecRegistries.fromRegistries(
            CodecRegistries.fromCodecs(codec), MongoClientSettings.getDefaultCodecRegistry()));
  }

  private <T> MongoCollection<T> collection(String name, Class<T> type, CodecRegistry codecs) {
    return client()
        .getDatabase(database)
        .getCollection(name, type)
        // A client that was given may be set up for anything.
        .withCodecRegistry(codecs)
        .withReadPreference(ReadPreference.primary())
        .withReadConcern(ReadConcern.MAJORITY)
        .withWriteConcern(concern);
  }

  /** Runs a command that may be repeated. */
  <T> T call(Step step, Supplier<T> command) {
    return retry.call(step.what() + " in " + location, () -> once(step, command));
  }

  /** Runs a command once. */
  <T> T once(Step step, Supplier<T> command) {
    try {
      return command.get();
    } catch (MongoException | BSONException e) {
      throw translate(e, step);
    }
  }

  BackupException translate(RuntimeException e, Step step) {
    return MongoErrors.translate(e, step, database, location);
  }

  @Override
  public void close() {
    MongoClient own;
    synchronized (this) {
      closed = true;
      own = client;
      client = null;
    }
    if (ownsClient && own != null) {
      own.close();
    }
  }

  private synchronized MongoClient client() {
    if (closed) {
      throw new IllegalStateException("The sink of " + location + " was closed.");
    }
    MongoClient current = client;
    if (current == null) {
      current = clients.get();
      client = current;
    }
    return current;
  }
}
