package io.holdfast.gcs;

import com.google.api.client.http.GenericUrl;
import com.google.api.client.http.HttpHeaders;
import com.google.api.services.storage.model.StorageObject;
import io.holdfast.gcs.Bucket.Progress;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * One resumable upload: pieces sent in their order, each taken up again where the storage says that
 * it stopped (https://cloud.google.com/storage/docs/performing-resumable-uploads). Parts in
 * parallel are no alternative: multipart uploads of the XML API know no preconditions and overwrite
 * what is there (https://cloud.google.com/storage/docs/multipart-uploads). Used by one thread at a
 * time.
 */
final class ResumableSession {
  private final Bucket bucket;
  private final GenericUrl url;

  ResumableSession(Bucket bucket, GenericUrl url) {
    this.bucket = bucket;
    this.url = url;
  }

  /** The storage lost bytes that it had confirmed, so the upload cannot go on. */
  static final class LostBytesException extends IOException {
    private static final long serialVersionUID = 1L;

    LostBytesException(long stored, long confirmed) {
      super("the storage kept " + stored + " of " + confirmed + " bytes that it had confirmed");
    }
  }

  /**
   * Sends a piece once, as far as the storage does not have it. May be called again for the same
   * piece after an error.
   *
   * @param resumed whether an earlier try failed, so that the storage must be asked how far it is
   * @param totalBytes the length of the object if this is the last piece, else -1
   * @param crc32c of the whole object if this is the last piece, in base64
   * @return the object, if this was the last piece
   */
  Optional<StorageObject> put(
      long offset, ByteBuffer piece, boolean resumed, long totalBytes, String crc32c)
      throws IOException {
    long end = offset + piece.remaining();
    Progress progress = resumed ? ask() : new Progress(offset, null);
    while (progress.published() == null) {
      long stored = progress.storedBytes();
      if (stored < offset) {
        throw new LostBytesException(stored, offset);
      }
      if (stored > end) {
        throw new IOException("the session has more bytes than were sent");
      }
      if (stored == end) {
        if (totalBytes < 0) {
          return Optional.empty();
        }
        // All bytes arrived, but without the word that they are all: that comes now.
        progress = finish(totalBytes, crc32c);
        if (progress.published() == null) {
          throw new EOFException("the session has all bytes and does not publish them");
        }
        break;
      }
      progress = send(offset, piece, stored, totalBytes, crc32c);
      if (progress.published() == null && progress.storedBytes() <= stored) {
        throw new EOFException("the session takes no more bytes");
      }
    }
    return Optional.of(progress.published());
  }

  private Progress send(long offset, ByteBuffer piece, long stored, long totalBytes, String crc32c)
      throws IOException {
    ByteBuffer rest = piece.duplicate();
    rest.position(piece.position() + Math.toIntExact(stored - offset));
    long last = stored + rest.remaining() - 1;
    HttpHeaders headers =
        new HttpHeaders()
            .setContentRange(
                "bytes " + stored + "-" + last + "/" + (totalBytes < 0 ? "*" : totalBytes));
    if (totalBytes >= 0) {
      hash(headers, crc32c);
    }
    return bucket.put(url, headers, rest);
  }

  private Progress ask() throws IOException {
    return bucket.put(url, new HttpHeaders().setContentRange("bytes */*"), null);
  }

  private Progress finish(long totalBytes, String crc32c) throws IOException {
    HttpHeaders headers = new HttpHeaders().setContentRange("bytes */" + totalBytes);
    hash(headers, crc32c);
    return bucket.put(url, headers, null);
  }

  /**
   * The storage compares it before it publishes, and refuses a difference with 400
   * (https://cloud.google.com/storage/docs/data-validation).
   */
  private static void hash(HttpHeaders headers, String crc32c) {
    headers.set("X-Goog-Hash", "crc32c=" + crc32c);
  }

  /** Ends the upload so that it never publishes. */
  void cancel() throws IOException {
    bucket.cancel(url);
  }
}
