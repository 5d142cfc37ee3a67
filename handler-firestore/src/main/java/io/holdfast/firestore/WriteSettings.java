package io.holdfast.firestore;

/**
 * How a handler restores.
 *
 * @param keepReferences whether references stay as they are in the backup
 * @param rampUp whether the rate of writes begins low and grows
 * @param firstWritesPerSecond how low
 */
record WriteSettings(boolean keepReferences, boolean rampUp, int firstWritesPerSecond) {}
