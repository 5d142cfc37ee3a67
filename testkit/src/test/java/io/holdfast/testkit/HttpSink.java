package io.holdfast.testkit;

import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.PieceUpload;
import io.holdfast.spi.RangeStream;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A sink over HTTP, as small as can be: what the cloud sinks are built of, against {@link
 * HttpStore}. With a flaw it shows that the suite for faults can fail.
 */
final class HttpSink implements StorageSink {
  /** What it can do wrong. */
  enum Flaw {
    WAITS_FOR_EVER,
    GIVES_UP_AT_ONCE,
    REPEATS_BY_ITSELF,
    IGNORES_RETRY_AFTER,
    CALLS_EVERYTHING_OTHER,
    FORGETS_ITS_OWN_SUCCESS,
    TAKES_ANY_SUCCESS_FOR_ITS_OWN,
    OVERWRITES,
    SENDS_NO_CHECKSUM,
    LEAVES_UPLOADS,
    ENDS_WHERE_THE_CONNECTION_DOES,
    READS_THE_WHOLE_OBJECT,
    READS_ONE_RANGE_AT_A_TIME,
    FORGETS_TO_DELETE
  }

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final String base;
  private final Retry retry;
  private final int pieceBytes;
  private final Duration timeout;
  private final Set<Flaw> flaws;
  private final Object oneRange = new Object();
  private boolean reading;

  HttpSink(int port, Retry retry, int pieceBytes, Duration timeout, @Nullable Flaw flaw) {
    this.base = "http://127.0.0.1:" + port + "/";
    this.retry = has(flaw, Flaw.GIVES_UP_AT_ONCE) ? Retry.none() : retry;
    this.pieceBytes = pieceBytes;
    this.timeout = timeout;
    this.flaws = flaw == null ? EnumSet.noneOf(Flaw.class) : EnumSet.of(flaw);
  }

  private static boolean has(@Nullable Flaw flaw, Flaw which) {
    return flaw == which;
  }

  private boolean has(Flaw flaw) {
    return flaws.contains(flaw);
  }

  @Override
  public String location() {
    return "http-store";
  }

  @Override
  public Set<SinkCapability> capabilities() {
    return Set.of();
  }

  @Override
  public SinkWriter write(ObjectKey key, WriteOptions options) {
    if (!options.metadata().isEmpty() || options.retainUntil().isPresent()) {
      throw new StorageException(Kind.UNSUPPORTED, key.value(), "No options here.", null);
    }
    if (stat(key).isPresent()) {
      throw taken(key);
    }
    return new Writer(key);
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long lengthBytes) {
    if (offset < 0 || lengthBytes < 0) {
      throw new IllegalArgumentException("Negative range");
    }
    HttpResponse<String> head = head(key).orElseThrow(() -> missing(key));
    long size = Long.parseLong(head.headers().firstValue("Length").orElseThrow());
    if (offset > size || lengthBytes > size - offset) {
      throw new StorageException(Kind.OUT_OF_RANGE, key.value(), "It has " + size + ".", null);
    }
    if (lengthBytes == 0) {
      return InputStream.nullInputStream();
    }
    if (has(Flaw.READS_ONE_RANGE_AT_A_TIME)) {
      awaitTheOther();
    }
    RangeStream.Opener opener = (from, length) -> open(key, from, length);
    if (has(Flaw.ENDS_WHERE_THE_CONNECTION_DOES)) {
      return new Careless(retry.call("read", () -> opener.open(offset, lengthBytes)));
    }
    InputStream in =
        RangeStream.open(
            "read " + key, offset, lengthBytes, retry, opener, e -> unavailable(key.value(), e));
    return has(Flaw.READS_ONE_RANGE_AT_A_TIME) ? new Only(in) : in;
  }

  private InputStream open(ObjectKey key, long from, long length) {
    HttpRequest.Builder request = request("objects/" + key);
    if (!has(Flaw.READS_THE_WHOLE_OBJECT)) {
      request.header("Range", "bytes=" + from + "-" + (from + length - 1));
    }
    HttpResponse<InputStream> response =
        send(key.value(), request.GET(), HttpResponse.BodyHandlers.ofInputStream());
    check(key.value(), response);
    InputStream in = response.body();
    if (has(Flaw.READS_THE_WHOLE_OBJECT)) {
      try {
        in.skipNBytes(from);
      } catch (IOException e) {
        throw unavailable(key.value(), e);
      }
    }
    return in;
  }

  @Override
  public int parallelReads() {
    return 4;
  }

  @Override
  public Optional<StoredObject> stat(ObjectKey key) {
    return head(key).map(head -> stored(key, head));
  }

  private static StoredObject stored(ObjectKey key, HttpResponse<String> head) {
    return new StoredObject(
        key,
        Long.parseLong(head.headers().firstValue("Length").orElseThrow()),
        Instant.parse(head.headers().firstValue("Modified").orElseThrow()));
  }

  private Optional<HttpResponse<String>> head(ObjectKey key) {
    HttpResponse<String> head =
        call(
            key.value(),
            () -> request("objects/" + key).method("HEAD", HttpRequest.BodyPublishers.noBody()),
            404);
    return head.statusCode() == 404 ? Optional.empty() : Optional.of(head);
  }

  @Override
  public Stream<StoredObject> list(String prefix) {
    return lines("objects/?prefix=" + prefix)
        .map(
            words ->
                new StoredObject(
                    ObjectKey.of(words[0]), Long.parseLong(words[1]), Instant.parse(words[2])));
  }

  @Override
  public void delete(ObjectKey key) {
    if (!has(Flaw.FORGETS_TO_DELETE)) {
      call(key.value(), () -> request("objects/" + key).DELETE());
      return;
    }
    try {
      call(key.value(), () -> request("objects/" + key).DELETE());
    } catch (StorageException e) {
      // Wrong: it is still there.
    }
  }

  @Override
  public List<Leftover> leftovers() {
    return lines("uploads/")
        .map(words -> new Leftover(words[0], Long.parseLong(words[1]), Instant.parse(words[2])))
        .toList();
  }

  private Stream<String[]> lines(String path) {
    return call(null, () -> request(path).GET()).body().lines().map(line -> line.split(" ", 3));
  }

  @Override
  public void discard(Leftover leftover) {
    call(null, () -> request("uploads/" + leftover.id()).DELETE());
  }

  @Override
  public void close() {
    // The client is shared.
  }

  private final class Writer implements SinkWriter {
    private final String id = UUID.randomUUID().toString();
    private final ObjectKey key;
    private final PieceUpload pieces;
    private volatile @Nullable String upload;
    private @Nullable RuntimeException notBegun;
    private boolean ended;
    private boolean closed;

    private Writer(ObjectKey key) {
      this.key = key;
      this.pieces = new PieceUpload("http", pieceBytes, 2, this::store);
    }

    private void store(int number, long offset, ByteBuffer piece, boolean last) {
      byte[] bytes = new byte[piece.remaining()];
      piece.duplicate().get(bytes);
      if (last && number == 0) {
        publish(() -> body(request("objects/" + key), bytes).header("Upload", id));
        return;
      }
      String to = begun();
      call(key.value(), () -> body(request("uploads/" + to + "/" + number), bytes));
    }

    /** One try for all pieces: another one could succeed while the upload is given up. */
    private synchronized String begun() {
      RuntimeException failed = notBegun;
      if (failed != null) {
        throw failed;
      }
      String known = upload;
      if (known == null) {
        try {
          known = call(key.value(), () -> request("uploads/").POST(noBody())).body();
          upload = known;
        } catch (RuntimeException e) {
          notBegun = e;
          throw e;
        }
      }
      return known;
    }

    private HttpRequest.Builder body(HttpRequest.Builder request, byte[] bytes) {
      if (!has(Flaw.SENDS_NO_CHECKSUM)) {
        request.header("Sha256", HttpStore.sha256(bytes));
      }
      return request.PUT(HttpRequest.BodyPublishers.ofByteArray(bytes));
    }

    /** Once more than it should, perhaps: an earlier try may have succeeded unseen. */
    private void publish(Request request) {
      HttpResponse<String> response =
          call(
              key.value(),
              () ->
                  has(Flaw.OVERWRITES)
                      ? request.make()
                      : request.make().header("If-None-Match", "*"),
              412,
              404);
      if (response.statusCode() < 300 || isOwn()) {
        return;
      }
      throw taken(key);
    }

    private boolean isOwn() {
      String stored =
          head(key).flatMap(head -> head.headers().firstValue("Upload")).orElse("nobody's");
      return has(Flaw.TAKES_ANY_SUCCESS_FOR_ITS_OWN)
          || (!has(Flaw.FORGETS_ITS_OWN_SUCCESS) && (stored.equals(upload) || stored.equals(id)));
    }

    @Override
    public void write(ByteBuffer bytes) {
      requireUsable();
      pieces.write(bytes);
    }

    @Override
    public StoredObject commit(ObjectDigest digest) {
      requireUsable();
      ended = true;
      if (digest.lengthBytes() != pieces.lengthBytes()) {
        throw new StorageException(Kind.CORRUPT, key.value(), "Another length.", null);
      }
      pieces.finish();
      String begun = upload;
      if (begun != null) {
        publish(() -> request("uploads/" + begun + "/" + key).POST(noBody()));
        upload = null;
      }
      return new StoredObject(key, digest.lengthBytes(), Instant.now());
    }

    @Override
    public void close() {
      ended = true;
      if (closed) {
        return;
      }
      closed = true;
      pieces.close();
      boolean interrupted = Thread.interrupted();
      String begun = upload;
      try {
        if (begun != null && !has(Flaw.LEAVES_UPLOADS)) {
          call(key.value(), () -> request("uploads/" + begun).DELETE());
        }
      } catch (StorageException e) {
        // It is a leftover.
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }

    private void requireUsable() {
      if (ended) {
        throw new IllegalStateException("Committed or closed");
      }
    }
  }

  /** A request, made anew for each try. */
  private interface Request {
    HttpRequest.Builder make();
  }

  private HttpResponse<String> call(@Nullable String key, Request request, int... allowed) {
    return retry.call(
        "ask the store",
        () -> {
          HttpResponse<String> response =
              send(key, request.make(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
          if (Arrays.stream(allowed).noneMatch(status -> status == response.statusCode())) {
            check(key, response);
          }
          return response;
        });
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path));
    return has(Flaw.WAITS_FOR_EVER) ? request : request.timeout(timeout);
  }

  private static HttpRequest.BodyPublisher noBody() {
    return HttpRequest.BodyPublishers.noBody();
  }

  private <T> HttpResponse<T> send(
      @Nullable String key, HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler) {
    try {
      HttpResponse<T> response = CLIENT.send(request.build(), handler);
      return has(Flaw.REPEATS_BY_ITSELF) && response.statusCode() >= 500
          ? CLIENT.send(request.build(), handler)
          : response;
    } catch (IOException e) {
      throw unavailable(key, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("Interrupted while the store was asked.", e);
    }
  }

  private void check(@Nullable String key, HttpResponse<?> response) {
    int status = response.statusCode();
    if (status < 300) {
      return;
    }
    Kind kind =
        switch (status) {
          case 400 -> Kind.UNAVAILABLE; // the checksum; to be sent again
          case 404 -> Kind.NOT_FOUND;
          case 429, 500, 503 -> has(Flaw.CALLS_EVERYTHING_OTHER) ? Kind.OTHER : Kind.UNAVAILABLE;
          default -> Kind.OTHER;
        };
    Duration after =
        has(Flaw.IGNORES_RETRY_AFTER)
            ? null
            : response
                .headers()
                .firstValue("Retry-After")
                .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)))
                .orElse(null);
    throw new StorageException(kind, key, "The store answered with " + status, null, after);
  }

  private BackupException unavailable(@Nullable String key, Exception cause) {
    return new StorageException(Kind.UNAVAILABLE, key, "The store did not answer: " + cause, cause);
  }

  private static StorageException taken(ObjectKey key) {
    return new StorageException(Kind.ALREADY_EXISTS, key.value(), "It exists already.", null);
  }

  private static StorageException missing(ObjectKey key) {
    return new StorageException(Kind.NOT_FOUND, key.value(), "There is no such object.", null);
  }

  private void awaitTheOther() {
    synchronized (oneRange) {
      while (reading) {
        try {
          oneRange.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new CancelledException("Interrupted.", e);
        }
      }
      reading = true;
    }
  }

  /** Lets the next one in when it is closed. */
  private final class Only extends FilterInputStream {
    private Only(InputStream in) {
      super(in);
    }

    @Override
    public void close() throws IOException {
      super.close();
      synchronized (oneRange) {
        reading = false;
        oneRange.notifyAll();
      }
    }
  }

  /** Takes a broken connection for the end. */
  private static final class Careless extends FilterInputStream {
    private Careless(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      try {
        return super.read(bytes, offset, length);
      } catch (IOException e) {
        return -1;
      }
    }
  }
}
