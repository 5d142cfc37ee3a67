package io.holdfast.testkit;

import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Passes every call on to another sink; a test overrides the one that it watches. As safe for use
 * by many threads as that one; closing it closes that one.
 */
public class ForwardedSink implements StorageSink {
  private final StorageSink inside;

  /** Passes calls on to that one. */
  protected ForwardedSink(StorageSink inside) {
    this.inside = inside;
  }

  @Override
  public String location() {
    return inside.location();
  }

  @Override
  public Set<SinkCapability> capabilities() {
    return inside.capabilities();
  }

  @Override
  public SinkWriter write(ObjectKey key, WriteOptions options) {
    return inside.write(key, options);
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long lengthBytes) {
    return inside.read(key, offset, lengthBytes);
  }

  @Override
  public int parallelReads() {
    return inside.parallelReads();
  }

  @Override
  public Optional<StoredObject> stat(ObjectKey key) {
    return inside.stat(key);
  }

  @Override
  public Stream<StoredObject> list(String prefix) {
    return inside.list(prefix);
  }

  @Override
  public void delete(ObjectKey key) {
    inside.delete(key);
  }

  @Override
  public List<Leftover> leftovers() {
    return inside.leftovers();
  }

  @Override
  public void discard(Leftover leftover) {
    inside.discard(leftover);
  }

  @Override
  public void close() {
    inside.close();
  }
}
