package io.holdfast.firestore.internal.rpc;

import com.google.api.gax.grpc.GrpcStatusCode;
import com.google.api.gax.rpc.ApiException;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * The only place that turns the service's errors into ours. Which of them pass by themselves:
 * https://cloud.google.com/firestore/docs/understand-error-codes.
 */
public final class FirestoreErrors {
  private record Meaning(Kind kind, boolean retryable, String advice) {}

  private FirestoreErrors() {}

  /** Whether a call reads or writes, for the advice on rights. */
  public enum Access {
    /** It reads documents. */
    READ,
    /** It writes documents. */
    WRITE
  }

  /**
   * Translates.
   *
   * @param error what the client threw
   * @param access what the call does
   * @param doing what was being done, to complete "Could not …"
   * @param collection the collection concerned, or null
   */
  public static HandlerException translate(
      Throwable error, Access access, String doing, @Nullable String collection) {
    if (error instanceof HandlerException ours) {
      return ours;
    }
    Status status = status(error);
    String said = said(status, error);
    Meaning meaning = meaning(status, access, said);
    return new HandlerException(
        meaning.kind,
        collection,
        "Could not "
            + doing
            + ": "
            + said
            + " ("
            + status.getCode()
            + ")."
            + (meaning.advice.isEmpty() ? "" : " " + meaning.advice),
        error,
        meaning.retryable);
  }

  /** The status of a write in an answer, as an error; its code is not OK. */
  public static HandlerException ofWrite(
      com.google.rpc.Status status, String doing, @Nullable String collection) {
    return translate(
        Status.fromCodeValue(status.getCode())
            .withDescription(status.getMessage())
            .asRuntimeException(),
        Access.WRITE,
        doing,
        collection);
  }

  /** The code of an error of the client. */
  public static Status.Code code(Throwable error) {
    return status(error).getCode();
  }

  private static Status status(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof StatusRuntimeException e) {
        return e.getStatus();
      }
      if (cause instanceof StatusException e) {
        return e.getStatus();
      }
      if (cause instanceof ApiException e
          && e.getStatusCode() instanceof GrpcStatusCode code
          && e.getCause() == null) {
        return code.getTransportCode().toStatus();
      }
      if (cause instanceof CancellationException) {
        return Status.CANCELLED;
      }
      if (cause instanceof IOException) {
        return Status.UNAVAILABLE.withDescription(cause.getMessage());
      }
    }
    return Status.UNKNOWN.withDescription(error.getMessage());
  }

  private static String said(Status status, Throwable error) {
    String text = status.getDescription() == null ? error.getMessage() : status.getDescription();
    if (text == null || text.isBlank()) {
      return "the service gave no reason";
    }
    String oneLine = text.strip().replaceAll("\\s+", " ");
    return oneLine.endsWith(".") ? oneLine.substring(0, oneLine.length() - 1) : oneLine;
  }

  private static Meaning meaning(Status status, Access access, String said) {
    return switch (status.getCode()) {
      case UNAVAILABLE ->
          passing(Kind.UNREACHABLE, "Check network and project, or try again later.");
      case DEADLINE_EXCEEDED, INTERNAL, UNKNOWN, CANCELLED, DATA_LOSS ->
          passing(Kind.UNREACHABLE, "");
      case ABORTED -> passing(Kind.OTHER, "Others write the same documents at the same time.");
      case RESOURCE_EXHAUSTED ->
          passing(
              Kind.OTHER,
              "The project is over a quota or the database over its rate. Try again later, or with"
                  + " less parallelism.");
      case UNAUTHENTICATED ->
          fatal(
              Kind.UNAUTHENTICATED,
              "Give valid credentials: Application Default Credentials, or the handler's own.");
      case PERMISSION_DENIED ->
          fatal(
              Kind.PERMISSION_DENIED,
              access == Access.READ
                  ? "Reading takes datastore.databases.get, datastore.entities.get and"
                      + " datastore.entities.list, which roles/datastore.viewer has."
                  : "Writing takes datastore.entities.create, .update, .delete and .get, which"
                      + " roles/datastore.user has.");
      case NOT_FOUND ->
          fatal(Kind.NOT_FOUND, "Check the names of project and database, and create the latter.");
      case FAILED_PRECONDITION, INVALID_ARGUMENT, OUT_OF_RANGE ->
          access == Access.READ && isSnapshotLost(said)
              ? fatal(
                  Kind.SNAPSHOT_LOST,
                  "Documents can be read as they were up to an hour ago; with point-in-time recovery"
                      + " switched on up to seven days, at whole minutes. Switch that on and give a"
                      + " readTime of a whole minute, or read faster, with more parallelism.")
              : fatal(access == Access.WRITE ? Kind.CONSTRAINT : Kind.OTHER, "");
      case ALREADY_EXISTS -> fatal(Kind.CONSTRAINT, "");
      case UNIMPLEMENTED -> fatal(Kind.UNSUPPORTED, "");
      default -> fatal(Kind.OTHER, "");
    };
  }

  /** The service has no code of its own for it, so its words decide. */
  private static boolean isSnapshotLost(String said) {
    String text = said.toLowerCase(Locale.ROOT);
    return text.contains("snapshot")
        || text.contains("read_time")
        || text.contains("read time")
        || text.contains("too old");
  }

  private static Meaning passing(Kind kind, String advice) {
    return new Meaning(kind, true, advice);
  }

  private static Meaning fatal(Kind kind, String advice) {
    return new Meaning(kind, false, advice);
  }
}
