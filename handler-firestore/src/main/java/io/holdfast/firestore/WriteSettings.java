package io.holdfast.firestore;

import io.holdfast.firestore.internal.definitions.RestoreSelection;
import io.holdfast.firestore.internal.names.DatabaseName;
import java.util.Optional;

/**
 * How a handler restores.
 *
 * @param keepReferences whether references stay as they are in the backup
 * @param referencesFrom the database whose references are rewritten, if the backup does not say
 * @param rampUp whether the rate of writes begins low and grows
 * @param firstWritesPerSecond how low
 * @param definitions what of indexes, TTL policies and rules is restored; empty for nothing
 */
record WriteSettings(
    boolean keepReferences,
    Optional<DatabaseName> referencesFrom,
    boolean rampUp,
    int firstWritesPerSecond,
    Optional<RestoreSelection> definitions) {}
