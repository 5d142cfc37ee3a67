package io.holdfast.catalog;

import io.holdfast.BackupListener;
import io.holdfast.CancelledException;
import io.holdfast.ConfigurationException;
import io.holdfast.internal.CopyRun;
import io.holdfast.internal.Events;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies backups from one sink to another, byte for byte, as they are: no key is needed for
 * encrypted ones. Every byte is compared with the manifest on its way, and the manifest is written
 * last, so that what is listed on the other side is whole. Nothing is overwritten. Immutable, safe
 * for use by many threads; closes neither sink.
 *
 * <pre>{@code
 * Replication.between(FileSink.at(Path.of("/var/backups")), offsite).copyMissing("");
 * }</pre>
 */
public final class Replication {
  private static final Logger log = LoggerFactory.getLogger(Replication.class);

  private final StorageSink from;
  private final StorageSink to;
  private final List<BackupListener> listeners;

  private Replication(StorageSink from, StorageSink to, List<BackupListener> listeners) {
    this.from = from;
    this.to = to;
    this.listeners = List.copyOf(listeners);
  }

  /**
   * Copies from the one to the other.
   *
   * @throws ConfigurationException if both are the same place
   */
  public static Replication between(StorageSink from, StorageSink to) {
    if (from == to || from.location().equals(to.location())) {
      throw new ConfigurationException(
          List.of("A backup cannot be copied from " + from.location() + " to the same place."));
    }
    return new Replication(from, to, List.of());
  }

  /** The same, telling that listener what happens. */
  public Replication listener(BackupListener listener) {
    List<BackupListener> more = new ArrayList<>(listeners);
    more.add(listener);
    return new Replication(from, to, more);
  }

  /**
   * Copies one backup. What an earlier copy that was interrupted has left on the other side is
   * compared, and used if it is the same.
   *
   * @param backupId its id
   * @throws StorageException of kind {@code NOT_FOUND} if there is no such backup; of kind {@code
   *     ALREADY_EXISTS} if the other side has another object under one of its names
   * @throws io.holdfast.format.FormatException of kind {@code CORRUPT} if the backup is damaged;
   *     the other side does not list it then
   * @throws CancelledException if the thread is interrupted
   */
  public CopyResult copy(String backupId) {
    return new CopyRun(from, to, new Events(listeners)).copy(backupId);
  }

  /**
   * Copies every backup that the other side lacks, newest first. One that cannot be copied does not
   * keep the others from it.
   *
   * @param prefix the beginning of their ids; empty for all
   * @throws IncompleteReplicationException if some could not be copied
   * @throws StorageException if one of the sinks cannot be listed
   * @throws CancelledException if the thread is interrupted
   */
  public ReplicationResult copyMissing(String prefix) {
    return copyMissing(prefix, id -> true);
  }

  /**
   * Copies every backup whose id meets the condition and that the other side lacks.
   *
   * @param prefix the beginning of their ids; empty for all
   * @param ids which ids
   * @throws IncompleteReplicationException if some could not be copied
   * @throws StorageException if one of the sinks cannot be listed
   * @throws CancelledException if the thread is interrupted
   */
  public ReplicationResult copyMissing(String prefix, Predicate<String> ids) {
    return new CopyRun(from, to, new Events(listeners)).copyMissing(prefix, ids);
  }

  /**
   * Copies what the other side lacks now, and again that long after each time, on a thread of its
   * own that does not keep the JVM alive. A time that fails is logged and told to the listeners,
   * and the next one comes all the same.
   *
   * @param interval how long to wait between two times
   * @param prefix the beginning of the ids; empty for all
   * @return ends it when it is closed: what is being copied then is given up
   */
  public Repeated every(Duration interval, String prefix) {
    if (interval.isNegative() || interval.isZero()) {
      throw new ConfigurationException(List.of("The interval must be longer than " + interval));
    }
    Thread thread =
        new Thread(() -> repeat(interval, prefix), "holdfast-replication-to-" + to.location());
    thread.setDaemon(true);
    thread.start();
    return new Repeated(thread);
  }

  private void repeat(Duration interval, String prefix) {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        try {
          copyMissing(prefix);
        } catch (CancelledException e) {
          return;
        } catch (RuntimeException e) { // the next time may succeed, and nobody else would try
          log.error(
              "Replication from {} to {} failed; it is tried again in {}: {}",
              from.location(),
              to.location(),
              interval,
              e.getMessage());
        }
        TimeUnit.NANOSECONDS.sleep(interval.toNanos());
      }
    } catch (InterruptedException e) {
      // That is how it ends.
    }
  }

  /** A replication that goes on until it is closed. */
  public static final class Repeated implements AutoCloseable {
    private final Thread thread;

    private Repeated(Thread thread) {
      this.thread = thread;
    }

    /** Ends it and waits until nothing is copied any more. May be called twice. */
    @Override
    public void close() {
      thread.interrupt();
      boolean interrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
