package io.holdfast.internal;

import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import io.holdfast.DecryptionKeys;
import io.holdfast.EncryptionException;
import io.holdfast.format.ByteRange;
import io.holdfast.format.DocumentReader;
import io.holdfast.format.FormatException;
import io.holdfast.format.IndexedDocumentReader;
import io.holdfast.format.Manifest;
import io.holdfast.format.PlainDocuments;
import io.holdfast.internal.age.AgeStreams;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A document in a sink, opened for one pass: fetched, digested and decrypted on the way. Used by
 * one thread, which closes it.
 */
final class StoredDocument implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 17;

  /** How much is read only to tell a damaged header from a wrong key. */
  private static final long MAX_BYTES_TO_EXPLAIN = 256L << 20;

  private static final Logger log = LoggerFactory.getLogger(StoredDocument.class);

  private final ObjectKey key;
  private final Optional<ObjectDigest> expected;
  private final DigestingInputStream stored;
  private final DocumentReader reader;

  private StoredDocument(
      ObjectKey key,
      Optional<ObjectDigest> expected,
      DigestingInputStream stored,
      DocumentReader reader) {
    this.key = key;
    this.expected = expected;
    this.stored = stored;
    this.reader = reader;
  }

  /** Opens a document that a manifest describes; its header has been read when this returns. */
  @SuppressWarnings("resource") // handed on, or closed on failure
  static StoredDocument open(
      StorageSink sink,
      String backupId,
      Manifest.Document document,
      DecryptionKeys keys,
      int maxRecordBytes) {
    return open(sink, backupId, document, keys, maxRecordBytes, CollectionFilter.ALL);
  }

  /**
   * Opens a document that a manifest describes, for some of its collections. Of one that is not
   * encrypted only what they need is fetched; its frames have checksums of their own.
   */
  @SuppressWarnings("resource") // handed on, or closed on failure
  static StoredDocument open(
      StorageSink sink,
      String backupId,
      Manifest.Document document,
      DecryptionKeys keys,
      int maxRecordBytes,
      CollectionFilter chosen) {
    ObjectKey key = document.key();
    checkLength(sink, document);
    boolean partly = readsPartly(document, chosen);
    CollectionFilter fetched = partly ? chosen : CollectionFilter.ALL;
    DigestingInputStream stored = new DigestingInputStream(bytes(sink, document, fetched));
    try {
      InputStream plain =
          document.encryption() == Manifest.EncryptionKind.AGE
              ? AgeStreams.decrypting(stored, keys)
              : stored;
      DocumentReader reader =
          new IndexedDocumentReader(
              new BufferedInputStream(plain, BUFFER_BYTES),
              document,
              backupId,
              maxRecordBytes,
              fetched);
      return new StoredDocument(
          key, partly ? Optional.empty() : Optional.of(document.digest()), stored, reader);
    } catch (IOException e) {
      closeAfter(stored, e);
      throw translate(key, e);
    } catch (EncryptionException e) {
      // A damaged age header looks like a wrong key. The digest tells which it is.
      throw damagedOr(e, key, stored, document.digest());
    } catch (RuntimeException e) {
      closeAfter(stored, e);
      throw e;
    }
  }

  /** Whether the chosen collections can be read without the others. */
  static boolean readsPartly(Manifest.Document document, CollectionFilter chosen) {
    return document.encryption() == Manifest.EncryptionKind.NONE
        && document.collections().stream()
            .anyMatch(collection -> !chosen.accepts(collection.name()));
  }

  private static InputStream bytes(
      StorageSink sink, Manifest.Document document, CollectionFilter chosen) {
    long length = document.digest().lengthBytes();
    boolean encrypted = document.encryption() == Manifest.EncryptionKind.AGE;
    return RangesInputStream.open(
        sink,
        document.key(),
        chosen.equals(CollectionFilter.ALL)
            ? List.of(new ByteRange(0, length))
            : IndexedDocumentReader.ranges(document, chosen),
        // What stands before the header in an encrypted document, and the rest of its chunk.
        document.headerLength() + (encrypted ? BUFFER_BYTES : 0));
  }

  /**
   * Opens a document that has no manifest.
   *
   * @param expected what an earlier pass over it has seen; empty for the first
   */
  static StoredDocument openPlain(
      StorageSink sink,
      ObjectKey key,
      DecryptionKeys keys,
      int maxRecordBytes,
      Optional<ObjectDigest> expected) {
    try {
      return openPlain(sink, key, keys, maxRecordBytes, expected, PlainDocuments::open);
    } catch (FormatException e) {
      if (e.kind() != FormatException.Kind.NOT_A_BACKUP) {
        throw e;
      }
      return openUnmarked(sink, key, keys, maxRecordBytes, expected, e);
    }
  }

  /** Once a document has turned out to have no key that tells what it is. */
  private static StoredDocument openUnmarked(
      StorageSink sink,
      ObjectKey key,
      DecryptionKeys keys,
      int maxRecordBytes,
      Optional<ObjectDigest> expected,
      FormatException notMarked) {
    try {
      return openPlain(sink, key, keys, maxRecordBytes, expected, PlainDocuments::openUnmarked);
    } catch (FormatException e) {
      // The first one names all the forms there are.
      throw e.kind() == FormatException.Kind.NOT_A_BACKUP ? notMarked : e;
    }
  }

  /** Makes a reader of what was decrypted. */
  @FunctionalInterface
  private interface Opening {
    DocumentReader open(InputStream plain, int maxRecordBytes) throws IOException;
  }

  @SuppressWarnings("resource") // handed on, or closed on failure
  private static StoredDocument openPlain(
      StorageSink sink,
      ObjectKey key,
      DecryptionKeys keys,
      int maxRecordBytes,
      Optional<ObjectDigest> expected,
      Opening opening) {
    StoredObject object =
        sink.stat(key)
            .orElseThrow(
                () ->
                    new StorageException(
                        StorageException.Kind.NOT_FOUND,
                        key.value(),
                        "There is no object " + key + " in " + sink.location() + ".",
                        null));
    DigestingInputStream stored = new DigestingInputStream(sink.read(key, 0, object.lengthBytes()));
    try {
      BufferedInputStream buffered = new BufferedInputStream(stored, BUFFER_BYTES);
      buffered.mark(64);
      byte[] magic = buffered.readNBytes(64);
      buffered.reset();
      InputStream plain =
          AgeStreams.isAge(magic) ? AgeStreams.decrypting(buffered, keys) : buffered;
      return new StoredDocument(key, expected, stored, opening.open(plain, maxRecordBytes));
    } catch (IOException e) {
      closeAfter(stored, e);
      throw translate(key, e);
    } catch (RuntimeException e) {
      closeAfter(stored, e);
      throw e;
    }
  }

  /**
   * Checks that the object is, byte for byte, the one that its manifest describes.
   *
   * @throws FormatException of kind {@code CORRUPT} if it is missing or was changed
   */
  static void checkBytes(StorageSink sink, Manifest.Document document) {
    checkLength(sink, document);
    ObjectKey key = document.key();
    try (DigestingInputStream stored =
        new DigestingInputStream(
            RangesInputStream.open(
                sink,
                key,
                List.of(new ByteRange(0, document.digest().lengthBytes())),
                BUFFER_BYTES))) {
      checkDigest(key, stored, document.digest());
    } catch (IOException e) {
      throw translate(key, e);
    }
  }

  /** Checks that the object is there and as long as its manifest says. */
  static void checkLength(StorageSink sink, Manifest.Document document) {
    ObjectKey key = document.key();
    long expected = document.digest().lengthBytes();
    long actual =
        sink.stat(key)
            .orElseThrow(
                () ->
                    new FormatException(
                        FormatException.Kind.CORRUPT,
                        "The document " + key + " is missing from " + sink.location() + "."))
            .lengthBytes();
    if (actual != expected) {
      throw new FormatException(
          FormatException.Kind.CORRUPT,
          "The document "
              + key
              + " has "
              + actual
              + " bytes where its manifest says "
              + expected
              + ": it was "
              + (actual < expected ? "cut" : "added to")
              + ".");
    }
  }

  DocumentReader reader() {
    return reader;
  }

  /**
   * Reads what is left and compares the digest. Called once the reader has come to its end.
   *
   * @throws FormatException of kind {@code CORRUPT} if a byte of the object was changed
   */
  void finish() {
    if (expected.isEmpty()) {
      return;
    }
    try {
      checkDigest(key, stored, expected.get());
    } catch (IOException e) {
      throw translate(key, e);
    }
  }

  /** Reads what is left; length and digest of the whole. Called once, in place of finish. */
  ObjectDigest readToEnd() {
    try {
      stored.skipToEnd();
      return stored.digest();
    } catch (IOException e) {
      throw translate(key, e);
    }
  }

  private static void checkDigest(ObjectKey key, DigestingInputStream stored, ObjectDigest expected)
      throws IOException {
    stored.skipToEnd();
    if (!stored.digest().equals(expected)) {
      throw new FormatException(
          FormatException.Kind.CORRUPT,
          "The document "
              + key
              + " was changed since it was written or checked: its SHA-256 differs.");
    }
  }

  private static RuntimeException damagedOr(
      EncryptionException e, ObjectKey key, DigestingInputStream stored, ObjectDigest expected) {
    if (e.kind() == EncryptionException.Kind.KEY_MISSING
        || expected.lengthBytes() > MAX_BYTES_TO_EXPLAIN) {
      closeAfter(stored, e);
      return e;
    }
    try (stored) {
      checkDigest(key, stored, expected);
      return e;
    } catch (FormatException damaged) {
      damaged.addSuppressed(e);
      return damaged;
    } catch (IOException unreadable) {
      e.addSuppressed(unreadable);
      return e;
    }
  }

  /** An error of the stream as one of ours. */
  static BackupException translate(ObjectKey key, IOException e) {
    if (e.getCause() instanceof BackupException ours) {
      return ours;
    }
    return Thread.currentThread().isInterrupted()
        ? new CancelledException("Reading " + key + " was cancelled.", e)
        : new StorageException(
            StorageException.Kind.OTHER,
            key.value(),
            "The object " + key + " could not be read: " + e.getMessage(),
            e);
  }

  private static void closeAfter(InputStream stream, Exception cause) {
    try {
      stream.close();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  /** May be called twice. A stream that cannot be closed has still been read. */
  @Override
  public void close() {
    try (stored) {
      reader.close();
    } catch (IOException e) {
      log.debug("The stream of {} could not be closed", key, e);
    }
  }
}
