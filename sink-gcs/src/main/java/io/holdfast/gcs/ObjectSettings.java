package io.holdfast.gcs;

import com.google.api.client.util.DateTime;
import com.google.api.services.storage.model.StorageObject;
import com.google.cloud.storage.BlobInfo;
import io.holdfast.spi.WriteOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How the sink's objects are stored.
 *
 * @param storageClass as the storage calls it; empty for the bucket's default
 * @param kmsKey the resource name of a key; empty for the bucket's default
 * @param retain how long the storage is to refuse deletion, from the start of writing
 * @param retentionMode whether that may be shortened by those with the right to do so
 */
record ObjectSettings(
    Optional<String> storageClass,
    Optional<String> kmsKey,
    Optional<Duration> retain,
    Optional<BlobInfo.Retention.Mode> retentionMode,
    boolean temporaryHold,
    boolean eventBasedHold) {
  /** The label by which a writer knows its own object again. */
  static final String UPLOAD_ID = "holdfast-upload";

  static final String CONTENT_TYPE = "application/octet-stream";

  boolean retention() {
    return retain.isPresent() || retentionMode.isPresent();
  }

  /** What is to be told to the storage of a new object. */
  StorageObject describe(String name, WriteOptions options, String uploadId, Instant now) {
    Map<String, String> metadata = new HashMap<>(options.metadata());
    metadata.put(UPLOAD_ID, uploadId);
    StorageObject object =
        new StorageObject().setName(name).setContentType(CONTENT_TYPE).setMetadata(metadata);
    storageClass.ifPresent(object::setStorageClass);
    if (temporaryHold) {
      object.setTemporaryHold(true);
    }
    if (eventBasedHold) {
      object.setEventBasedHold(true);
    }
    retainUntil(options, now)
        .ifPresent(
            until ->
                object.setRetention(
                    new StorageObject.Retention()
                        .setMode(retentionMode.orElse(BlobInfo.Retention.Mode.UNLOCKED).toString())
                        .setRetainUntilTime(new DateTime(until.toEpochMilli()))));
    return object;
  }

  /** The later one of what is configured and what is asked for. */
  private Optional<Instant> retainUntil(WriteOptions options, Instant now) {
    Optional<Instant> configured = retain.map(now::plus);
    Optional<Instant> asked = options.retainUntil();
    if (configured.isPresent() && asked.isPresent()) {
      return asked.get().isAfter(configured.get()) ? asked : configured;
    }
    return asked.isPresent() ? asked : configured;
  }
}
