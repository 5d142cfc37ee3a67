package io.holdfast.mongo;

import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What the tests of this module do with objects. */
final class Stored {
  private Stored() {}

  static StoredObject put(StorageSink sink, String key, byte[] content) {
    try (SinkWriter writer = sink.write(ObjectKey.of(key), WriteOptions.NONE)) {
      writer.write(ByteBuffer.wrap(content));
      return writer.commit(ObjectDigest.of(content));
    }
  }

  static byte[] get(StorageSink sink, String key) throws IOException {
    ObjectKey object = ObjectKey.of(key);
    long length = sink.stat(object).orElseThrow().lengthBytes();
    try (InputStream in = sink.read(object, 0, length)) {
      return in.readAllBytes();
    }
  }

  static List<String> keys(StorageSink sink, String prefix) {
    try (Stream<StoredObject> objects = sink.list(prefix)) {
      return objects.map(object -> object.key().value()).toList();
    }
  }

  static byte[] noise(int length, long seed) {
    byte[] noise = new byte[length];
    new Random(seed).nextBytes(noise);
    return noise;
  }

  static StorageException refusal(ThrowingCallable call) {
    return Assertions.catchThrowableOfType(StorageException.class, call);
  }
}
