package io.holdfast.examples.daily;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.BackupException;
import io.holdfast.BackupResult;
import io.holdfast.SourceResult;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;

/**
 * How a run ended, as one line of JSON that Cloud Logging takes for a structured entry. Holds no
 * secret: messages of Holdfast hold none, and those of other exceptions are left out.
 */
final class LogLine {
  static final String EVENT = "holdfast.backup";

  /** An entry of Cloud Logging has at most 256 KB. */
  private static final int MOST_COLLECTIONS = 200;

  private static final int LONGEST_ERROR = 20_000;
  private static final int MOST_REASONS = 5;

  private final ObjectNode line = new ObjectMapper().createObjectNode();

  LogLine(ExitCode code, String message, Instant now, Duration duration) {
    line.put("severity", severity(code));
    line.put("message", message);
    line.put("time", now.toString());
    line.put("event", EVENT);
    line.put("status", code.status());
    line.put("exit_code", code.number());
    line.put("duration_ms", duration.toMillis());
  }

  private static String severity(ExitCode code) {
    return switch (code) {
      case SUCCESS -> "INFO";
      case CANCELLED -> "WARNING";
      default -> "ERROR";
    };
  }

  /** Adds the backup that was published. */
  void backup(BackupResult result) {
    line.put("backup_id", result.backupId());
    line.put("location", result.location());
    line.put("records", result.records());
    line.put("raw_bytes", result.rawBytes());
    line.put("stored_bytes", result.storedBytes());
    result.cut().ifPresent(cut -> line.put("cut", cut.toString()));
    ArrayNode sources = line.putArray("sources");
    result.sources().forEach(source -> addSource(sources.addObject(), source));
    addCounts(line.putObject("usage"), result.usage());
    ArrayNode missing = line.putArray("missing");
    result
        .missing()
        .forEach(one -> missing.addObject().put("name", one.name()).put("reason", one.reason()));
    ArrayNode notCaptured = line.putArray("not_captured");
    result
        .notCaptured()
        .forEach(
            one -> notCaptured.addObject().put("object", one.object()).put("reason", one.reason()));
  }

  private static void addSource(ObjectNode to, SourceResult source) {
    to.put("name", source.name());
    to.put("database", source.source().name());
    to.put("records", source.counts().values().stream().mapToLong(Long::longValue).sum());
    to.put("collections", source.counts().size());
    addCounts(to.putObject("counts"), source.counts());
    to.put("stored_bytes", source.storedBytes());
    to.put("skew_ms", source.skew().toMillis());
    to.put("as_of", source.source().asOf().toString());
    source.readUntil().ifPresent(until -> to.put("read_until", until.toString()));
  }

  private static void addCounts(ObjectNode to, Map<String, Long> counts) {
    counts.entrySet().stream()
        .limit(MOST_COLLECTIONS)
        .forEach(count -> to.put(count.getKey(), count.getValue()));
  }

  /** Adds how many leftovers of interrupted runs were cleared. */
  void cleared(int leftovers) {
    line.put("leftovers_cleared", leftovers);
  }

  /** Adds what went wrong beside the backup, which stands. */
  void warning(Throwable error) {
    line.put("severity", "WARNING");
    line.put("warning", text(error));
  }

  /** Adds why there is no backup, or not all of it. */
  void error(Throwable error) {
    String reason = text(error);
    line.put("error", reason);
    ArrayNode also = line.putArray("also");
    // Workers that fail together say the same.
    Arrays.stream(error.getSuppressed())
        .map(LogLine::text)
        .filter(text -> !text.equals(reason))
        .distinct()
        .limit(MOST_REASONS)
        .forEach(also::add);
  }

  /** A message of ours says what to do; one of others may hold anything. */
  static String text(Throwable error) {
    String text;
    if (error instanceof BackupException) {
      text = String.valueOf(error.getMessage());
    } else {
      StackTraceElement[] trace = error.getStackTrace();
      text = error.getClass().getName() + (trace.length == 0 ? "" : " at " + trace[0]);
    }
    return text.length() <= LONGEST_ERROR ? text : text.substring(0, LONGEST_ERROR) + "…";
  }

  void printTo(PrintStream out) {
    try {
      // One call, so that nothing of others comes between.
      out.println(new ObjectMapper().writeValueAsString(line));
      out.flush();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
