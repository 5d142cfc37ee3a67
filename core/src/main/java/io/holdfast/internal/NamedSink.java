package io.holdfast.internal;

import io.holdfast.spi.StorageSink;

/**
 * A sink and its name among several; the only one has none.
 *
 * @param name its name; empty for the only one
 * @param sink the sink
 */
public record NamedSink(String name, StorageSink sink) {}
