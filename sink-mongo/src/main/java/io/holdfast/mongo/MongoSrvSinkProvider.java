package io.holdfast.mongo;

import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StorageSinkProvider;

/** Opens {@link MongoSink}s for {@code mongodb+srv://cluster/database}. */
public final class MongoSrvSinkProvider implements StorageSinkProvider {
  /** For {@link java.util.ServiceLoader}. */
  public MongoSrvSinkProvider() {}

  @Override
  public String scheme() {
    return "mongodb+srv";
  }

  @Override
  public StorageSink open(Location location, ProviderContext context) {
    return MongoSink.open(location, context);
  }
}
