package io.holdfast.format;

import io.holdfast.Copy;
import io.holdfast.MissingSource;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SourceInfo;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What makes a backup exist: what it holds, of when, how much, with which checksums, and where the
 * frames lie. FORMAT.md, section 6. Immutable once its frame indexes are filled.
 *
 * @param backupId the backup's id
 * @param createdAt when the backup began
 * @param completedAt when its last document was stored
 * @param writer the program that wrote it
 * @param documents its documents, at least one
 * @param notCaptured what the caller allowed to be left out
 * @param cut the instant that its sources are as close to as they can; empty for a backup of one
 * @param missing the sources that failed and were to be in it
 * @param copies what had become of each of several sinks when it was published; empty for one
 */
public record Manifest(
    String backupId,
    Instant createdAt,
    Instant completedAt,
    String writer,
    List<Document> documents,
    List<NotCaptured> notCaptured,
    Optional<Instant> cut,
    List<MissingSource> missing,
    List<Copy> copies) {
  /** The version that this code writes, and the highest that it reads. */
  public static final int VERSION = 1;

  /** The name of a source becomes a part of its document's key. */
  private static final Pattern SOURCE_NAME = Pattern.compile("[a-z][a-z0-9_-]{0,39}");

  /** How manifests' keys end. */
  public static final String KEY_ENDING = ".manifest.json";

  /** Copies the lists. */
  public Manifest {
    documents = List.copyOf(documents);
    notCaptured = List.copyOf(notCaptured);
    missing = List.copyOf(missing);
    copies = List.copyOf(copies);
  }

  /** A whole backup of one source. */
  public Manifest(
      String backupId,
      Instant createdAt,
      Instant completedAt,
      String writer,
      List<Document> documents,
      List<NotCaptured> notCaptured) {
    this(
        backupId,
        createdAt,
        completedAt,
        writer,
        documents,
        notCaptured,
        Optional.empty(),
        List.of(),
        List.of());
  }

  /** The key of the manifest of a backup. */
  public static ObjectKey keyOf(String backupId) {
    return ObjectKey.of(backupId + KEY_ENDING);
  }

  /** Whether a source of a backup of several, or one of several sinks, can have that name. */
  public static boolean isSourceName(String name) {
    return SOURCE_NAME.matcher(name).matches();
  }

  /** How many records the backup holds. */
  public long records() {
    return documents.stream().mapToLong(Document::records).sum();
  }

  /** How many bytes its documents take in the sink. */
  public long storedBytes() {
    return documents.stream().mapToLong(document -> document.digest().lengthBytes()).sum();
  }

  /** How its documents are encrypted. */
  public enum EncryptionKind {
    /** Not at all. */
    NONE,
    /** As age files. */
    AGE
  }

  /**
   * One document of a backup.
   *
   * @param name the name of its source in the backup; empty for the only one of a backup
   * @param key where it lies
   * @param digest length and SHA-256 as stored
   * @param codec how its frames are compressed
   * @param encryption how the object is encrypted
   * @param source what was backed up
   * @param rawLength its bytes before compression
   * @param plainLength its bytes after compression and before encryption
   * @param headerLength the length of the first frame, which begins at 0
   * @param headerRawLength its length when decompressed
   * @param collections its collections, in the document's order
   * @param usage what was read for it, in the units that the source bills; empty if nothing is
   * @param readUntil when the last record had been read, of a source that changed meanwhile
   */
  public record Document(
      String name,
      ObjectKey key,
      ObjectDigest digest,
      Codec codec,
      EncryptionKind encryption,
      SourceInfo source,
      long rawLength,
      long plainLength,
      long headerLength,
      long headerRawLength,
      List<Collection> collections,
      Map<String, Long> usage,
      Optional<Instant> readUntil) {
    /** Copies list and map. */
    public Document {
      collections = List.copyOf(collections);
      usage = Collections.unmodifiableMap(new TreeMap<>(usage));
    }

    /** The document of the only source of a backup, which bills nothing. */
    public Document(
        ObjectKey key,
        ObjectDigest digest,
        Codec codec,
        EncryptionKind encryption,
        SourceInfo source,
        long rawLength,
        long plainLength,
        long headerLength,
        long headerRawLength,
        List<Collection> collections) {
      this(
          "",
          key,
          digest,
          codec,
          encryption,
          source,
          rawLength,
          plainLength,
          headerLength,
          headerRawLength,
          collections,
          Map.of(),
          Optional.empty());
    }

    /** How many records it holds. */
    public long records() {
      return collections.stream().mapToLong(Collection::records).sum();
    }

    /** How many records each collection holds, in the document's order. */
    public Map<String, Long> counts() {
      Map<String, Long> counts = new LinkedHashMap<>();
      collections.forEach(collection -> counts.put(collection.name(), collection.records()));
      return counts;
    }
  }

  /**
   * A collection in a document.
   *
   * @param name its name
   * @param records how many records it holds
   * @param frames where they lie
   */
  public record Collection(String name, long records, FrameIndex frames) {}
}
