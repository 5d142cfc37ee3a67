package io.holdfast.spi;

import java.time.Instant;

/**
 * An object that is published in a sink.
 *
 * @param key its name
 * @param lengthBytes how many bytes it has
 * @param modified when it was published, as exact as the storage tells
 */
public record StoredObject(ObjectKey key, long lengthBytes, Instant modified) {}
