package io.holdfast.postgres;

import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.sql.SQLException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * The only place that turns the driver's errors into ours.
 *
 * <p>The server's DETAIL, HINT and CONTEXT can quote rows, so only its primary message is passed
 * on, and the driver's exception is not attached as a cause: its text holds the detail.
 */
final class PostgresErrors {
  private record Meaning(Kind kind, boolean retryable, String advice) {}

  private static final Pattern QUOTED = Pattern.compile("\".*\"", Pattern.DOTALL);

  private PostgresErrors() {}

  /**
   * Translates.
   *
   * @param error what the driver threw
   * @param doing what was being done, to complete "Could not …"
   * @param collection the collection concerned, or null
   */
  static HandlerException translate(SQLException error, String doing, @Nullable String collection) {
    String state = error.getSQLState() == null ? "" : error.getSQLState();
    String said = primaryMessage(error);
    Meaning meaning = meaning(state);
    return new HandlerException(
        meaning.kind,
        collection,
        "Could not "
            + doing
            + ": "
            + said
            + (state.isEmpty() ? "" : " (SQLState " + state + ")")
            + "."
            + (meaning.advice.isEmpty() ? "" : " " + meaning.advice),
        withoutValues(error, said),
        meaning.retryable);
  }

  /** As {@link #translate}, for a transaction that only reads its snapshot. */
  static HandlerException whileReading(
      SQLException error, String doing, @Nullable String collection) {
    if ("40001".equals(error.getSQLState())) {
      // Nothing else ends such a transaction so; the message itself may be in any language.
      return new HandlerException(
          Kind.SNAPSHOT_LOST,
          collection,
          "Could not "
              + doing
              + ": the standby had to remove rows that were being read. Take the backup again, from"
              + " the primary, or with hot_standby_feedback or a longer max_standby_streaming_delay"
              + " on the standby.",
          withoutValues(error, primaryMessage(error)),
          true);
    }
    return translate(error, doing, collection);
  }

  /** A reader could not adopt the snapshot of the session. */
  static HandlerException snapshotLost(SQLException error) {
    String state = error.getSQLState() == null ? "" : error.getSQLState();
    if (state.startsWith("08") || state.startsWith("57") || state.startsWith("53")) {
      return translate(error, "adopt the backup's snapshot", null);
    }
    String said = primaryMessage(error);
    return new HandlerException(
        Kind.SNAPSHOT_LOST,
        null,
        "A second connection could not adopt the backup's snapshot: "
            + said
            + " (SQLState "
            + state
            + "). Either the connection that exported it was lost, or the connections do not reach"
            + " the same server and database: a pooler in transaction or statement mode, or a load"
            + " balancer, does that. Connect to the server directly.",
        withoutValues(error, said),
        false);
  }

  private static String primaryMessage(SQLException error) {
    ServerErrorMessage server =
        error instanceof PSQLException psql ? psql.getServerErrorMessage() : null;
    String said = server == null ? error.getMessage() : server.getMessage();
    if (said == null || said.isBlank()) {
      return "the server gave no reason";
    }
    String state = error.getSQLState() == null ? "" : error.getSQLState();
    if (state.equals("P0001")) {
      return "a trigger or function of the database raised an error; the server's log has its text";
    }
    // Messages of class 22 (data exception) quote the value itself.
    String oneLine = state.startsWith("22") ? QUOTED.matcher(said).replaceAll("\"…\"") : said;
    oneLine = oneLine.strip();
    return oneLine.endsWith(".") ? oneLine.substring(0, oneLine.length() - 1) : oneLine;
  }

  /** The stack trace and state of the driver's error, without the server's detail. */
  private static SQLException withoutValues(SQLException error, String said) {
    SQLException bare = new SQLException(said, error.getSQLState(), error.getErrorCode());
    bare.setStackTrace(error.getStackTrace());
    return bare;
  }

  private static Meaning meaning(String state) {
    return switch (state) {
      case "28000", "28P01" ->
          fatal(Kind.UNAUTHENTICATED, "Check user and password, and the server's pg_hba.conf.");
      // The driver's own state for a password that is needed and was not given.
      case "08004" -> fatal(Kind.UNAUTHENTICATED, "Give a user and a password.");
      case "22021", "22P05" ->
          fatal(
              Kind.UNSUPPORTED,
              "The database holds bytes that are no text in UTF-8, which its encoding (SQL_ASCII, for"
                  + " one) lets pass and JSON cannot carry. Convert them, or leave the table out.");
      case "3D000" -> fatal(Kind.NOT_FOUND, "Check the name of the database.");
      case "42501" -> fatal(Kind.PERMISSION_DENIED, "Grant the role that right.");
      case "53100" -> fatal(Kind.NO_SPACE, "Make room on the server's disk.");
      case "53200" ->
          fatal(
              Kind.OTHER,
              "Every table takes a lock: if there are very many, raise max_locks_per_transaction on the"
                  + " server.");
      case "53300" -> retry(Kind.UNREACHABLE, "The server has no connection to spare.");
      case "42P04" -> fatal(Kind.NOT_EMPTY, "There is one of that name: choose another.");
      case "55006" ->
          retry(Kind.OTHER, "Other sessions use it: wait for them to end, or disconnect them.");
      case "55P03" ->
          retry(
              Kind.OTHER,
              "Another session holds or waits for an exclusive lock, as a migration does. Wait for"
                  + " it to end, or raise lockTimeout.");
      case "57014" ->
          fatal(
              Kind.OTHER,
              "Somebody cancelled the statement, or a statement_timeout of the server, the database"
                  + " or the role did that leaves no time even to connect.");
      case "40001", "40P01" ->
          retry(Kind.OTHER, "Another transaction was in the way; the same may succeed now.");
      case "57P01", "57P02", "57P03" -> retry(Kind.UNREACHABLE, "The server is going down or up.");
      default -> meaningOfClass(state.length() < 2 ? "" : state.substring(0, 2));
    };
  }

  private static Meaning meaningOfClass(String stateClass) {
    return switch (stateClass) {
      case "08" -> retry(Kind.UNREACHABLE, "Check host, port and network.");
      case "28" -> fatal(Kind.UNAUTHENTICATED, "Check user and password.");
      case "23" -> fatal(Kind.CONSTRAINT, "");
      case "22" -> fatal(Kind.MISMATCH, "");
      case "53" -> retry(Kind.OTHER, "The server is short of resources.");
      default -> fatal(Kind.OTHER, "");
    };
  }

  private static Meaning fatal(Kind kind, String advice) {
    return new Meaning(kind, false, advice);
  }

  private static Meaning retry(Kind kind, String advice) {
    return new Meaning(kind, true, advice);
  }
}
