package io.holdfast.testservers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The buckets, their objects, and the rules for them. Safe to share: every rule is checked whole.
 */
final class GcsBuckets {
  private static final int LARGEST_PAGE = 1000;

  /**
   * https://cloud.google.com/storage/docs/json_api/v1/objects#resource: the writable properties.
   */
  private static final Set<String> WRITABLE =
      Set.of(
          "name",
          "bucket",
          "contentType",
          "contentEncoding",
          "contentDisposition",
          "contentLanguage",
          "cacheControl",
          "customTime",
          "metadata",
          "storageClass",
          "temporaryHold",
          "eventBasedHold",
          "retention",
          "crc32c",
          "md5Hash");

  private static final Set<String> STORAGE_CLASSES =
      Set.of("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE");

  private final Path folder;
  private final AtomicLong files = new AtomicLong();
  private final Map<String, Bucket> buckets = new HashMap<>();
  private long generations = System.currentTimeMillis() * 1000;

  /** An object as it is published. */
  static final class Stored {
    private final ObjectNode resource;
    private final GcsContent content;

    Stored(ObjectNode resource, GcsContent content) {
      this.resource = resource;
      this.content = content;
    }

    /** A copy. */
    ObjectNode resource() {
      return resource.deepCopy();
    }

    GcsContent content() {
      return content;
    }

    long number(String property) {
      return Long.parseLong(resource.path(property).asText("0"));
    }
  }

  private static final class Bucket {
    private ObjectNode resource;

    /** Listings are ordered by the bytes of the names in UTF-8. */
    private final NavigableMap<String, Stored> objects =
        new TreeMap<>(
            (a, b) ->
                Arrays.compareUnsigned(
                    a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8)));

    Bucket(ObjectNode resource) {
      this.resource = resource;
    }
  }

  GcsBuckets(Path folder) {
    this.folder = folder;
  }

  GcsContent newContent() throws IOException {
    return new GcsContent(folder.resolve("content-" + files.incrementAndGet()));
  }

  synchronized ObjectNode createBucket(JsonNode described, boolean objectRetention) {
    String name = described.path("name").asText("");
    if (!name.matches("[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")) {
      throw GcsError.invalid("Invalid bucket name: '" + name + "'");
    }
    if (buckets.containsKey(name)) {
      throw new GcsError(409, "conflict", "The bucket exists already.");
    }
    ObjectNode resource = described.deepCopy();
    String now = Instant.now().toString();
    resource
        .put("kind", "storage#bucket")
        .put("id", name)
        .put("name", name)
        .put("timeCreated", now)
        .put("updated", now)
        .put("metageneration", "1");
    if (!resource.has("storageClass")) {
      resource.put("storageClass", "STANDARD");
    }
    if (objectRetention) {
      resource.set("objectRetention", JsonNodeFactory.instance.objectNode().put("mode", "Enabled"));
    }
    buckets.put(name, new Bucket(resource));
    return resource.deepCopy();
  }

  synchronized ObjectNode bucket(String name) {
    return require(name).resource.deepCopy();
  }

  synchronized ObjectNode patchBucket(String name, JsonNode changes) {
    Bucket bucket = require(name);
    ObjectNode resource = bucket.resource.deepCopy();
    merge(resource, changes);
    resource.put("metageneration", "" + (resource.path("metageneration").asLong() + 1));
    bucket.resource = resource;
    return resource.deepCopy();
  }

  synchronized void deleteBucket(String name) {
    if (!require(name).objects.isEmpty()) {
      throw new GcsError(409, "conflict", "The bucket you tried to delete is not empty.");
    }
    buckets.remove(name);
  }

  synchronized Stored get(String bucket, String name, OptionalLong generation) {
    Stored stored = require(bucket).objects.get(name);
    if (stored == null
        || (generation.isPresent() && generation.getAsLong() != stored.number("generation"))) {
      throw GcsError.noObject(bucket, name);
    }
    return stored;
  }

  /** Checks what can be checked before the bytes come. */
  synchronized void checkInsert(
      String bucketName, String name, ObjectNode described, GcsQuery query) {
    Bucket bucket = require(bucketName);
    int nameBytes = name.getBytes(StandardCharsets.UTF_8).length;
    // https://cloud.google.com/storage/docs/objects#naming
    if (nameBytes < 1 || nameBytes > 1024 || name.matches("(?s).*[\r\n].*|\\.{1,2}")) {
      throw GcsError.invalid("Invalid object name.");
    }
    described
        .fieldNames()
        .forEachRemaining(
            property -> {
              if (!WRITABLE.contains(property)) {
                throw GcsError.invalid("Not writable: " + property);
              }
            });
    String storageClass = described.path("storageClass").asText("STANDARD");
    if (!STORAGE_CLASSES.contains(storageClass)) {
      throw GcsError.invalid("Invalid storage class: " + storageClass);
    }
    checkRetention(bucket, described.get("retention"));
    checkPreconditions(bucket.objects.get(name), query, true);
  }

  /**
   * Publishes an object, if its checksums, the preconditions and the one that it replaces allow.
   */
  synchronized ObjectNode insert(
      String bucketName,
      String name,
      ObjectNode described,
      GcsQuery query,
      String contentType,
      GcsContent content,
      @Nullable String hashHeader)
      throws IOException {
    checkInsert(bucketName, name, described, query);
    Bucket bucket = require(bucketName);
    checkHashes(described, content, hashHeader);
    Stored earlier = bucket.objects.get(name);
    if (earlier != null) {
      checkKept(bucket, name, earlier);
    }
    String now = Instant.now().toString();
    String generation = "" + ++generations;
    ObjectNode resource = described.deepCopy();
    resource
        .put("kind", "storage#object")
        .put("id", bucketName + "/" + name + "/" + generation)
        .put("name", name)
        .put("bucket", bucketName)
        .put("generation", generation)
        .put("metageneration", "1")
        .put("contentType", contentType)
        .put("size", "" + content.lengthBytes())
        .put("md5Hash", content.md5())
        .put("crc32c", content.crc32c())
        .put("etag", etag(generation, 1))
        .put("timeCreated", now)
        .put("updated", now)
        .put("timeStorageClassUpdated", now);
    if (!resource.has("storageClass")) {
      resource.put("storageClass", bucket.resource.path("storageClass").asText());
    }
    if (!resource.has("eventBasedHold")
        && bucket.resource.path("defaultEventBasedHold").asBoolean()) {
      resource.put("eventBasedHold", true);
    }
    query.text("kmsKeyName").ifPresent(key -> resource.put("kmsKeyName", key));
    expiry(bucket, resource)
        .ifPresent(time -> resource.put("retentionExpirationTime", time.toString()));
    bucket.objects.put(name, new Stored(resource, content));
    if (earlier != null) {
      earlier.content().delete();
    }
    return resource.deepCopy();
  }

  synchronized void delete(String bucketName, String name, GcsQuery query) throws IOException {
    Bucket bucket = require(bucketName);
    Stored stored = get(bucketName, name, query.number("generation"));
    checkPreconditions(stored, query, true);
    checkKept(bucket, name, stored);
    bucket.objects.remove(name);
    stored.content().delete();
  }

  synchronized ObjectNode patch(String bucketName, String name, JsonNode changes, GcsQuery query) {
    Bucket bucket = require(bucketName);
    Stored stored = get(bucketName, name, query.number("generation"));
    checkPreconditions(stored, query, true);
    ObjectNode resource = stored.resource();
    if (changes.has("retention")) {
      checkRetention(bucket, changes.get("retention"));
      checkShortening(resource, changes, query.is("overrideUnlockedRetention", "true"));
    }
    merge(resource, changes);
    long metageneration = stored.number("metageneration") + 1;
    resource
        .put("metageneration", "" + metageneration)
        .put("etag", etag(resource.path("generation").asText(), metageneration))
        .put("updated", Instant.now().toString());
    bucket.objects.put(name, new Stored(resource, stored.content()));
    return resource.deepCopy();
  }

  /** Sends 304 or 412 if a precondition does not hold. */
  synchronized void checkRead(Stored stored, GcsQuery query) {
    checkPreconditions(stored, query, false);
  }

  synchronized ObjectNode list(String bucketName, GcsQuery query) {
    Bucket bucket = require(bucketName);
    String prefix = query.text("prefix").orElse("");
    String delimiter = query.text("delimiter").orElse("");
    String start = query.text("startOffset").orElse("");
    String end = query.text("endOffset").orElse("");
    long most = Math.min(LARGEST_PAGE, query.number("maxResults").orElse(LARGEST_PAGE));
    if (most < 1) {
      throw new GcsError(400, "invalidParameter", "maxResults must be at least 1.");
    }
    String after = query.text("pageToken").map(GcsBuckets::untoken).orElse("");
    ObjectNode page = JsonNodeFactory.instance.objectNode().put("kind", "storage#objects");
    ArrayNode items = JsonNodeFactory.instance.arrayNode();
    ArrayNode prefixes = JsonNodeFactory.instance.arrayNode();
    String last = "";
    String lastPrefix = "";
    for (Map.Entry<String, Stored> entry :
        bucket.objects.tailMap(after, after.isEmpty()).entrySet()) {
      String name = entry.getKey();
      if (!name.startsWith(prefix)
          || compare(name, start) < 0
          || (!end.isEmpty() && compare(name, end) >= 0)
          || (!lastPrefix.isEmpty() && name.startsWith(lastPrefix))
          || (!delimiter.isEmpty() && after.endsWith(delimiter) && name.startsWith(after))) {
        continue;
      }
      if (items.size() + prefixes.size() == most) {
        page.put("nextPageToken", token(last));
        break;
      }
      int cut = delimiter.isEmpty() ? -1 : name.indexOf(delimiter, prefix.length());
      if (cut >= 0) {
        lastPrefix = name.substring(0, cut + delimiter.length());
        prefixes.add(lastPrefix);
        last = lastPrefix;
      } else {
        items.add(entry.getValue().resource());
        last = name;
      }
    }
    if (!items.isEmpty()) {
      page.set("items", items);
    }
    if (!prefixes.isEmpty()) {
      page.set("prefixes", prefixes);
    }
    return page;
  }

  private static int compare(String a, String b) {
    return Arrays.compareUnsigned(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }

  private static String token(String name) {
    return Base64.getUrlEncoder().encodeToString(("t" + name).getBytes(StandardCharsets.UTF_8));
  }

  private static String untoken(String token) {
    try {
      String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
      if (text.startsWith("t")) {
        return text.substring(1);
      }
    } catch (IllegalArgumentException e) {
      // Refused below.
    }
    throw GcsError.invalid("Invalid page token.");
  }

  private Bucket require(String name) {
    Bucket bucket = buckets.get(name);
    if (bucket == null) {
      throw GcsError.noBucket();
    }
    return bucket;
  }

  /** https://cloud.google.com/storage/docs/request-preconditions. */
  private static void checkPreconditions(@Nullable Stored stored, GcsQuery query, boolean changes) {
    List<String> properties = List.of("generation", "metageneration");
    for (int i = 0; i < GcsQuery.PRECONDITIONS.size(); i++) {
      String name = GcsQuery.PRECONDITIONS.get(i);
      OptionalLong wanted = query.number(name);
      if (wanted.isEmpty()) {
        continue;
      }
      // A missing object counts as generation 0.
      long actual = stored == null ? 0 : stored.number(properties.get(i / 2));
      boolean mustMatch = i % 2 == 0;
      if ((actual == wanted.getAsLong()) != mustMatch) {
        throw new GcsError(
            mustMatch || changes ? 412 : 304,
            "conditionNotMet",
            "At least one of the pre-conditions you specified did not hold.");
      }
    }
  }

  private static void checkHashes(
      ObjectNode described, GcsContent content, @Nullable String hashHeader) {
    checkHash("crc32c", described.path("crc32c").asText(""), content.crc32c());
    checkHash("md5", described.path("md5Hash").asText(""), content.md5());
    if (hashHeader != null) {
      for (String one : hashHeader.split(",", -1)) {
        String hash = one.strip();
        if (hash.startsWith("crc32c=")) {
          checkHash("crc32c", hash.substring("crc32c=".length()), content.crc32c());
        } else if (hash.startsWith("md5=")) {
          checkHash("md5", hash.substring("md5=".length()), content.md5());
        } else {
          throw GcsError.invalid("Invalid X-Goog-Hash: " + hashHeader);
        }
      }
    }
  }

  private static void checkHash(String kind, String given, String actual) {
    if (!given.isEmpty() && !given.equals(actual)) {
      throw GcsError.invalid(
          "Provided " + kind + " \"" + given + "\" doesn't match calculated " + actual + ".");
    }
  }

  /** https://cloud.google.com/storage/docs/object-lock. */
  private static void checkRetention(Bucket bucket, @Nullable JsonNode retention) {
    if (retention == null || retention.isNull()) {
      return;
    }
    if (!bucket.resource.path("objectRetention").path("mode").asText("").equals("Enabled")) {
      throw GcsError.invalid("Object retention is not enabled on the bucket.");
    }
    String mode = retention.path("mode").asText("");
    if (!mode.equals("Locked") && !mode.equals("Unlocked")) {
      throw GcsError.invalid("Retention needs the mode Locked or Unlocked.");
    }
    if (!time(retention.path("retainUntilTime").asText("")).isAfter(Instant.now())) {
      throw GcsError.invalid("Retention must be until a time in the future.");
    }
  }

  private static void checkShortening(ObjectNode resource, JsonNode changes, boolean override) {
    JsonNode old = resource.path("retention");
    if (!old.has("mode")) {
      return;
    }
    JsonNode changed = changes.get("retention");
    boolean weaker =
        changed.isNull()
            || time(changed.path("retainUntilTime").asText(""))
                .isBefore(time(old.path("retainUntilTime").asText("")))
            || (old.path("mode").asText().equals("Locked")
                && !changed.path("mode").asText().equals("Locked"));
    if (weaker && (old.path("mode").asText().equals("Locked") || !override)) {
      throw new GcsError(
          403, "forbidden", "The retention of the object cannot be reduced or removed.");
    }
  }

  /** https://cloud.google.com/storage/docs/object-holds and .../bucket-lock. */
  private static void checkKept(Bucket bucket, String name, Stored stored) {
    ObjectNode resource = stored.resource;
    for (String hold : List.of("temporaryHold", "eventBasedHold")) {
      if (resource.path(hold).asBoolean()) {
        throw new GcsError(
            403,
            "objectUnderActiveHold",
            "Object '"
                + bucket.resource.path("name").asText()
                + "/"
                + name
                + "' is under active"
                + (hold.equals("temporaryHold") ? " Temporary hold" : " Event-Based hold")
                + " and cannot be deleted, overwritten or archived until hold is removed.");
      }
    }
    Instant now = Instant.now();
    Instant until =
        expiry(bucket, resource).filter(time -> time.isAfter(now)).orElse(Instant.EPOCH);
    if (resource.path("retention").has("retainUntilTime")) {
      Instant own = time(resource.path("retention").path("retainUntilTime").asText());
      until = own.isAfter(until) ? own : until;
    }
    if (until.isAfter(now)) {
      throw new GcsError(
          403,
          "retentionPolicyNotMet",
          "Object '"
              + name
              + "' is subject to retention and cannot be deleted or overwritten until "
              + until);
    }
  }

  /** When the bucket's own policy lets go of an object. */
  private static Optional<Instant> expiry(Bucket bucket, ObjectNode resource) {
    long seconds = bucket.resource.path("retentionPolicy").path("retentionPeriod").asLong(0);
    return seconds == 0 || resource.path("eventBasedHold").asBoolean()
        ? Optional.empty()
        : Optional.of(
            time(resource.path("timeCreated").asText()).plus(Duration.ofSeconds(seconds)));
  }

  private static Instant time(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw GcsError.invalid("Invalid time: " + text);
    }
  }

  private static String etag(String generation, long metageneration) {
    return Base64.getEncoder()
        .encodeToString((generation + "/" + metageneration).getBytes(StandardCharsets.UTF_8));
  }

  /** RFC 7396: null removes. */
  private static void merge(ObjectNode target, JsonNode changes) {
    changes
        .properties()
        .forEach(
            entry -> {
              JsonNode value = entry.getValue();
              if (value.isNull()) {
                target.remove(entry.getKey());
              } else if (value instanceof ObjectNode inner
                  && target.get(entry.getKey()) instanceof ObjectNode old) {
                merge(old, inner);
              } else {
                target.set(entry.getKey(), value);
              }
            });
  }
}
