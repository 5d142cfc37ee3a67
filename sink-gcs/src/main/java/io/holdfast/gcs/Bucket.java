package io.holdfast.gcs;

import com.google.api.client.googleapis.json.GoogleJsonResponseException;
import com.google.api.client.http.EmptyContent;
import com.google.api.client.http.GenericUrl;
import com.google.api.client.http.HttpContent;
import com.google.api.client.http.HttpHeaders;
import com.google.api.client.http.HttpRequest;
import com.google.api.client.http.HttpRequestInitializer;
import com.google.api.client.http.HttpResponse;
import com.google.api.client.http.json.JsonHttpContent;
import com.google.api.client.json.JsonFactory;
import com.google.api.client.json.gson.GsonFactory;
import com.google.api.services.storage.Storage;
import com.google.api.services.storage.model.Objects;
import com.google.api.services.storage.model.StorageObject;
import com.google.cloud.http.HttpTransportOptions;
import com.google.cloud.storage.StorageOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A bucket by single requests of the JSON API, each sent once. They go through the generated client
 * below Google's {@code Storage}, with its credentials and transport: {@code Storage} itself
 * publishes a torn object when a failed writer is closed, cannot cancel an upload, and does not
 * tell a missing bucket from a missing object. Safe to share.
 */
final class Bucket {
  private static final JsonFactory JSON = GsonFactory.getDefaultInstance();
  private static final String FIELDS =
      "name,size,generation,timeCreated,crc32c,metadata,retention,retentionExpirationTime,"
          + "temporaryHold,eventBasedHold";
  private static final String LISTED = "items(name,size,timeCreated),nextPageToken";

  private final String name;
  private final Storage service;
  private final Optional<String> kmsKey;
  private final Calls calls;

  Bucket(String name, StorageOptions options, Optional<String> kmsKey, Calls calls) {
    this.name = name;
    this.kmsKey = kmsKey;
    this.calls = calls;
    HttpTransportOptions transport = (HttpTransportOptions) options.getTransportOptions();
    HttpRequestInitializer authorise = transport.getHttpRequestInitializer(options);
    service =
        new Storage.Builder(
                transport.getHttpTransportFactory().create(),
                JSON,
                request -> {
                  authorise.initialize(request);
                  // For a refused token, which is renewed; it would be renewed ten times.
                  request.setNumberOfRetries(1);
                })
            .setRootUrl(options.getResolvedApiaryHost("storage"))
            .setApplicationName("holdfast")
            .build();
  }

  Calls calls() {
    return calls;
  }

  /** What the storage knows about the object. */
  StorageObject get(String object) throws IOException {
    return calls.run(() -> service.objects().get(name, object).setFields(FIELDS).execute());
  }

  /** A page of the objects whose names begin with the prefix. */
  Objects list(String prefix, int objects, @Nullable String pageToken) throws IOException {
    return calls.run(
        () ->
            service
                .objects()
                .list(name)
                .setPrefix(prefix.isEmpty() ? null : prefix)
                .setMaxResults((long) objects)
                .setPageToken(pageToken)
                .setFields(LISTED)
                .execute());
  }

  /** Deletes the object unless it is another one by now. */
  void delete(String object, long generation) throws IOException {
    calls.run(
        () -> service.objects().delete(name, object).setIfGenerationMatch(generation).execute());
  }

  /**
   * Publishes a small object by one request, if the name is free.
   *
   * @param ended counted down when the request has ended, which may be after an interrupt ended the
   *     wait for it
   */
  StorageObject insert(StorageObject described, ByteBuffer bytes, CountDownLatch ended)
      throws IOException {
    return calls.run(
        () -> {
          try {
            return insert(described, bytes);
          } finally {
            ended.countDown();
          }
        });
  }

  private StorageObject insert(StorageObject described, ByteBuffer bytes) throws IOException {
    Storage.Objects.Insert insert =
        service
            .objects()
            .insert(name, described, new PieceContent(ObjectSettings.CONTENT_TYPE, bytes))
            .setIfGenerationMatch(0L);
    insert.setKmsKeyName(kmsKey.orElse(null));
    // One request of metadata and bytes, instead of a session.
    insert.getMediaHttpUploader().setDirectUploadEnabled(true);
    insert.setDisableGZipContent(true); // The bytes are compressed or encrypted already.
    return insert.execute();
  }

  /**
   * Opens a range of the object. May answer with fewer bytes, if the object has not as many.
   *
   * @param generation which one, or null for the current one
   */
  HttpResponse open(String object, @Nullable Long generation, long offset, long lengthBytes)
      throws IOException {
    return calls.run(
        () -> {
          Storage.Objects.Get get = service.objects().get(name, object).setGeneration(generation);
          get.getRequestHeaders()
              .setRange("bytes=" + offset + "-" + (offset + lengthBytes - 1))
              // Compressed on the way, a range would be one of the compressed bytes:
              // https://cloud.google.com/storage/docs/transcoding
              .setAcceptEncoding("identity");
          return get.executeMedia();
        });
  }

  /** Begins a resumable upload, for a name that must be free when it ends. */
  GenericUrl startSession(StorageObject described) throws IOException {
    GenericUrl url =
        new GenericUrl(
            service.getRootUrl()
                + "upload/"
                + service.getServicePath()
                + "b/"
                + name
                + "/o?uploadType=resumable");
    url.set("ifGenerationMatch", "0");
    url.set("name", described.getName());
    kmsKey.ifPresent(key -> url.set("kmsKeyName", key));
    HttpHeaders headers =
        new HttpHeaders().set("X-Upload-Content-Type", ObjectSettings.CONTENT_TYPE);
    return calls.run(
        () -> {
          HttpResponse response = send("POST", url, headers, new JsonHttpContent(JSON, described));
          try {
            String location = response.getHeaders().getLocation();
            if (!response.isSuccessStatusCode()) {
              throw refused(response);
            }
            if (location == null) {
              throw new IOException("the answer that begins an upload broke off");
            }
            GenericUrl session = new GenericUrl(location);
            if (!session.getScheme().equals(url.getScheme())) {
              throw new IOException("the session would leave " + url.getScheme());
            }
            return session;
          } finally {
            response.ignore();
          }
        });
  }

  /** What a session has, or the object that it has become. */
  record Progress(long storedBytes, @Nullable StorageObject published) {}

  /** Sends bytes to a session, or none to ask how far it is. */
  Progress put(GenericUrl session, HttpHeaders headers, @Nullable ByteBuffer bytes)
      throws IOException {
    HttpContent content = bytes == null ? new EmptyContent() : new PieceContent(null, bytes);
    return calls.run(
        () -> {
          HttpResponse response = send("PUT", session, headers, content);
          try {
            if (response.getStatusCode() == 308) {
              return new Progress(stored(response.getHeaders().getRange()), null);
            }
            if (!response.isSuccessStatusCode()) {
              throw refused(response);
            }
            return new Progress(0, response.parseAs(StorageObject.class));
          } finally {
            response.ignore();
          }
        });
  }

  /** Ends a session so that it never publishes. */
  void cancel(GenericUrl session) throws IOException {
    calls.run(
        () -> {
          HttpResponse response = send("DELETE", session, new HttpHeaders(), null);
          try {
            // https://cloud.google.com/storage/docs/performing-resumable-uploads#cancel-upload
            if (response.getStatusCode() != 499 && !response.isSuccessStatusCode()) {
              throw refused(response);
            }
            return response;
          } finally {
            response.ignore();
          }
        });
  }

  private HttpResponse send(
      String method, GenericUrl url, HttpHeaders headers, @Nullable HttpContent content)
      throws IOException {
    HttpRequest request = service.getRequestFactory().buildRequest(method, url, content);
    request.getHeaders().putAll(headers);
    request.setParser(JSON.createJsonObjectParser());
    // Neither is one to follow: 308 means "go on", and the answer to a failure is read here.
    request.setFollowRedirects(false);
    request.setThrowExceptionOnExecuteError(false);
    return request.execute();
  }

  private static GoogleJsonResponseException refused(HttpResponse response) {
    return GoogleJsonResponseException.from(JSON, response);
  }

  /** How many bytes the header {@code Range: bytes=0-N} counts; without one there are none. */
  private static long stored(@Nullable String range) throws IOException {
    if (range == null) {
      return 0;
    }
    if (!range.matches("bytes=0-[0-9]{1,18}")) {
      throw new IOException("the session told a range that makes no sense");
    }
    return Long.parseLong(range.substring("bytes=0-".length())) + 1;
  }
}
