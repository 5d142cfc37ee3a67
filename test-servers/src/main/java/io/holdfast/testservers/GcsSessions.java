package io.holdfast.testservers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Resumable uploads: https://cloud.google.com/storage/docs/performing-resumable-uploads. Safe to
 * share; one session serves one request at a time.
 */
final class GcsSessions {
  /** Chunks but the last are multiples of it, and so is what is kept of a broken one. */
  private static final int UNIT = 256 * 1024;

  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (?:\\*|([0-9]{1,18})-([0-9]{1,18}))/(?:\\*|([0-9]{1,18}))");

  private final GcsBuckets buckets;
  private final Map<String, Session> sessions = new ConcurrentHashMap<>();

  /** An upload that was begun; kept when it has ended, to tell how. */
  private static final class Session {
    private final String bucket;
    private final String name;
    private final ObjectNode described;
    private final GcsQuery query;
    private final String contentType;
    private final OptionalLong announcedBytes;
    private final GcsContent content;
    private @Nullable ObjectNode published;
    private boolean cancelled;

    Session(
        String bucket,
        String name,
        ObjectNode described,
        GcsQuery query,
        String contentType,
        OptionalLong announcedBytes,
        GcsContent content) {
      this.bucket = bucket;
      this.name = name;
      this.described = described;
      this.query = query;
      this.contentType = contentType;
      this.announcedBytes = announcedBytes;
      this.content = content;
    }
  }

  /** Where the bytes of a request belong; {@code from} is -1 if it has none. */
  private record ContentRange(long from, long end, OptionalLong total) {
    static ContentRange parse(String text) {
      Matcher parts = CONTENT_RANGE.matcher(text);
      if (!parts.matches()) {
        throw GcsError.invalid("Malformed Content-Range: " + text);
      }
      OptionalLong total = GcsApi.number(parts.group(3));
      if (parts.group(1) == null) {
        return new ContentRange(-1, -1, total);
      }
      long from = Long.parseLong(parts.group(1));
      long end = Long.parseLong(parts.group(2)) + 1;
      if (end <= from || (total.isPresent() && end > total.getAsLong())) {
        throw GcsError.invalid("Malformed Content-Range: " + text);
      }
      return new ContentRange(from, end, total);
    }
  }

  GcsSessions(GcsBuckets buckets) {
    this.buckets = buckets;
  }

  /** Begins an upload; returns its id. */
  String start(String bucket, ObjectNode described, GcsQuery query, Headers headers)
      throws IOException {
    String name = GcsApi.nameOf(described, query);
    buckets.checkInsert(bucket, name, described, query);
    String type =
        Optional.ofNullable(headers.getFirst("X-Upload-Content-Type"))
            .orElse("application/octet-stream");
    String id = UUID.randomUUID().toString();
    sessions.put(
        id,
        new Session(
            bucket,
            name,
            described,
            query,
            described.path("contentType").asText(type),
            GcsApi.number(headers.getFirst("X-Upload-Content-Length")),
            buckets.newContent()));
    return id;
  }

  GcsAnswer answer(String method, GcsQuery query, Headers headers, GcsBody body)
      throws IOException {
    Session session = sessions.get(query.text("upload_id").orElse(""));
    if (session == null) {
      throw new GcsError(404, "notFound", "No such upload.");
    }
    synchronized (session) {
      if (session.cancelled) {
        throw new GcsError(499, "clientClosedRequest", "The upload was cancelled.");
      }
      return switch (method) {
        case "DELETE" -> cancel(session);
        case "PUT" -> put(session, headers, body);
        default -> throw new GcsError(405, "methodNotAllowed", "PUT or DELETE.");
      };
    }
  }

  private static GcsAnswer cancel(Session session) throws IOException {
    if (session.published != null) {
      throw new GcsError(404, "notFound", "The upload has ended.");
    }
    session.cancelled = true;
    session.content.delete();
    return GcsAnswer.empty(499);
  }

  private GcsAnswer put(Session session, Headers headers, GcsBody body) throws IOException {
    ObjectNode published = session.published;
    if (published != null) {
      return GcsAnswer.json(200, published);
    }
    String text = headers.getFirst("Content-Range");
    if (text == null) {
      // The whole object by one request.
      if (session.content.lengthBytes() > 0) {
        throw GcsError.invalid("An upload that was begun needs a Content-Range.");
      }
      receive(session, body.stream(), 0, Long.MAX_VALUE);
      return publish(session, headers);
    }
    ContentRange range = ContentRange.parse(text);
    long stored = session.content.lengthBytes();
    OptionalLong total = range.total().isPresent() ? range.total() : session.announcedBytes;
    if (range.total().isPresent()
        && session.announcedBytes.isPresent()
        && !range.total().equals(session.announcedBytes)) {
      throw GcsError.invalid("The length differs from the one announced before.");
    }
    if (total.isPresent() && total.getAsLong() < stored) {
      throw GcsError.invalid("The length is less than what was received.");
    }
    if (range.from() < 0) {
      if (body.lengthBytes() != 0) {
        throw GcsError.invalid("A status check has no body.");
      }
      return range.total().isPresent() && range.total().getAsLong() == stored
          ? publish(session, headers)
          : incomplete(session);
    }
    if (body.lengthBytes() >= 0 && body.lengthBytes() != range.end() - range.from()) {
      throw GcsError.invalid("The body's length differs from Content-Range.");
    }
    if (range.from() > stored) {
      throw GcsError.invalid("The bytes from " + stored + " on are missing.");
    }
    boolean last = total.isPresent() && total.getAsLong() == range.end();
    if (!last && (range.end() - range.from()) % UNIT != 0) {
      throw GcsError.invalid("Chunks but the last must be multiples of " + UNIT + " bytes.");
    }
    receive(session, body.stream(), stored - range.from(), range.end() - range.from());
    return last ? publish(session, headers) : incomplete(session);
  }

  /** Keeps whole units of what comes, also if the connection breaks. */
  private static void receive(Session session, InputStream in, long skip, long lengthBytes)
      throws IOException {
    in.skipNBytes(Math.min(skip, lengthBytes));
    byte[] unit = new byte[UNIT];
    int filled = 0;
    while (true) {
      // Units of the object, not of the request: a chunk may begin anywhere.
      int wanted = UNIT - (int) (session.content.lengthBytes() % UNIT);
      int got = in.read(unit, filled, wanted - filled); // Throws if the connection breaks.
      if (got < 0) {
        break;
      }
      filled += got;
      if (filled == wanted) {
        session.content.append(unit, 0, filled);
        filled = 0;
      }
    }
    session.content.append(unit, 0, filled);
  }

  private GcsAnswer publish(Session session, Headers headers) throws IOException {
    boolean published = false;
    try {
      ObjectNode resource =
          buckets.insert(
              session.bucket,
              session.name,
              session.described,
              session.query,
              session.contentType,
              session.content,
              headers.getFirst("X-Goog-Hash"));
      session.published = resource;
      published = true;
      return GcsAnswer.json(200, resource);
    } finally {
      if (!published) {
        sessions.values().remove(session);
        session.content.delete();
      }
    }
  }

  /** Without {@code Range} nothing was stored yet. */
  private static GcsAnswer incomplete(Session session) {
    long stored = session.content.lengthBytes();
    GcsAnswer answer = GcsAnswer.empty(308);
    return stored == 0 ? answer : answer.with("Range", "bytes=0-" + (stored - 1));
  }
}
