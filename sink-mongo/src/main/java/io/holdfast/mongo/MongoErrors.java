package io.holdfast.mongo;

import com.mongodb.MongoClientException;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoConfigurationException;
import com.mongodb.MongoConnectionPoolClearedException;
import com.mongodb.MongoCursorNotFoundException;
import com.mongodb.MongoException;
import com.mongodb.MongoExecutionTimeoutException;
import com.mongodb.MongoIncompatibleDriverException;
import com.mongodb.MongoInterruptedException;
import com.mongodb.MongoNodeIsRecoveringException;
import com.mongodb.MongoNotPrimaryException;
import com.mongodb.MongoOperationTimeoutException;
import com.mongodb.MongoSecurityException;
import com.mongodb.MongoServerUnavailableException;
import com.mongodb.MongoSocketException;
import com.mongodb.MongoTimeoutException;
import com.mongodb.MongoWriteConcernException;
import com.mongodb.MongoWriteException;
import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import java.util.Locale;
import java.util.Set;
import org.bson.BsonMaximumSizeExceededException;

/** Makes the driver's errors Holdfast's: what happened, what was left unchanged, what to do. */
final class MongoErrors {
  private static final int UNAUTHORIZED = 13;
  private static final int AUTHENTICATION_FAILED = 18;
  private static final int REAUTHENTICATION_REQUIRED = 391;

  /** What Atlas answers for everything of its own; the text tells what it is. */
  private static final int ATLAS = 8000;

  private static final int OUT_OF_DISK_SPACE = 14031;
  private static final int QUOTA_EXCEEDED = 12501;
  private static final Set<Integer> DUPLICATE_KEY = Set.of(11000, 11001, 12582);
  private static final Set<Integer> TOO_LARGE = Set.of(10334, 17419, 17420, 17280);
  private static final Set<Integer> OTHER_INDEX = Set.of(67, 85, 86);

  /** Without {@code enableMajorityReadConcern}, which 4.2 and 4.4 let one switch off. */
  private static final int NO_MAJORITY_READS = 148;

  /**
   * What passes: elections, shutdowns, cursors and locks that timed out, networks between members.
   * The numbers are those of the server's error_codes.yml.
   */
  private static final Set<Integer> PASSING =
      Set.of(
          6, 7, 24, 43, 46, 50, 63, 64, 89, 91, 112, 133, 134, 150, 175, 189, 202, 234, 237, 262,
          317, 358, 384, 402, 462, 9001, 10107, 11600, 11601, 11602, 13388, 13435, 13436);

  private static final String LABEL_RETRYABLE = "RetryableWriteError";

  private MongoErrors() {}

  /**
   * Translates what a command threw.
   *
   * @param location for people
   */
  static BackupException translate(
      RuntimeException e, Step step, String database, String location) {
    String failed = "Could not " + step.what() + " in " + location + ": ";
    if (e instanceof MongoInterruptedException) {
      Thread.currentThread().interrupt();
      return new CancelledException(
          "Interrupted while trying to " + step.what() + " in " + location + ". " + step.lost(), e);
    }
    if (e instanceof MongoSecurityException) {
      return error(
          Kind.UNAUTHENTICATED,
          step,
          failed
              + "the server did not accept the credentials. "
              + step.refused()
              + " Check user, password and authSource, and that the user exists there.",
          e);
    }
    if (e instanceof MongoTimeoutException || e instanceof MongoSocketException) {
      return error(
          Kind.UNAVAILABLE,
          step,
          failed
              + "no usable server answered ("
              + e.getClass().getSimpleName()
              + "). "
              + step.lost()
              + " Check hosts, network, TLS and the list of allowed addresses; a set without a"
              + " primary cannot be written to.",
          e);
    }
    if (e instanceof MongoConfigurationException) {
      return error(
          Kind.UNAVAILABLE,
          step,
          failed
              + "the cluster's SRV or TXT record could not be used. "
              + step.refused()
              + " Check the cluster's name and the DNS.",
          e);
    }
    if (e instanceof MongoIncompatibleDriverException) {
      return error(
          Kind.UNSUPPORTED,
          step,
          failed + "the server is too old or too new for the driver. " + step.refused(),
          e);
    }
    if (e instanceof BsonMaximumSizeExceededException) {
      return tooLarge(step, failed, e);
    }
    if (e instanceof MongoWriteConcernException concern) {
      return concern(concern, step, failed);
    }
    if (e instanceof MongoException server) {
      return server(server, step, failed, database);
    }
    return error(Kind.OTHER, step, failed + e.getMessage() + ". " + step.lost(), e);
  }

  private static BackupException server(
      MongoException e, Step step, String failed, String database) {
    int code = e instanceof MongoWriteException write ? write.getError().getCode() : e.getCode();
    String text = text(e);
    String lower = text.toLowerCase(Locale.ROOT);
    boolean login =
        code == AUTHENTICATION_FAILED
            || code == REAUTHENTICATION_REQUIRED
            || (code == UNAUTHORIZED && lower.contains("requires authentication"))
            || (code == ATLAS && lower.contains("auth") && lower.contains("bad"));
    if (login) {
      return error(
          Kind.UNAUTHENTICATED,
          step,
          failed
              + "the server asks for a login that is missing, wrong or expired. "
              + step.refused()
              + " Check user, password and authSource.",
          e);
    }
    if ((code == ATLAS && (lower.contains("quota") || lower.contains("space")))
        || code == OUT_OF_DISK_SPACE
        || code == QUOTA_EXCEEDED) {
      return error(
          Kind.NO_SPACE,
          step,
          failed
              + "the server has no space left ("
              + text
              + "). "
              + step.refused()
              + " Make room, or prune old backups.",
          e);
    }
    if (code == UNAUTHORIZED || (code == ATLAS && lower.contains("not allowed"))) {
      return error(
          Kind.PERMISSION_DENIED,
          step,
          failed
              + "the user lacks the privilege "
              + step.right()
              + " on "
              + database
              + "."
              + step.collection()
              + ". "
              + step.refused()
              + " Grant it, or readWrite on the database "
              + database
              + ".",
          e);
    }
    if (DUPLICATE_KEY.contains(code)) {
      return error(Kind.ALREADY_EXISTS, step, failed + "the key is taken. " + step.refused(), e);
    }
    if (TOO_LARGE.contains(code)) {
      return tooLarge(step, failed, e);
    }
    if (OTHER_INDEX.contains(code)) {
      return error(
          Kind.OTHER,
          step,
          failed
              + "the collection "
              + step.collection()
              + " has an index of the same name or fields, but not as Holdfast needs it ("
              + text
              + "). "
              + step.refused()
              + " Drop that index, or choose another collection.",
          e);
    }
    if (code == NO_MAJORITY_READS) {
      return error(
          Kind.UNSUPPORTED,
          step,
          failed
              + "the server runs with enableMajorityReadConcern=false. "
              + step.refused()
              + " Switch that on: without it nobody knows what survives an election.",
          e);
    }
    if (passes(e, code)) {
      return error(
          Kind.UNAVAILABLE,
          step,
          failed
              + "the server cannot do it at the moment ("
              + (text.isEmpty() ? e.getClass().getSimpleName() : text)
              + "). "
              + step.lost(),
          e);
    }
    return error(
        Kind.OTHER,
        step,
        failed + (text.isEmpty() ? e.getClass().getSimpleName() : text) + ". " + step.lost(),
        e);
  }

  private static boolean passes(MongoException e, int code) {
    return PASSING.contains(code)
        || e.hasErrorLabel(LABEL_RETRYABLE)
        || e instanceof MongoNotPrimaryException
        || e instanceof MongoNodeIsRecoveringException
        || e instanceof MongoConnectionPoolClearedException
        || e instanceof MongoServerUnavailableException
        || e instanceof MongoCursorNotFoundException
        || e instanceof MongoExecutionTimeoutException
        || e instanceof MongoOperationTimeoutException;
  }

  /** The server has written it; whether it lasts is what failed. */
  private static BackupException concern(MongoWriteConcernException e, Step step, String failed) {
    int code = e.getWriteConcernError().getCode();
    return error(
        PASSING.contains(code) ? Kind.UNAVAILABLE : Kind.OTHER,
        step,
        failed
            + "the primary has written it, but a majority of the members has not confirmed it ("
            + e.getWriteConcernError().getMessage()
            + "). "
            + step.lost()
            + " Check that most members of the set are up and not far behind.",
        e);
  }

  private static BackupException tooLarge(Step step, String failed, RuntimeException e) {
    return error(
        Kind.UNSUPPORTED,
        step,
        failed
            + "it does not fit into one document of 16 MB. "
            + step.refused()
            + " Use layout=chunks.",
        e);
  }

  /** What the server said, without the addresses that the driver adds. */
  private static String text(MongoException e) {
    if (e instanceof MongoWriteException write) {
      return write.getError().getMessage();
    }
    if (e instanceof MongoCommandException command) {
      return command.getErrorMessage();
    }
    if (e instanceof MongoClientException || e.getMessage() == null) {
      return "";
    }
    return e.getMessage();
  }

  private static StorageException error(
      Kind kind, Step step, String message, RuntimeException cause) {
    return new StorageException(kind, step.key(), message, cause);
  }
}
