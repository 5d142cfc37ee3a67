package io.holdfast.examples.daily;

import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import io.holdfast.ConfigurationException;
import io.holdfast.EncryptionException;
import io.holdfast.IncompleteBackupException;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.StorageException;
import java.util.List;

/** How both programs end. The numbers are a promise to whoever runs them. */
enum ExitCode {
  /** All of it was done. */
  SUCCESS(0, "success"),
  /** Anything else: a bug, or an error of the JVM. */
  OTHER(1, "failed"),
  /** The configuration is wrong. Nothing was contacted. */
  CONFIGURATION(2, "misconfigured"),
  /** A backup was published that lacks sources, as {@code HOLDFAST_BEST_EFFORT} asks for. */
  INCOMPLETE(3, "incomplete"),
  /** A database could not be read, or written in a restore. There is no backup. */
  SOURCE(4, "source_failed"),
  /** The storage failed, or what it holds cannot be opened. There is no backup. */
  STORAGE(5, "storage_failed"),
  /** The run was told to stop. There is no backup. */
  CANCELLED(6, "cancelled");

  private final int number;
  private final String status;

  ExitCode(int number, String status) {
    this.number = number;
    this.status = status;
  }

  int number() {
    return number;
  }

  /** The word in the log line. */
  String status() {
    return status;
  }

  static ExitCode of(Throwable error) {
    if (error instanceof ConfigurationException) {
      return CONFIGURATION;
    }
    if (error instanceof IncompleteBackupException) {
      return INCOMPLETE;
    }
    if (error instanceof HandlerException) {
      return SOURCE;
    }
    if (error instanceof StorageException || error instanceof EncryptionException) {
      return STORAGE;
    }
    if (error instanceof CancelledException) {
      return CANCELLED;
    }
    // With best effort, "every source failed" holds the reasons.
    List<Throwable> reasons = List.of(error.getSuppressed());
    return error instanceof BackupException
            && !reasons.isEmpty()
            && reasons.stream().allMatch(HandlerException.class::isInstance)
        ? SOURCE
        : OTHER;
  }
}
