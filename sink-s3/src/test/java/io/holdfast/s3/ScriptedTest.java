package io.holdfast.s3;

import io.holdfast.spi.Location;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;

/** A sink opened by its location on a server that answers as it is told. Waits for nothing. */
abstract class ScriptedTest {
  static final ObjectKey KEY = ObjectKey.of("folder/object");
  static final Instant NOW = Instant.parse("2026-01-02T03:04:05.600Z");
  static final String SECRET = "wJalrXUtnFEMI-secret";
  static final String TOKEN = "FwoGZXIvYXdzE-token";

  /** Two parts of each size: 1,000, 2,000 and 4,000 bytes. */
  static final PieceSizes TINY = new PieceSizes(1_000, 4_000, 2, 2, 10_000);

  static final OwnClient.Timeouts SHORT =
      new OwnClient.Timeouts(Duration.ofSeconds(5), Duration.ofMillis(300), Duration.ofSeconds(30));

  final ScriptedS3 server = new ScriptedS3();
  final List<Duration> waits = new ArrayList<>();
  private final List<S3Sink> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(S3Sink::close);
    server.close();
  }

  S3Sink sink(String parameters) {
    return sink(parameters, OwnClient.Timeouts.STANDARD);
  }

  S3Sink sink(String parameters, PieceSizes sizes) {
    return sink(parameters, OwnClient.Timeouts.STANDARD, sizes);
  }

  S3Sink sink(String parameters, OwnClient.Timeouts timeouts) {
    return sink(parameters, timeouts, TINY);
  }

  private S3Sink sink(String parameters, OwnClient.Timeouts timeouts, PieceSizes sizes) {
    ProviderContext context =
        new ProviderContext(
            Retry.of(4, Duration.ofMillis(2), Duration.ofMillis(2)).withSleeper(this::pause),
            Map.of(
                "AWS_ACCESS_KEY_ID",
                "AKIATEST",
                "AWS_SECRET_ACCESS_KEY",
                SECRET,
                "AWS_SESSION_TOKEN",
                TOKEN,
                "AWS_REGION",
                "eu-central-1"));
    String location =
        "s3://bucket/some/prefix?path-style=true&endpoint=" + server.endpoint() + parameters;
    S3Sink sink =
        S3Uri.parse(Location.parse(location), context, timeouts)
            .clock(Clock.fixed(NOW, ZoneOffset.UTC))
            .sizes(sizes)
            .build();
    opened.add(sink);
    return sink;
  }

  private synchronized void pause(Duration wait) {
    waits.add(wait);
  }

  static StoredObject put(S3Sink sink, byte[] content) {
    return put(sink, content, WriteOptions.NONE);
  }

  static StoredObject put(S3Sink sink, byte[] content, WriteOptions options) {
    return put(sink, KEY, content, options);
  }

  static StoredObject put(S3Sink sink, ObjectKey key, byte[] content, WriteOptions options) {
    try (SinkWriter writer = sink.write(key, options)) {
      writer.write(ByteBuffer.wrap(content));
      return writer.commit(ObjectDigest.of(content));
    }
  }

  static StorageException refused(ThrowingCallable call) {
    return Assertions.catchThrowableOfType(StorageException.class, call);
  }

  static byte[] noise(int length) {
    byte[] noise = new byte[length];
    new Random(length).nextBytes(noise);
    return noise;
  }
}
