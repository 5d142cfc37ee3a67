package io.holdfast.mongo;

import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StorageSinkProvider;

/** Opens {@link MongoSink}s for {@code mongodb://host/database}. */
public final class MongoSinkProvider implements StorageSinkProvider {
  /** For {@link java.util.ServiceLoader}. */
  public MongoSinkProvider() {}

  @Override
  public String scheme() {
    return "mongodb";
  }

  @Override
  public StorageSink open(Location location, ProviderContext context) {
    return MongoSink.open(location, context);
  }
}
