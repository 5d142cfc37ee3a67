package io.holdfast.mongo;

import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One way to lay out objects in collections. The methods promise what those of {@link
 * io.holdfast.spi.StorageSink} do; ranges are not negative, and options ask for nothing that
 * MongoDB cannot do.
 */
interface ObjectLayout {
  SinkWriter write(ObjectKey key, WriteOptions options);

  InputStream read(ObjectKey key, long offset, long lengthBytes);

  Optional<StoredObject> stat(ObjectKey key);

  Stream<StoredObject> list(String prefix);

  void delete(ObjectKey key);

  List<Leftover> leftovers();

  void discard(Leftover leftover);
}
